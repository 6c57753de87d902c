"""Mistakes and rows show single rows with their numbers."""

import numpy as np
import pytest

import nncli
from nncli.explain.plots.subject import subject_of
from tests.explain.plots import tables


def lines_of(figure):
    """Return the cells of a table in a figure, line by line."""
    lines = {}
    for text in figure.axes[0].texts:
        x, y = text.get_position()
        lines.setdefault(y, []).append((x, text.get_text()))
    return [[cell for _, cell in sorted(lines[y])] for y in sorted(lines)]


def test_mistakes_are_the_wrong_rows_with_the_least_probability_of_the_truth(xor_run, draw):
    figure = draw(xor_run, "mistakes")
    header, *lines = lines_of(figure)
    assert header == ["row", "truth", "prediction", "x1", "x2"]
    split = subject_of(xor_run).dataset.splits["test"]
    X, y = split.inputs[split.rows], split.targets[split.rows]
    p = nncli.load(xor_run).predict_proba(X)
    true = p[np.arange(len(y)), y]
    worst = np.argsort(true, kind="stable")
    worst = worst[(p.argmax(axis=1) != y)[worst]][:20]
    assert len(worst) > 5
    assert [int(line[0]) for line in lines] == worst.tolist()
    for line, row in zip(lines, worst, strict=True):
        assert line[1] == f"{y[row]} ({true[row]:.2g})"
        assert line[2] == f"{p[row].argmax()} ({p[row].max():.2g})"
        assert line[3:] == [f"{each:.4g}" for each in X[row]]
    wrong = int((p.argmax(axis=1) != y).sum())
    assert f"{wrong} of 40 test rows predicted wrong" in figure.get_suptitle()


def test_mistakes_of_a_table_show_its_columns(table_run, draw):
    header, first, *_ = lines_of(draw(table_run, "mistakes"))
    assert header[:6] == ["row", "truth", "prediction", "color", "size", "heavy"]
    assert first[3] in ("red", "green", "blue")
    assert first[5] in ("true", "false")


def test_mistakes_of_images_are_drawn(image_run, draw):
    figure = draw(image_run, "mistakes")
    axes = figure.axes[0]
    wrong = nncli.load(image_run).evaluate(mistakes=24).mistakes
    assert len(axes.texts) == len(wrong) > 0
    number = int(axes.texts[0].get_text().split()[1])
    split = subject_of(image_run).dataset.splits["test"]
    canvas = np.ma.getdata(axes.get_images()[0].get_array())
    top = int(np.argmax(~np.isnan(canvas[:, 0])))
    expected = split.inputs[number].reshape(6, 5) / 255
    np.testing.assert_allclose(canvas[top : top + 6, :5], expected)


@pytest.mark.parametrize("run", ["xor_run", "table_run", "image_run", "labels_run", "targets_run"])
def test_mistakes_are_those_of_the_evaluation(request, run, draw):
    run = request.getfixturevalue(run)
    figure = draw(run, "mistakes")
    found = nncli.load(run).evaluate(mistakes=20).mistakes
    if len(figure.axes[0].get_images()):
        shown = [int(text.get_text().split()[1]) for text in figure.axes[0].texts][:20]
    else:
        shown = [int(line[0]) for line in lines_of(figure)[1:]]
    assert shown == [each["row"] for each in found]
    assert len(shown) > 0
    assert "Rows count from 0 in their file." in " ".join(figure.get_suptitle().split())


@pytest.fixture
def labels_run(tmp_path):
    return tables.labels(tmp_path)


@pytest.fixture
def targets_run(tmp_path):
    """Return a run whose mean and largest error of two targets order rows differently."""
    columns, names = tables.inputs(90), ["y1", "y2"]
    a, b, c = columns[:3]
    values = [(a * b * 1e6).round(), (b * c).round(3)]
    return tables.trained(tmp_path, [*tables.INPUTS, *names], names, [*columns, *values])


def test_of_several_targets_the_one_that_is_farthest_off_is_named(targets_run, draw):
    figure = draw(targets_run, "mistakes")
    header, first, *_ = lines_of(figure)
    assert header[:5] == ["row", "target", "truth", "prediction", "error"]
    (worst,) = nncli.load(targets_run).evaluate(mistakes=1).mistakes
    scale = np.broadcast_to(nncli.load(targets_run).preprocessing.target_scale, 2)
    errors = {f"y{n}": abs(worst[f"error_y{n}"]) * scale[n - 1] for n in (1, 2)}
    assert first[1] == max(errors, key=errors.get)
    assert "on average over the targets" in " ".join(figure.get_suptitle().split())


@pytest.mark.parametrize("shape", [(6, 5), (28, 28), (8, 24)])
def test_titles_of_pictures_are_next_to_them_and_cover_none(tmp_path, draw, shape):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    X = np.random.default_rng(0).integers(0, 255, (80, *shape), np.uint8)
    np.savez(tmp_path / "images.npz", X=X, y=np.arange(80) % 2)
    data = {"source": "npz", "path": str(tmp_path / "images.npz"), "test": 60}
    figure = draw(nncli.train({"data": data}, {"training.epochs": 1}), "mistakes")
    (axes,) = figure.axes
    FigureCanvasAgg(figure).draw()
    shown = ~np.ma.getmaskarray(axes.get_images()[0].get_array())[:, 0]
    top = np.flatnonzero(np.diff(shown, prepend=False) & shown) - 0.5
    height = abs(axes.transData.transform((0, shape[0])) - axes.transData.transform((0, 0)))[1]
    for number, text in enumerate(axes.texts):
        box = text.get_window_extent()
        own = axes.transData.transform((0, top[number // 8]))[1]
        assert 0 <= box.y0 - own <= 0.1 * height + 2
        if number >= 8:
            above = axes.transData.transform((0, top[number // 8 - 1]))[1] - height
            assert box.y1 <= above


def test_a_run_without_mistakes_has_no_plot_of_them(draw):
    run = nncli.train({"data": {"source": "gate", "gate": "and"}}, {"training.epochs": 2000})
    with pytest.raises(nncli.UsageError, match="mistakes: needs a wrong prediction; all of 4"):
        draw(run, "mistakes")


def test_mistakes_of_a_regression_are_the_largest_errors(regression_run, draw):
    figure = draw(regression_run, "mistakes")
    header, *lines = lines_of(figure)
    assert header == ["row", "truth", "prediction", "error", "$width$", "<b>height"]
    inputs = np.array([[x, y] for x in range(5) for y in range(5)], float)
    errors = nncli.load(regression_run).predict(inputs) - inputs.prod(axis=1)
    assert [int(line[0]) for line in lines] == np.argsort(-np.abs(errors), kind="stable")[
        :20
    ].tolist()
    assert lines[0][3] == f"{errors[int(lines[0][0])]:+.3g}"
    assert "largest errors" in figure.get_suptitle()


def test_mistakes_of_labels_name_them(tmp_path, draw):
    rows = [f"{a},{b},{int(a > 2)},{int(b > 2)}" for a in range(5) for b in range(5)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,hot,wet", *rows]), "utf-8")
    data = {"path": str(tmp_path / "t.csv"), "target": ["hot", "wet"], "task": "multilabel"}
    run = nncli.train({"data": data}, {"training.epochs": 1}, note=lambda text: None)
    header, *lines = lines_of(draw(run, "mistakes"))
    assert header[1:3] == ["truth", "prediction"]
    assert {line[1] for line in lines} <= {"none", "hot", "wet", "hot, wet"}


@pytest.mark.parametrize("kind", ["mistakes", "rows"])
def test_two_labels_of_usual_length_are_written_out(tmp_path, draw, kind):
    run = tables.labels(tmp_path, names=("has wings", "can swim", "barks", "a very long name"))
    cells = {cell for line in lines_of(draw(run, kind))[1:] for cell in line[1:3]}
    assert any(cell.startswith("has wings, can swim") for cell in cells)
    named = {name for cell in cells for name in cell.split(" and ")[0].split(", ")}
    assert {"has wings", "can swim", "barks"} <= named


def test_a_config_has_no_mistakes():
    with pytest.raises(nncli.UsageError, match="mistakes: needs a trained model"):
        nncli.plot({"data": {"source": "xor"}}, "mistakes")


def test_rows_of_a_table_are_text(table_run, draw):
    header, *lines = lines_of(draw(table_run, "rows"))
    dataset = subject_of(table_run).dataset
    split = dataset.splits["train"]
    assert header[:5] == ["row", "kind", "color", "size", "heavy"]
    assert len(lines) == 20
    targets = split.targets[split.rows]
    assert [line[1] for line in lines] == [dataset.classes[each] for each in targets[:20]]
    assert [int(line[0]) for line in lines] == split.rows[:20].tolist() != [*range(20)]


def test_rows_of_images_show_the_number_of_every_pixel(image_run, draw):
    figure = draw(image_run, "rows")
    pictures, numbers = figure.axes
    split = subject_of(image_run).dataset.splits["train"]
    first = split.inputs[split.rows[0]].reshape(6, 5)
    shown = [[int(each) for each in text.get_text().split()] for text in numbers.texts]
    np.testing.assert_array_equal(shown, first)
    assert len(pictures.texts) == 8
    assert pictures.texts[0].get_text() == f"row {split.rows[0]}: {split.targets[split.rows[0]]}"
    assert f"the numbers of row {split.rows[0]};" in " ".join(figure.get_suptitle().split())


def test_numbers_are_at_their_pixels(image_run, draw):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = draw(image_run, "rows")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[1]
    for number, text in enumerate(axes.texts):
        box = text.get_window_extent(canvas.get_renderer())
        left, middle = axes.transData.transform((-0.5, number))
        right, _ = axes.transData.transform((4.5, number))
        a_pixel = (right - left) / 5
        assert left <= box.x0 <= left + a_pixel / 2
        assert right - a_pixel / 2 <= box.x1 <= right + 1
        assert abs((box.y0 + box.y1) / 2 - middle) < a_pixel / 5


def test_columns_that_do_not_fit_are_counted(draw):
    X = np.zeros((3, 500)).tolist()
    data = {
        "source": "rows",
        "inputs": X,
        "targets": [1, 2, 3],
        "columns": ["n" * 90 + str(n) for n in range(500)],
    }
    header, *_ = lines_of(draw({"data": data}, "rows"))
    shown = len(header) - 3
    assert header[-1] == f"and {500 - shown} more"
    assert all(len(name) <= 14 for name in header)
