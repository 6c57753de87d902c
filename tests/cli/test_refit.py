"""`training.refit`: choose the epochs on validation rows, then train on all rows."""

import json
import shutil

import numpy as np
import pytest

from nncli.model.model_file import read_model
from tests.cli.stopped_runs import CASES, assert_same_run, config, history, rewrite, saying

REFIT = "refit: true, learning_rate: 0.3, schedule: cosine"


@pytest.fixture
def whole(nncli, tmp_path):
    """Return a refit that was never interrupted."""
    done = nncli("train", "-q", config(tmp_path, REFIT), "-o", "whole")
    assert done.code == 0, done.err
    return tmp_path / "whole"


def resumed(nncli, run="run", *arguments):
    done = nncli("train", "-q", "--resume", run, *arguments)
    assert done.code == 0, done.err
    return done


def same_refit(run, expected):
    """Check that both trainings are the same bit for bit."""
    for part in ("selection", "."):
        assert_same_run(run / part, expected / part)


def chosen(run):
    return read_model(run / "selection").training["best_epoch"]


def test_the_epochs_are_the_best_of_the_selection(nncli, whole, tmp_path):
    losses = [float(row["validation_loss"]) for row in history(whole / "selection")]
    best = 1 + int(np.argmin(losses))
    assert 1 < best < len(losses) == 6
    assert len(history(whole)) == chosen(whole) == best
    assert list(read_model(whole).metrics) == ["train", "test"]
    measured = json.loads((whole / "metrics.json").read_text("utf-8"))
    assert (measured["epochs"], measured["best_epoch"]) == (best, best)
    assert measured["ended"] == "finished"


def test_the_metrics_tell_how_many_epochs_and_why(nncli, tmp_path):
    done = nncli("train", config(tmp_path, REFIT), "-o", "run")
    best = chosen(tmp_path / "run")
    words = f"Trained on all rows for {best} epochs, the best of 6 by validation_loss."
    assert words in done.out
    assert "\nselection\nepoch 1/6 " in f"\n{done.err}"
    assert f"\nall rows\nepoch 1/{best} " in done.err
    assert "Saved in run." in done.out


# The learning rates follow the planned epochs, and the selection is an ordinary run.
@pytest.mark.parametrize(
    "name", ["schedule cosine", "dropout", "early stopping", "full batch", "compiled"]
)
def test_it_equals_the_first_epochs_of_training_on_all_rows(nncli, tmp_path, name):
    if name == "compiled":
        pytest.importorskip("numba")
    done = nncli("train", "-q", config(tmp_path, f"{CASES[name]}, refit: true"), "-o", "run")
    assert done.code == 0, done.err
    best = chosen(tmp_path / "run")
    assert best
    settings = ["training.refit=false", "data.validation=0", "training.early_stopping=false"]
    assert nncli("train", "-q", "run/config.yaml", *settings, "-o", "plain").code == 0
    assert history(tmp_path / "run") == history(tmp_path / "plain")[:best]
    assert nncli("train", "-q", "run/config.yaml", settings[0], "-o", "selected").code == 0
    assert_same_run(tmp_path / "run" / "selection", tmp_path / "selected")


def test_its_weights_are_those_of_training_for_that_many_epochs(nncli, tmp_path):
    constant = "refit: true, learning_rate: 0.3"
    assert nncli("train", "-q", config(tmp_path, constant), "-o", "run").code == 0
    best = chosen(tmp_path / "run")
    settings = ["training.refit=false", "data.validation=0", f"training.epochs={best}"]
    assert nncli("train", "-q", "xor.yaml", *settings, "-o", "plain").code == 0
    with np.load("run/weights.npz") as found, np.load("plain/weights.npz") as wanted:
        for array in set(found.files) - {"metadata"}:
            assert found[array].tobytes() == wanted[array].tobytes()
    assert read_model(tmp_path / "run").metrics == read_model(tmp_path / "plain").metrics


def test_its_config_trains_the_same_again(nncli, whole):
    assert nncli("train", "-q", "whole/config.yaml", "-o", "again").code == 0
    same_refit(whole.parent / "again", whole)


@pytest.mark.parametrize("step", [1, 4, 5, 17, 29, 30, 31, 36, 37, 40])
def test_interrupted_anywhere_it_resumes_bit_for_bit(nncli, whole, tmp_path, stop_at, step):
    stop_at(step)
    done = nncli("train", "-q", "xor.yaml", "-o", "run")
    if step == 30:  # the last of the selection
        assert done.code in (0, 130)
    else:
        assert done.code == 130, done.err
        where = "in the selection" if step < 30 else "on all rows"
        assert f"Interrupted {where} after " in done.err
        assert " ".join(done.err.split()).endswith("to resume: nncli train --resume run")
    if done.code:
        resumed(nncli)
    same_refit(tmp_path / "run", whole)


def test_interrupted_again_and_again(nncli, whole, tmp_path, stop_at):
    stop_at(7)
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 130
    for _ in range(20):
        stop_at(7)
        if nncli("train", "-q", "--resume", "run").code == 0:
            break
    same_refit(tmp_path / "run", whole)


def test_killed_before_anything_of_the_second_is_saved(nncli, whole, tmp_path):
    shutil.copytree(whole, "run")
    for name in ("checkpoint.npz", "weights.npz", "metrics.json", "history.csv"):
        (tmp_path / "run" / name).unlink()
    resumed(nncli)
    same_refit(tmp_path / "run", whole)


def test_killed_before_anything_of_the_selection_is_saved(nncli, whole, tmp_path):
    shutil.copytree(whole, "run")
    for name in ("checkpoint.npz", "weights.npz", "metrics.json", "history.csv"):
        (tmp_path / "run" / name).unlink()
    shutil.rmtree("run/selection")
    done = resumed(nncli)
    assert "run/selection has no checkpoint.npz: training begins again" in done.err
    same_refit(tmp_path / "run", whole)


def test_once_begun_the_second_needs_nothing_of_the_selection(nncli, whole, tmp_path, stop_at):
    stop_at(38)
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 130
    shutil.rmtree("run/selection")
    resumed(nncli)
    assert_same_run(tmp_path / "run", whole)


def test_finished_it_says_so(nncli, whole):
    shutil.rmtree("whole/selection")
    done = nncli("train", "--resume", "whole")
    assert done.code == 0
    assert "whole is finished: all of its" in done.out
    assert done.out.endswith("nncli train whole/config.yaml training.epochs=12\n")


@pytest.mark.parametrize("step", [0, 17, 38])
def test_more_epochs_are_refused_when_it_resumes(nncli, whole, stop_at, step):
    stop_at(step)
    nncli("train", "-q", "xor.yaml", "-o", "run")
    done = nncli("train", "-q", "--resume", "run", "training.epochs=9")
    assert done.code == 2
    assert done.error.endswith("once; train anew: nncli train run/config.yaml training.epochs=9")


def test_more_epochs_in_the_config_are_refused_before_the_second_training(nncli, whole):
    for name in ("checkpoint.npz", "weights.npz", "metrics.json", "history.csv"):
        (whole / name).unlink()
    text = (whole / "config.yaml").read_text("utf-8")
    (whole / "config.yaml").write_text(text.replace("epochs: 6", "epochs: 60"), "utf-8")
    done = nncli("train", "-q", "--resume", "whole")
    assert done.code == 2
    assert "whole: training.epochs was 6 and is 60" in done.error


def test_eval_and_trace_see_what_the_model_saw(nncli, whole):
    done = nncli("eval", "whole/weights.npz", "--split", "train", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert found["rows"] == 50
    assert found["metrics"] == read_model(whole).metrics["train"]
    assert nncli("eval", "whole/weights.npz", "--split", "validation").code == 2
    assert nncli("trace", "whole/weights.npz").code == 0


def test_steps_are_like_epochs(nncli, tmp_path):
    assert nncli("train", "-q", config(tmp_path, "refit: true"), "-o", "a").code == 0
    text = (tmp_path / "xor.yaml").read_text("utf-8").replace("epochs: 6", "steps: 30")
    (tmp_path / "steps.yaml").write_text(text, "utf-8")
    assert nncli("train", "-q", "steps.yaml", "-o", "b").code == 0
    with np.load("a/weights.npz") as found, np.load("b/weights.npz") as wanted:
        assert found["W1"].tobytes() == wanted["W1"].tobytes()


def test_a_selection_of_no_epochs_trains_none(nncli, tmp_path):
    done = nncli("train", config(tmp_path, "refit: true, epochs: 0"), "-o", "run")
    assert done.code == 0, done.err
    assert "Trained on all rows for 0 epochs, the best of 0" in done.out
    assert nncli("train", "--resume", "run").code == 0


REFUSED = {
    "folds": ("training.folds=3", "training.folds: 3; a refit is one model of all rows"),
    "a fold": (("training.folds=3", "training.fold=1"), "training.folds: 3"),
    "no rows": ("data.validation=0", "a refit needs validation rows to choose its epochs"),
    "plateau": ("training.schedule=plateau", "choose another schedule"),
}


@pytest.mark.parametrize("name", [*REFUSED])
def test_what_cannot_be_refitted_is_refused(nncli, tmp_path, name):
    settings, words = REFUSED[name]
    settings = [settings] if isinstance(settings, str) else settings
    done = nncli("train", config(tmp_path, "refit: true"), *settings, "-o", "run")
    assert done.code == 2
    assert "training.refit: found true" in done.error
    assert words in done.error
    assert not (tmp_path / "run").exists()


def test_an_interrupted_run_tells_why_it_has_no_model(nncli, tmp_path, stop_at):
    config(tmp_path, REFIT)
    stop_at(17)
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 130
    done = nncli("show", "run")
    assert done.code == 1
    assert "interrupted after 3 epochs in the selection of epochs" in done.error
    assert nncli("show", "run/selection").code == 0


HOSTILE = {
    "none": None,
    "a list": [1, 2, "validation_loss"],
    "less": {"best_epoch": 3, "epochs": 6},
    "more": {"best_epoch": 3, "epochs": 6, "monitor": "validation_loss", "b": 1},
    "a text": {"best_epoch": "3", "epochs": 6, "monitor": "validation_loss"},
    "a Boolean": {"best_epoch": True, "epochs": 6, "monitor": "validation_loss"},
    "a fraction": {"best_epoch": 3.0, "epochs": 6, "monitor": "validation_loss"},
    "below 0": {"best_epoch": -1, "epochs": 6, "monitor": "validation_loss"},
    "beyond": {"best_epoch": 7, "epochs": 7, "monitor": "validation_loss"},
    "before": {"best_epoch": 0, "epochs": 6, "monitor": "validation_loss"},
    "another value": {"best_epoch": 3, "epochs": 6, "monitor": "a\x1b[31m"},
    "huge": {"best_epoch": 10**400, "epochs": 6, "monitor": "validation_loss"},
}


def stopped_on_all_rows(nncli, tmp_path, stop_at):
    config(tmp_path, REFIT)
    stop_at(39)
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 130
    return tmp_path / "run"


@pytest.mark.parametrize("name", [*HOSTILE])
def test_a_damaged_record_of_the_selection_is_refused(nncli, tmp_path, stop_at, name):
    run = stopped_on_all_rows(nncli, tmp_path, stop_at)
    rewrite(run / "checkpoint.npz", saying(selection=HOSTILE[name]))
    done = nncli("train", "-q", "--resume", "run")
    assert done.code == 1
    assert "run/checkpoint.npz: " in done.error
    assert done.error.endswith("train anew")


def test_another_selection_is_refused(nncli, whole, tmp_path):
    """Between the two trainings, refuse a selection with another config."""
    for name in ("checkpoint.npz", "weights.npz", "metrics.json", "history.csv"):
        (whole / name).unlink()
    shutil.rmtree(whole / "selection")
    settings = ["training.refit=false", "training.learning_rate=0.2"]
    assert nncli("train", "-q", "xor.yaml", *settings, "-o", "whole/selection").code == 0
    done = nncli("train", "-q", "--resume", "whole")
    assert done.code == 2
    assert (
        "whole/selection: cannot resume with another config: training.learning_rate" in done.error
    )


def test_a_file_in_the_place_of_the_selection_is_refused(nncli, whole, tmp_path):
    for name in ("checkpoint.npz", "weights.npz"):
        (whole / name).unlink()
    shutil.rmtree(whole / "selection")
    (whole / "selection").touch()
    done = nncli("train", "-q", "--resume", "whole")
    assert done.code == 1
    assert "whole/selection: is not the directory of the selection of epochs" in done.error
