"""`nncli compare`: a table of metrics, what differs in the configs, and the gap."""

import json
import shutil

import pytest

from tests.timing import in_less_than


@pytest.fixture
def two(nncli, xor_config):
    """Train with two learning rates."""
    for name, rate in (("fast", 0.1), ("slow", 0.001)):
        settings = [f"training.learning_rate={rate}", "training.epochs=20"]
        assert nncli("train", "-q", xor_config, "-o", name, *settings).code == 0


def metrics(tmp_path, run):
    return json.loads((tmp_path / run / "metrics.json").read_text(encoding="utf-8"))


def test_the_output_has_metrics_settings_and_the_gap(nncli, two, tmp_path):
    done = nncli("compare", "slow", "fast", "--sort", "loss")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "test metrics, best loss first"
    assert lines[1].split()[:3] == ["run", "loss", "accuracy"]
    assert lines[1].endswith("best epoch  epochs    time")
    saved = {run: metrics(tmp_path, run) for run in ("slow", "fast")}
    assert [line.split()[0] for line in lines[2:4]] == ["fast", "slow"]
    for line in lines[2:4]:
        name, loss, *_ = line.split()
        assert loss == f"{saved[name]['test']['metrics']['loss']:.4f}"
        assert line.split()[-4:-2] == [str(saved[name]["best_epoch"]), "20"]
    assert lines[4:9] == [
        "",
        "what differs in the configs",
        "run   training.learning_rate",
        "fast                     0.1",
        "slow                   0.001",
    ]
    assert lines[10].startswith("The gap in loss between the first two is 0.")
    assert lines[11] == "each. Runs with --seeds show how large chance is."
    assert max(map(len, lines)) <= 80


def test_seeds_show_whether_the_gap_is_large(nncli, xor_config, two):
    name = "several seeds of a long name"
    assert nncli("train", "-q", xor_config, "--seeds", 10, "-o", name).code == 0
    done = nncli("compare", "fast", name)
    table = done.out.splitlines()
    assert table[1].split()[:3] == ["run", "models", "accuracy"]
    assert "10 seeds" in done.out
    assert " ± " in done.out
    assert "the spread over seeds, 0." in table[-1]
    assert max(map(len, table)) <= 80


def test_the_same_configs_are_reported(nncli, two, tmp_path):
    shutil.copytree(tmp_path / "fast", tmp_path / "again")
    assert "\nThe configs are the same.\n" in nncli("compare", "fast", "again").out


def test_many_differences_are_several_tables_of_80_columns(nncli, xor_config, two):
    settings = ["model.hidden_layers=[3,3,3,3,3,3,3,3,3,3,3,3,3,3]", "training.optimizer=sgd",
                "training.clip_norm=1", "training.batch_size=full", "data.noise=0.7",
                "model.activation=relu", "model.initializer=he_uniform"]  # fmt: skip
    assert nncli("train", "-q", xor_config, "-o", "other" * 20, *settings).code == 0
    done = nncli("compare", "fast", "other" * 20)
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.split()[:1] == ["run"] for line in lines) > 2
    assert "[3, 3, 3, 3, 3, 3, 3,.." in done.out
    assert "\n..rotherother" in done.out


def test_unreadable_runs_are_named_on_standard_error(nncli, two, tmp_path):
    (tmp_path / "a\x1b[31m\u202e").mkdir()
    (tmp_path / "<script>").mkdir()
    done = nncli("compare", "fast", "slow", "none", "a\x1b[31m\u202e", "<script>")
    assert done.code == 0
    assert done.err.splitlines() == [
        "Warning: none: is not a directory; left out; expected a run directory",
        r"Warning: a\x1b[31m\u202e: has no config.yaml; left out; expected a run directory",
        "Warning: <script>: has no config.yaml; left out; expected a run directory",
    ]
    alone = nncli("compare", "none")
    assert alone.code == 1
    assert alone.error == "Error: none: is not a directory; expected a run directory"
    both = nncli("compare", "none", "<script>").err.splitlines()
    assert both[2:] == [
        "Error: no run can be compared; give run directories, or a folder with runs"
    ]


def test_the_weights_of_a_run_stand_for_it(nncli, two):
    done = nncli("compare", "fast/weights.npz", "slow")
    assert done == nncli("compare", "fast", "slow")
    other = nncli("compare", "fast/checkpoint.npz", "slow")
    assert other.err == (
        "Warning: fast/checkpoint.npz: is not a directory; left out; expected a run directory\n"
    )


def test_runs_of_different_data_have_no_gap(nncli, two, tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n" * 20, encoding="utf-8")
    (tmp_path / "t.yaml").write_text("data: {path: t.csv, target: y}\n", encoding="utf-8")
    assert nncli("train", "-q", "t.yaml", "training.epochs=1", "-o", "table").code == 0
    done = nncli("compare", "table", "fast")
    assert done.err == (
        "Warning: the runs have different data, so their metrics are not comparable\n"
    )
    assert "The gap" not in done.out
    assert json.loads(nncli("compare", "table", "fast", "--json").out)["gap"] is None


def test_names_of_runs_are_escaped_in_tables(nncli, two, tmp_path):
    for name in ("<script>alert(1)</script>"[:12], "\u05d0\u05d1", "a\u202eb", "a\x1b[31m", "$x_"):
        shutil.copytree(tmp_path / "fast", tmp_path / "runs" / name)
    done = nncli("compare", "runs")
    assert (done.code, done.err) == (0, "")
    assert all(line.isprintable() for line in done.out.splitlines())
    values = json.loads(nncli("compare", "runs", "--json").out)
    assert "runs/a\u202eb" in {each["run"] for each in values["runs"]}


def test_wrong_options_are_refused(nncli, two):
    assert nncli("compare", "fast", "--split", "held_out").error == (
        "Error: no run has held_out rows; choose --split train or validation or test"
    )
    assert nncli("compare", "fast", "--sort", "acuracy").error.endswith("did you mean 'accuracy'?")
    assert nncli("compare").code == 2


def test_json_has_every_metric_and_the_differences(nncli, two, tmp_path):
    values = json.loads(nncli("compare", "fast", "slow", "--sort", "loss", "--json").out)
    assert values["runs"][0]["metrics"] == metrics(tmp_path, "fast")["test"]["metrics"]
    assert [each["settings"] for each in values["runs"]] == [
        {"training.learning_rate": 0.1},
        {"training.learning_rate": 0.001},
    ]
    assert values["gap"]["is_larger"] is None


def test_runs_with_one_epoch_and_without_validation_rows(nncli, xor_config):
    settings = ["data.validation=0", "training.epochs=1"]
    assert nncli("train", "-q", xor_config, "-o", "one", *settings).code == 0
    done = nncli("compare", "one")
    assert done.code == 0
    assert done.out.splitlines()[2].split()[-4:-2] == ["1", "1"]
    assert len(done.out.splitlines()) == 3


def test_an_interrupted_run_is_named_and_compared(nncli, stopped):
    done = nncli("compare", "run")
    assert done.code == 0
    assert done.err == (
        "Warning: run: was interrupted after 3 epochs; its metrics are those so far\n"
    )
    assert done.out.splitlines()[2].startswith("run")


ABSURD = [10**40, -1, 1e300, True, "a\x1b[31m\u202e", [1] * 100, {"\n": {}}]


def changed(value):
    """Yield copies of a JSON value, each with one part replaced by an absurd value."""
    yield from ABSURD
    if isinstance(value, dict):
        yield {**value, "a\x1b[31m": 3, "\u202e" * 200: 3}
        for key, inner in value.items():
            yield from ({**value, key: each} for each in changed(inner))
            yield {name: each for name, each in value.items() if name != key}
    elif isinstance(value, list) and value:
        yield []
        yield from ([each, *value[1:]] for each in changed(value[0]))


@pytest.mark.parametrize("option", [[], ["--seeds", 2], ["training.folds=2"]])
def test_hostile_metrics_are_named_or_compared(nncli, xor_config, tmp_path, option):
    assert nncli("train", "-q", xor_config, "-o", "run", *option).code == 0
    saved = metrics(tmp_path, "run")
    few = ("loss", "accuracy")
    for split in ("train", "validation", "test"):
        for key in ("metrics", "mean", "sample_standard_deviation"):
            if key in saved[split]:
                saved[split][key] = {name: saved[split][key][name] for name in few}
    short = {key: each for key, each in saved.items() if key not in ("train", "validation")}
    for number, each in enumerate(changed(short)):
        run = tmp_path / "runs" / f"{number}"
        run.mkdir(parents=True)
        shutil.copyfile(tmp_path / "run" / "config.yaml", run / "config.yaml")
        (run / "metrics.json").write_text(json.dumps(each), encoding="utf-8")
    for options in ([], ["--json"]):
        done = nncli("compare", "run", "runs", *options)
        assert done.code == 0
        assert all(line.isprintable() for line in (done.out + done.err).splitlines())
        if not options:
            assert max(map(len, done.out.splitlines())) <= 80
    assert "Warning: runs/0/metrics.json: is not a JSON object" in done.err


def test_200_runs_take_less_than_three_seconds(nncli, two, tmp_path):
    text = (tmp_path / "fast" / "config.yaml").read_text(encoding="utf-8")
    for number in range(200):
        run = tmp_path / "runs" / f"xor-{number:03}"
        run.mkdir(parents=True)
        (run / "config.yaml").write_text(text.replace("0.1\n", f"0.1{number}1\n"), encoding="utf-8")
        shutil.copyfile(tmp_path / "fast" / "metrics.json", run / "metrics.json")
    done = in_less_than(3, lambda: nncli("compare", "runs"))
    assert len(done.out.splitlines()) == 2 * 201 + 6


def test_the_curves_are_drawn_into_a_file(nncli, two, tmp_path):
    done = nncli("compare", "fast", "slow", "--plot")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("test metrics")
    assert done.out.endswith("\n\nThe curves are in comparison.png.\n")
    assert (tmp_path / "comparison.png").read_bytes().startswith(b"\x89PNG")
    named = nncli("compare", "fast", "--plot", "--json", "-o", "a/curves.svg")
    assert json.loads(named.out)["metric"] == "accuracy"
    assert b"<svg" in (tmp_path / "a" / "curves.svg").read_bytes()
    folder = nncli("compare", "fast", "--plot", "-o", "a")
    assert "a/curves.png" in folder.out.replace("\\", "/")


def test_a_plot_that_cannot_be_drawn_or_written_is_one_line(nncli, two, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    unwritable = nncli("compare", "fast", "--plot", "-o", "file/a.png")
    assert (unwritable.code, unwritable.err.count("\n")) == (1, 1)
    assert unwritable.err.startswith("Error: file: cannot be written")
    alone = nncli("compare", "fast", "-o", "a.png")
    assert (alone.code, alone.error) == (2, "Error: -o: is for a plot; add --plot, too")
    (tmp_path / "fast" / "history.csv").unlink()
    done = nncli("compare", "fast", "slow", "--plot")
    assert done.code == 0
    assert done.err.startswith("Warning: fast/history.csv: cannot be read (no such file")
    assert done.err.endswith("; left out of the plot\n")
    none = nncli("compare", "fast", "--plot")
    assert none.code == 2
    assert none.err.splitlines()[1:] == [
        "Error: no run has a history to plot; train at least one epoch"
    ]
