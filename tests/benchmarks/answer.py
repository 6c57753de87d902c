"""Run work in a contender's own process: read it, do it, and answer with a line of JSON."""

import json
import resource
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks import rows as data
from tests.benchmarks.weights import reference_classes
from tests.benchmarks.work import Work

Options = dict[str, Any]


class Contender(ABC):
    """A library with its own network, ready for the first round.

    Attributes
    ----------
    threads : str
        Number of threads that it uses, empty where unknown.
    """

    threads: str

    @abstractmethod
    def rounds(self, count: int) -> None:
        """Train for that many epochs, or make that many calls of prediction."""

    @abstractmethod
    def predictions(self) -> NDArray[Any]:
        """Return the predictions for the test rows, or those of the last timed call."""

    def facts(self) -> dict[str, float]:
        """Return additional measurements: ``compile_seconds``, ``products_seconds``."""
        return {}


Prepare = Callable[[Work, data.Rows, Options], Contender]


def main(training: Prepare, prediction: Prepare) -> None:
    """Do each piece of work of the command line: ``OPTIONS WORK...``, all of them JSON.

    Print a line for each: ``seconds`` and ``flops`` of a round, the ``score``, ``peak_bytes`` of
    this process so far, ``threads``, and the contender's facts.
    """
    options, *works = sys.argv[1:]
    for each in map(Work.from_json, works):
        found = data.load(each)
        prepare = prediction if each.task == "predict" else training
        contender = prepare(each, found, json.loads(options))
        answer = _measure(contender, each)
        score = _score(contender.predictions(), each, found)
        facts = {"threads": contender.threads, "score": score, **contender.facts()}
        print(json.dumps({**answer, **facts}), flush=True)


def _measure(contender: Contender, work: Work) -> dict[str, float]:
    contender.rounds(work.warm_up)
    started = time.perf_counter()
    contender.rounds(work.timed)
    seconds = (time.perf_counter() - started) / work.timed
    return {"seconds": seconds, "flops": work.flops, "peak_bytes": _peak_bytes()}


def _score(predictions: NDArray[Any], work: Work, rows: data.Rows) -> float:
    """Return the accuracy or R² on the test rows, or the fraction of expected predictions."""
    if work.task == "predict":
        expected = reference_classes(work, data.as_float32(rows.X))
        return float((predictions == expected).mean())
    if work.output == "identity":
        return float(1 - np.square(predictions - rows.y_test).mean() / rows.y_test.var())
    return float((predictions == rows.y_test).mean())


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)
