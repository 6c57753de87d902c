"""How fast a page trains while it plays, in CPU time: a busy machine does not change it much."""

import time
from statistics import median

import pytest

from nncli.config.load import read_config
from nncli.runs.preparation import prepare
from nncli.training.loop import train
from nncli.web.playground.session import Session
from nncli.web.playground.setting import Setting

SECONDS = 1.0
CONFIG = {
    "data": {"source": "xor", "rows": 500},
    "model": {"hidden_layers": [8, 8]},
    "training": {"epochs": 1_000_000},
}


def steps_of_a_page():
    """Return the steps a second of a page that plays."""
    page = Session(Setting(CONFIG))
    page.act({"do": "play"})
    start = time.process_time()
    while time.process_time() < start + SECONDS:
        page.next_event(1)
    return page._trainer.steps / (time.process_time() - start)


def steps_of_train():
    """Return the steps a second of the loop of training alone."""
    job = prepare(read_config(CONFIG))
    start = time.process_time()
    for _ in train(job.engine, job.order, job.score, job.plan, job.progress):
        if time.process_time() >= start + SECONDS:
            break
    return job.progress.epoch * job.order.batches / (time.process_time() - start)


@pytest.mark.slow
def test_a_page_makes_four_of_five_steps_of_training_alone():
    ratios = [steps_of_a_page() / steps_of_train() for _ in range(5)]
    assert median(ratios) >= 0.8, ratios
