"""Normalized hidden layers in the commands: train, resume, eval, predict, show, trace."""

import csv
import hashlib
import io
import json
import re
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.base.storage.strict_json import to_json
from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.numpy.engine import NumpyEngine
from nncli.explain.document.formats import FORMATS
from nncli.model.model_file import read_model
from nncli.nn.layers.kinds import block
from nncli.training.plan import Plan
from tests.cli.conftest import trained
from tests.normalized import KINDS as NORMALIZED
from tests.normalized import every_kind

RENTALS = Path(__file__).parents[2] / "data" / "rentals.csv"
TIMES = ("seconds", "rows_per_second")

XOR = """\
name: xor
data: {source: xor, rows: 70, test: 60, validation: 20}
model: {hidden_layers: [4, 3, 3], activation: tanh, normalization: KIND}
training: {epochs: 4, batch_size: 16, learning_rate: 0.05}
"""
TABLE = """\
name: rentals
data: {path: rentals.csv, target: charge, id: ride, columns: {age_years: {missing: median},
  bike: {kind: category, missing: indicator}}}
model: {hidden_layers: [6, 5], normalization: KIND}
training: {epochs: 3, batch_size: 16, learning_rate: 0.02}
"""
NINE = """\
name: nine
data: {source: xor, rows: 9, test: 10}
model: {hidden_layers: [3], activation: tanh, normalization: batch_norm}
training: {epochs: 5, batch_size: 4, learning_rate: 0.05}
"""
USUAL_STEPS = {each: each.steps for each in (NumpyEngine, CompiledEngine)}


@pytest.fixture
def config(tmp_path):
    """Return a function that writes a config with a normalization and returns its name."""

    def write(kind="batch_norm", text=XOR):
        shutil.copyfile(RENTALS, tmp_path / "rentals.csv")
        (tmp_path / "config.yaml").write_text(text.replace("KIND", kind), encoding="utf-8")
        return "config.yaml"

    return write


@pytest.fixture
def train(nncli, tmp_path):
    """Return a function that trains quietly and returns the run directory."""

    def run(name, out, *overrides):
        done = nncli("train", name, *overrides, "-q", "-o", out)
        assert (done.code, done.err) == (0, "")
        return tmp_path / out

    return run


@pytest.fixture
def stop_at(monkeypatch):
    """Return a function that raises a signal within the given step of the process.

    The function returns a list that collects the rows of every batch.
    """
    monkeypatch.setattr("nncli.runs.settings.Plan", partial(Plan, report_seconds=0.0))

    def stop(step):
        seen = []
        for kind in (NumpyEngine, CompiledEngine):
            usual = USUAL_STEPS[kind]

            def interrupted(engine, batches, *others, usual=usual):
                seen.extend(batches.tolist())
                if len(seen) == step:
                    signal.raise_signal(signal.SIGINT)
                return usual(engine, batches, *others)

            monkeypatch.setattr(kind, "steps", interrupted)
        return seen

    return stop


def arrays_of(run, name="weights.npz"):
    with np.load(run / name, allow_pickle=False) as file:
        return {key: file[key] for key in file.files if key != "metadata"}


def assert_same_arrays(run, expected, name="weights.npz"):
    found, wanted = arrays_of(run, name), arrays_of(expected, name)
    assert list(found) == list(wanted)
    for key, array in found.items():
        assert array.tobytes() == wanted[key].tobytes(), key


def history(run):
    with (run / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def by_hand(arrays, kinds, X, epsilon=1e-5):
    """Return the outputs of a tanh network with a sigmoid output, using only NumPy."""
    A = X.astype(np.float64)
    for n, kind in enumerate(kinds, 1):
        Z = A @ arrays[f"W{n}"] + arrays[f"b{n}"]
        if kind == "layer_norm":
            mean, variance = Z.mean(axis=1)[:, None], Z.var(axis=1)[:, None]
        elif kind == "batch_norm":
            mean, variance = arrays[f"running_mean{n}"], arrays[f"running_variance{n}"]
        if kind != "none":
            Z = arrays[f"gain{n}"] * (Z - mean) / np.sqrt(variance + epsilon) + arrays[f"shift{n}"]
        A = np.tanh(Z)
    last = len(kinds) + 1
    return 1 / (1 + np.exp(-(A @ arrays[f"W{last}"] + arrays[f"b{last}"])))[:, 0]


# Train, evaluate, predict


KINDS = {
    "layer_norm": ["layer_norm"] * 3,
    "batch_norm": ["batch_norm"] * 3,
    "[batch_norm, none, layer_norm]": ["batch_norm", "none", "layer_norm"],
    "{name: batch_norm, momentum: 0.2, epsilon: 0.001}": ["batch_norm"] * 3,
}


@pytest.mark.parametrize("text", KINDS)
def test_a_model_predicts_as_numpy_alone_does_with_its_arrays(nncli, config, train, text):
    run, kinds = train(config(text), "run"), KINDS[text]
    random = np.random.default_rng(4)
    X = random.random((30, 2)).round(3)
    lines = ["x1,x2", *(f"{one},{other}" for one, other in X.tolist())]
    (run.parent / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    printed = nncli("predict", run / "weights.npz", "rows.csv", "--proba").out
    found = [float(row["p_1"]) for row in csv.DictReader(io.StringIO(printed))]
    arrays, epsilon = arrays_of(run), 0.001 if "epsilon" in text else 1e-5
    np.testing.assert_allclose(found, by_hand(arrays, kinds, X, epsilon), rtol=1e-5)
    for n, kind in enumerate(kinds, 1):
        names = {name[:-1] for name in arrays if name.endswith(str(n))} - {"W", "b"}
        running = {"running_mean", "running_variance"} if kind == "batch_norm" else set()
        assert names == (running | {"gain", "shift"} if kind != "none" else set())
        assert all((arrays[f"{name}{n}"] != 1).all() for name in names)
    (run.parent / "one.csv").write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    alone = nncli("predict", run / "weights.npz", "one.csv", "--proba").out
    row = next(csv.DictReader(io.StringIO(alone)))
    assert float(row["p_1"]) == pytest.approx(found[0], rel=1e-6)


@every_kind
def test_it_is_evaluated_as_it_was_at_the_end_of_training(nncli, config, train, kind):
    run = train(config(kind), "run")
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    for split in ("train", "validation", "test"):
        found = json.loads(nncli("eval", run / "weights.npz", "--split", split, "--json").out)
        assert found["metrics"]["loss"] == pytest.approx(saved[split]["metrics"]["loss"], rel=1e-9)
    best = history(run)[saved["best_epoch"] - 1]
    assert float(best["validation_loss"]) == pytest.approx(
        saved["validation"]["metrics"]["loss"], rel=1e-6
    )


def test_settings_are_used(config, train):
    def arrays(settings):
        one = ("training.epochs=1", "training.batch_size=full")
        return arrays_of(train(config(settings), f"run-{len(settings)}", *one))

    usual = arrays("batch_norm")
    same = arrays("{name: batch_norm, epsilon: 1e-5, momentum: 0.1}")
    momentum = arrays("{name: batch_norm, momentum: 0.2}")
    epsilon = arrays("{name: batch_norm, epsilon: 0.001}")
    for name, array in usual.items():
        assert (same[name] == array).all()
        assert (momentum[name] == array).all() == (not name.startswith("running"))
    np.testing.assert_allclose(momentum["running_mean1"], 2 * usual["running_mean1"], rtol=1e-5)
    assert (epsilon["W1"] != usual["W1"]).any()
    assert (epsilon["running_mean1"] == usual["running_mean1"]).all()


def test_a_user_table_can_be_cross_validated(nncli, config, tmp_path):
    done = nncli(
        "train", config("[batch_norm, layer_norm]", TABLE), "training.folds=3", "-o", "run"
    )
    assert done.code == 0
    for n in (1, 2, 3):
        arrays = arrays_of(tmp_path / "run" / f"fold-{n}")
        assert {"gain1", "shift2", "running_variance1"} < arrays.keys()
        assert "running_mean2" not in arrays
    found = nncli("eval", "run/fold-2/weights.npz", "--split", "held_out", "--json").out
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert "held_out" in json.dumps(saved)
    assert json.loads(found)["metrics"]["mae"] > 0


def test_digits_are_learned(train, tmp_path, with_mnist):
    text = (
        "data: {source: mnist, validation: 53000}\n"
        "model: {hidden_layers: [20, 12], normalization: [batch_norm, layer_norm]}\n"
        "training: {epochs: 1, batch_size: 50, learning_rate: 0.005}\n"
    )
    (tmp_path / "digits.yaml").write_text(text, encoding="utf-8")
    run = train("digits.yaml", "run")
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert saved["test"]["metrics"]["accuracy"] > 0.8


# The best epoch, and resuming


def test_the_running_statistics_belong_to_the_best_epoch(config, train):
    path = config("batch_norm")
    more = ("training.epochs=20", "training.learning_rate=0.1", "data.noise=0.6")
    run = train(path, "run", *more)
    best = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["best_epoch"]
    assert 1 < best < 20
    short = train(path, "short", f"training.epochs={best}", *more[1:])
    assert_same_arrays(run, short)
    kept, last = arrays_of(run), arrays_of(run, "checkpoint.npz")
    running = [array for name, array in kept.items() if name.startswith("running")]
    np.testing.assert_array_equal(last["best_state"], np.concatenate(running))
    assert (last["best_state"] != last["state"]).all()


@pytest.mark.parametrize(
    ("kind", "engine"),
    [*((kind, "numpy") for kind in NORMALIZED), ("batch_norm", "compiled")],
)
def test_a_run_interrupted_within_epochs_resumes_bit_for_bit(
    nncli, config, train, tmp_path, stop_at, kind, engine
):
    if engine == "compiled":
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    path, more = config(kind), (f"training.engine={engine}", "training.dropout=0.2")
    expected = train(path, "whole", *more)
    stop_at(2)
    assert nncli("train", path, *more, "-q", "-o", "parts").code == 130
    assert len(history(tmp_path / "parts")) == 0
    codes = []
    while not codes or codes[-1] == 130:
        stop_at(9)
        codes.append(nncli("train", "-q", "--resume", "parts").code)
    assert len(codes) > 1
    assert_same_run(tmp_path / "parts", expected)


def assert_same_run(run, expected):
    for name in ("weights.npz", "checkpoint.npz"):
        assert_same_arrays(run, expected, name)
    assert history(run) == history(expected)
    assert read_model(run).metrics == read_model(expected).metrics


def test_the_config_of_a_run_gives_the_same_bits_again(config, train):
    first = train(config("[batch_norm, none, layer_norm]"), "first")
    assert_same_arrays(train(first / "config.yaml", "again"), first)


# The last batch


@pytest.mark.parametrize("shuffle", ["true", "false"])
def test_nine_rows_in_batches_of_four_are_two_steps_and_resume_within_an_epoch(
    nncli, config, train, tmp_path, stop_at, shuffle
):
    path, more = config(text=NINE), f"training.shuffle={shuffle}"
    seen = stop_at(0)
    expected = train(path, "whole", more)
    assert [len(batch) for batch in seen] == [4, 5] * 5
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        assert sorted(first + second) == [*range(9)]
        assert (first + second == [*range(9)]) == (shuffle == "false")
    stop_at(5)  # the first of two steps of the third epoch
    assert nncli("train", path, more, "-q", "-o", "parts").code == 130
    assert len(history(tmp_path / "parts")) == 2
    assert stop_at(0) == []
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(tmp_path / "parts", expected)


def test_a_dry_run_counts_the_joined_batch_once(nncli, config):
    lines = nncli("train", config(text=NINE), "--dry-run").out.splitlines()
    assert "batches per epoch  2" in lines
    assert lines[4].split()[:4] == ["layer", "inputs", "outputs", "normalization"]
    assert lines[5].split() == ["1", "2", "3", "batch_norm", "tanh", "15", "12"]


def test_shuffling_by_blocks_never_gives_a_batch_of_one_row(nncli, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.normal(size=(321, 2)).astype("f4"))
    np.save(tmp_path / "y.npy", random.integers(0, 2, 321))
    (tmp_path / "c.yaml").write_text(
        "data: {inputs: x.npy, targets: y.npy, test: 0, validation: 0}\n"
        "model: {hidden_layers: [3], normalization: batch_norm}\n"
        "training: {epochs: 60, batch_size: 16}\n",
        encoding="utf-8",
    )
    memory = Memory(large_bytes=1000, block_bytes=40 * 8, pool_bytes=80 * 8)  # 8 blocks and a row
    monkeypatch.setattr(mapping, "MEMORY", memory)
    done = nncli("train", "c.yaml", "-q", "-o", "run")
    assert (done.code, done.err) == (0, "")


# Other settings of a config


def test_dropout_penalties_and_max_norm_affect_only_weights(config, train):
    path = config("batch_norm")
    usual = train(path, "usual", "training.epochs=0")
    mask = "model.masks=[[[1, 0, 1, 1], [0, 1, 1, 1]], null, null, null]"
    strong = ("training.l2=50", "training.l1=5", "training.max_norm=0.01", "model.density=0.5")
    run = train(path, "run", mask, *strong)
    first, found = arrays_of(usual), arrays_of(run)
    assert found["W1"][0, 1] == found["W1"][1, 0] == 0
    for n, connections in ((2, 12), (3, 9)):
        assert np.count_nonzero(found[f"W{n}"] == 0) == connections - round(connections / 2)
    for n in (1, 2, 3):
        assert (np.linalg.norm(found[f"W{n}"], axis=0) <= 0.01 * (1 + 1e-6)).all()
        assert (found[f"gain{n}"] > 0.5).all()
        assert (found[f"shift{n}"] != first[f"shift{n}"]).any()


def test_a_penalty_alone_leaves_gain_and_shift_as_they_are(config, train):
    path = config("layer_norm")
    still = ("training.epochs=1", "training.batch_size=full", "training.optimizer=sgd")
    with_penalty = arrays_of(train(path, "with", *still, "training.l2=0.5", "training.l1=0.1"))
    without = arrays_of(train(path, "without", *still))
    for name, array in without.items():
        assert (array == with_penalty[name]).all() == (name[0] != "W"), name


@every_kind
def test_dropout_comes_after_it(config, train, kind):
    path = config(kind)
    run, other = train(path, "run", "training.dropout=0.5"), train(path, "other")
    assert (arrays_of(run)["gain2"] != arrays_of(other)["gain2"]).all()
    kinds = [layer.kind for layer in read_model(run).network.layers]
    assert kinds == [*["dense", kind, "tanh"] * 3, "dense", "sigmoid"]


def test_a_model_file_gives_a_new_run_all_of_its_arrays(config, train):
    path = config("[batch_norm, none, layer_norm]")
    run = train(path, "run")
    given = f"model.initial_weights={run / 'weights.npz'}"
    assert_same_arrays(train(path, "same", given, "training.epochs=0"), run)
    more = arrays_of(train(path, "more", given, "training.epochs=1"))
    assert (more["running_mean1"] != arrays_of(run)["running_mean1"]).all()


def test_weights_alone_are_enough_to_start_from(config, train, tmp_path):
    path = config("batch_norm")
    run = train(path, "run")
    arrays = arrays_of(run)
    np.savez(tmp_path / "given.npz", **{k: v for k, v in arrays.items() if k[0] in "Wb"})
    start = ("model.initial_weights=given.npz", "training.epochs=0")
    found = arrays_of(train(path, "plain", *start))
    for name, array in found.items():
        usual = {"gain": 1, "running_variance": 1, "shift": 0, "running_mean": 0}
        np.testing.assert_array_equal(array, usual.get(name[:-1], arrays[name]))
    np.savez(tmp_path / "some.npz", **{k: v for k, v in arrays.items() if k != "shift2"})
    found = arrays_of(train(path, "some", "model.initial_weights=some.npz", start[1]))
    assert not found.pop("shift2").any()
    assert all((found[name] == arrays[name]).all() for name in found)


@pytest.mark.parametrize(
    ("name", "array", "problem"),
    [
        ("gain1", np.ones(5), "gain1: found 5; expected 4 numbers, one per unit"),
        ("running_mean2", np.zeros((3, 1)), "running_mean2: found 3 x 1; expected 3 numbers"),
        ("running_variance1", np.full(4, np.nan), "running_variance1: found nan at [0]"),
        ("gain4", np.ones(1), "gain4: layer 4 has no gain"),
        ("shift5", np.ones(1), "has shift5, but the network has 4 layers"),
    ],
)
def test_given_arrays_that_do_not_fit_are_refused(
    nncli, config, train, tmp_path, name, array, problem
):
    path = config("batch_norm")
    arrays = arrays_of(train(path, "run", "training.epochs=0"))
    np.savez(tmp_path / "given.npz", **arrays | {name: array})
    done = nncli("train", path, "model.initial_weights=given.npz")
    assert done.code == 2
    assert problem in done.error


def test_a_plain_network_refuses_the_arrays_of_a_normalized_model(nncli, config, train):
    path = config("layer_norm")
    train(path, "run", "training.epochs=0")
    given = ("model.initial_weights=run/weights.npz", "model.normalization=none")
    assert "gain1: layer 1 has no gain" in nncli("train", path, *given).error


def test_a_hidden_layer_without_normalization_is_unchanged(config, train):
    plain = train(config("none"), "plain")
    assert list(arrays_of(plain)) == ["W1", "b1", "W2", "b2", "W3", "b3", "W4", "b4"]
    assert arrays_of(plain, "checkpoint.npz")["state"].size == 0


# The other commands


def test_show_has_a_column_for_normalization_and_counts_gain_and_shift(nncli, config, train):
    path = config("[batch_norm, none, layer_norm]")
    run = train(path, "run")
    expected = [
        ["1", "2", "4", "batch_norm", "tanh", "20", "16"],
        ["2", "4", "3", "tanh", "15", "24"],
        ["3", "3", "3", "layer_norm", "tanh", "18", "18"],
        ["4", "3", "1", "sigmoid", "4", "6"],
        ["all", "57", "64"],
    ]
    for what in (path, run, run / "weights.npz"):
        lines = [line.split() for line in nncli("show", what).out.splitlines()]
        assert lines[0][3] == "normalization"
        assert lines[1:6] == expected
        layers = json.loads(nncli("show", what, "--json").out)["layers"]
        found = [layer.get("normalization") for layer in layers]
        assert found == ["batch_norm", None, "layer_norm", None]


def test_show_has_no_column_where_nothing_is_normalized(nncli, config):
    assert "normalization" not in nncli("show", config("none")).out


@every_kind
def test_gradcheck_passes(nncli, config, kind):
    done = nncli("gradcheck", config(kind))
    assert (done.code, done.err) == (0, "")
    assert [line.split()[-1] for line in done.out.splitlines()[1:]] == ["ok"] * 4


@every_kind
def test_gradcheck_finds_a_wrong_gradient(nncli, config, kind, monkeypatch):
    def wrong(layer, dY, own, gradients):
        found = backward(layer, dY, own, gradients)
        found *= 1.1
        return found

    layer_type = type(block(1, 1, "tanh", normalization=kind)[1])
    backward = layer_type.backward
    monkeypatch.setattr(layer_type, "backward", wrong)
    done = nncli("gradcheck", config(kind))
    assert done.code == 1
    assert [line.split()[-1] for line in done.out.splitlines()[1:]] == [*["WRONG"] * 3, "ok"]


@pytest.mark.parametrize("format_", ["text", "markdown", "latex"])
@every_kind
def test_trace_writes_a_page_in_every_format(nncli, config, kind, format_):
    done = nncli("trace", config(kind), "--row", "0-2", "--format", format_, "--limit", "2")
    assert (done.code, done.err) == (0, "")
    worked = block(1, 1, "tanh", normalization=kind)[1].worked
    for line in worked.forward:
        assert line.mean is None or f"over the {line.mean}" in done.out
    for letter in worked.symbols.values():
        symbol = FORMATS[format_].notation(3).symbol(letter, 3)
        updated = f"{symbol}[1] ←" if format_ == "text" else symbol + r"_{1} &\leftarrow"
        assert updated in done.out


def test_trace_of_a_model_uses_its_parameters_and_running_statistics(nncli, config, train):
    run = train(config("batch_norm"), "run")
    lines = nncli("trace", run, "--row", "0-2", "--precision", "9").out.splitlines()
    kept, gain = (float(arrays_of(run)[name][0]) for name in ("running_mean1", "gain1"))
    assert any(f"r1[1] ← (1 - 0.1)·{written(kept)}" in line for line in lines)
    assert any(f" = {gain:.9g}·" in line for line in lines)


@every_kind
def test_trace_explains_its_letters_and_names_the_normalized_layers(nncli, config, kind):
    text = " ".join(nncli("trace", config(kind), "--row", "0-2").out.split())
    assert f" tanh after {kind}, " in text
    for name, letter in block(1, 1, "tanh", normalization=kind)[1].worked.symbols.items():
        assert f"{letter} is a unit's {name.replace('_', ' ')}." in text


def test_a_mean_over_units_has_the_terms_of_the_units_that_are_shown(nncli, config):
    more = ("model.hidden_layers=[12, 3, 2]", "--limit", "2", "--precision", "3")
    out = nncli("trace", config("layer_norm"), *more).out
    lines = out.splitlines()
    (table,) = (part for part in out.split("\n\n") if re.match(r" *unit +z1 +y1 +a1\n", part))
    shown = [int(line.split()[0]) for line in table.splitlines()[1:]]
    mean = next(line for line in lines if line.strip().startswith("μ1 ="))
    terms = " + ".join(f"z1[{n}]" for n in shown)
    assert len(shown) == 2
    assert f"μ1 = ({terms} + 10 more) / 12 = (" in mean.replace("\N{NO-BREAK SPACE}", " ")


def test_trace_refuses_a_gradient_that_is_not_finite(nncli, config, train, tmp_path):
    arrays = arrays_of(train(config("batch_norm"), "run"))
    arrays["gain1"][:] = 3e38
    np.savez(tmp_path / "large.npz", **arrays)
    given = f"model.initial_weights={tmp_path / 'large.npz'}"
    done = nncli("trace", config("batch_norm"), given, "--row", "0-1")
    assert done.code != 0
    assert "Error: the largest derivative of the loss is " in done.error


def written(number):
    return f"({number:.9g})" if number < 0 else f"{number:.9g}"


# Refusals


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (
            ["training.batch_size=1"],
            "training.batch_size: batch_norm needs at least 2 rows in a batch; found 1",
        ),
        (
            ["model.normalization=[batch_norm]"],
            "normalization: found a list of 1; expected 3, one per",
        ),
        (
            ["model.normalization=[]"],
            "normalization: found a list of 0; expected 3, one per hidden layer",
        ),
        (
            ["model.normalization=bach_norm"],
            "normalization: unknown name \"bach_norm\"; did you mean 'batch_norm'?",
        ),
        (
            ["model.normalization=[none, none, layernorm]"],
            "model.normalization[2]: unknown name \"layernorm\"; did you mean 'layer_norm'?",
        ),
        (
            ["model.normalization={name: layer_norm, momentum: 0.1}"],
            "model.normalization.momentum: unknown key",
        ),
        (
            ["model.normalization={name: batch_norm, momentum: 0}"],
            "model.normalization.momentum: found 0; expected more than 0",
        ),
        (
            ["model.normalization={name: batch_norm, momentum: 1.5}"],
            "model.normalization.momentum: found 1.5; expected",
        ),
        (
            ["model.normalization={name: layer_norm, epsilon: 0}"],
            "model.normalization.epsilon: found 0; expected 1e-12 or more",
        ),
        (
            ["model.normalization={name: batch_norm, epsilon: 2}"],
            "model.normalization.epsilon: found 2; expected 1.0 or less",
        ),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_an_impossible_config_is_refused_before_training(nncli, config, overrides, problem):
    for command in (["train"], ["config", "check"]):
        done = nncli(*command, config(), *overrides)
        assert done.code == 2
        assert problem in done.error


def test_gradcheck_refuses_fewer_rows_than_a_batch_needs(nncli, config):
    done = nncli("gradcheck", config("batch_norm"), "--rows", "1")
    assert done.code == 2
    assert done.error == "Error: --rows 1: batch_norm needs at least 2 rows in a batch"
    assert nncli("gradcheck", config("layer_norm"), "--rows", "1").code == 0


def test_a_single_training_row_is_refused(nncli, config):
    data = "data={source: rows, inputs: [[0.1, 0.3]], targets: [[0.1]]}"
    done = nncli("train", config(), data, "training.batch_size=full")
    assert done.code == 2
    expected = "batch_norm needs at least 2 rows in a batch; found 1 of 1 training row"
    assert expected in done.error


def test_layer_norm_can_be_trained_row_by_row(config, train):
    train(config("layer_norm"), "run", "training.batch_size=1", "training.epochs=1")


def test_without_hidden_layers_there_is_nothing_to_normalize(nncli, config, tmp_path):
    hidden = ("model.hidden_layers=[]", "training.batch_size=1", "training.epochs=1")
    assert nncli("train", config("batch_norm"), *hidden, "-o", "run").code == 0
    assert list(arrays_of(tmp_path / "run")) == ["W1", "b1"]


def test_trace_of_a_single_row_is_refused(nncli, config):
    done = nncli("trace", config(), "--row", "0")
    assert done.code == 2
    assert done.error == (
        "Error: --row 0: batch_norm needs at least 2 rows in a batch; try --row 0-3"
    )
    assert nncli("trace", config("layer_norm"), "--row", "0").code == 0


# Forged model files


def layer(index, **values):
    """Return a change of a layer's metadata in a model file."""
    return lambda metadata, arrays: metadata["layers"][index].update(values)


def parameter(**values):
    """Return a change of the parameters of the first batch_norm; None removes one."""

    def change(metadata, arrays):
        parameters = metadata["layers"][1]["parameters"]
        parameters.update(values)
        for name in [name for name, each in values.items() if each is None]:
            del parameters[name]

    return change


def array(name, values):
    """Return a change that replaces an array or removes it."""

    def change(metadata, arrays):
        if values is None:
            del arrays[name]
        else:
            arrays[name] = np.array(values, np.float32)

    return change


def in_order(*names):
    """Return a change that puts the first arrays in this order."""

    def change(metadata, arrays):
        kept = {name: arrays[name] for name in (*names, *arrays)}
        arrays.clear()
        arrays.update(kept)

    return change


def twice(metadata, arrays):
    metadata["layers"].insert(2, metadata["layers"][1])


def after_its_activation(metadata, arrays):
    layers = metadata["layers"]
    layers[1], layers[2] = layers[2], layers[1]


OTHER_ORDER = ["running_mean1", "running_variance1", "gain1", "shift1"]
FORGED = {
    "unknown kind": (layer(1, kind="group_norm"), "a layer of the unknown kind 'group_norm'"),
    "none": (layer(1, kind="none"), "a layer of the unknown kind 'none'"),
    "another kind": (layer(1, kind="layer_norm"), "wrong parameters for layer_norm"),
    "no running variance": (array("running_variance1", None), "lacks running_variance1"),
    "a running mean too much": (array("running_mean4", [1]), "unexpected members running_mean4"),
    "another shape": (array("running_mean1", [0, 1, 2]), "running_mean1 is float32 of shape (3,)"),
    "a matrix": (array("running_variance1", [[1, 1, 1, 1]]), "is float32 of shape (1, 4)"),
    "NaN": (array("running_variance1", [1, 1, np.nan, 1]), "not finite numbers"),
    "arrays in another order": (in_order("W1", "b1", *OTHER_ORDER), "arrays in the wrong order"),
    "a list of arrays in another order": (layer(1, arrays=OTHER_ORDER), "list the wrong arrays"),
    "a list without one": (layer(1, arrays=["gain1", "shift1"]), "list the wrong arrays"),
    "a list that is none": (layer(1, arrays="gain1"), "not of type list"),
    "no epsilon": (parameter(epsilon=None), "has wrong parameters for batch_norm"),
    "epsilon a text": (parameter(epsilon="1e-5"), "has wrong parameters for batch_norm"),
    "epsilon true": (parameter(epsilon=True), "has wrong parameters for batch_norm"),
    "no momentum": (parameter(momentum=None), "has wrong parameters for batch_norm"),
    "a further parameter": (parameter(units=4), "has wrong parameters for batch_norm"),
    "twice": (twice, "layer 1 is normalized twice"),
    "after its activation": (after_its_activation, "does not end with its activation"),
}


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """Return the members of a model file."""
    run = trained(tmp_path_factory.mktemp("forged"), XOR.replace("KIND", "batch_norm"))
    return read_own_npz(run / "weights.npz")


@pytest.mark.parametrize(("change", "problem"), FORGED.values(), ids=FORGED)
def test_a_forged_model_file_is_refused_in_one_line(nncli, tmp_path, members, change, problem):
    arrays = dict(members)
    metadata = json.loads(arrays.pop("metadata").item())
    change(metadata, arrays)
    metadata["sha256"] = {
        name: hashlib.sha256(each.tobytes()).hexdigest() for name, each in arrays.items()
    }
    write_npz(tmp_path / "forged.npz", {"metadata": np.array(to_json(metadata)), **arrays})
    done = nncli("show", "forged.npz")
    assert done.code == 1
    assert problem in done.error
