"""A run interrupted by an earlier nncli resumes to the result that it would have had there."""

import numpy as np
import pytest

from tests.cli.stopped_runs import (
    CASES,
    assert_same_run,
    config,
    metadata_of,
    rewrite,
    saying,
    steps_taken,
    without,
    without_penalty,
)

OLD_ENGINES = {"compiled": "numba"}
ROUNDED = "compiled code rounds differently from that of the nncli version that started this run"
DAMAGED = "is damaged, or not a checkpoint of this nncli version"


def as_version_1(metadata, arrays):
    """Turn a checkpoint into the format from when engines had kernels."""
    metadata["checkpoint_version"] = 1
    engine = metadata.pop("engine")
    metadata["kernels"] = OLD_ENGINES.get(engine, engine)
    training = metadata["config"]["training"]
    asked = training.pop("engine")
    training["kernels"] = OLD_ENGINES.get(asked, asked)
    progress = metadata["progress"]
    sums = progress.pop("sums")
    progress |= {"rows": sums["rows"], "loss_sum": sums["loss"], "score_sum": sums["score"]}
    layers = len(metadata["config"]["model"]["hidden_layers"]) + 1
    arrays["steps_in_statistics"] = np.array(sums["steps"])
    arrays["statistics"] = np.zeros((2, layers))
    if sums["steps"]:
        arrays["statistics"][:] = sums["squared_norms"], [each or 0 for each in sums["saturated"]]
    del arrays["state"]
    for part in ("columns", "targets", "classes"):
        del metadata["data"][part]
    arrays.pop("best_state", None)


def as_old_run(run):
    """Turn a run into one of an earlier nncli: its config and its checkpoint."""
    path = run / "config.yaml"
    text = path.read_text(encoding="utf-8")
    for engine in ("auto", "numpy", "compiled"):
        text = text.replace(f"engine: {engine}\n", f"kernels: {OLD_ENGINES.get(engine, engine)}\n")
    path.write_text(text, encoding="utf-8")
    assert "kernels: " in text
    rewrite(run / "checkpoint.npz", as_version_1)
    without_penalty(run / "history.csv")


# After step 5 the first epoch lacks only its end.
@pytest.mark.parametrize(
    ("settings", "step"),
    [
        pytest.param(settings, step, id=f"{name}-{step}", marks=[pytest.mark.slow] * (step != 5))
        for name, settings in CASES.items()
        if name != "plain"  # no earlier version has this engine
        for step in (3, 5, 17)
        if name != "full batch" or step < 6
    ],
)
def test_a_run_of_version_1_ends_in_the_same_bits(nncli, tmp_path, stop_at, settings, step):
    if "compiled" in settings:
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    path, run = config(tmp_path, settings), tmp_path / "parts"
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    stop_at(step)
    assert nncli("train", path, "-q", "-o", "parts").code == 130
    as_old_run(run)
    assert steps_taken(run) == step
    done = nncli("train", "-q", "--resume", "parts")
    assert done.code == 0
    assert ("dropout drops other units" in done.err) == ("dropout" in settings)
    assert (ROUNDED in done.err) == ("compiled" in settings)
    assert ("warning" in done.err.lower()) == ("dropout" in settings or "compiled" in settings)
    without_penalty(tmp_path / "whole" / "history.csv")
    assert_same_run(run, tmp_path / "whole")
    assert metadata_of(run / "checkpoint.npz")["checkpoint_version"] == 5


def test_a_run_that_was_finished_in_version_1_says_so_and_may_get_more_epochs(nncli, tmp_path):
    path = config(tmp_path, "optimizer: adam")
    assert nncli("train", path, "-q", "-o", "long", "training.epochs=9").code == 0
    assert nncli("train", path, "-q", "-o", "short").code == 0
    as_old_run(tmp_path / "short")
    assert nncli("train", "--resume", "short").out.startswith("short is finished: all of its 6")
    assert nncli("train", "-q", "--resume", "short", "training.epochs=9").code == 0
    assert_same_run(tmp_path / "short", tmp_path / "long")


@pytest.mark.parametrize(("version", "is_told"), [(3, True), (4, False)])
def test_a_perceptron_of_version_3_resumes_with_a_warning(
    nncli, tmp_path, stop_at, version, is_told
):
    path = config(tmp_path, "optimizer: sgd, batch_size: 1")
    perceptron = "model={hidden_layers: [], output: step, initializer: zeros}"
    stop_at(5)
    assert nncli("train", path, perceptron, "-q", "-o", "run").code == 130
    rewrite(tmp_path / "run" / "checkpoint.npz", saying(checkpoint_version=version))
    done = nncli("train", "-q", "--resume", "run")
    assert done.code == 0
    told = "step(0) is 1, but was 0 in the nncli version that started this run"
    assert (told in done.err) == is_told


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("version", [4, 5])
def test_compiled_code_of_version_4_resumes_with_a_warning(
    nncli, tmp_path, stop_at, engine, version
):
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    stop_at(5)
    path = config(tmp_path, f"engine: {engine}")
    assert nncli("train", path, "-q", "-o", "run").code == 130
    rewrite(tmp_path / "run" / "checkpoint.npz", saying(checkpoint_version=version))
    done = nncli("train", "-q", "--resume", "run")
    assert done.code == 0
    is_told = (version, engine) == (4, "compiled")
    assert (ROUNDED in done.err) == is_told
    assert ("warning" in done.err.lower()) == is_told


def test_the_engine_may_be_named_again_by_either_name_but_not_changed(nncli, stopped):
    as_old_run(stopped)
    for name, value in (("kernels", "numba"), ("engine", "compiled")):
        done = nncli("train", "-q", "--resume", "run", f"training.{name}={value}")
        assert done.code == 2
        assert (
            'training.engine was "auto" and is "compiled"; only training.epochs may change'
            in done.error
        )
    assert nncli("train", "-q", "--resume", "run", "training.kernels=auto").code == 0


def of_statistics(values):
    return lambda metadata, arrays: arrays.update(statistics=values)


def of_progress(**changes):
    return lambda metadata, arrays: metadata["progress"].update(changes)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (saying(checkpoint_version=3), DAMAGED),
        (saying(checkpoint_version=0), f"{DAMAGED} (version 0)"),
        (without("kernels"), DAMAGED),
        (saying(kernels=["numpy"]), DAMAGED),
        (saying(kernels=None), "has no valid engine; train anew"),
        (saying(kernels="os.system"), "names an unknown engine; train anew"),
        (without("statistics"), DAMAGED),
        (without("steps_in_statistics"), DAMAGED),
        (without("parameters"), DAMAGED),
        (of_statistics(np.zeros(3)), DAMAGED),
        (of_statistics(np.zeros((3, 3))), DAMAGED),
        (of_statistics(np.array(["a", "b"])), DAMAGED),
        (of_statistics(np.zeros((2, 2))), "its sums do not match the layers; train anew"),
        (of_statistics(np.zeros((2, 3), complex)), DAMAGED),
        (saying(progress=[]), DAMAGED),
        (saying(progress={}), DAMAGED),
        (of_progress(rows="16"), DAMAGED),
        (of_progress(loss_sum=None), DAMAGED),
        (of_progress(epoch=-1), DAMAGED),
        (of_progress(batch=6), "counts batches that do not exist; train anew"),
    ],
)
def test_a_damaged_checkpoint_of_version_1_is_one_line(nncli, stopped, change, problem):
    as_old_run(stopped)
    rewrite(stopped / "checkpoint.npz", change)
    done = nncli("train", "--resume", "run")
    assert done.code == 1
    assert done.error.startswith(f"Error: run/checkpoint.npz: {problem}")
    assert done.error.endswith("; train anew")
