r"""Paths in a model are not looked up if that would reveal the user to another machine."""

import sys
from dataclasses import replace

import pytest

import nncli
from nncli.base import platforms
from nncli.cli.main import main
from nncli.model.model_file import write_model

CONFIG = """\
data: {path: d.csv, target: y, test: 0.3, validation: 0.2}
model: {hidden_layers: [2]}
training: {epochs: 1}
"""
EVIL = r"\\evil\share"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a project with a run."""
    folder = tmp_path_factory.mktemp("original")
    lines = [f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(60)]
    (folder / "d.csv").write_text("u,v,y\n" + "".join(lines), encoding="utf-8")
    (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")
    nncli.train(folder / "c.yaml", out=folder / "run", note=lambda text: None)
    return folder


@pytest.fixture
def stranger(original, tmp_path, monkeypatch):
    """Return a function that writes a model with parts of its config changed."""
    monkeypatch.chdir(tmp_path)
    model = nncli.load(original / "run")
    home = {key: each for key, each in model.config.items() if key != "paths_from"}

    def write(data, folders=None, **network):
        config = {**home, "data": data, "model": {**model.config["model"], **network}}
        config |= {"paths_from": folders} if folders else {}
        write_model(tmp_path / "m.npz", replace(model, config=config))
        return "m.npz"

    return write


_LOOKED_UP: list[str] = []
_IS_ON = [False]


def _hook(event, arguments):
    if _IS_ON[0] and event.startswith(("open", "os.", "pathlib.", "glob.", "shutil.")):
        _LOOKED_UP.append(f"{event} {arguments}")


sys.addaudithook(_hook)  # cannot be removed from the process


@pytest.fixture
def looked_up(monkeypatch):
    """Treat paths as on Windows; return a list of all paths that are looked up."""
    monkeypatch.setattr(platforms, "IS_WINDOWS", True)
    # These functions do not trigger audit hooks.
    for name in ("stat", "lstat", "readlink", "access"):
        usual = getattr(platforms.os, name)

        def note(path, *arguments, usual=usual, **options):
            _LOOKED_UP.append(f"{path}")
            return usual(path, *arguments, **options)

        monkeypatch.setattr(platforms.os, name, note)
    _LOOKED_UP.clear()
    _IS_ON[0] = True
    yield _LOOKED_UP
    _IS_ON[0] = False


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, words)])
    return ended.value.code, *capsys.readouterr()


CSV = {"source": "csv", "target": "y"}
NAMED = {
    "table": ({**CSV, "path": rf"{EVIL}\d.csv"}, None),
    "with slashes": ({**CSV, "path": "//evil/share/d.csv"}, None),
    "a device": ({**CSV, "path": r"\\?\UNC\evil\share\d.csv"}, None),
    "a pipe": ({**CSV, "path": r"\\.\pipe\evil"}, None),
    "an old device": ({**CSV, "path": r"evil\NUL"}, None),
    "rows to test with": ({**CSV, "path": "d.csv", "test": rf"{EVIL}\d.csv"}, None),
    "rows to validate with": ({**CSV, "path": "d.csv", "validation": rf"{EVIL}\d.csv"}, None),
    "no source": ({"path": rf"{EVIL}\d.csv", "target": "y"}, None),
    "only a path, no target": (rf"{EVIL}\d.csv", None),
    "no target": ({"source": "csv", "path": rf"{EVIL}\d.csv"}, None),
    "no source and target": ({"path": EVIL}, None),
    "by its training rows": ({"train": rf"{EVIL}\d.csv", "target": "y"}, None),
    "images": ({"source": "images", "path": EVIL}, None),
    "idx": ({"source": "idx", "images": rf"{EVIL}\x", "labels": "y"}, None),
    "idx, labels": ({"source": "idx", "images": "x", "labels": rf"{EVIL}\y"}, None),
    "npy": ({"source": "npy", "inputs": rf"{EVIL}\x.npy", "targets": "y.npy"}, None),
    "npy, a pair": (
        {"source": "npy", "inputs": "x.npy", "targets": "y.npy", "test": ["x", rf"{EVIL}\y"]},
        None,
    ),
    "npz": ({"source": "npz", "path": rf"{EVIL}\d.npz"}, None),
    "parquet": ({"source": "parquet", "target": "y", "path": rf"{EVIL}\d"}, None),
    "folders": ({**CSV, "path": "d.csv"}, [EVIL]),
    "folders with slashes": ({**CSV, "path": "d.csv"}, ["//evil/share"]),
    "folders behind others": ({**CSV, "path": "d.csv"}, ["..", EVIL]),
    "a machine alone": ({**CSV, "path": r"share\d.csv"}, [r"\\evil"]),
}


@pytest.mark.parametrize("command", ["eval", "trace"])
@pytest.mark.parametrize("name", NAMED)
def test_no_other_machine_is_contacted(stranger, capsys, looked_up, name, command):
    model = stranger(*NAMED[name])
    looked_up.clear()
    code, out, err = run(capsys, command, model)
    assert [each for each in looked_up if "evil" in each.lower()] == []
    assert looked_up
    assert out == ""
    if "target" in name:  # the config is wrong, and reported
        assert code == 2
    else:
        assert (code, err.count("\n")) == (1, 1)
        assert "is on another machine or a device; " in err
        assert err.endswith("if you trust the model, add --trust-paths\n")


@pytest.mark.parametrize("name", NAMED)
def test_paths_of_a_trusted_model_are_looked_up(stranger, looked_up, name):
    model = nncli.load(stranger(*NAMED[name]))
    looked_up.clear()
    with pytest.raises(nncli.NncliError):
        model.evaluate(trust_paths=True)
    assert "target" in name or [each for each in looked_up if "evil" in each.lower()]


@pytest.mark.parametrize(
    "command", [["show"], ["predict"], ["config", "check"], ["config", "show"]]
)
@pytest.mark.parametrize("name", NAMED)
def test_other_commands_look_up_nothing_that_a_model_names(
    original, stranger, capsys, looked_up, name, command
):
    model = stranger(*NAMED[name], initial_weights=rf"{EVIL}\w.npz")
    rows = [original / "d.csv"] if command == ["predict"] else []
    looked_up.clear()
    code, _, _ = run(capsys, *command, model, *rows)
    assert code == (2 if command[0] == "config" else 0)
    assert [each for each in looked_up if "evil" in each.lower()] == []
    assert looked_up


@pytest.mark.parametrize("command", ["eval", "trace"])
def test_the_weights_that_a_model_started_from_are_not_looked_up(
    original, stranger, capsys, looked_up, command
):
    data = {**CSV, "path": str(original / "d.csv"), "test": 0.3, "validation": 0.2}
    for weights in (rf"{EVIL}\w.npz", "evil.npz"):
        model = stranger(data, initial_weights=weights)
        looked_up.clear()
        assert run(capsys, command, model)[::2] == (0, "")
        assert [each for each in looked_up if "evil" in each.lower()] == []


def test_an_unneeded_folder_is_not_looked_up(original, stranger, capsys, looked_up):
    """The project may have been copied from a share."""
    data = {**CSV, "path": "d.csv", "test": 0.3, "validation": 0.2}
    model = stranger(data, [str(original), EVIL])
    looked_up.clear()
    assert run(capsys, "eval", model)[::2] == (0, "")
    assert [each for each in looked_up if "evil" in each.lower()] == []


@pytest.mark.parametrize(
    "name", ["no source", "only a path, no target", "no target", "no source and target"]
)
def test_what_a_config_leaves_out_is_not_looked_for_in_files(stranger, tmp_path, capsys, name):
    """Columns proposed by a message would come from a file, on any system."""
    (tmp_path / "secret").write_text("hunter2,s3cr3t\n1,2\n", encoding="utf-8")
    data, _ = NAMED[name]
    text = str(tmp_path / "secret")
    data = text if isinstance(data, str) else {**data, "path": text}
    code, out, err = run(capsys, "eval", stranger(data))
    assert code != 0
    assert "s3cr3t" not in out + err


def test_on_other_systems_it_is_an_ordinary_path(original, stranger, capsys):
    data = {**CSV, "path": f"/{original}/d.csv", "test": 0.3, "validation": 0.2}
    assert data["path"].startswith("//")
    assert run(capsys, "eval", stranger(data))[::2] == (0, "")
