from pathlib import Path

import pytest

from nncli.cli.main import main
from nncli.config.templates import TEMPLATES, template_text


@pytest.fixture
def nncli(capsys, tmp_path, monkeypatch):
    """Return a function that runs a command in an empty directory, giving code and streams."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        return caught.value.code, *capsys.readouterr()

    return run


def names_in(directory):
    return [path.name for path in directory.iterdir()]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_written_under_its_name(nncli, tmp_path, name):
    message = f"Wrote {name}.yaml. Next:\n  nncli train {name}.yaml\n"
    assert nncli("init", name) == (0, message, "")
    assert (tmp_path / f"{name}.yaml").read_bytes() == template_text(name).encode()
    assert names_in(tmp_path) == [f"{name}.yaml"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_is_written_is_valid(nncli, name):
    nncli("init", name)
    assert nncli("config", "check", f"{name}.yaml") == (0, f"{name}.yaml: valid\n", "")


def test_without_a_name_it_is_xor(nncli, tmp_path):
    assert nncli("init")[0] == 0
    assert (tmp_path / "xor.yaml").read_bytes() == template_text("xor").encode()


def test_another_file_may_be_chosen(nncli, tmp_path):
    (tmp_path / "my configs").mkdir()
    path = Path("my configs", "a.yaml")
    code, output, messages = nncli("init", "mnist", "-o", str(path))
    assert (code, messages) == (0, "")
    assert output.startswith(f"Wrote {path}. Next:\n")
    assert (tmp_path / path).read_bytes() == template_text("mnist").encode()
    assert names_in(tmp_path) == ["my configs"]


@pytest.mark.parametrize("arguments", [["init"], ["init", "mnist", "-o", "xor.yaml"]])
def test_a_file_is_never_overwritten(nncli, tmp_path, arguments):
    (tmp_path / "xor.yaml").write_bytes(b"mine")
    message = "Error: xor.yaml: already exists; choose another file with -o\n"
    assert nncli(*arguments) == (2, "", message)
    assert (tmp_path / "xor.yaml").read_bytes() == b"mine"
    assert names_in(tmp_path) == ["xor.yaml"]


def test_a_directory_is_not_a_file_to_write(nncli, tmp_path):
    (tmp_path / "xor.yaml").mkdir()
    assert nncli("init")[0] == 2
    assert names_in(tmp_path) == ["xor.yaml"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_minus_prints_the_template(nncli, tmp_path, name):
    assert nncli("init", name, "-o", "-") == (0, template_text(name), "")
    assert names_in(tmp_path) == []


TEMPLATE_NAMES = [*TEMPLATES, "table", "csv", "parquet", "images"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("minst", "; did you mean 'mnist'?"),
        ("xro", "; did you mean 'xor'?"),
        ("XOR", "; expected one of " + ", ".join(TEMPLATE_NAMES)),
        ("zebra", "; expected one of " + ", ".join(TEMPLATE_NAMES)),
        ("../xor", "; did you mean 'xor'?"),
    ],
)
def test_an_unknown_template_is_refused_with_the_nearest_or_all(nncli, tmp_path, name, hint):
    assert nncli("init", name) == (2, "", f"Error: unknown template {name!r}{hint}\n")
    assert names_in(tmp_path) == []


def test_a_missing_directory_is_named(nncli, tmp_path):
    path = Path("missing", "a.yaml")
    code, output, messages = nncli("init", "-o", str(path))
    assert (code, output) == (1, "")
    assert messages == f"Error: {path}: the folder missing does not exist; create it\n"
    assert names_in(tmp_path) == []


def test_the_help_names_every_template(nncli):
    code, output, _ = nncli("init", "--help")
    assert code == 0
    assert all(name in output for name in TEMPLATES)
