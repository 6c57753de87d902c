"""After any actions, the config of a page trains to the weights that it shows, to the bit."""

import json
import tempfile
from contextlib import chdir, suppress
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nncli
from nncli.base.errors import NncliError
from tests.web.test_session import session

ENGINES = ["numpy", "auto", *(["compiled"] if find_spec("numba") else [])]
DATA = [
    {"source": "xor", "rows": 37, "test": 10},
    {"source": "gate", "gate": "nand"},
    {"source": "moons", "rows": 23, "features": ["x2", {"square": "x1"}], "scale": "minmax"},
    {"source": "gauss", "rows": 31, "classes": 3, "scale": "standard"},
    {"source": "waves", "rows": 29},
    {"source": "rows", "inputs": [[0.5, 1], [2, -3], [0, 7], [1, 1]], "targets": [1, 2.5, 0, -1]},
]
MODELS = st.fixed_dictionaries(
    {"hidden_layers": st.just([3])},
    optional={
        "activation": st.sampled_from(["tanh", "relu", "sigmoid"]),
        "initializer": st.sampled_from(["he_normal", {"name": "normal", "scale": 0.5}]),
        "bias_initializer": st.sampled_from(["zeros", {"name": "normal", "scale": 0.5}]),
        "density": st.sampled_from([0.5, 1]),
        "initial_biases": st.just("given"),
        "masks": st.just([[[1, 0, 1]] * 2, None]),
        "normalization": st.sampled_from(["batch_norm", "layer_norm", "none", "none"]),
    },
)
OPTIMIZERS = ["sgd", "adam", {"name": "sgd", "momentum": 0.9}]
TRAININGS = st.fixed_dictionaries(
    {"engine": st.sampled_from(ENGINES), "batch_size": st.sampled_from([5, 8, "full"])},
    optional={
        "optimizer": st.sampled_from(OPTIMIZERS),
        "learning_rate": st.sampled_from([0.01, 0.3]),
        "dropout": st.sampled_from([0.0, 0.4]),
        "shuffle": st.booleans(),
        "l1": st.just(0.01),
        "l2": st.sampled_from([0.0, 0.02]),
        "max_norm": st.just(0.7),
        "clip_norm": st.just(0.3),
        "precision": st.sampled_from(["float32", "float64"]),
    },
)
CONSTANT = st.sampled_from([{"epochs": 100_000}, {"steps": 100_000}, {}])
FALLING = st.fixed_dictionaries(
    {
        "epochs": st.integers(1, 7),
        "schedule": st.sampled_from(
            ["cosine", "exponential", "step", "plateau", {"name": "constant", "warmup": 0.3}]
        ),
    }
)
TRAIN = st.sampled_from([{"do": "step"}, {"do": "epoch"}])
NUMBERS = st.builds(
    lambda name, value: (
        {"do": "number", "array": name, "at": [0] * (2 - (name[0] == "b"))} | {"value": value}
    ),
    st.sampled_from(["W1", "b1", "W2", "b2"]),
    st.floats(-2, 2),
)
CHANGES = st.one_of(
    NUMBERS,
    st.just({"do": "reset"}),
    st.builds(lambda seed: {"do": "reset", "seed": seed}, st.integers(0, 9)),
    st.just({"do": "remove", "row": 1}),
    st.builds(
        lambda x, target: {"do": "add", "inputs": [x, 0.1], "target": target},
        st.floats(-1, 1),
        st.integers(0, 1),
    ),
    st.builds(
        lambda keep, key, value: {"do": "configure", "keep": keep, "change": {key: value}},
        st.booleans(),
        st.sampled_from(["learning_rate", "l2"]),
        st.sampled_from([0.05, 0.01]),
    ),
    st.builds(
        lambda each: {"do": "configure", "keep": True, "change": {"optimizer": each}},
        st.sampled_from(OPTIMIZERS),
    ),
)
ACTIONS = st.lists(st.one_of(TRAIN, TRAIN, CHANGES), max_size=10)


def begun(data, model, training):
    """Return a page, or None if the settings do not belong together."""
    inputs = len(data.get("features", [0, 0]))
    model, outputs = deepcopy(model), data.get("classes", 1)
    if "initial_biases" in model:
        model["initial_weights"] = [[[0.5, -0.25, 0.125]] * inputs, [[0.1] * outputs] * 3]
        model["initial_biases"] = [[0.1, 0.2, 0.3], [0.4] * outputs]
    config = json.loads(json.dumps({"data": data, "model": model, "training": training}))
    try:
        return session(config)  # without lists that are one object
    except NncliError:
        return None


def act(page, action):
    change = action.get("change")
    if change:
        config = deepcopy(page._setting.values)
        config["training"] |= change
        action = {"do": "configure", "keep": action["keep"], "config": config}
    with suppress(NncliError):  # such as of a row that is the last of its class
        page.act(action)


def arrays_of(values, result, page):
    """Return the arrays of a training at the step of the page."""
    if "record_weights" not in values["training"]:
        return result.model.network.named
    found = result.recorded_weights
    assert found["step"].tolist()[1] == page._trainer.steps
    return {name: found[name][1] for name in result.model.network.named}


def assert_same(page, values, where):
    result = nncli.train(values)
    arrays = arrays_of(values, result, page)
    for name, each in page._view.network.named.items():
        assert np.array_equal(arrays[name], each, equal_nan=True), (name, where)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    data=st.sampled_from(DATA),
    model=MODELS,
    training=TRAININGS,
    length=st.one_of(CONSTANT, FALLING),
    actions=ACTIONS,
    end=TRAIN,
)
def test_a_config_trains_to_the_weights_after_any_actions(
    data, model, training, length, actions, end
):
    page = begun(data, model, {**training, **length})
    assume(page is not None)
    for each in [*actions, end]:
        act(page, each)
    assume(not page._trainer.problem and page._trainer.steps)
    text = page.act({"do": "config"})["yaml"]
    if "save the page" not in text:
        assert_same(page, yaml.safe_load(text), "config")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        saved = Path(page.act({"do": "save"})["saved"])
        values = yaml.safe_load((saved / "config.yaml").read_text(encoding="utf-8"))
        if isinstance(start := values["model"].get("initial_weights"), str):
            values["model"]["initial_weights"] = str(saved / start)
        assert_same(page, values, "saved")
