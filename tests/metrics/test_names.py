"""Every metric can be monitored by name, and has a direction of improvement."""

import numpy as np
import pytest

from nncli.config.monitored import MONITORED
from nncli.metrics.names import METRICS, rises
from tests.metrics.test_tasks import EVALUATIONS, answers


def test_every_metric_can_be_monitored_on_validation_rows():
    assert {f"validation_{name}" for names in METRICS.values() for name in names} < {*MONITORED}


@pytest.mark.parametrize("task", METRICS)
def test_every_metric_has_a_direction_of_improvement(task):
    worse = answers(task, rows=400)
    if task == "regression":
        better = worse.truth
    elif task == "multiclass":
        better = 9.0 * np.eye(worse.numbers.shape[1])[worse.truth]
    else:
        better = 18.0 * worse.truth.reshape(worse.numbers.shape) - 9
    good = EVALUATIONS[task].of(answers(task, rows=400, numbers=better, truth=worse.truth))
    bad = EVALUATIONS[task].of(worse)
    for name in METRICS[task]:
        assert (good.metrics[name] > bad.metrics[name]) == rises(name), name
