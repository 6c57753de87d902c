from pathlib import Path

import pytest

from nncli.cli.main import main
from nncli.config.templates import TEMPLATES, template_text
from nncli.model.model_file import read_model


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
    message = (
        "Error: xor.yaml: already exists; choose another file with -o, or --force to replace it\n"
    )
    assert nncli(*arguments) == (2, "", message)
    assert (tmp_path / "xor.yaml").read_bytes() == b"mine"
    assert names_in(tmp_path) == ["xor.yaml"]


def test_with_force_it_replaces_a_config(nncli, tmp_path):
    (tmp_path / "xor.yaml").write_bytes(b"mine")
    assert nncli("init", "--force")[0] == 0
    assert (tmp_path / "xor.yaml").read_bytes() == template_text("xor").encode()
    assert nncli("init", "--force", "seed=three")[0] == 2
    assert (tmp_path / "xor.yaml").read_bytes() == template_text("xor").encode()
    assert names_in(tmp_path) == ["xor.yaml"]


def test_a_directory_is_not_a_file_to_write(nncli, tmp_path):
    (tmp_path / "xor.yaml").mkdir()
    assert nncli("init")[0] == 2
    assert names_in(tmp_path) == ["xor.yaml"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_minus_prints_the_template(nncli, tmp_path, name):
    assert nncli("init", name, "-o", "-") == (0, template_text(name), "")
    assert names_in(tmp_path) == []


TEMPLATE_NAMES = [*TEMPLATES, "table", "csv", "parquet", "images", "lecture"]


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


def test_a_config_tells_how_to_use_the_columns_that_it_leaves_out(nncli, tmp_path):
    rows = [f"{n},{'unknown' if n % 9 == 0 else n * n / 7},{n % 5},{n % 8}" for n in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["nr,price,w,y", *rows]), encoding="utf-8")
    assert nncli("init", "table", "--data", "t.csv", "--target", "y")[0] == 0
    text = (tmp_path / "t.yaml").read_text("utf-8")
    assert (
        "  # to use price: remove it here, and set data.blanks: [unknown] if it means a\n"
        "  # missing value, or data.columns: {price: category}\n"
        "  drop: [price]\n"
    ) in text
    assert (
        "  # to use nr: set data.id: null, and set data.columns: {nr: number}\n  id: nr\n" in text
    )
    followed = ("data.drop=[]", "data.blanks=[unknown]", "data.id=null", "data.columns.nr=number")
    assert nncli("train", "t.yaml", *followed, "-q", "-o", "run")[0] == 0
    assert read_model(tmp_path / "run").preprocessing.columns == ["nr", "price", "w"]
