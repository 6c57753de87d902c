"""The source is inferred from the file."""

import os

import pytest

from nncli.config.file_source import source_of


@pytest.mark.parametrize(
    ("name", "content", "source"),
    [
        ("x.csv", b"PAR1", "parquet"),
        ("x", b"PK\3\4", "npz"),
        ("x.npz", b"x,y\n", "npz"),
        ("x.parquet", None, "parquet"),
        ("x.npy", b"\x93NUMPY", "csv"),  # a single npy file cannot have inputs and targets
    ],
)
def test_the_source_is_inferred_from_the_content_or_else_the_name(tmp_path, name, content, source):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert source_of({"path": name}, tmp_path) == source


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
def test_inferring_the_source_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert source_of({"path": "pipe"}, tmp_path) == "csv"
