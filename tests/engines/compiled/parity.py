"""Train with the compiled engine and with NumPy from the same setup, and compare the results."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from nncli.data.scaling import Scaling
from nncli.data.splits import Split
from nncli.engines.batches import target_codes
from nncli.engines.engine import Sums
from nncli.metrics.scores import ACCURACY, MAE, margin_of
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.biases import draw_biases
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, initial_parameters, random_connections
from nncli.nn.objective import Objective
from nncli.nn.penalties import Regularization
from nncli.nn.schedules import SCHEDULES, rate_function
from tests.engines.engines import copied, engine_of, setup_of

STEPS = 20
ROWS = 23  # of which the last 5 are for validation
TRAINED = 18

# Units that are equal in all rows have a variance of roundings, which a small ε would enlarge.
WITHOUT_NOISE = {"epsilon": 0.1}

SCALINGS = {
    "nothing": Scaling(),
    "divisor": Scaling(0.0, 1 / 255),
    "number": Scaling(3.5, 0.02),
    "columns": Scaling(np.linspace(-2.25, 20, 12), np.geomspace(1e-3, 0.02, 12)),
    "scale of columns": Scaling(0.0, np.geomspace(1e-3, 0.02, 12)),
}
INPUTS = (
    *("float32", "float64", "float16", "longdouble", ">f4", ">f8"),
    *("bool", "uint8", "int8", "int16", ">i2", "uint16", "int32", "uint32", "int64", "uint64"),
)
CLASSES = ("uint8", "int8", "int16", ">i2", "uint16", "int32", "uint32", "int64", "uint64")
ORDERS = {
    "C": lambda X: X,
    "Fortran": np.asfortranarray,
    "every second row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "columns in reverse": lambda X: X[:, ::-1].copy()[:, ::-1],
}


@dataclass(frozen=True)
class Case:
    """A small training; the defaults leave out everything that they can.

    Attributes
    ----------
    parameters, settings : dict
        Parameters of the hidden activations and of the optimizer.
    delta : float
        Parameter of the Huber loss.
    classes : str or None
        Type of targets that are classes.
    unit : float
        Size of 1 in the units of the first target; that of the next is twice as large, and so on.
    density : float
        Fraction of connections that exist.
    size : float
        Factor of the initial weights.
    """

    sizes: tuple[int, ...] = (5, 4, 3)
    hidden: str = "tanh"
    parameters: dict[str, float] = field(default_factory=dict)
    normalization: str = "none"
    loss: str = "mean_squared_error"
    output: str = "identity"
    delta: float = 1.0
    classes: str | None = None
    threshold: float | None = None
    unit: float = 1.0
    optimizer: str = "sgd"
    settings: dict[str, Any] = field(default_factory=dict)
    schedule: str = "constant"
    regularization: Regularization = field(default_factory=Regularization)
    dropout: float = 0.0
    density: float = 1.0
    biases: bool = False
    weighted: bool = False
    inputs: str = "float32"
    order: str = "C"
    scaling: str = "nothing"
    batch: int = 7
    pool: bool = False
    size: float = 1.0
    seed: int = 0


class Result(NamedTuple):
    """What a training leads to."""

    state: dict[str, Any]
    sums: list[Sums]
    evaluation: tuple[float, float]


def case_setup(case, dtype):
    """Return the setup of a case in a precision."""
    network = _network(case, dtype)
    split = Split(_inputs(case), _targets(case, dtype), np.arange(TRAINED), _weights(case))
    chosen = ACTIVATIONS[case.output]
    low = -1.0 if case.loss == "hinge" else chosen.low
    kinds = max(case.sizes[-1], 2)
    parameters = {"delta": case.delta} if case.loss == "huber" else {}
    result = setup_of(
        network,
        split.inputs,
        np.zeros((1, case.sizes[-1])),
        case.loss,
        optimizer=case.optimizer,
        settings=case.settings,
        regularization=case.regularization,
        training=split,
        validation=split.part(np.arange(TRAINED, ROWS)),
        scaling=_scaling(case),
        codes=target_codes(kinds if case.classes else 0, case.sizes[-1], dtype, low),
        batch_rows=case.batch,
        dropout=[case.dropout] * (len(case.sizes) - 2),
        seed=case.seed,
        score=_score(case),
    )
    objective = Objective(case.loss, LOSSES[case.loss].complete(parameters))
    return replace(result, objective=objective)


def _network(case, dtype):
    names = [case.hidden] * (len(case.sizes) - 2) + [case.output]
    layers = []
    for number, name in enumerate(names):
        is_hidden = number < len(names) - 1
        layers += block(
            *case.sizes[number : number + 2],
            name,
            case.parameters if is_hidden else None,
            normalization=case.normalization if is_hidden else "none",
            settings=WITHOUT_NOISE if is_hidden and case.normalization != "none" else None,
        )
    drawn = [("normal", {"scale": case.size * inputs**-0.5}) for inputs in case.sizes[:-1]]
    # In single precision in either case, so that both precisions begin with the same numbers.
    flat = initial_parameters(layers, drawn, case.seed, np.float32).astype(dtype)
    network = Network(layers, flat)
    if case.biases:
        draw_biases(network, drawn, case.seed)
        network.parameters[:] = network.parameters.astype(np.float32)
    if case.density < 1:
        kept = {
            each.weights: random_connections(
                each.inputs, each.outputs, case.density, case.seed, each.number - 1
            )
            for each in network.blocks
        }
        network.connect_partially(kept)
    return network


def _inputs(case):
    kind, random = np.dtype(case.inputs), np.random.default_rng(case.seed)
    shape = ROWS, case.sizes[0]
    if kind.kind == "f":
        X = random.normal(size=shape)
    else:
        X = random.integers(0, 2 if kind.kind == "b" else 3, shape)
        X -= random.integers(0, 2, shape) if kind.kind == "i" else 0
    factor = 40 if case.scaling != "nothing" and kind.kind != "b" else 1
    return ORDERS[case.order]((X * factor).astype(kind))


def _targets(case, dtype):
    random, outputs = np.random.default_rng(case.seed + 1), case.sizes[-1]
    if case.classes:
        return random.integers(0, max(outputs, 2), ROWS).astype(case.classes)
    if case.loss in ("hinge", "perceptron"):
        return random.choice([-1.0 if case.loss == "hinge" else 0.0, 1.0], (ROWS, outputs))
    if case.loss == "sigmoid_cross_entropy":
        return random.integers(0, 2, (ROWS, outputs)).astype(np.float32)
    T = random.random((ROWS, outputs))
    T = T / T.sum(axis=1, keepdims=True) if case.loss == "cross_entropy" else T
    return T.astype(np.float32).astype(dtype)  # the same numbers in both precisions


def _weights(case):
    if not case.weighted:
        return None
    weights = np.random.default_rng(case.seed + 2).uniform(0, 3, ROWS)
    weights[::4] = 0
    return weights


def _scaling(case):
    scaling, columns = SCALINGS[case.scaling], case.sizes[0]
    offset, scale = (np.asarray(each) for each in (scaling.offset, scaling.scale))
    return Scaling(
        offset if not offset.ndim else np.resize(offset, columns),
        scale if not scale.ndim else np.resize(scale, columns),
    )


def _score(case):
    if case.loss in ("hinge", "perceptron", "cross_entropy") or case.classes:
        is_binary = case.sizes[-1] <= 2
        margin = margin_of(case.threshold, chosen_at_0=ACTIVATIONS[case.output].chosen_at_0)
        return replace(ACCURACY, parameters={"margin": margin}) if is_binary else ACCURACY
    if case.loss == "sigmoid_cross_entropy":
        margin = margin_of(case.threshold)
        return replace(ACCURACY, measure="correct_label_rows", parameters={"margin": margin})
    units = case.unit * np.arange(1, case.sizes[-1] + 1)
    return MAE if case.unit == 1 else replace(MAE, parameters={"units": units})


def batches_of(case):
    """Return calls of `steps`: arrays (S, B) of row numbers, 20 steps in all; some are short."""
    random, calls = np.random.default_rng(case.seed + 3), []
    for count, rows in ((7, case.batch), (1, max(2, case.batch - 2)), (11, case.batch), (1, 2)):
        size = min(rows, case.batch)
        calls.append(np.array([_chosen(random, size) for _ in range(count)]))
    return calls


def _chosen(random, size):
    rows = random.permutation(TRAINED)[:size]
    return np.sort(rows) if size == TRAINED else rows  # see `Engine.steps`


def train(engine, case, dtype):
    """Train 20 steps; return the result."""
    given = case_setup(case, dtype)
    trained = engine_of(engine, replace(given, network=copied(given.network)))
    settings = SCHEDULES[case.schedule].complete({})
    rate, step, sums = rate_function(case.schedule, settings, 0.001, 10), 0, []
    for batches in batches_of(case):
        if case.pool:
            pool = np.random.default_rng(step).permutation(TRAINED)
            trained.hold(pool)
            batches = np.argsort(pool)[batches]
        rates = [rate((step + k) / 4, 1 / 4) for k in range(len(batches))]
        sums.append(Sums())
        assert trained.steps(batches, rates, sums[-1]) == (len(batches), None)
        step += len(batches)
    assert trained.problem() is None
    return Result(trained.state(), sums, trained.evaluate())


def check(case):
    """Compare the engines in double precision, and in single precision to its rounding."""
    expected, found = train("numpy", case, np.float64), train("compiled", case, np.float64)
    _check_alike(found, expected, 1e-9)
    assert found.evaluation[1] == approximately(expected.evaluation[1], 1e-9)
    single, own = train("numpy", case, np.float32), train("compiled", case, np.float32)
    for name, exact in expected.state.items():
        assert own.state[name].dtype == single.state[name].dtype
        allowed = 1e-5 * (1 + _largest(exact)) + 10 * _largest(single.state[name] - exact)
        assert _largest(own.state[name] - exact) <= allowed, name
    allowed = 1e-5 * (1 + abs(expected.evaluation[0]))
    allowed += 10 * abs(single.evaluation[0] - expected.evaluation[0])
    assert abs(own.evaluation[0] - expected.evaluation[0]) <= allowed


def _check_alike(found, expected, tolerance):
    for name, array in expected.state.items():
        close = {"rtol": tolerance, "atol": tolerance * (1 + _largest(array))}
        np.testing.assert_allclose(found.state[name], array, **close, err_msg=name)
    for own, other in zip(found.sums, expected.sums, strict=True):
        assert asdict(own) == {
            name: approximately(value, tolerance) for name, value in asdict(other).items()
        }
    assert found.evaluation[0] == approximately(expected.evaluation[0], tolerance)


def approximately(value, tolerance):
    """Return what a number, or each of several, must be close to."""
    if isinstance(value, list):
        return [approximately(each, tolerance) for each in value]
    return value if value is None else pytest.approx(value, rel=tolerance, abs=tolerance)


def _largest(array):
    return float(np.abs(array).max(initial=0.0))
