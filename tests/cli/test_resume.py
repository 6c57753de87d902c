"""A run interrupted anywhere resumes to a bit-identical result."""

import shutil
import signal
import threading
from contextlib import redirect_stderr
from threading import Timer

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.model.evaluation import evaluate
from tests.cli.stopped_runs import (
    CASES,
    adding_up_to,
    assert_same_run,
    config,
    counting,
    history,
    holding,
    rewrite,
    saying,
    steps_taken,
    without,
)

DAMAGED = "is damaged, or not a checkpoint of this nncli version"

# Bit-identical results


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_a_run_interrupted_again_and_again_ends_bit_for_bit(nncli, tmp_path, stop_at, settings):
    if "compiled" in settings:
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    path = config(tmp_path, settings)
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    stop_at(3)  # within the first epoch, unless it has only one batch
    assert nncli("train", path, "-q", "-o", "parts").code == 130
    codes = []
    while not codes or codes[-1] == 130:
        assert steps_taken(tmp_path / "parts") == 3 + 11 * len(codes)
        stop_at(11)
        codes.append(nncli("train", "-q", "--resume", "parts").code)
        assert len(codes) < 30
    assert codes[-1] == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


def test_a_run_may_be_interrupted_after_any_step(nncli, tmp_path, stop_at):
    path = config(tmp_path, "optimizer: adam, dropout: 0.25")
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    for step in range(1, 30):
        run = f"run-{step}"
        stop_at(step)
        assert nncli("train", path, "-q", "-o", run).code == 130
        assert steps_taken(tmp_path / run) == step
        assert nncli("train", "-q", "--resume", run).code == 0
        assert_same_run(tmp_path / run, tmp_path / "whole")


def test_a_run_on_a_file_shuffled_by_blocks_ends_bit_for_bit(
    nncli, tmp_path, stop_at, sorted_arrays, everything_mapped_is_large
):
    everything_mapped_is_large()
    assert nncli("train", sorted_arrays, "-q", "-o", "whole").code == 0
    stop_at(100)  # within the second epoch
    assert nncli("train", sorted_arrays, "-q", "-o", "parts").code == 130
    assert steps_taken(tmp_path / "parts") == 100
    stop_at(1000)
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


def test_an_interruption_in_the_last_step_of_an_epoch_leaves_only_its_end(nncli, tmp_path, stop_at):
    path = config(tmp_path, "optimizer: adam")
    nncli("train", path, "-q", "-o", "whole")
    stop_at(10)  # five batches per epoch
    done = nncli("train", path, "-q", "-o", "parts")
    assert done.err.splitlines()[-1].startswith("Interrupted after 1 of 6 epochs; to resume:  ")
    assert len(history(tmp_path / "parts")) == 1
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_more_epochs_give_what_they_would_have_given_from_the_start(nncli, tmp_path, engine):
    path = config(tmp_path, f"engine: {engine}")
    assert nncli("train", path, "-q", "-o", "long", "training.epochs=9").code == 0
    assert nncli("train", path, "-q", "-o", "short").code == 0
    done = nncli("train", "-q", "--resume", "short", "training.epochs=9")
    assert (done.code, done.err) == (0, "")
    assert_same_run(tmp_path / "short", tmp_path / "long")
    assert nncli("train", path, "-q", "-o", "config", "training.epochs=9").code == 0
    found, expected = (tmp_path / name / "config.yaml" for name in ("short", "long"))
    assert found.read_bytes() == expected.read_bytes()


def test_a_schedule_that_knows_the_number_of_epochs_is_warned_of(nncli, tmp_path):
    path = config(tmp_path, "schedule: cosine")
    nncli("train", path, "-q", "-o", "run")
    done = nncli("train", "-q", "--resume", "run", "training.epochs=9")
    assert done.code == 0
    assert done.err == (
        "Warning: the cosine schedule changes from 6 epochs to 9: the result will not be that of 9 "
        "epochs from the start\n"
    )


def test_a_run_without_a_checkpoint_begins_again(nncli, tmp_path):
    path = config(tmp_path, "optimizer: adam")
    nncli("train", path, "-q", "-o", "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "parts")
    for name in ("checkpoint.npz", "weights.npz", "metrics.json"):
        (tmp_path / "parts" / name).unlink()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


def test_given_weights_are_not_needed_to_resume(nncli, tmp_path, stop_at):
    path = config(tmp_path, "optimizer: adam")
    nncli("train", path, "-q", "-o", "start")
    given = ("model.initial_weights=start/weights.npz",)
    nncli("train", path, *given, "-q", "-o", "whole")
    stop_at(7)
    nncli("train", path, *given, "-q", "-o", "parts")
    (tmp_path / "start" / "weights.npz").unlink()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


# The history


@pytest.mark.parametrize("more", ["", "4,0.1,0.5", "4,0.1\n5,0.2\n", "torn"])
def test_rows_after_the_checkpoint_are_written_again(nncli, tmp_path, stop_at, more):
    path = config(tmp_path, "optimizer: adam")
    nncli("train", path, "-q", "-o", "whole")
    stop_at(17)
    nncli("train", path, "-q", "-o", "parts")
    with (tmp_path / "parts" / "history.csv").open("a") as stream:
        stream.write(more)
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_a_history_that_lacks_rows_is_refused_and_left(nncli, tmp_path, stop_at, left):
    stop_at(17)
    nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run")
    file = tmp_path / "run" / "history.csv"
    lines = file.read_bytes().splitlines(keepends=True)
    content = b"".join(lines[:left])
    file.write_bytes(content)
    done = nncli("train", "--resume", "run")
    assert done.code == 1
    assert done.error == (
        "Error: run/history.csv: does not match the 3 epochs of the checkpoint next to it; "
        "restore the file of the run"
    )
    assert file.read_bytes() == content


# Finished runs


def test_a_finished_run_says_so_and_stays_as_it_is(nncli, tmp_path):
    nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "a run")
    before = {path: path.read_bytes() for path in (tmp_path / "a run").iterdir()}
    done = nncli("train", "--resume", "a run")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "a run is finished: all of its 6 epochs are done. To train for more:\n"
        "  nncli train --resume 'a run' training.epochs=12\n"
    )
    assert {path: path.read_bytes() for path in (tmp_path / "a run").iterdir()} == before


@pytest.mark.parametrize("overrides", [(), ("training.epochs=60",)])
def test_a_run_that_stopped_early_says_so(nncli, tmp_path, overrides):
    settings = "early_stopping: {patience: 1, min_change: 100}, epochs: 30"
    nncli("train", config(tmp_path, settings), "-q", "-o", "run")
    done = nncli("train", "--resume", "run", *overrides)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "run is finished: it stopped early after epoch 2; more epochs would change nothing.\n"
    )


def test_files_lost_after_the_last_epoch_are_written_again(nncli, tmp_path, stop_at):
    path = config(tmp_path, "optimizer: adam")
    nncli("train", path, "-q", "-o", "whole")
    stop_at(30)  # the last step of all
    nncli("train", path, "-q", "-o", "parts")
    (tmp_path / "parts" / "weights.npz").unlink()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", tmp_path / "whole")


# Refusals


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        (["training.learning_rate=0.1"], "training.learning_rate was 0.05 and is 0.1"),
        (["training.epochs=5"], "training.epochs was 6 and is 5"),
        (
            ["seed=1", "training.optimizer=sgd"],
            "seed was 0 and is 1, training.optimizer.name was",
        ),
        (["model.hidden_layers=[4,4]"], "model.hidden_layers was [4, 3] and is [4, 4]"),
        (["data.rows=60"], "data.rows was 50 and is 60"),
        (["training.epochs=9", "name=other"], 'name was "xor" and is "other", training.epochs was'),
    ],
)
def test_another_config_is_refused_with_what_differs(nncli, stopped, overrides, what):
    before = {path: path.read_bytes() for path in stopped.iterdir()}
    done = nncli("train", "--resume", "run", *overrides)
    assert done.code == 2
    assert done.error.startswith(f"run: cannot resume with another config: {what}")
    assert done.error.endswith(
        "; only training.epochs may change, and only increase; otherwise start a new run"
    )
    assert {path: path.read_bytes() for path in stopped.iterdir()} == before


def test_what_diagnose_reports_may_change(nncli, stopped):
    done = nncli("train", "--resume", "run", "diagnose.ignore=[N040, N014]")
    assert done.code == 0, done.err
    assert "ignore: [N040, N014]" in (stopped / "config.yaml").read_text(encoding="utf-8")


def test_a_config_that_was_edited_is_refused(nncli, stopped):
    text = (stopped / "config.yaml").read_text(encoding="utf-8")
    (stopped / "config.yaml").write_text(text.replace("noise: 0.25", "noise: 0.5"), "utf-8")
    done = nncli("train", "--resume", "run")
    assert done.code == 2
    assert "data.noise was 0.25 and is 0.5; only training.epochs may change" in done.error


def test_other_data_is_refused_with_what_differs(nncli, stopped, monkeypatch):
    from nncli.data.builtin import xor

    usual = xor.load_xor

    def other(**options):
        dataset = usual(**options)
        dataset.splits["validation"].targets[0] ^= 1
        return dataset

    monkeypatch.setattr(xor, "load_xor", other)
    done = nncli("train", "--resume", "run")
    assert done.code == 1
    assert done.error == (
        "Error: run: the data has changed since its checkpoint: the train targets; restore "
        "the data, or train anew"
    )


@pytest.mark.parametrize("arguments", [["xor.yaml"], ["xor.yaml", "training.epochs=9"]])
def test_a_config_together_with_resume_is_refused(nncli, stopped, arguments):
    done = nncli("train", "--resume", "run", *arguments)
    assert done.code == 2
    assert "--resume takes no CONFIG, as the run has its own; found 'xor.yaml'." in done.err


@pytest.mark.parametrize("option", [["-o", "other"], ["--dry-run"]])
def test_options_that_make_no_sense_with_resume_are_refused(nncli, stopped, option):
    done = nncli("train", "--resume", "run", *option)
    assert done.code == 2
    assert "--resume cannot be used with --out or --dry-run." in done.err


def test_neither_config_nor_resume_is_refused(nncli):
    done = nncli("train")
    assert done.code == 2
    assert "Missing argument 'CONFIG'." in done.err


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("missing", "is not a directory; expected a run directory such as runs/xor-001"),
        ("xor.yaml", "is not a directory; expected a run directory such as runs/xor-001"),
        ("empty", "has no config.yaml; not a run to resume; train anew"),
    ],
)
def test_a_path_that_is_not_a_run_is_refused(nncli, stopped, tmp_path, place, problem):
    (tmp_path / "empty").mkdir()
    done = nncli("train", "--resume", place)
    assert (done.code, done.error) == (2, f"Error: {place}: {problem}")


def test_a_run_without_a_checkpoint_begins_again_and_says_so(nncli, stopped, tmp_path):
    (tmp_path / "run" / "checkpoint.npz").unlink()
    done = nncli("train", "--resume", "run")
    assert done.code == 0
    assert "Warning: run has no checkpoint.npz: training begins again\n" in done.err


def damage(content):
    half = len(content) // 2
    yield content[:half]
    yield content[:100] + bytes([content[100] ^ 1]) + content[101:]
    yield content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
    yield b""
    yield b"text"


def test_a_damaged_checkpoint_is_one_line(nncli, stopped):
    file = stopped / "checkpoint.npz"
    for content in damage(file.read_bytes()):
        file.write_bytes(content)
        done = nncli("train", "--resume", "run")
        assert done.code == 1
        assert done.error.startswith("Error: run/checkpoint.npz: ")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (saying(checkpoint_version=0), f"{DAMAGED} (version 0)"),
        (saying(checkpoint_version=1), DAMAGED),
        (saying(checkpoint_version=6), f"{DAMAGED} (version 6)"),
        (saying(checkpoint_version="5"), DAMAGED),
        (saying(checkpoint_version=None), DAMAGED),
        (without("checkpoint_version"), DAMAGED),
        (saying(progress={"epok": 1}), DAMAGED),
        (saying(progress=[]), DAMAGED),
        (saying(progress={}), DAMAGED),
        (saying(progress={"epoch": "1"}), DAMAGED),
        (saying(progress={"epoch": True}), DAMAGED),
        (saying(progress={"batch": -1}), DAMAGED),
        (counting(best=[1.0]), DAMAGED),
        (counting(best_value=None), DAMAGED),
        (counting(batch=6), "counts batches that do not exist; train anew"),
        (counting(batch=10**30), "counts batches that do not exist; train anew"),
        (counting(sums=None), DAMAGED),
        (counting(sums=[]), DAMAGED),
        (counting(sums={}), DAMAGED),
        (adding_up_to(more=1), DAMAGED),
        (adding_up_to(steps=-1), DAMAGED),
        (adding_up_to(steps=2.0), DAMAGED),
        (adding_up_to(rows=True), DAMAGED),
        (adding_up_to(rows=0), "counts batches that do not exist; train anew"),
        (adding_up_to(loss="8.5"), DAMAGED),
        (adding_up_to(score=None), DAMAGED),
        (adding_up_to(squared_norms="abc"), DAMAGED),
        (adding_up_to(squared_norms=["1"] * 3), f"{DAMAGED} (its sums are not numbers)"),
        (adding_up_to(squared_norms=[None] * 3), f"{DAMAGED} (its sums are not numbers)"),
        (adding_up_to(squared_norms=[[1.0]] * 3), f"{DAMAGED} (its sums are not numbers)"),
        (adding_up_to(squared_norms=[1.0] * 2), "its sums do not match the layers"),
        *[(adding_up_to(loss=each), DAMAGED) for each in (np.nan, np.inf, 10**400)],
        *[(adding_up_to(squared_norms=[each] * 3), DAMAGED) for each in (np.nan, -1.0, 10**400)],
        (adding_up_to(steps=1), "counts batches that do not exist; train anew"),
        (counting(best_value=10**400), DAMAGED),
        (saying(checkpoint_version="9" * 10**6), DAMAGED),
        (saying(ended=[[]] * 10**6), f"{DAMAGED} (has more values than nncli writes)"),
        (adding_up_to(saturated={}), DAMAGED),
        (adding_up_to(saturated=[True] * 3), f"{DAMAGED} (its sums are not numbers)"),
        (adding_up_to(saturated=[0.5] * 4), "its sums do not match the layers; train anew"),
        (holding(best_parameters=np.zeros(3)), "its best parameters do not match"),
        (holding(best_state=np.zeros(3)), "its best parameters do not match its"),
        (holding(best_of_all=np.zeros(3)), "its best parameters do not match its"),
        (without("best_parameters"), "its best parameters do not match its parameters"),
        (without("best_state"), "its best parameters do not match its parameters; train"),
        (without("engine"), "has no valid engine; train anew"),
        (saying(engine=[]), "has no valid engine; train anew"),
        (saying(engine="os.system"), "names an unknown engine; train anew"),
        (saying(engine="numba"), "names an unknown engine; train anew"),
        (saying(environment=[]), "has no valid environment; train anew"),
        (saying(config="xor"), "has no valid config; train anew"),
        (saying(data=3), "has no valid data; train anew"),
        (saying(wall_seconds="1"), "has no valid wall_seconds; train anew"),
        (holding(slots=np.zeros((2, 3), np.float32)), "has no slots of shape (2, 31) and type"),
        (without("slots"), "has no slots of shape (2, 31) and type float32; train anew"),
        (holding(parameters=np.zeros(31)), "has no parameters of shape (31,) and type"),
        (holding(state=np.zeros(1, np.float32)), "has no state of shape (0,) and type"),
        (without("state"), "has no state of shape (0,) and type float32; train anew"),
        (holding(steps=np.array(17.0)), "has no steps of shape () and type int64; train"),
        (holding(steps=np.array(-17)), "has a negative step count; train anew"),
        (holding(steps=np.array(2**62)), "its steps do not match its epochs; train anew"),
        (holding(steps=np.array(18)), "its steps do not match its epochs; train anew"),
        *[
            (saying(wall_seconds=each), "has an invalid training time; train anew")
            for each in (-1.0, np.nan, np.inf)
        ],
    ],
)
def test_a_checkpoint_of_something_else_is_one_line(nncli, stopped, change, problem):
    rewrite(stopped / "checkpoint.npz", change)
    done = nncli("train", "--resume", "run")
    assert done.code == 1
    assert done.error.startswith(f"Error: run/checkpoint.npz: {problem}")
    assert done.error.endswith("; train anew")


def test_a_checkpoint_that_is_packed_again_is_read(nncli, stopped):
    rewrite(stopped / "checkpoint.npz", saying())
    assert nncli("train", "-q", "--resume", "run").code == 0


def test_another_machine_is_warned_of_in_one_line(nncli, stopped):
    environment = {"machine": "PDP-11", "numpy": "1", "threads": 1}
    rewrite(stopped / "checkpoint.npz", saying(environment=environment))
    done = nncli("train", "-q", "--resume", "run", "--threads", "1")
    assert done.code == 0
    assert done.err == (
        "Warning: not the same machine and numpy as before: the weights will not be bit for bit "
        "those of an uninterrupted run\n"
    )


# Signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_names_the_command_to_resume(nncli, tmp_path, stop_at, number, code):
    stop_at(17, number)
    done = nncli("train", config(tmp_path, "optimizer: adam"), "-q", "-o", "a run")
    assert done.code == code
    assert done.err.splitlines()[-1] == (
        "Interrupted after 3 of 6 epochs; to resume:  nncli train --resume 'a run'"
    )
    assert "Saved in a run." in done.out
    assert nncli("train", "-q", "--resume", "a run").code == 0


@pytest.fixture
def during_evaluation(monkeypatch):
    """Return a function that makes something happen at the beginning of each evaluation."""

    def do(act):
        monkeypatch.setattr(
            "nncli.runs.job.evaluate", lambda *rest, **named: [act(), evaluate(*rest, **named)][1]
        )

    return do


def test_a_second_signal_skips_the_evaluation(nncli, tmp_path, stop_at, during_evaluation):
    name = config(tmp_path, "optimizer: adam")
    nncli("train", name, "-q", "-o", "whole")
    stop_at(17)
    during_evaluation(lambda: signal.raise_signal(signal.SIGINT))
    done = nncli("train", name, "-q", "-o", "run")
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "Interrupted; to resume:  nncli train --resume run"
    during_evaluation(lambda: None)
    assert nncli("train", "-q", "--resume", "run").code == 0
    assert_same_run(tmp_path / "run", tmp_path / "whole")


@pytest.fixture
def printed(tmp_path, monkeypatch):
    """Return a function that trains, and returns the exit code and what is on a real stream."""
    monkeypatch.chdir(tmp_path)

    def run():
        path = tmp_path / "printed.txt"
        arguments = ["train", config(tmp_path, "optimizer: adam"), "-q", "-o", "run"]
        with (
            path.open("w", encoding="utf-8") as stream,
            redirect_stderr(stream),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        return ended.value.code, path.read_text(encoding="utf-8").splitlines()

    return run


def test_a_first_signal_during_the_evaluation_is_told_what_it_waits_for(printed, during_evaluation):
    once = [signal.SIGINT]
    during_evaluation(lambda: signal.raise_signal(once.pop()) if once else None)
    assert printed() == (0, ["", "Measuring the results; Ctrl-C again stops at once."])


def test_a_slow_evaluation_of_an_interrupted_run_is_announced(printed, stop_at, during_evaluation):
    """The evaluation waits until it has been announced."""
    stop_at(17)
    during_evaluation(
        lambda: [each.join() for each in threading.enumerate() if isinstance(each, Timer)]
    )
    code, lines = printed()
    assert code == 130
    assert lines == [
        "",
        "Finishing this step and saving; Ctrl-C again stops at once.",
        "Saved; to resume:  nncli train --resume run",
        "Measuring the results so far; Ctrl-C again skips this.",
        "Interrupted after 3 of 6 epochs; to resume:  nncli train --resume run",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once_with_the_last_checkpoint_intact(
    nncli, tmp_path, stop_at, stopped, number
):
    nncli("train", "xor.yaml", "-q", "-o", "whole")
    content = (stopped / "checkpoint.npz").read_bytes()
    stop_at(2, number, times=2)
    done = nncli("train", "-q", "--resume", "run")
    assert done.code == 128 + number
    assert done.err.splitlines()[-1] == "Interrupted; to resume:  nncli train --resume run"
    assert (stopped / "checkpoint.npz").read_bytes() == content
    stop_at(0)
    assert nncli("train", "-q", "--resume", "run").code == 0
    assert_same_run(stopped, tmp_path / "whole")
