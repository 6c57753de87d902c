"""Findings as they arise."""

import json

import pytest

from nncli.web.playground import watching
from tests.web.test_session import XOR, messages, session

BY_FINDING = {  # settings of training, by the finding that they lead to
    "N016": {"learning_rate": 1e30, "optimizer": "sgd"},
    "N012": {"learning_rate": 1e-9, "optimizer": "sgd", "epochs": 30},
}


def codes(found):
    """Return the codes of the last findings among messages; None if there are none."""
    lists = [each["findings"] for each in found if each["type"] == "findings"]
    return [each["code"] for each in lists[-1]] if lists else None


@pytest.mark.parametrize("code", BY_FINDING)
def test_findings_are_told_when_training_is_over(code):
    model = {"hidden_layers": [4, 3], "activation": ["tanh", "relu"]}
    training = {**XOR["training"], **BY_FINDING[code]}
    page = session({**XOR, "model": model, "training": training})
    assert codes(messages(page)) is None
    page.act({"do": "play"})
    found = []
    while not any(each["type"] == "findings" for each in found):
        found.append(json.loads(page.next_event(10)))
    assert found[-1]["type"] == "findings"  # after the last frame
    assert not found[-2]["plays"]
    assert code in codes(found)
    assert codes(messages(page)) is None  # once


def test_findings_are_told_when_training_pauses_not_after_a_step():
    page = session()
    messages(page)
    page.act({"do": "epoch"})
    assert codes(messages(page)) is None
    page.act({"do": "play"})
    page.act({"do": "pause"})
    assert codes(messages(page)) is not None


def test_findings_arise_while_a_page_plays(monkeypatch):
    monkeypatch.setattr(watching, "EVERY", 0.01)
    training = {**XOR["training"], "learning_rate": 0.0001, "epochs": 10**6}
    page = session({**XOR, "training": training})
    messages(page)
    page.act({"do": "play"})
    found = []
    while len([each for each in found if each["type"] == "findings"]) < 3:
        found.append(json.loads(page.next_event(10)))
    assert all(each["plays"] for each in found if each["type"] == "frame")


def test_findings_that_take_long_wait_for_a_pause(monkeypatch):
    monkeypatch.setattr(watching, "EVERY", 0.01)
    monkeypatch.setattr(watching, "MOST", 0.0)
    page = session()
    page.act({"do": "play"})
    found = [json.loads(page.next_event(10)) for _ in range(12)]
    assert [each["type"] for each in found].count("findings") == 1
    page.act({"do": "pause"})
    assert codes(messages(page)) is not None
