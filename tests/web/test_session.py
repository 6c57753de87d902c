"""A page of the playground, without a browser."""

import json
import time
from base64 import b64decode

import numpy as np
import pytest
import yaml

import nncli
from nncli.base.errors import NncliError, UsageError
from nncli.data.builtin.mnist import in_cache
from nncli.web.application import Ended
from nncli.web.playground.landscape import Path, landscape
from nncli.web.playground.session import Session
from nncli.web.playground.setting import SOURCES, Setting

XOR = {
    "data": {"source": "xor", "rows": 60, "test": 40},
    "model": {"hidden_layers": [4], "activation": "tanh"},
    "training": {"batch_size": 10, "epochs": 1000, "engine": "numpy", "learning_rate": 0.05},
}


STOPPING = {"monitor": "train_loss", "patience": 1}
ZEROS = {"W1": [[0] * 4] * 2, "b1": [0] * 4, "W2": [[0]] * 4, "b2": [0]}


def session(config=XOR):
    return Session(Setting(config))


def messages(page, seconds=0.05):
    found = []
    while (line := page.next_event(seconds)) is not None:
        found.append(json.loads(line))
    return found


def last(page, kind="frame"):
    return [each for each in messages(page) if each["type"] == kind][-1]


def test_a_page_begins_with_the_network_and_a_frame():
    network, frame = messages(session())
    assert network["units"] == [4, 1]
    assert network["inputs"] == ["x1", "x2"]
    assert frame["step"] == 0
    assert [len(largest) for _, largest in frame["maps"]] == [4, 1]
    maps = np.frombuffer(b64decode(frame["maps"][0][0]), np.int8).reshape(4, 40, 40)
    assert np.all(np.abs(maps).reshape(4, -1).max(axis=1) == 127)
    assert set(frame["measured"]) == {"train", "test"}


def test_a_page_knows_what_is_used_for_missing_settings():
    used = last(session({"data": {"source": "gate"}}), "network")["used"]
    assert used["model.activation"] == "relu"
    assert used["training.loss"] == "sigmoid_cross_entropy"
    assert used["training.optimizer"] == "adam"
    assert type(used["training.batch_size"]) is int


def test_a_page_tells_what_its_controls_offer():
    offered = session().act({"do": "choices"})
    assert {"xor", "gate"} <= {*offered["sources"]}
    assert "training.optimizer" in offered["keys"]


def test_xor_learns_while_it_plays():
    page = session()
    before = last(page)["measured"]["train"][0]
    page.act({"do": "play"})
    frames = []
    while len(frames) < 20:
        frames += [json.loads(page.next_event(1))]
    page.act({"do": "pause"})
    after = last(page)
    assert after["measured"]["train"][0] < before / 2
    assert after["step"] > 20
    assert not after["plays"]
    assert page.next_event(0.01) is None


def test_the_config_of_a_page_trains_the_same_weights():
    page = session()
    page.act({"do": "step"})
    page.act({"do": "epoch"})
    page.act({"do": "epoch"})
    page.act({"do": "epoch"})
    text = page.act({"do": "config"})["yaml"]
    result = nncli.train(yaml.safe_load(text))
    assert np.array_equal(result.model.network.parameters, page._view.network.parameters)


def test_a_changed_number_is_where_training_starts():
    page = session()
    page.act({"do": "epoch"})
    page.act({"do": "number", "array": "W1", "at": [1, 2], "value": 0.1})
    page.act({"do": "epoch"})
    values = yaml.safe_load(page.act({"do": "config"})["yaml"])
    assert np.float32(values["model"]["initial_weights"][0][1][2]) == np.float32(0.1)
    result = nncli.train(values)
    assert np.array_equal(result.model.network.parameters, page._view.network.parameters)


def test_only_connections_that_exist_take_a_weight():
    masks = [[[1, 0, 1, 1], [1, 1, 1, 1]], [[1], [1], [1], [1]]]
    page = session({**XOR, "model": {**XOR["model"], "masks": masks}})
    with pytest.raises(UsageError, match="does not exist; its weight stays 0"):
        page.act({"do": "number", "array": "W1", "at": [0, 1], "value": 0.5})
    page.act({"do": "number", "array": "W1", "at": [1, 1], "value": 0.5})
    page.act({"do": "number", "array": "b1", "at": [1], "value": 0.5})
    assert page._view.network.named["W1"][1, 1] == 0.5


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_page_can_begin_with_weights_that_another_one_told(precision):
    config = {**XOR, "training": {**XOR["training"], "precision": precision}}
    first, second = session(config), session(config)
    first.act({"do": "epoch"})
    assert last(first, "network")["start"] is None
    first.act({"do": "number", "array": "b1", "at": [3], "value": 0.1})
    told = last(first, "network")
    assert told["start"]["b1"][3] == 0.1
    second.act({"do": "configure", "config": config, "start": told["start"]})
    assert last(second, "network")["start"] == told["start"]
    for page in (first, second):
        page.act({"do": "epoch"})
    assert np.array_equal(first._view.network.parameters, second._view.network.parameters)


@pytest.mark.parametrize("value", [1e30, 0.5])
def test_a_page_tells_no_weights_that_no_link_can_have(value):
    page = session({**XOR, "model": {"hidden_layers": [300]}})  # 1201 parameters
    page.act({"do": "number", "array": "b1", "at": [3], "value": value})
    told = last(page, "network")
    assert (told["start"], told["has_start"]) == (None, True)


def test_the_worked_example_of_a_unit_has_its_calculations():
    page = session({**XOR, "model": {"hidden_layers": [300, 40]}})
    for layer, unit in [(1, 250), (2, 39), (3, 0)]:
        html = page.act({"do": "example", "row": 2, "unit": [layer, unit]})["html"]
        part = html.partition(f'id="layer-{layer}"')[2].partition("</mtable>")[0]
        assert len(part) > 100
        assert f">{unit + 1}<" in part


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"do": "nothing"},
        {"do": ["play"]},
        {"do": "configure"},
        {"do": "configure", "config": {"data": {"source": "csv", "path": "/etc/passwd"}}},
        {"do": "configure", "config": {**XOR, "model": {"initial_weights": "a.npz"}}},
        {"do": "configure", "config": {"data": {"source": "xor", "rows": 10_000_000}}},
        {"do": "configure", "config": {**XOR, "model": {"hidden_layers": [0]}}},
        {"do": "number", "array": "W1", "at": [0, 4], "value": 1},
        {"do": "number", "array": "W1", "at": [0], "value": 1},
        {"do": "number", "array": "W9", "at": [0, 0], "value": 1},
        {"do": "number", "array": "W1", "at": [0, 0], "value": float("nan")},
        {"do": "speed", "steps_a_second": 0},
        {"do": "example", "row": 60},
        {"do": "example", "row": 0, "unit": [0, 0]},
        {"do": "example", "row": 0, "unit": [1, 4]},
        {"do": "example", "row": 0, "unit": [3, 0]},
        {"do": "example", "row": 0, "unit": ["1", 0]},
        {"do": "configure", "config": XOR, "start": []},
        {"do": "configure", "config": XOR, "start": {"W1": [[1, 2], [3]]}},
        {"do": "configure", "config": XOR, "start": {"W1": [["1"]]}},
        {"do": "configure", "config": XOR, "start": {"W1": [[1.0]]}},
        {"do": "configure", "config": XOR, "start": {**ZEROS, "b2": [1e31]}},
        {"do": "configure", "config": XOR, "start": {**ZEROS, "W3": [[1.0]]}},
        {"do": "add", "inputs": [0.5], "target": 1},
        {"do": "add", "inputs": [0.5, float("inf")], "target": 1},
        {"do": "add", "inputs": [0.5, 1], "target": 2},
        {"do": "add", "inputs": [0.5, 1], "target": True},
        {"do": "remove", "row": 60},
        {"do": "values", "inputs": [1, 2, 3]},
        {"do": "configure", "config": {**XOR, "data": {"source": "xor", "validation": 5}}},
        {"do": "configure", "config": {**XOR, "training": {"refit": True}}},
        {"do": "configure", "config": {**XOR, "training": {"seeds": 3}}},
        {"do": "values", "inputs": [1, "2"]},
        {"do": "example", "row": "0"},
        {"do": "hidden", "layer": 2},
        {"do": "weights", "layer": 0, "units": 0},
        {"do": "weights", "layer": -1, "units": 1},
        {"do": "landscape", "numbers": [{"array": "W1", "at": [0, 0]}]},
        {"do": "landscape", "numbers": [{"array": "W1", "at": [0, 0]}, 3]},
        {"do": "reset", "seed": "a"},
        {"do": "configure", "config": {**XOR, "training": {"early_stopping": STOPPING}}},
    ],
)  # fmt: skip
def test_a_wrong_action_changes_nothing(action):
    page = session()
    before = last(page)
    with pytest.raises(NncliError):
        page.act(action)
    assert messages(page) == []
    page.act({"do": "pause"})
    assert last(page) == before


@pytest.mark.parametrize(
    ("section", "settings", "problem"),
    [
        ("model", {"hidden_layers": [1] * 51}, "hidden_layers: found 51 layers; .* at most 50;"),
        ("model", {"hidden_layers": [4001]}, "hidden_layers: found 4,001 units; .* most 4,000;"),
        ("model", {"hidden_layers": [2000, 1500]}, "give 3,009,001 parameters"),
        ("data", {"rows": 100_001}, "data.rows: found 100,001 rows; .* at most 100,000;"),
        ("data", {"test": 100_001}, "data.test: found 100,001 rows; .* at most 100,000;"),
        ("training", {"epochs": 10_000_000}, "training.epochs: found 10,000,000 epochs;"),
    ],
)
def test_a_page_asks_for_what_fits_in_memory(section, settings, problem):
    page = session()
    with pytest.raises(NncliError, match=problem):
        page.act({"do": "configure", "config": {**XOR, section: {**XOR[section], **settings}}})


def test_all_rows_are_measured_soon():
    config = {"data": {"source": "xor", "rows": 50_000}, "model": {"hidden_layers": [1000, 1000]}}
    with pytest.raises(NncliError, match=r"data: has 60,000 rows; .* 19,9\d\d for 1,005,001 param"):
        session(config)


def test_a_batch_fits_in_memory():
    config = {
        "data": {"source": "xor", "rows": 100_000},
        "model": {"hidden_layers": [300]},
        "training": {"batch_size": "full"},
    }
    with pytest.raises(NncliError, match=r"found 100,000; .* 66,445 rows at once .* 301 units"):
        session(config)


def numbers_in(text):
    return np.frombuffer(b64decode(text), np.float32)


def test_an_example_is_the_page_of_trace():
    page = session()
    html = page.act({"do": "example", "row": 3})["html"]
    assert html.startswith("<h1>A training step on row 3")
    assert "<math" in html
    assert "<script" not in html
    of_command = nncli.trace(XOR, rows=[3], format="html", limit=8)
    start = html.index("<h2")
    assert html[start:] in of_command


def test_an_example_changes_nothing():
    page, other = session(), session()
    for each in (page, other):
        each.act({"do": "epoch"})
    page.act({"do": "example", "row": 0})
    for each in (page, other):
        each.act({"do": "epoch"})
    assert np.array_equal(page._view.network.parameters, other._view.network.parameters)


def test_the_landscape_is_that_of_the_losses():
    page = session()
    for _ in range(5):
        page.act({"do": "epoch"})
    now = last(page)
    chosen = [{"array": "W1", "at": [0, 1]}, {"array": "b2", "at": [0]}]
    found = page.act({"do": "landscape", "numbers": chosen})
    losses, path = (
        numbers_in(found["losses"]).reshape(31, 31),
        numbers_in(found["path"]).reshape(-1, 2),
    )
    assert len(path) == 6
    network = page._view.network
    assert path[-1].tolist() == [network.arrays["W1"][0, 1], network.arrays["b2"][0]]
    assert np.all(path >= found["low"])
    assert np.all(path <= found["high"])
    assert losses.min() <= now["measured"]["train"][0] * 1.01
    page.act({"do": "number", **chosen[0], "value": found["low"][0]})
    page.act({"do": "number", **chosen[1], "value": found["low"][1]})
    assert last(page)["measured"]["train"][0] == pytest.approx(float(losses[-1, 0]), rel=1e-4)


def test_a_landscape_that_takes_too_long_leaves_the_weights():
    page = session()
    before = page._view.network.parameters.copy()
    with pytest.raises(UsageError, match="landscape: takes too long"):
        landscape(page._view, page._path, [0, 1], seconds=0)
    assert np.array_equal(page._view.network.parameters, before)


@pytest.mark.parametrize(("size", "most"), [(3, 400), (100_000, 80), (8_000_000, 2)])
def test_the_path_of_training_is_bounded_in_memory(size, most):
    path, numbers = Path(), np.zeros(size, np.int8)
    for number in range(3 * most):
        numbers[:1] = number % 100
        path.add(numbers)
        assert len(path.of(0)) <= most
    assert path.of(0)[0] == 0
    assert path.of(0)[-1] == (3 * most - 1) % 100


def test_a_page_that_reads_late_is_told_its_network():
    page = session()
    for seed in (3, 4):
        page.act({"do": "configure", "config": {**XOR, "seed": seed}})
        for _ in range(30):
            page.act({"do": "step"})
    network, *frames = messages(page)
    assert network["config"]["seed"] == 4
    assert len(frames) < 10
    assert [each["step"] for each in frames] == sorted(each["step"] for each in frames)
    assert frames[-1]["step"] == 30


def test_the_hidden_space_has_the_outputs_of_the_drawn_rows():
    page = session()
    found = page.act({"do": "hidden", "layer": 0})
    assert numbers_in(found["outputs"]).shape == (60 * 4,)
    assert page.act({"do": "hidden", "layer": 1})["units"] == 1


@pytest.mark.parametrize("is_edited", [False, True])
def test_a_saved_page_trains_to_the_saved_weights(is_edited, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = session({**XOR, "model": {**XOR["model"], "normalization": "layer_norm"}})
    page.act({"do": "epoch"})
    if is_edited:
        page.act({"do": "number", "array": "gain1", "at": [2], "value": 0.5})
    page.act({"do": "epoch"})
    page.act({"do": "epoch"})
    answer = page.act({"do": "save"})
    assert answer == {"saved": "runs/playground-001", "notes": []}
    saved = nncli.load("runs/playground-001")
    assert np.array_equal(saved.network.parameters, page._view.network.parameters)
    again = nncli.train("runs/playground-001/config.yaml")
    assert np.array_equal(saved.network.parameters, again.model.network.parameters)
    assert page.act({"do": "save"})["saved"] == "runs/playground-002"


def test_findings_are_those_of_the_diagnosis():
    page = session({**XOR, "training": {**XOR["training"], "learning_rate": 1e-9}})
    assert page.act({"do": "findings"}) == {"findings": []}
    for _ in range(12):
        page.act({"do": "epoch"})
    found = page.act({"do": "findings"})["findings"]
    assert any("rate" in f"{each['change']}" for each in found)


def rows_of(network):
    found = network["points"]["train"]
    return numbers_in(found["inputs"]).reshape(-1, 2), numbers_in(found["targets"])


def test_a_point_is_added_and_removed():
    page = session()
    page.act({"do": "epoch"})
    before = page._view.network.parameters.copy()
    inputs, targets = rows_of(last(session(), "network"))
    page.act({"do": "add", "inputs": [0.5, -1.25], "target": 1})
    more, labels = rows_of(last(page, "network"))
    assert np.array_equal(more, [*inputs, [0.5, -1.25]])
    assert np.array_equal(labels, [*targets, 1])
    assert np.array_equal(page._view.network.parameters, before)
    page.act({"do": "remove", "row": 3})
    fewer, labels = rows_of(last(page, "network"))
    assert np.array_equal(fewer, np.delete(more, 3, axis=0))
    page.act({"do": "epoch"})
    result = nncli.train(yaml.safe_load(page.act({"do": "config"})["yaml"]))
    assert np.array_equal(result.model.network.parameters, page._view.network.parameters)


def test_values_are_those_of_the_units():
    page = session()
    found = page.act({"do": "values", "inputs": [0.25, 1]})["layers"]
    arrays = page._view.network.arrays
    z = np.array([0.25, 1]) @ arrays["W1"] + arrays["b1"]
    assert found[0]["z"] == pytest.approx(z.tolist(), abs=1e-6)
    assert found[0]["a"] == pytest.approx(np.tanh(z).tolist(), abs=1e-6)
    assert len(found[1]["a"]) == 1


def test_the_weights_of_a_large_layer_come_when_asked_for():
    page = session({**XOR, "model": {"hidden_layers": [2000, 5]}})
    network, frame = messages(page)
    assert network["arrays"]["W2"] == [2000, 5]
    assert set(frame["arrays"]) == {"W1", "b1", "b2", "W3", "b3"}
    found = page.act({"do": "weights", "layer": 1, "units": 3})
    weights = numbers_in(found["weights"]).reshape(found["inputs"], found["units"])
    assert np.array_equal(weights, page._view.network.arrays["W2"][:, :3])
    assert [len(largest) for _, largest in frame["maps"]] == [32, 5, 1]
    assert len(json.dumps(frame)) < 200_000


def test_a_page_is_told_whether_training_goes_on_from_its_weights():
    page = session()
    assert not last(page, "network")["goes_on"]
    page.act({"do": "epoch"})
    faster = {**XOR, "training": {**XOR["training"], "learning_rate": 0.5}}
    page.act({"do": "configure", "config": faster, "keep": True})
    assert last(page, "network")["goes_on"]
    page.act({"do": "number", "array": "b1", "at": [0], "value": 1})
    assert last(page, "network")["goes_on"]
    page.act({"do": "reset"})
    page.act({"do": "number", "array": "b1", "at": [0], "value": 1})
    assert not last(page, "network")["goes_on"]  # the browser was not told of the reset
    larger = {**XOR, "model": {"hidden_layers": [5]}}
    page.act({"do": "configure", "config": larger, "keep": True})
    assert not last(page, "network")["goes_on"]


def test_features_are_the_inputs_of_the_first_layer():
    data = {**XOR["data"], "features": ["x1", {"square": "x2"}, {"product": ["x1", "x2"]}]}
    page = session({**XOR, "data": data, "model": {"hidden_layers": []}})
    network = last(page, "network")
    assert network["columns"] == ["x1", "x2"]
    assert len(network["inputs"]) == 3
    assert network["plane"]["names"] == ["x1", "x2"]
    maps = np.frombuffer(b64decode(network["plane"]["inputs"]), np.float32).reshape(3, 1600)
    assert np.allclose(maps[2] ** 2, maps[0] ** 2 * maps[1], rtol=1e-4)  # unscaled here
    names = [each["name"] for each in network["features"]]
    assert names == ["x1", "x2", "x1²", "x2²", "x1·x2", "sin x1", "sin x2"]
    assert network["features"][4]["written"] == {"product": ["x1", "x2"]}
    page.act({"do": "epoch"})
    [found] = page.act({"do": "values", "inputs": [0.5, 3]})["layers"]
    arrays = page._view.network.arrays
    assert found["z"] == pytest.approx(([0.5, 9, 1.5] @ arrays["W1"] + arrays["b1"]).tolist())
    page.act({"do": "add", "inputs": [0.5, 3], "target": 0})
    result = nncli.train(yaml.safe_load(page.act({"do": "config"})["yaml"]), {"training.epochs": 3})
    for _ in range(3):
        page.act({"do": "epoch"})
    assert np.array_equal(result.model.network.parameters, page._view.network.parameters)


LESSONS = session().act({"do": "lessons"})["lessons"]


@pytest.mark.parametrize("lesson", LESSONS, ids=[each["name"] for each in LESSONS])
def test_a_page_can_show_each_lesson(lesson):
    if lesson["config"]["data"]["source"] == "mnist" and not in_cache():
        pytest.skip("needs MNIST")
    page = session()
    page.act({"do": "configure", "config": lesson["config"]})
    epochs = last(page, "network")["epochs"]
    page.act({"do": "step"})
    assert last(page)["step"] == min(1, epochs)  # some have weights to calculate with by hand


@pytest.mark.parametrize("source", [each for each in SOURCES if each not in ("rows", "mnist")])
def test_a_page_can_show_each_data_set(source):
    page = session()
    config = {**XOR, "data": {"source": source}, "training": {"epochs": 1, "batch_size": 100}}
    page.act({"do": "configure", "config": config})
    network = last(page, "network")
    assert len(network["inputs"]) == 2
    assert network["plane"]["low"] < network["plane"]["high"]
    page.act({"do": "epoch"})
    assert last(page)["is_done"]


def test_a_slow_page_leaves_the_processor_alone():
    page = session()
    page.act({"do": "speed", "steps_a_second": 1})
    page.act({"do": "play"})
    messages(page, 0.01)
    start = time.process_time()
    page.next_event(0.5)
    assert time.process_time() - start < 0.25


def test_a_reset_that_is_refused_does_not_pause():
    page = session()
    page.act({"do": "play"})
    with pytest.raises(NncliError):
        page.act({"do": "reset", "seed": -1})
    page.act({"do": "speed", "steps_a_second": 1})
    frames = [json.loads(page.next_event(5)) for _ in range(4)]
    assert frames[-1]["plays"]


def test_a_step_in_plain_python_ends_soon():
    training = {"engine": "plain", "optimizer": "sgd", "batch_size": "full"}
    with pytest.raises(NncliError, match=r"training.engine: plain would take .* use numpy"):
        session({**XOR, "model": {"hidden_layers": [300, 300]}, "training": training})


def test_weights_that_nobody_changed_are_not_kept():
    page = session()
    faster = {**XOR, "training": {**XOR["training"], "learning_rate": 0.5}}
    page.act({"do": "configure", "config": faster, "keep": True})
    assert not last(page, "network")["has_start"]


def test_a_closed_page_ends_its_stream():
    page = session()
    page.act({"do": "play"})
    page.close()
    with pytest.raises(Ended):
        page.next_event(1)
