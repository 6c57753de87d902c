"""Reports have the numbers of their run, as text that no name can break."""

import json
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest

import nncli
from nncli.base.storage.files import write_text
from tests.explain.document.reader import read_page
from tests.explain.report.conftest import SMALL, ignored

TASKS = ["binary", "multiclass", "multilabel", "regression"]
XOR = {"data": {"source": "xor", "rows": 60, "test": 40, "validation": 20}}


def page_of(*runs, **settings):
    """Return the parsed report, and its text."""
    settings = {"note": ignored, **settings}
    content = nncli.report(runs[0] if len(runs) == 1 else list(runs), **settings)
    return read_page(content), content


@pytest.fixture(autouse=True)
def without_pictures(request, monkeypatch):
    """Spare tests without the fixture `pictures` the drawing, as if there were no matplotlib."""
    if "pictures" not in request.fixturenames:
        monkeypatch.setitem(sys.modules, "matplotlib", None)


@pytest.fixture
def pictures():
    """Ask for pictures."""
    pytest.importorskip("matplotlib", reason="needs matplotlib, of the extra plot")


def metrics(run):
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def table_of(page, start):
    """Return header and rows of the table whose caption starts so."""
    for table in page.find("table"):
        captions = table.find("caption")
        if captions and captions[0].text.startswith(start):
            rows = [
                [each.text for each in row.children if not isinstance(each, str)]
                for row in table.find("tr")
            ]
            return rows[0], rows[1:]
    raise AssertionError(f"no table {start!r}")


def facts_of(page):
    return dict(zip([each.text for each in page.find("dt")],
                    [each.text for each in page.find("dd")], strict=True))  # fmt: skip


def summary_of(page):
    return [each.text for each in page.find("p")][:4]


def shown(value):
    return f"{value:,}" if isinstance(value, int) else (
        f"{value:.4f}" if 1e-3 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"
    )  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_the_metrics_are_those_of_the_run(runs, task):
    page, saved = page_of(runs / task)[0], metrics(runs / task)
    header, rows = table_of(page, "Metrics")
    assert header == ["metric", "train", "validation", "test", "constant guess"]
    for name, *cells in rows:
        key = name.replace(" ", "_")
        parts = [saved[split]["metrics"] for split in ("train", "validation", "test")]
        parts.append(saved["test"]["constant_guess"]["metrics"])
        assert cells == [shown(each[key]) if key in each else "" for each in parts]
    assert {row[0].replace(" ", "_") for row in rows} == set(saved["test"]["metrics"])
    assert facts_of(page)["rows"] == "70 train, 20 validation, 30 test"


@pytest.mark.parametrize(("task", "part"), [("multiclass", "class"), ("multilabel", "label")])
def test_every_class_and_label_has_its_metrics(runs, task, part):
    page, saved = page_of(runs / task)[0], metrics(runs / task)["test"]
    header, rows = table_of(page, {"class": "Classes", "label": "Labels"}[part])
    for row, each in zip(rows, saved[f"per_{part}"], strict=True):
        assert row[0] == each[part]
        values = [each[name.replace(" ", "_").replace("rows", "support")] for name in header[1:]]
        assert row[1:] == [shown(value) for value in values]


def test_the_confusion_is_a_table(runs):
    header, rows = table_of(page_of(runs / "multiclass")[0], "Confusion matrix")
    saved = metrics(runs / "multiclass")["test"]
    assert header == ["true class", *saved["classes"]]
    assert [row[1:] for row in rows] == [
        [str(each) for each in row] for row in saved["confusion_matrix"]
    ]


def test_the_summary_says_how_good_and_how_sure(runs):
    _, quality, *_ = summary_of(page_of(runs / "multiclass")[0])
    saved = metrics(runs / "multiclass")["test"]
    accuracy = saved["metrics"]["accuracy"]
    found = re.match(r"([\d.]+) % of the 30 test rows are classified correctly \(95 % interval: "
                     r"([\d.]+) % to ([\d.]+) %\); always predicting (\w+) gets ([\d.]+) % right",
                     quality)  # fmt: skip
    assert float(found[1]) == pytest.approx(100 * accuracy, abs=0.06)
    assert float(found[2]) <= float(found[1]) <= float(found[3])
    assert found[4] == saved["constant_guess"]["values"][0]
    error = 100 * np.sqrt(accuracy * (1 - accuracy) / 30)
    assert float(found[3]) - float(found[2]) == pytest.approx(2 * 1.96 * error, rel=0.4)
    _, quality, *_ = summary_of(page_of(runs / "regression")[0])
    mae = metrics(runs / "regression")["test"]["metrics"]["mae"]
    assert f"predictions of price are off by {mae:,.4g} on average (95 % interval" in quality


def about_run(run):
    """Return what the report on a run is about."""
    from nncli.explain.document.notation import Html
    from nncli.explain.plots.subject import subject_of
    from nncli.explain.report.reported import reported

    return reported(subject_of(run), run, Html(6), has_pictures=False)


def test_folders_are_not_in_titles_of_pictures(runs):
    title = about_run(runs / "binary").subject.titled("confusion")
    assert title == "binary: confusion\n30 test rows"


@pytest.mark.parametrize("task", TASKS)
def test_the_interval_is_around_the_saved_metric(runs, task):
    about = about_run(runs / task)
    low, high = about.interval
    assert low <= about.splits["test"].metrics[about.metric] <= high


def test_the_same_rows_that_trained_have_no_interval(tmp_path):
    noise = np.random.default_rng(0).normal(size=(40, 20))
    np.savez(tmp_path / "noise.npz", X=noise, y=np.arange(40) % 2)
    data = {"source": "npz", "path": str(tmp_path / "noise.npz"), "test": 0, "validation": 0}
    nncli.train({"data": data}, {"training.epochs": 200}, out=tmp_path / "noise", note=ignored)
    nncli.train({"data": {"source": "gate", "gate": "and"}}, SMALL, out=tmp_path / "gate")
    for run, caution in (("noise", "These rows were used for training."),
                         ("gate", "The test rows are the training rows, so")):  # fmt: skip
        _, quality, found, _ = summary_of(page_of(tmp_path / run)[0])
        assert found.startswith(caution)
        assert "interval" not in quality
        assert "chance" not in quality


def test_few_rows_do_not_make_a_result_certain(tmp_path):
    rows = "".join(f"{n},{n % 2},{n}\n" for n in range(40))
    (tmp_path / "t.csv").write_text(f"x,y,z\n{rows}", encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "test": 4, "validation": 0}
    nncli.train({"data": {**data, "target": "y"}}, SMALL, out=tmp_path / "class", note=ignored)
    quality = summary_of(page_of(tmp_path / "class")[0])[1]
    low, high = map(float, re.search(r"interval: ([\d.]+) % to ([\d.]+) %", quality).groups())
    assert high - low > 45
    assert "chance" not in quality
    nncli.train({"data": {**data, "target": "z"}}, SMALL, out=tmp_path / "number", note=ignored)
    assert "interval" not in summary_of(page_of(tmp_path / "number")[0])[1]


@pytest.mark.parametrize(("task", "metric"), [("multiclass", "accuracy"), ("regression", "mae")])
@pytest.mark.parametrize(
    ("advantage", "words"),
    [
        (1.0, "The model is better than this constant guess, by more than chance explains."),
        (0.001, "includes the constant guess: by this measure, these rows do not show that the"),
        (0.0, "By this measure, the model is no better than this constant guess."),
        (-0.1, "By this measure, the model is no better than this constant guess."),
    ],
)
def test_the_model_is_compared_with_the_constant_guess(
    runs, tmp_path, task, metric, advantage, words
):
    shutil.copytree(runs / task, tmp_path / "run")
    saved = metrics(tmp_path / "run")
    value = saved["test"]["metrics"][metric]
    guess = value * (1 - advantage if metric == "accuracy" else 1 + advantage)
    saved["test"]["constant_guess"]["metrics"][metric] = guess
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    assert value > 0
    assert words in summary_of(page_of(tmp_path / "run")[0])[1]


def test_the_interval_is_explained_and_is_too_narrow_for_groups(tmp_path):
    rows = "".join(f"{n % 9},{n % 2},{n // 2}\n" for n in range(80))
    (tmp_path / "t.csv").write_text(f"x,y,house\n{rows}", encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "test": 20}
    for group, words in ((None, "which rows were tested."),
                         ("house", "the same house are alike, so it is too narrow.")):  # fmt: skip
        run = tmp_path / str(group)
        nncli.train({"data": {**data, "group": group}}, SMALL, out=run, note=ignored)
        assert summary_of(page_of(run)[0])[1].endswith(words)


def test_the_positive_class_keeps_its_place(tmp_path):
    rows = "".join(f"{n % 10},{'yes' if n % 10 > 6 else 'no'}\n" for n in range(100))
    (tmp_path / "t.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "positive": "no",
            "test": 30, "validation": 0}  # fmt: skip
    nncli.train({"data": data}, {**SMALL, "training.epochs": 40}, out=tmp_path / "run",
                note=ignored)  # fmt: skip
    page, saved = page_of(tmp_path / "run")[0], metrics(tmp_path / "run")["test"]
    assert "learned to predict whether y is no, from" in page.text
    assert table_of(page, "Confusion matrix")[0] == ["true class", "yes", "no"]
    _, rows = table_of(page, "Rows of each class")
    assert [row[0] for row in rows] == ["yes", "no"]
    per_class = table_of(page, "Classes in the test rows")[1]
    assert [row[0] for row in per_class] == [each["class"] for each in saved["per_class"]]
    true = [sum(int(each) for each in row[1:]) for row in table_of(page, "Confusion")[1]]
    assert true == [int(row[-1]) for row in per_class]


def test_a_part_of_folds_is_judged_by_its_held_out_rows(tmp_path):
    data = {"source": "xor", "rows": 90, "test": 0, "validation": 0}
    nncli.cross_validate({"data": data}, {**SMALL, "training.folds": 3}, out=tmp_path / "run",
                         note=ignored)  # fmt: skip
    page, saved = page_of(tmp_path / "run" / "fold-2")[0], metrics(tmp_path / "run" / "fold-2")
    assert "of the 30 held-out rows are classified correctly (95 %" in summary_of(page)[1]
    header, rows = table_of(page, "Metrics; the constant guess for the held-out rows is")
    assert header == ["metric", "train", "held-out", "constant guess"]
    accuracy = next(row for row in rows if row[0] == "accuracy")
    assert accuracy[2] == shown(saved["held_out"]["metrics"]["accuracy"])


def test_columns_are_described_as_they_were_understood(runs):
    header, rows = table_of(page_of(runs / "regression")[0], "Columns")
    assert header == ["column", "kind", "values", "if missing", "inputs"]
    found = {row[0]: row[1:] for row in rows}
    assert found["color"] == ["category", "blue, green, red", "all 0", "3"]
    assert found["size"][0] == "number"
    assert re.fullmatch(r"-\d\.\d+ to \d\.\d+", found["size"][1])
    fill, blanks = found["size"][2].split("; ")
    assert float(fill) == pytest.approx(0, abs=0.5)
    assert blanks == "14 blank"


def test_blank_cells_with_an_indicator_are_counted(runs, tmp_path):
    data = {"source": "csv", "path": str(runs / "fruit.csv"), "target": "price",
            "columns": {"size": {"kind": "number", "missing": "indicator"}}}  # fmt: skip
    nncli.train({"data": data}, SMALL, out=tmp_path / "run", note=ignored)
    _, rows = table_of(page_of(tmp_path / "run")[0], "Columns")
    assert {row[0]: row[3] for row in rows}["size"] == "indicator; 14 blank"


def test_changed_settings_are_marked_and_defaults_are_not(tmp_path):
    nncli.train(XOR, {"training.epochs": 2, "model.activation": "tanh"}, out=tmp_path / "run")
    page = page_of(tmp_path / "run")[0]
    header, rows = table_of(page, "Settings that are not the default")
    assert header == ["setting", "value", "default"]
    found = {row[0]: row[1:] for row in rows}
    assert found.pop("data.source") == ["xor", "-"]
    assert found.pop("model.activation") == ["tanh", "relu"]
    assert found.pop("training.epochs") == ["2", "10"]
    assert found == {"data.rows": ["60", "1000"], "data.test": ["40", "10000"],
                     "data.validation": ["20", "0"],
                     "model.initializer": ["xavier_normal", "he_normal"]}  # fmt: skip
    marked = {each.text.split(":")[0] for each in page.find("mark")}
    assert marked == {"source", "activation", "epochs", "rows", "test", "validation", "initializer"}
    assert "paths_from" not in page.text


def test_the_command_repeats_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nncli.train(XOR, SMALL, out="a run")
    page = page_of("a run")[0]
    (command,) = [each.text for each in page.find("pre") if each.text.startswith("nncli ")]
    start = [sys.executable, "-m", "nncli"]
    subprocess.run([*start, *shlex.split(command)[1:], "-q", "-o", "again"], check=True)
    with np.load("a run/weights.npz") as one, np.load("again/weights.npz") as two:
        np.testing.assert_array_equal(one["W1"], two["W1"])
    facts = facts_of(page)
    assert (facts["seed"], facts["nncli"]) == ("0", nncli.__version__)


def test_no_command_is_given_for_rows_from_python(tmp_path):
    rows = [{"size": n, "kind": "ab"[n % 2]} for n in range(40)]
    nncli.train({"data": {"source": "frame", "target": "kind"}}, SMALL, data=rows,
                out=tmp_path / "run", note=ignored)  # fmt: skip
    page = page_of(tmp_path / "run")[0]
    assert not [each for each in page.find("pre") if each.text.startswith("nncli ")]
    assert "bit for bit" not in page.text
    assert "passed from Python and not saved, so no command repeats this run" in page.text
    assert "passed from Python and not saved, so this report has no interval" in page.text


def test_the_command_of_an_interrupted_run_does_not_promise_its_weights(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    assert "bit for bit" in page_of(tmp_path / "run")[0].text
    saved = {**metrics(tmp_path / "run"), "ended": "interrupted"}
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    page = page_of(tmp_path / "run")[0]
    assert "bit for bit" not in page.text
    assert "the command trains it to the end" in page.text


def test_a_setting_that_is_off_either_way_is_not_changed(runs):
    _, rows = table_of(page_of(runs / "regression")[0], "Settings that are not the default")
    assert not [row for row in rows if row[1:] == ["-", "false"]]


@pytest.mark.parametrize("run", [*TASKS, "images"])
def test_the_page_is_one_file_with_pictures_and_without_script(runs, pictures, run):
    page, content = page_of(runs / run)
    assert page.find("img")
    for image in page.find("img"):
        assert image.attributes["src"].startswith("data:image/png;base64,")
        assert len(image.attributes["alt"]) > 20
    assert not {"script", "link", "iframe", "object"} & {each.tag for each in page.everything()}
    assert not re.search(r"https?:|@import|url\(", content)
    assert len(content) < 300_000


def test_the_same_run_gives_the_same_page(runs, pictures):
    assert page_of(runs / "binary")[1] == page_of(runs / "binary")[1]


def test_mistakes_are_those_of_eval(runs):
    header, rows = table_of(page_of(runs / "multiclass")[0], "The")
    worst = nncli.load(runs / "multiclass").evaluate(mistakes=10).mistakes
    assert header[:3] == ["row", "target", "prediction"]
    assert [row[:3] for row in rows] == [
        [str(each["row"]), each["target"], each["prediction"]] for each in worst
    ]


def test_importance_is_that_of_eval(runs):
    _, rows = table_of(page_of(runs / "regression")[0], "How much worse")
    found = nncli.importance(nncli.load(runs / "regression"))
    assert [row[0] for row in rows] == [found.columns[each] for each in found.order]
    means, _ = found.summary("loss")
    assert rows[0][1] == shown(float(means[found.order[0]]))


def test_without_its_data_a_report_has_what_the_run_saved(runs, tmp_path, pictures):
    shutil.copytree(runs / "regression", tmp_path / "run")
    config = (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")
    write_text(tmp_path / "run" / "config.yaml", config.replace("fruit.csv", "gone.csv"))
    lines = []
    page, _ = page_of(tmp_path / "run", note=lines.append)
    assert len(lines) == 1
    assert "gone.csv" in lines[0]
    assert "95 %" not in page.text
    assert table_of(page, "Metrics")
    assert table_of(page, "Columns")
    assert "What the prediction depends on" not in page.text
    assert [each.attributes["alt"] for each in page.find("img")]
    again, _ = page_of(tmp_path / "run", data=runs / "fruit.csv")
    assert "95 %" in again.text


def test_without_matplotlib_a_report_has_its_tables(runs):
    lines = []
    page, _ = page_of(runs / "binary", note=lines.append)
    assert not page.find("img")
    assert lines[0].startswith("the report has no pictures: plots require matplotlib")
    assert "This report has no pictures: plots require matplotlib, which is not installed." in (
        page.text
    )
    assert "pip install" not in page.text
    assert table_of(page, "Confusion matrix")
    assert table_of(page, "How much worse")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", "$x_1$", '"><img src=x>',
                                  "שם", "a\u202eb", "'--", "x" * 300])  # fmt: skip
def test_hostile_names_are_text(tmp_path, name, pictures):
    rows = [{name: n % 7, "kind": f"{name}{n % 2}"} for n in range(40)]
    lines = [json.dumps(each, ensure_ascii=False) for each in rows]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    data = {"source": "table", "path": str(tmp_path / "rows.jsonl"), "target": "kind"}
    run = tmp_path / (name[:50].replace("/", "_") if sys.platform == "linux" else "run")
    nncli.train({"data": data}, SMALL, out=run, note=ignored)
    page, content = page_of(run)
    assert nncli.base.words.printable(f"{name}1") in page.text
    tags = {each.tag for each in page.everything()}
    of_formulas = {
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mfrac",
        "msup",
        "msub",
        "msqrt",
        "mtext",
        "mover",
        "mspace",
    }
    assert not tags - of_formulas - {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "nav", "ul",
        "li", "a", "p", "code", "img", "div", "table", "caption", "thead", "tbody", "tr", "th",
        "td", "dl", "dt", "dd", "pre", "mark",
    }  # fmt: skip
    assert "\u202e" not in content
    assert nncli.report(run, card=True, note=ignored).count("\n") < 200


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"data.test": 0, "data.validation": 0}, "These rows were used for training."),
        ({"data.test": 0}, "validation rows also chose the epoch"),
        ({"training.epochs": 1}, "Training took 1 epoch and"),
        ({"training.epochs": 0}, "It was not trained: it has its initial weights."),
        ({"data.test": 1}, "of the 1 test row "),
    ],
)
def test_runs_without_test_rows_or_epochs_say_so(tmp_path, settings, words):
    nncli.train(XOR, {**SMALL, **settings}, out=tmp_path / "run")
    assert words in " ".join(page_of(tmp_path / "run")[0].text.split())


def test_an_untrained_network_is_not_said_to_have_learned(tmp_path):
    data = {"source": "gate", "gate": "and"}
    nncli.train({"data": data}, {**SMALL, "training.epochs": 0}, out=tmp_path / "run")
    words = " ".join(summary_of(page_of(tmp_path / "run")[0])[:2])
    assert "predicts whether and is 1, from" in words
    text = page_of(tmp_path / "run")[0].text
    for each in ("learned", "was trained on", "Training took"):
        assert each not in text


def test_one_unit_and_one_mistake_are_singular(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,2\n2,4\n3,5\n4,9\n5,1\n", encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "t.csv"), "target": "y", "test": 1,
            "validation": 0, "task": "regression"}  # fmt: skip
    nncli.train({"data": data}, {**SMALL, "model.hidden_layers": [1]}, out=tmp_path / "run",
                note=ignored)  # fmt: skip
    page = page_of(tmp_path / "run")[0]
    assert "a hidden layer of 1 relu unit, 4 parameters" in page.text
    assert table_of(page, "The worst prediction of 1 test row; rows")


def test_interrupted_and_diverged_runs_say_so(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    saved = metrics(tmp_path / "run")
    for ended, words in (("interrupted", "Training was interrupted after 3 epochs"),
                         ("diverged", "Training diverged after 3 epochs"),
                         ("stopped early", "Training stopped early after 3 epochs")):  # fmt: skip
        write_text(tmp_path / "run" / "metrics.json", json.dumps({**saved, "ended": ended}))
        assert words in page_of(tmp_path / "run")[0].text


def test_a_torn_history_and_metrics_of_an_earlier_version_are_read(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    history = (tmp_path / "run" / "history.csv").read_bytes()
    (tmp_path / "run" / "history.csv").write_bytes(history[:-5])
    saved = metrics(tmp_path / "run")
    for split in ("train", "validation", "test"):
        for key in ("constant_guess", "per_class", "confusion_matrix"):
            del saved[split][key]
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    page = page_of(tmp_path / "run")[0]
    assert table_of(page, "Metrics")[0] == ["metric", "train", "validation", "test"]
    assert "constant guess" not in page.text


@pytest.mark.parametrize(
    "change",
    [
        {"constant_guess": 3}, {"constant_guess": {"values": [], "metrics": {"a": "b"}}},
        {"per_class": [{"class": 3}]}, {"per_class": "x"}, {"confusion_matrix": [[1, 2, 3]]},
        {"confusion_matrix": [["<b>", 2]]}, {"confusion_matrix": 7}, {"metrics": {"loss": "<b>"}},
        {"rows": -1}, {"confusion_pairs": [[1, 2]]}, {"classes": 7}, {"classes": None},
    ],
)  # fmt: skip
def test_damaged_metrics_are_refused_in_one_line(tmp_path, change):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    saved = metrics(tmp_path / "run")
    saved["test"] |= change
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    with pytest.raises(
        nncli.DataError, match=r"metrics\.json: has no valid .*; restore it"
    ) as error:
        page_of(tmp_path / "run")
    assert "\n" not in str(error.value)


def test_damaged_texts_do_not_fill_the_page(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    saved = {**metrics(tmp_path / "run"), "nncli_version": "<b>" * 100_000}
    saved["test"]["constant_guess"]["values"] = ["x" * 100_000]
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    assert len(page_of(tmp_path / "run")[1]) < 30_000


def test_more_classes_than_the_model_has_are_refused(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    saved = metrics(tmp_path / "run")
    saved["test"] |= {"classes": ["a", "b", "c"], "confusion_matrix": [[1, 2, 3]] * 3}
    write_text(tmp_path / "run" / "metrics.json", json.dumps(saved))
    with pytest.raises(nncli.DataError, match=r"metrics\.json: has other classes than the model"):
        page_of(tmp_path / "run")


def test_many_classes_and_columns_stay_small(tmp_path, pictures):
    random = np.random.default_rng(0)
    rows = random.normal(size=(2000, 500)).round(2)
    np.savez(tmp_path / "wide.npz", X=rows, y=np.arange(2000) % 1000)
    data = {"source": "npz", "path": str(tmp_path / "wide.npz"), "test": 500,
            "task": "multiclass"}  # fmt: skip
    nncli.train({"data": data}, SMALL, out=tmp_path / "run", note=ignored)
    page, content = page_of(tmp_path / "run")
    assert len(content) < 400_000
    assert len(table_of(page, "Classes")[1]) == 30
    assert len(table_of(page, "Most frequent confusions")[1]) == 15
    assert "of 1,000" in page.text
    assert "x30 and 470 more." in page.text


def test_many_columns_of_a_table_are_shortened(tmp_path):
    names = [f"c{n}" for n in range(100)]
    lines = [",".join(str((row * 31 + n * 17) % 23) for n in range(100)) for row in range(80)]
    content = "\n".join(
        [",".join([*names, "kind"]), *(f"{x},{n % 2}" for n, x in enumerate(lines))]
    )
    (tmp_path / "wide.csv").write_text(content, encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "wide.csv"), "target": "kind"}
    nncli.train({"data": data}, SMALL, out=tmp_path / "run", note=ignored)
    page = page_of(tmp_path / "run")[0]
    assert "from 100 columns: c0, c1, c2, c3, c4 and 95 more. It was" in page.text
    assert [row[0] for row in table_of(page, "Columns: the first 60 of 100")[1]] == names[:60]
    assert len(table_of(page, "How much worse the model gets")[1]) == 20
    assert "the 20 most important of 100 columns" in page.text


def test_ten_thousand_epochs_stay_small(tmp_path, pictures):
    nncli.train(XOR, SMALL, out=tmp_path / "run")
    place = tmp_path / "run" / "history.csv"
    header, *_, last = place.read_text(encoding="utf-8").splitlines()
    rows = "".join(f"{n},{last.partition(',')[2]}\n" for n in range(1, 10_001))
    place.write_text(f"{header}\n{rows}", encoding="utf-8")
    assert len(page_of(tmp_path / "run")[1]) < 300_000


def test_a_card_is_short_markdown(runs):
    card = nncli.report(runs / "multiclass", card=True, note=ignored)
    assert card.startswith("# multiclass\n\n## Summary\n\n")
    assert "![" not in card
    assert "data:" not in card
    saved = metrics(runs / "multiclass")["test"]["metrics"]["accuracy"]
    assert (
        f"| accuracy | {shown(metrics(runs / 'multiclass')['train']['metrics']['accuracy'])}"
        in card
    )
    assert shown(saved) in card
    assert len(card) < 8000


def test_several_runs_are_compared(runs, tmp_path, pictures):
    for rate in (0.1, 0.01):
        nncli.train(XOR, {**SMALL, "training.learning_rate": rate}, out=tmp_path / f"rate-{rate}")
    page, _ = page_of(tmp_path / "rate-0.1", tmp_path / "rate-0.01")
    assert page.find("h1")[0].text == "Comparison of 2 runs"
    header, rows = table_of(page, "Metrics of the test rows, best accuracy first")
    assert header[:3] == ["run", "accuracy", "loss"]
    for name, accuracy, *_ in rows:
        saved = metrics(tmp_path / name.rpartition("/")[2])["test"]["metrics"]["accuracy"]
        assert accuracy == shown(saved)
    settings = [row[0] for row in table_of(page, "Settings that differ")[1]]
    assert settings == ["training.learning_rate"]
    assert len(page.find("img")) == 1


def test_a_comparison_says_what_makes_it_unfair(runs):
    page, _ = page_of(runs / "binary", runs / "multiclass")
    text = " ".join(page.text.split())
    assert "Caution: the runs have different data, so their metrics are not comparable." in text


def test_equally_good_runs_are_all_named(tmp_path):
    nncli.train(XOR, SMALL, out=tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    summary = page_of(tmp_path / "one", tmp_path / "two")[0].find("p")[0].text
    names = f"{tmp_path / 'one'}, {tmp_path / 'two'}"
    assert summary.startswith(f"2 runs are equally good: {names}. The test accuracy is 0.")
    assert "best" not in summary


def test_runs_may_come_from_an_iterator(runs):
    places = [runs / "binary", runs / "multilabel"]
    page = read_page(nncli.report((each for each in places), note=ignored))
    assert page.find("h1")[0].text == "Comparison of 2 runs"
    one = read_page(nncli.report((each for each in places[:1]), note=ignored))
    assert one.find("h1")[0].text == "Report on binary"


@pytest.mark.parametrize("key", ["folds", "seeds"])
def test_folds_and_seeds_have_means_and_deviations(tmp_path, key):
    train = nncli.cross_validate if key == "folds" else nncli.train_seeds
    train(XOR, {**SMALL, f"training.{key}": 3}, out=tmp_path / "run")
    page, _ = page_of(tmp_path / "run")
    saved = metrics(tmp_path / "run")["test"]
    mean, deviation = (saved[name]["accuracy"] for name in ("mean", "sample_standard_deviation"))
    words = f"The test accuracy is {shown(mean)} ± {shown(deviation)} (mean and sample standard"
    assert words in page.text
    assert f"of 3 {key})" in page.text


def test_wrong_arguments_are_refused(runs):
    with pytest.raises(nncli.UsageError, match="a comparison of several runs has no model card"):
        nncli.report([runs / "binary", runs / "regression"], card=True, note=ignored)
    with pytest.raises(nncli.UsageError, match="runs: found 5; expected a path"):
        nncli.report(5, note=ignored)
    with pytest.raises(nncli.DataError, match="none"):
        nncli.report(runs / "none", note=ignored)


def test_findings_have_their_evidence_and_a_card_has_a_line_for_each(tmp_path):
    changes = {**SMALL, "model.initializer": "zeros", "model.hidden_layers": [4, 4]}
    nncli.train(XOR, changes, out=tmp_path / "run", note=ignored)
    page, text = page_of(tmp_path / "run")
    assert "Findings" in [each.text for each in page.find("h2")]
    assert "N023 problem: units that stay the same" in [each.text for each in page.find("h3")]
    assert "the 4 units of layer 1 have exactly the same weights" in page.text
    assert text == page_of(tmp_path / "run")[1]
    card = nncli.report(tmp_path / "run", card=True, note=ignored)
    line = "\n- N023 problem: units that stay the same; try `model.initializer=he_normal`\n"
    assert card.count(line) == 1


def test_a_report_without_findings_says_so(tmp_path):
    nncli.train(XOR, {"training.epochs": 40}, out=tmp_path / "run", note=ignored)
    muted = nncli.diagnose(tmp_path / "run").codes
    nncli.train(XOR, {"training.epochs": 40, "diagnose.ignore": muted}, out=tmp_path / "muted",
                note=ignored)  # fmt: skip
    page, _ = page_of(tmp_path / "muted")
    assert "checks found nothing." in page.text
    assert "## Findings\n\nNone, in " in nncli.report(tmp_path / "muted", card=True, note=ignored)


def test_without_the_data_a_report_has_the_findings_of_the_run_alone(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 2))
    changes = {**SMALL, "model.initializer": "zeros", "model.hidden_layers": [4]}
    nncli.train({}, changes, data=(rows, np.arange(60) % 2), out=tmp_path / "run", note=ignored)
    page, _ = page_of(tmp_path / "run")
    assert "N023 problem: units that stay the same" in [each.text for each in page.find("h3")]
