"""A model that names the reader's files cannot make nncli print them."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.cli.main import main
from nncli.model.model_file import write_model

CONFIG = """\
data: {path: data/d.csv, target: y, test: 0.3, validation: 0.2}
model: {hidden_layers: [2]}
training: {epochs: 1}
"""
SECRETS = ["hunter2", "s3cr3t", "4711.25", "tops"]
TABLE = "s3cr3t,tops,y\n4711.25,hunter2,hunter2\n" * 9
PASSWD = "s3cr3t:x:0:0:hunter2:/tops\n" * 9


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Return a project with a run."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "data").mkdir()
    lines = [f"{n % 7},{n % 5},{'ab'[n % 2]}\n" for n in range(60)]
    (folder / "data" / "d.csv").write_text("u,v,y\n" + "".join(lines), encoding="utf-8")
    (folder / "c.yaml").write_text(CONFIG, encoding="utf-8")
    nncli.train(folder / "c.yaml", out=folder / "runs" / "c-001", note=lambda text: None)
    return folder


@pytest.fixture
def project(original, tmp_path, monkeypatch):
    """Return a copy of the project as working directory, below a separate home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "work" / "project"
    shutil.copytree(original, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(capsys):
    """Return a function that runs a command and returns its exit code and output."""

    def do(*words):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
        return ended.value.code, *capsys.readouterr()

    return do


def stranger(project, place, data, folders=None):
    """Write a model of the run that names other data and other folders for its paths."""
    model = nncli.load(project / "runs" / "c-001")
    config = {key: each for key, each in model.config.items() if key != "paths_from"}
    config |= {"data": data, **({"paths_from": folders} if folders else {})}
    place.parent.mkdir(parents=True, exist_ok=True)
    write_model(place, replace(model, config=config))
    return place


def images(path):
    (path / "hunter2").mkdir(parents=True)
    (path / "hunter2" / "s3cr3t.png").write_bytes(b"tops")


def text(content):
    return lambda path: path.write_text(content, encoding="utf-8")


def arrays(path):
    with path.open("wb") as stream:
        np.savez(stream, s3cr3t=np.array(["hunter2"]), X=np.full((9, 2), 4711.25), y=["tops"] * 9)


FILES = {
    "table": (text(TABLE), {"target": "y"}),
    "no table": (text(PASSWD), {"target": "y"}),
    "the same columns": (text("u,v,y\n1,2,hunter2\n" * 9), {"target": "y"}),
    "a bad cell": (text("u,v,y\n" + "1,2,a\n2,3,b\n" * 99 + "s3cr3t,tops,a\n"), {"target": "y"}),
    "no text": (lambda path: path.write_bytes(b"u,v,y\ns3cr3t\xff,1,hunter2\n"), {"target": "y"}),
    "npz": (arrays, {"source": "npz"}),
    "images": (images, {"source": "images"}),
}
PLACES = {
    "elsewhere": ("{home}/secret", None),
    "by folders of the model": ("secret", [".."]),
    "from the root": ("{home}/secret", ["/"]),
    "through a link": ("link", None),
    "in a hidden folder": (".ssh/secret", None),
    "as rows to test with": ("{home}/secret", None),
    "beside it": ("secret", None),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", ["eval", "trace"])
def test_nothing_of_a_file_that_only_a_model_names_is_printed(project, run, kind, place, command):
    home = project.parents[1]
    downloads = home / "downloads"
    (downloads / ".ssh").mkdir(parents=True)
    write, keys = FILES[kind]
    for each in (home, downloads, downloads / ".ssh"):
        write(each / "secret")
    (downloads / "link").symlink_to(home / "secret")
    name, folders = PLACES[place]
    data = {"source": "csv", "path": name.format(home=home), **keys}
    if place == "as rows to test with":
        data |= {"path": str(project / "data" / "d.csv"), "test": data["path"]}
    code, out, err = run(command, stranger(project, downloads / "m.npz", data, folders))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert not [word for word in SECRETS if word in err]
    assert "--data FILE" in err or command == "trace"
    assert "--trust-paths" in err or place == "beside it"


@pytest.mark.parametrize("command", ["eval", "trace"])
def test_a_matching_fingerprint_does_not_make_data_fit_another_model(project, run, command):
    """Anyone with a file can compute its fingerprint."""
    text("u,v,w,y\n" + "1,2,3,a\n2,3,5,b\n" * 30)(project / "data" / "other.csv")
    config = {"data": {"path": "data/other.csv", "target": "y"}, "training": {"epochs": 1}}
    other = nncli.train(config, note=lambda text: None).model
    elsewhere = project.parents[1] / "elsewhere"
    elsewhere.mkdir()
    shutil.copy("data/other.csv", elsewhere)
    model = nncli.load(project / "runs" / "c-001")
    config = {
        **other.config,
        "data": {**other.config["data"], "path": str(elsewhere / "other.csv")},
    }
    fingerprint = other.fingerprint
    for each in (fingerprint, {**fingerprint, "columns": model.fingerprint["columns"]}):
        write_model(project / "m.npz", replace(model, config=config, fingerprint=each))
        code, out, err = run(command, "m.npz")
        assert (code, out, err.count("\n")) == (1, "", 1)


def test_without_a_home_the_project_is_still_trusted(project, run, monkeypatch):
    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(pwd, "getpwuid", lambda number: {}[number])
    monkeypatch.delenv("HOME")
    with (project / "data" / "d.csv").open("a", encoding="utf-8") as stream:
        stream.write("3,4,a\n")
    assert run("eval", "runs/c-001")[0] == 0


def evaluated(model, **settings):
    return nncli.load(model).evaluate(**settings)


@pytest.mark.parametrize("command", ["eval", "trace"])
def test_errors_have_details_if_the_model_is_trusted(project, run, command):
    home = project.parents[1]
    text(TABLE)(home / "secret")
    model = stranger(project, home / "m.npz", {"path": str(home / "secret"), "target": "u"})
    asked = nncli.trace if command == "trace" else evaluated
    assert "s3cr3t" not in run(command, model)[2]
    assert "s3cr3t" in run(command, model, "--trust-paths")[2]
    with pytest.raises(nncli.DataError, match="trust_paths=True") as caught:
        asked(model)
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(nncli.DataError, match="s3cr3t"):
        asked(model, trust_paths=True)


@pytest.mark.parametrize("command", ["eval", "trace"])
def test_the_message_names_path_reason_and_remedies(project, run, command):
    place = project.parents[1] / "d.csv"
    text("u,v,y\n1,2,a\n2,3,b\n" * 9)(place)
    model = stranger(project, project / "m.npz", {"path": str(place), "target": "y"})
    other = "evaluate it with --data FILE" if command == "eval" else "trace your own config"
    assert run(command, "m.npz")[2] == (
        f"Error: m.npz: its data, {place}, is outside the model's folder and could not be verified "
        f"as its training data; {other}, or if you trust the model, add --trust-paths\n"
    )
    assert model.exists()


def same(run, command, model, expected):
    code, out, err = run(command, model)
    start = "1 Forward" if command == "trace" else "rows"  # after the name of the model
    assert (code, out.partition(start)[2], err) == (0, expected.partition(start)[2], "")


@pytest.mark.parametrize("command", ["eval", "trace"])
def test_a_run_in_the_project_needs_no_trust_option(project, run, command):
    expected = run(command, "runs/c-001")[1]
    same(run, command, "runs/c-001/weights.npz", expected)
    away = project.parents[1] / "away"
    shutil.copytree("runs/c-001", away)
    same(run, command, away, expected)  # unchanged data, used from another place
    shutil.copy("runs/c-001/weights.npz", away / "alone.npz")
    same(run, command, away / "alone.npz", expected)
    project.rename(project.with_name("renamed"))
    same(run, command, project.with_name("renamed") / "runs" / "c-001", expected)


def test_changed_rows_are_reported_in_the_project_and_refused_from_elsewhere(project, run):
    nncli.train("c.yaml", out="runs/c-002", note=lambda text: None)
    shutil.copytree("runs/c-002", project.parents[1] / "away")
    with (project / "data" / "d.csv").open("a", encoding="utf-8") as stream:
        stream.write("3,4,a\n")
    code, _, err = run("eval", "runs/c-002")
    assert code == 0
    assert "has changed since training" in err
    assert run("trace", "runs/c-002")[0] == 0
    away = project.parents[1] / "away"
    for command in ("eval", "trace"):
        assert run(command, away)[0] == 1
        assert run(command, away, "--trust-paths")[0] == 0


def test_data_that_links_lead_to_is_read_as_long_as_it_is_the_same(project, run):
    shutil.move("data", project.parents[1] / "disk")
    (project / "data").symlink_to(project.parents[1] / "disk")
    assert run("eval", "runs/c-001")[0] == 0
    with (project / "data" / "d.csv").open("a", encoding="utf-8") as stream:
        stream.write("3,4,a\n")
    assert "is outside the model's folder" in run("eval", "runs/c-001")[2]


def test_a_model_in_memory_is_trusted(project):
    result = nncli.train("c.yaml", note=lambda text: None)
    text("u,v,y\n" + "1,2,s3cr3t\n" * 9)(project / "data" / "d.csv")
    with pytest.raises(nncli.DataError, match="s3cr3t"):
        result.model.evaluate()
