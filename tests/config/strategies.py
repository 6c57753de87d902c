"""Strategies for valid configs, built from the tables of the schema."""

from importlib.util import find_spec

from hypothesis import strategies as st

from nncli.config.sources import SOURCES
from nncli.data.builtin.generated import GENERATED
from nncli.data.division import DivisionError, Fold
from nncli.data.scaling import SCALERS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

DEFAULT_OUTPUTS = {"binary": "sigmoid", "multiclass": "softmax", "regression": "identity"}
HIDDEN = {name: entry for name, entry in ACTIVATIONS.items() if not entry.output_only}
# The only hidden activations that a config with training can have.
TRAINABLE = {name: entry for name, entry in HIDDEN.items() if entry.trainable}
# Names that could be read as numbers.
NUMERIC_NAMES = ["1e3", "1.5e3", "12", "1.5", "5.", "0x10", "1_000", "2020-01-02", "null", "no"]


def parameter_values(parameter):
    if isinstance(parameter.default, bool):
        return st.booleans()
    low, high = (
        closed if opened is None else opened
        for closed, opened in (
            (parameter.at_least, parameter.above),
            (parameter.at_most, parameter.below),
        )
    )
    if isinstance(parameter.default, int):
        return st.integers(low, 10**9 if high is None else high)
    return st.floats(
        low,
        high,
        exclude_min=parameter.above is not None,
        exclude_max=parameter.below is not None,
        allow_nan=False,
        allow_infinity=False,
    )


def choices(table):
    """Return a strategy for an entry of `table`, in the short form and with parameters."""
    return st.sampled_from(list(table)) | st.sampled_from(list(table)).flatmap(
        lambda name: with_parameters(name, table[name])
    )


def with_parameters(name, entry):
    values = st.fixed_dictionaries(
        {}, optional={key: parameter_values(each) for key, each in entry.parameters.items()}
    )
    if entry.conflict:
        values = values.filter(lambda given: not entry.conflict(entry.complete(given)))
    return values.map(lambda given: {"name": name, **given})


def shares(rows):
    """Return a strategy for a part of `rows` that leaves rows of both classes."""
    return st.integers(0, rows - 2) | st.floats(0, 0.5)


words = st.sampled_from(NUMERIC_NAMES) | st.from_regex(
    r"""[a-zà-ž]([- a-zà-ž.,:#'"&*!\[{]{0,3}[a-zà-ž])?""", fullmatch=True
)


def lists(each, size, **options):
    return st.lists(each, min_size=size, max_size=size, **options)


def is_sized(number):
    return not 0 < abs(number) < 1e-280


@st.composite
def given_rows(draw):
    """Draw the values of the source `rows`."""
    rows, inputs = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    number = st.floats(-1e30, 1e30) | st.integers(-(10**30), 10**30)
    values = {"source": "rows", "inputs": draw(lists(lists(number.filter(is_sized), inputs), rows))}
    if draw(st.booleans()):
        values["scale"] = draw(choices(SCALERS))
    if draw(st.booleans()):
        values["columns"] = [f"in {n}" for n in range(inputs)]
    if draw(st.booleans()):
        targets = draw(st.integers(1, 3))
        if draw(st.booleans()):  # valid for every regression loss
            number = st.floats(0, 1) | st.integers(0, 1)
        number = number.filter(is_sized)
        each = number if targets == 1 and draw(st.booleans()) else lists(number, targets)
        values["targets"] = draw(lists(each, rows))
        names = [f"out {n}" for n in range(targets)]
        return values | draw(st.sampled_from([{}, {"target": names}]))
    name = words | st.integers(-(10**30), 10**30)
    classes = draw(st.lists(name, min_size=2, max_size=5, unique_by=str))
    values["labels"] = draw(lists(st.sampled_from(classes), rows))
    if len({*values["labels"]}) < 2 or draw(st.booleans()):
        values["classes"] = classes
    return values | draw(st.sampled_from([{}, {"target": "out"}]))


@st.composite
def sources(draw):
    source = draw(st.sampled_from(["xor", "mnist", "rows", *GENERATED]))
    if source == "rows":
        return draw(given_rows())
    if draw(st.booleans()):
        return source
    values = draw(st.fixed_dictionaries({}, optional={"scale": choices(SCALERS)}))
    if source == "xor":
        rows = {"rows": st.integers(4, 10_000_000), "test": st.integers(0, 10_000_000)}
        values |= draw(st.fixed_dictionaries({}, optional={"noise": st.floats(0, 1e6), **rows}))
        values |= draw(st.fixed_dictionaries({}, optional={"balanced": st.booleans()}))
    if source in GENERATED:
        rows = {"rows": st.integers(100, 10_000_000), "test": st.integers(0, 10_000_000)}
        keys = {key: parameter_values(it) for key, it in GENERATED[source].parameters.items()}
        values |= draw(st.fixed_dictionaries({}, optional={**rows, **keys}))
    training_rows = 59_900 if source == "mnist" else values.get("rows", 1000)  # some of each digit
    if draw(st.booleans()):
        values["validation"] = draw(shares(training_rows))
    return {"source": source, **values}


@st.composite
def models(draw, output, has_threshold):
    sizes = draw(st.lists(st.integers(1, 1000), max_size=40))  # small enough for any machine
    thresholds = st.floats(0, 1, exclude_min=True, exclude_max=True)
    one_each = st.lists(choices(TRAINABLE), min_size=len(sizes), max_size=len(sizes))
    initializers = st.lists(choices(INITIALIZERS), min_size=len(sizes) + 1, max_size=len(sizes) + 1)
    values = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "activation": choices(TRAINABLE) | one_each,
                "initializer": st.none() | choices(INITIALIZERS) | initializers,
                "bias_initializer": choices(INITIALIZERS) | initializers,
                "threshold": st.none() | thresholds if has_threshold else st.none(),
            },
        )
    )
    return {"hidden_layers": sizes, **({"output": output} if output else {}), **values}


def divides(division, folds):
    """Return whether all folds of the rows leave training rows."""
    try:
        for number in range(1, folds + 1):
            division.training_rows(Fold(number, folds))
    except DivisionError:
        return False
    return True


def trainings(output, task, source, monitors):
    stopping = st.fixed_dictionaries(
        {"monitor": st.sampled_from(monitors)},
        optional={"patience": st.integers(1, 10**9), "min_change": st.floats(0, 1e300)},
    )
    fitting = [name for name, loss in LOSSES.items() if output in loss.outputs]
    if task == "regression":
        ranges = {name: LOSSES[name].target_range for name in fitting}
        fitting = [
            name for name, each in ranges.items() if each and not source.target_outside(*each)
        ]
    return st.fixed_dictionaries(
        {},
        optional={
            "loss": st.none() | choices({name: LOSSES[name] for name in fitting}),
            "optimizer": choices(OPTIMIZERS),
            "learning_rate": st.floats(0, 1e300, exclude_min=True) | st.integers(1, 10**9),
            "batch_size": st.just("full") | st.integers(1, 10**9),
            "epochs": st.integers(0, 10_000_000),
            "shuffle": st.booleans(),
            "schedule": choices(SCHEDULES),
            **dict.fromkeys(("l1", "l2"), st.floats(0, 1e300)),
            **dict.fromkeys(
                ("max_norm", "clip_norm", "clip_value"),
                st.none() | st.floats(0, 1e300, exclude_min=True),
            ),
            "precision": st.sampled_from(["float32", "float64"]),
            "engine": st.sampled_from(["auto", "numpy", "compiled"]),
            "checkpoint_seconds": st.sampled_from([0.5, 60, 1e9]),
            "record_weights": st.none() | st.integers(1, 10**20),
            "log_every": st.none() | st.integers(1, 10**9),
            "tensorboard": st.booleans() if find_spec("tensorboard") else st.just(False),
            "early_stopping": st.none() | stopping,
            "folds": (st.none() | st.integers(2, 10_000)).map(
                lambda folds: folds if folds and divides(source.division, folds) else None
            ),
        },
    )


@st.composite
def valid_configs(draw):
    """Draw the plain values of a valid config."""
    data = draw(sources())
    source = data if isinstance(data, str) else data["source"]
    values = data if isinstance(data, dict) else {"source": data}
    checked = SOURCES[source].model_validate(values)
    task = checked.shape.task
    held_out = "validation" in checked.division.counts
    metrics = ("loss", "mae" if task == "regression" else "accuracy")
    monitors = [f"train_{metric}" for metric in metrics]
    monitors += [f"validation_{metric}" for metric in metrics] if held_out else []
    outputs = [name for name, entry in ACTIVATIONS.items() if task in entry.output_for]
    output = draw(st.none() | st.sampled_from(outputs))
    probabilities = ACTIVATIONS[output or DEFAULT_OUTPUTS[task]].probabilities
    names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", fullmatch=True)
    others = st.fixed_dictionaries(
        {},
        optional={
            "name": st.none() | st.sampled_from(NUMERIC_NAMES) | names,
            "seed": st.integers(0, 2**32 - 1),
            "model": models(output, task == "binary" and probabilities),
        },
    )
    values = draw(others)
    actual = values.get("model", {}).get("output") or DEFAULT_OUTPUTS[task]
    if draw(st.booleans()):
        values["training"] = draw(trainings(actual, task, checked, monitors))
    return {"data": data, **values}
