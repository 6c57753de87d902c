"""The same run writes the same bytes to ``weights.npz``, wherever and whenever it is trained."""

import re
import shutil
from pathlib import Path

import pytest

from nncli import train
from nncli.model.model_file import read_model

TABLE = "name,u,v,y\n" + "".join(f"n{n},{n % 7}.5,{n % 5}.25,{'ab'[n % 2]}\n" for n in range(40))
CONFIG = """\
name: line
data: {{path: {path}, target: y, id: name, test: {test}}}
model: {{hidden_layers: [3]}}
training: {{epochs: 2}}
"""


@pytest.fixture
def trained(tmp_path, monkeypatch, nncli):
    """Return a function that trains in a new folder and returns the run directory."""

    def train_in(folder, path, out=None, test="0.2", settings=()):
        place = tmp_path / folder
        place.mkdir(parents=True)
        (place / "line.csv").write_text(TABLE, encoding="utf-8")
        (place / "other.csv").write_text(TABLE, encoding="utf-8")
        text = CONFIG.format(path=path.format(place), test=test.format(place))
        (place / "line.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(place)
        asked = ["-o", out] if out else []
        done = nncli("train", "-q", "line.yaml", *settings, *asked)
        assert done.code == 0, done.err
        return place / (out or "runs/line-001")

    return train_in


@pytest.mark.parametrize("test", ["0.2", "{}/other.csv"], ids=["share", "file"])
def test_the_same_run_leaves_the_same_bytes(trained, tmp_path, test):
    first = trained("a", "line.csv", test=test)
    content = (first / "weights.npz").read_bytes()
    assert content == (trained("b/c", "{}/line.csv", "R", test) / "weights.npz").read_bytes()
    assert str(tmp_path).encode("utf-32-le") not in content
    assert str(tmp_path).encode() not in content


def test_a_resumed_run_leaves_the_same_bytes(trained, nncli):
    first = trained("a", "line.csv")
    run = trained("b", "line.csv", settings=["training.epochs=1"])
    assert nncli("train", "-q", "--resume", run, "training.epochs=2").code == 0
    assert (first / "weights.npz").read_bytes() == (run / "weights.npz").read_bytes()


@pytest.mark.parametrize("path", ["line.csv", "{}/line.csv"], ids=["relative", "absolute"])
def test_the_config_next_to_a_model_has_the_path_of_its_data(trained, nncli, tmp_path, path):
    run = trained("a", path)
    before = nncli("eval", run / "weights.npz")
    assert (before.code, before.err) == (0, "")
    shutil.move(run, tmp_path / "moved")
    assert nncli("eval", tmp_path / "moved").raw == before.raw
    assert nncli("trace", tmp_path / "moved").code == 0


def test_a_model_without_its_run_uses_the_file_next_to_it_or_asks_for_it(trained, nncli, tmp_path):
    run = trained("a", "line.csv")
    before = nncli("eval", run).out
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(run / "weights.npz", alone)
    done = nncli("eval", alone / "weights.npz")
    assert done.code == 1
    assert "line.csv: cannot be read (no such file or directory)" in done.error
    assert "--data FILE" in done.error
    (alone / "config.yaml").write_text("data: {source: csv, path: /etc/passwd, target: y}\n")
    assert nncli("eval", alone / "weights.npz").error == done.error
    (alone / "config.yaml").write_text("[")
    assert nncli("eval", alone / "weights.npz").error == done.error
    shutil.copy("line.csv", alone)
    assert nncli("eval", alone / "weights.npz").out == before


def test_a_model_that_is_saved_from_python_names_no_folder(trained, tmp_path):
    trained("a", "line.csv")
    config = str(Path("line.yaml").absolute())
    model = train(config, note=lambda text: None).model
    model.save(tmp_path / "m.npz")
    assert str(tmp_path) not in str(read_model(tmp_path / "m.npz").config)
    assert model.evaluate()


@pytest.mark.parametrize("entry", ["paths_from: X", "paths_from: [3]", "data: {path: {a: b}}"])
def test_a_broken_config_is_not_blamed_on_the_model(trained, nncli, entry):
    run = trained("a", "line.csv")
    before = nncli("eval", run / "weights.npz", "--data", "line.csv")
    config = run / "config.yaml"
    text = config.read_text(encoding="utf-8")
    if entry.startswith("data"):
        text = re.sub("( path): .*", r"\1: {a: b}", text)
    else:
        text = "\n".join(line for line in text.splitlines() if "paths_from" not in line)
        text += f"\n{entry}\n"
    config.write_text(text, encoding="utf-8")
    assert "its config" not in nncli("eval", run / "weights.npz").err
    assert nncli("eval", run / "weights.npz", "--data", "line.csv") == before
