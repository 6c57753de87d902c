"""Names of any kind, many classes and weights from files, in every plot of rows and network."""

import numpy as np
import pytest

import nncli
from nncli.base.words import is_printable

KINDS = ["data", "surface", "hidden", "network", "weights", "mistakes", "rows"]
COLUMNS = ["<script>alert(1)</script>", "$x_1$ and $", "שלום עולם", "中文", "long " * 40, "\\frac{"]
CLASSES = ["$yes$", "<no>", "אולי", "中" * 300]


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    random = np.random.default_rng(0)
    lines = [",".join([*COLUMNS, "$t_1$"])]
    for row in range(60):
        numbers = [f"{each:.3f}" for each in random.normal(size=4)]
        lines.append(",".join([*numbers, "", ("<b>", "$a$")[row % 2], CLASSES[row % 4]]))
    lines[1] = lines[1].replace(",,", ",1,")
    (folder / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    blank = {COLUMNS[4].strip(): {"kind": "number", "missing": "indicator"}}
    path = str(folder / "t.csv")
    data = {"source": "csv", "path": path, "target": "$t_1$", "scale": "none", "columns": blank}
    small = {"training.epochs": 1, "model.hidden_layers": [3]}
    nncli.train({"data": data}, small, out=folder / "run", note=lambda text: None)
    return folder / "run"


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_drawn_as_text(hostile_run, draw, texts_of, tmp_path, kind):
    figure = draw(hostile_run, kind)
    (path,) = nncli.save_plots({kind: figure}, tmp_path, format="svg")  # warnings are errors
    assert path.stat().st_size < 2_000_000
    for text in texts_of(figure):
        assert all(map(is_printable, text.split("\n")))
        assert "中" not in text  # the font has no glyph; the code is shown
    width, height = figure.get_size_inches()
    assert width < 25
    assert height < 15


def test_a_thousand_classes_are_drawn_with_the_most_frequent_ones_named(draw, texts_of):
    random = np.random.default_rng(0)
    labels = [f"class {row % 1000}" for row in range(1500)]
    inputs = random.normal(size=(1500, 2)).round(3).tolist()
    data = {"source": "rows", "inputs": inputs, "labels": labels}
    run = nncli.train({"data": data}, {"training.epochs": 1, "model.hidden_layers": [4]})
    for kind in KINDS:
        figure = draw(run, kind)
        if kind in ("data", "surface", "hidden"):
            assert "988 other classes" in texts_of(figure)
        assert len(texts_of(figure)) < 300


def test_initial_weights_of_a_file_are_not_drawn_after_training(tmp_path, draw):
    W1, W2 = np.eye(2), np.ones((2, 1))
    np.savez(tmp_path / "w.npz", W1=W1, b1=np.zeros(2), W2=W2, b2=np.zeros(1))
    model = {"hidden_layers": [2], "initial_weights": str(tmp_path / "w.npz")}
    config = {"data": {"source": "gate", "gate": "xor"}, "model": model}
    (before,) = draw(config, "hidden").axes
    assert before.get_title(loc="left") == "before training"
    (after,) = draw(nncli.train(config, {"training.epochs": 1}), "hidden").axes
    assert after.get_title(loc="left") == "after training"


def test_rows_passed_in_python_are_not_known_later(draw):
    X = np.random.default_rng(0).random((20, 3))
    result = nncli.train({}, {"training.epochs": 1}, data=(X, X[:, 0]))
    told = r"cannot draw data, .*rows, .*: needs the rows, which were passed from Python"
    with pytest.warns(nncli.NncliWarning, match=told):
        assert {*nncli.plot(result)} >= {"network", "weights", "curves"}
    with pytest.raises(
        nncli.UsageError, match="rows: needs the rows, which were passed from Python"
    ):
        draw(result, "rows")


@pytest.mark.parametrize("shape", [(600, 1), (1, 600)])
def test_images_of_any_shape_have_plots_of_usual_size(draw, tmp_path, shape):
    X = np.random.default_rng(0).integers(0, 255, (30, *shape), np.uint8)
    np.savez(tmp_path / "images.npz", X=X, y=np.arange(30) % 2)
    data = {"source": "npz", "path": str(tmp_path / "images.npz")}
    run = nncli.train({"data": data}, {"training.epochs": 1, "model.hidden_layers": [9]})
    for kind in ("data", "rows", "mistakes", "weights"):
        assert max(draw(run, kind).get_size_inches()) < 25
    (axes,) = draw(run, "mistakes").axes
    places = [text.get_position()[0] for text in axes.texts[:3]]
    assert np.diff(places).min() >= max(shape) / 4 or shape[0] == 1  # room for the titles


def test_few_rows_of_many_columns_are_not_named_in_full(tmp_path, draw):
    header = ",".join([*(f"c{number}" for number in range(12)), "kind"])
    cells = [[f"t{row * number % 5}" for number in range(12)] for row in range(8)]
    lines = [",".join([*own, "uv"[row % 2]]) for row, own in enumerate(cells)]
    (tmp_path / "t.csv").write_text("\n".join([header, *lines]), "utf-8")
    data = {"path": str(tmp_path / "t.csv"), "target": "kind", "test": 0}
    settings = {"training.epochs": 1, "model.hidden_layers": [2]}
    figure = draw(nncli.train({"data": data}, settings, note=lambda text: None), "hidden")
    nncli.save_plots({"hidden": figure}, tmp_path)  # a layout without room warns
    assert not figure.axes[0].texts
