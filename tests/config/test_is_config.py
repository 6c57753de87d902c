import pytest

from nncli.config.is_config import is_config


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("text", b"data: xor\n", True),
        ("model", b"PK\3\4", False),
        ("c.yaml", b"PK: 1\n", True),
        ("w.npz", b"rubbish", False),
        ("none.yaml", None, True),
        ("none", None, False),
        ("backpropagation", None, True),  # a lecture
        ("backpropagation", b"PK\3\4", False),
    ],
)
def test_a_config_is_recognized_by_its_text_or_name(tmp_path, name, content, expected):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert is_config(tmp_path / name) == expected
