"""The config of a page trains to the weights that the page shows, to the bit."""

import numpy as np
import pytest
import yaml

import nncli
from nncli.base.errors import UsageError
from tests.web.test_session import last, session

ROWS = 67  # so that the last batch of an epoch is smaller
DATA = {"source": "moons", "rows": ROWS, "test": 20}
MODEL = {"hidden_layers": [5, 4], "activation": ["tanh", "relu"]}
TRAINING = {"batch_size": 10, "epochs": 6, "engine": "numpy", "learning_rate": 0.05}
BATCHES = 7

KINDS = {
    "plain": ({}, {}),
    "momentum": ({}, {"optimizer": {"name": "sgd", "momentum": 0.9}}),
    "dropout": ({}, {"dropout": 0.3}),
    "batch norm": ({"normalization": "batch_norm"}, {}),
    "layer norm": ({"normalization": "layer_norm"}, {"dropout": 0.2}),
    "slopes": ({"activation": ["prelu", "relu"]}, {}),
    "in order": ({}, {"shuffle": False}),
    "one batch": ({}, {"batch_size": "full"}),
    "constant": ({}, {"schedule": "constant"}),
    "warmup": ({}, {"schedule": {"name": "constant", "warmup": 0.5}}),
    "cosine": ({}, {"schedule": "cosine"}),
    "bounds": ({}, {"l2": 0.01, "l1": 0.001, "max_norm": 0.8, "clip_norm": 0.5}),
    "sparse": ({"density": 0.5}, {}),
    "double": ({}, {"precision": "float64"}),
    "steps": ({}, {"epochs": None, "steps": 40}),
    "features": ({}, {}),
    "compiled": ({}, {"engine": "compiled"}),
    "compiled dropout": ({"normalization": "batch_norm"}, {"engine": "compiled", "dropout": 0.3}),
    "compiled cosine": ({}, {"engine": "compiled", "schedule": "cosine"}),
}
MORE_ARRAYS = ["slopes", *(name for name, (model, _) in KINDS.items() if "normalization" in model)]


@pytest.fixture
def config(kind):
    model, training = KINDS[kind]
    if training.get("engine") == "compiled":
        pytest.importorskip("numba")
    features = ["x2", {"square": "x1"}, {"sine": "x2"}] if kind == "features" else None
    return {
        "data": {**DATA, "features": features},
        "model": {**MODEL, **model},
        "training": {**TRAINING, **training},
    }


def trained(page):
    """Return the arrays of the page at its step, after training its config; and the text."""
    text = page.act({"do": "config"})["yaml"]
    values = yaml.safe_load(text)
    result = nncli.train(values)
    if "record_weights" not in values["training"]:
        return result.model.network.named, text
    found = result.recorded_weights
    assert found["step"].tolist()[1] == last(page)["step"]
    return {name: found[name][1] for name in result.model.network.named}, text


def assert_same(arrays, page):
    shown = page._view.network.named
    assert [*arrays] == [*shown]
    for name, each in shown.items():
        assert np.array_equal(arrays[name], each), name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("do", [["epoch"] * 3, ["epoch", "step", "step"], ["step"]])
def test_a_config_trains_to_the_weights_of_the_page(config, kind, do):
    page = session(config)
    page.act({"do": "epoch"})
    page.act({"do": "reset"})
    for each in do:
        page.act({"do": each})
    arrays, text = trained(page)
    assert_same(arrays, page)
    depends_on_epochs = {"warmup", "cosine", "compiled cosine"}
    trains_on = do[-1] == "step" and config["training"]["batch_size"] != "full"
    assert text.startswith("#") == (trains_on or kind in depends_on_epochs)


@pytest.mark.parametrize("kind", [each for each in KINDS if each not in MORE_ARRAYS])
def test_after_changes_a_config_starts_from_the_weights_of_then(config):
    page = session(config)
    for each in ("epoch", "step"):
        page.act({"do": each})
    connected = np.argwhere(page._view.network.named["W1"])[-1].tolist()
    page.act({"do": "number", "array": "W1", "at": connected, "value": 0.1})
    page.act({"do": "number", "array": "b3", "at": [0], "value": -2})
    assert last(page)["step"] == 0
    for each in ("epoch", "epoch", "step"):
        page.act({"do": each})
    arrays, _ = trained(page)
    assert_same(arrays, page)
    settings = last(session(config), "network")["config"]
    settings["training"]["learning_rate"] = 0.01
    page.act({"do": "configure", "config": settings, "keep": True})
    page.act({"do": "epoch"})
    arrays, _ = trained(page)
    assert_same(arrays, page)


def test_a_config_names_the_engine_that_was_chosen_for_more_steps():
    pytest.importorskip("numba")
    page = session({"data": DATA, "model": MODEL, "training": {"batch_size": 10, "epochs": 10**5}})
    for each in ("epoch", "epoch"):
        page.act({"do": each})
    arrays, text = trained(page)
    assert yaml.safe_load(text)["training"]["engine"] == "compiled"
    assert_same(arrays, page)


def test_a_saved_page_begins_with_the_biases_that_were_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = {"hidden_layers": [], "initial_weights": [[[1], [2]]], "initial_biases": [[3]]}
    page = session({"data": DATA, "model": model, "training": TRAINING})
    page.act({"do": "number", "array": "b1", "at": [0], "value": -1})
    page.act({"do": "epoch"})
    saved = page.act({"do": "save"})["saved"]
    assert_same(nncli.train(f"{saved}/config.yaml").model.network.named, page)


@pytest.mark.parametrize("kind", ["sparse"])
def test_what_is_no_connection_stays_zero(config):
    page = session(config)
    missing = np.argwhere(page._view.network.named["W1"] == 0).tolist()
    assert missing
    for place in missing:
        with pytest.raises(UsageError, match="this connection does not exist"):
            page.act({"do": "number", "array": "W1", "at": place, "value": 1})
    ones = {name: np.ones_like(each).tolist() for name, each in page._view.network.named.items()}
    page.act({"do": "configure", "config": config, "start": ones})
    page.act({"do": "epoch"})
    assert np.argwhere(page._view.network.named["W1"] == 0).tolist() == missing


@pytest.mark.parametrize("kind", MORE_ARRAYS)
def test_arrays_that_a_config_cannot_list_are_saved(config, tmp_path, monkeypatch):
    if config["training"]["engine"] == "compiled":
        pytest.skip("the same as with numpy")
    monkeypatch.chdir(tmp_path)
    page = session(config)
    page.act({"do": "epoch"})
    page.act({"do": "number", "array": "W1", "at": [1, 2], "value": 0.1})
    page.act({"do": "epoch"})
    text = page.act({"do": "config"})["yaml"]
    assert text.startswith(
        "# A config lists only weights and biases; save the page to begin with the other\n"
        "# arrays of the network, too.\n"
    )
    saved = page.act({"do": "save"})["saved"]
    assert_same(nncli.train(f"{saved}/config.yaml").model.network.named, page)


@pytest.mark.parametrize("kind", ["plain"])
def test_a_comment_says_where_the_weights_within_an_epoch_are(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = session(config)
    assert not page.act({"do": "config"})["yaml"].startswith("#")
    for each in ("epoch", "step", "step"):
        page.act({"do": each})
    text = page.act({"do": "config"})["yaml"]
    assert text.startswith(
        "# The page shows step 9 of 14 of this config. A run of it keeps the\n"
        "# weights of that step in recorded_weights.npz.\ndata:\n"
    )
    saved = page.act({"do": "save"})["saved"]
    nncli.train(f"{saved}/config.yaml", out="again")
    found = nncli.recorded_weights("again")
    assert_same({name: found[name][1] for name in page._view.network.named}, page)
    page.act({"do": "epoch"})
    assert not page.act({"do": "config"})["yaml"].startswith("#")


def test_weights_that_are_too_many_to_record_or_to_list_are_said():
    page = session(
        {
            "data": {"source": "xor", "rows": 4000, "test": 100},
            "model": {"hidden_layers": [1400, 1400]},
            "training": {"batch_size": 40, "engine": "numpy"},
        }
    )
    page.act({"do": "step"})
    text = page.act({"do": "config"})["yaml"]
    assert text.startswith("# The page shows step 1 of 100 of this config, which trains on.\n")
    assert "record_weights" not in text
    page.act({"do": "number", "array": "W1", "at": [0, 0], "value": 1})
    with pytest.raises(UsageError, match=r"config: would list 1,967,001 .* at most 40,000; save"):
        page.act({"do": "config"})
