"""``nncli plot`` when the data of training is missing, moved, changed or untrusted."""

import random
import shutil
from pathlib import Path

import pytest

import nncli as api

CONFIG = "data: {{{data}}}\nmodel: {{hidden_layers: [2]}}\ntraining: {{epochs: 2}}\n"
WITHOUT_DATA = ["curves", "rate", "gradients", "network", "weights", "activations", "losses",
                "schedules"]  # fmt: skip
WITH_DATA = ["data", "surface", "hidden", "mistakes", "rows", "confusion", "roc",
             "precision-recall", "calibration", "threshold", "importance"]  # fmt: skip
LEFT_OUT = f"cannot draw {', '.join(WITH_DATA)}: "


def table(path, rows=60, seed=1):
    random.seed(seed)
    cells = [(random.random(), random.random(), random.choice("ab")) for _ in range(rows)]
    path.write_text("x,z,y\n" + "".join(f"{x},{z},{y}\n" for x, z, y in cells), encoding="utf-8")


def names(done):
    return [Path(line).stem for line in done.out.splitlines()]


@pytest.fixture
def run(nncli, tmp_path):
    """Return the directory of a run on the table ``d.csv``."""
    table(tmp_path / "d.csv")
    (tmp_path / "c.yaml").write_text(CONFIG.format(data="path: d.csv, target: y"))
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    return tmp_path / "R"


@pytest.fixture
def pixels(nncli, run, tmp_path):
    """Return a function that plots kinds, and returns the contents of the files."""

    def of(*arguments):
        done = nncli("plot", "R", *arguments, "-o", "shown")
        assert done.code == 0, done.err
        return {Path(path).stem: (tmp_path / path).read_bytes() for path in done.out.splitlines()}

    return of


def test_without_the_data_the_other_kinds_are_drawn(nncli, run, tmp_path):
    everything = nncli("plot", "R")
    assert (everything.err, {*names(everything)}) == ("", {*WITHOUT_DATA, *WITH_DATA})
    (tmp_path / "d.csv").unlink()
    done = nncli("plot", "R", "-o", "few")
    assert (done.code, names(done)) == (0, WITHOUT_DATA)
    assert done.err.startswith(f"Warning: R: {LEFT_OUT}d.csv: cannot be read (no such file or ")
    assert done.err.endswith("; restore it, or give its path with --data FILE\n")
    assert done.err.count("\n") == 1
    for name in WITHOUT_DATA:
        assert (tmp_path / "few" / f"{name}.png").read_bytes() == (
            run / "plots" / f"{name}.png"
        ).read_bytes()


def test_a_named_kind_needs_its_data(nncli, run, tmp_path):
    (tmp_path / "d.csv").unlink()
    for kinds in (["confusion"], ["curves", "rows"]):
        done = nncli("plot", "R", *kinds)
        assert done.code == 1
        assert done.error.startswith("Error: d.csv: cannot be read (no such file or directory)")
        assert done.error.endswith("; restore it, or give its path with --data FILE")
    done = nncli("plot", "R", *WITHOUT_DATA)
    assert (done.code, done.err, names(done)) == (0, "", WITHOUT_DATA)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "could not be read as its training data"),
        ("x,z,y\n1,2,a\n1,3,c\n", "its columns, targets or classes do not match that source"),
    ],
)
def test_data_that_does_not_fit_is_like_missing_data(nncli, run, tmp_path, content, problem):
    (tmp_path / "d.csv").write_text(content * 20 if content else content)
    done = nncli("plot", "R")
    assert (done.code, names(done)) == (0, WITHOUT_DATA)
    assert done.err.startswith(f"Warning: R: {LEFT_OUT}R: its ")
    assert "give its path with --data FILE" in done.err
    assert nncli("plot", "R", "rows").code == 1


def test_data_outside_the_project_needs_trust(nncli, run, tmp_path):
    for name in ("away", "here"):
        (tmp_path / name).mkdir()
    table(tmp_path / "away" / "d.csv", seed=2)
    text = (run / "config.yaml").read_text("utf-8")
    moved = shutil.copytree(run, tmp_path / "here" / "R")
    (moved / "config.yaml").write_text(
        text.replace("path: d.csv", f"path: {tmp_path / 'away' / 'd.csv'}"), encoding="utf-8"
    )
    done = nncli("plot", "here/R")
    assert (done.code, names(done)) == (0, WITHOUT_DATA)
    assert LEFT_OUT in done.err
    assert "could not be verified as its training data; give its path with --data FILE, or " in (
        done.err
    )
    for trusting in (["--trust-paths"], ["--data", "away/d.csv"]):
        done = nncli("plot", "here/R", *trusting)
        assert {*names(done)} == {*WITHOUT_DATA, *WITH_DATA}
        assert "its data has changed since training" in done.err


def test_moved_data_gives_the_same_plots(pixels, tmp_path):
    before = pixels("rows", "mistakes", "surface")
    (tmp_path / "d.csv").rename(tmp_path / "new.csv")
    assert pixels("rows", "mistakes", "surface", "--data", "new.csv") == before
    assert pixels("rows", "mistakes", "surface", f"--data={tmp_path / 'new.csv'}") == before


def test_data_that_is_given_must_be_readable(nncli, run, tmp_path):
    done = nncli("plot", "R", "--data", "no.csv")
    assert (done.code, done.error) == (
        2, "Error: no.csv: cannot be read (no such file or directory)"
    )  # fmt: skip
    (tmp_path / "new.csv").write_text("x,y\n1,a\n2,b\n" * 20)
    done = nncli("plot", "R", "--data", "new.csv")
    assert (done.code, "do not match" in done.error or "no column" in done.error) == (1, True)


def test_data_of_a_config(nncli, run, tmp_path):
    (tmp_path / "d.csv").rename(tmp_path / "new.csv")
    assert nncli("plot", "c.yaml", "data").error == (
        "Error: d.csv: cannot be read (no such file or directory); restore it, or give its path "
        "with --data FILE"
    )
    assert nncli("plot", "c.yaml").error == nncli("plot", "c.yaml", "data").error
    assert "data" in names(nncli("plot", "c.yaml", "--data", "new.csv"))


def test_data_that_is_not_one_file(nncli, xor_run):
    done = nncli("plot", xor_run, "--data", xor_run, "-o", "plots")
    assert (done.code, done.error) == (
        2, f"Error: --data: {xor_run} has no data.path; leave it out"
    )  # fmt: skip


def test_missing_arrays_may_lie_next_to_the_model(nncli, sorted_arrays, tmp_path):
    assert nncli("train", sorted_arrays, "-q", "-o", "R").code == 0
    (tmp_path / "x.npy").rename(tmp_path / "z.npy")
    done = nncli("plot", "R", "-o", "plots")
    assert names(done) == WITHOUT_DATA
    assert done.err.endswith("; restore it, or put it next to the model\n")
    (tmp_path / "z.npy").rename(tmp_path / "R" / "x.npy")
    assert nncli("plot", "R", "rows").err == ""


def test_changed_data_is_reported_once(nncli, run, tmp_path):
    head, *rows = (tmp_path / "d.csv").read_text("utf-8").splitlines()
    (tmp_path / "d.csv").write_text("\n".join([head, *sorted(rows)]) + "\n", encoding="utf-8")
    told = nncli("eval", "R").err.partition("; restore")[0]
    assert "R: its data has changed since training: test inputs, test targets, test rows; " in told
    done = nncli("plot", "R", "rows", "mistakes", "network")
    assert (done.code, done.err) == (
        0, f"{told}; restore the data, or give its path with --data FILE\n"
    )  # fmt: skip
    assert nncli("plot", "R", "network", "curves").err == ""  # which need no data
    with pytest.warns(api.NncliWarning, match="restore the data, or pass its path as data=FILE$"):
        api.plot("R", "rows")


def test_changed_training_rows_are_reported_even_if_the_test_rows_are_the_same(nncli, tmp_path):
    table(tmp_path / "d.csv")
    table(tmp_path / "t.csv", rows=20)
    (tmp_path / "c.yaml").write_text(CONFIG.format(data="path: d.csv, target: y, test: t.csv"))
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    table(tmp_path / "d.csv", seed=3)
    done = nncli("plot", "R", "data")
    assert "changed since training: train inputs, train targets; it was trained on other rows" in (
        done.err
    )
    assert nncli("plot", "R", "data", "--data", "t.csv").err.count("Warning") == 1


def test_in_python(nncli, run, tmp_path):
    (tmp_path / "d.csv").rename(tmp_path / "new.csv")
    notes = []
    assert [*api.plot("R", note=notes.append)] == WITHOUT_DATA
    assert len(notes) == 1
    assert notes[0].endswith("; restore it, or pass its path as data=FILE")
    with pytest.warns(api.NncliWarning, match="R: cannot draw data, surface") as caught:
        api.load("R").plot()
    assert caught[0].filename == __file__
    with pytest.raises(api.DataError, match=r"pass its path as data=FILE$"):
        api.plot("R", "rows")
    assert [*api.plot("R", "rows", data="new.csv")] == ["rows"]
    assert [*api.load("R").plot("rows", data="new.csv")] == ["rows"]
    with pytest.raises(api.UsageError, match=r"^data: found 3; expected a path"):
        api.plot("R", data=3)
    with pytest.raises(api.UsageError, match=r"^note: found 'x'; expected a function"):
        api.plot("R", note="x")


def test_a_damaged_history_is_left_out_and_a_torn_line_ignored(nncli, run):
    history = run / "history.csv"
    whole = history.read_text("utf-8")
    history.write_text(whole + "3,0.1", encoding="utf-8")
    assert nncli("plot", "R").err == ""
    history.write_text(whole + "3,0.1\n", encoding="utf-8")
    done = nncli("plot", "R")
    problem = "R/history.csv: is damaged, or not the history of a run (line 4 has more or fewer "
    assert done.err.startswith(f"Warning: R: cannot draw curves, rate, gradients: {problem}")
    assert {*names(done)} == {*WITH_DATA, *WITHOUT_DATA} - {"curves", "rate", "gradients"}
    assert nncli("plot", "R", "network", "curves").error.startswith(f"Error: {problem}")
    history.unlink()
    assert nncli("plot", "R").err == ""
    assert nncli("plot", "R", "rate").error == (
        "Error: R: rate: needs the history of a run; give a run directory"
    )


@pytest.mark.parametrize("settings", [["training.epochs=0"], ["training.epochs=1"]])
def test_runs_with_few_epochs(nncli, xor_config, settings):
    assert nncli("train", xor_config, "-q", "-o", "R", *settings).code == 0
    done = nncli("plot", "R")
    has_epoch = settings == ["training.epochs=1"]
    assert (done.code, done.err) == (0, "")
    assert {*names(done)} == {*WITH_DATA, *WITHOUT_DATA} - (
        set() if has_epoch else {"curves", "rate", "gradients"}
    )


def test_runs_without_weights_say_why(nncli, stopped, xor_config):
    (stopped / "weights.npz").unlink()
    (stopped / "metrics.json").unlink()
    assert nncli("plot", "run", "curves").error.endswith(
        "before it saved weights; resume it: nncli train --resume run"
    )
    diverging = ["training.learning_rate=1e30", "model.activation=relu", "training.optimizer=sgd"]
    assert nncli("train", xor_config, "-q", "-o", "D", *diverging).code == 1
    assert nncli("plot", "D").error.startswith("Error: D: training diverged and left no weights: ")


def test_the_models_of_seeds_are_plotted_one_by_one_or_compared(nncli, xor_config):
    assert nncli("train", xor_config, "-q", "--seeds", "2", "-o", "my runs").code == 0
    assert nncli("plot", "my runs").error == (
        "Error: my runs: has a model for each seed; choose my runs/seed-0, or draw the mean curves "
        "of all with nncli compare 'my runs' --plot"
    )
    with pytest.raises(api.ModelFileError, match=r"nncli\.compare\('my runs'\)\.plot\(\)$"):
        api.plot("my runs")
    assert names(nncli("plot", "my runs/seed-0", "curves")) == ["curves"]
