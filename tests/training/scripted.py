"""A scripted engine for the tests of the training loop."""

from itertools import cycle

import numpy as np

from nncli.data.order import Order
from nncli.data.splits import whole
from nncli.engines.engine import LayerStatistics, Steps
from nncli.training.plan import Plan

STATISTICS = [LayerStatistics(0.5, None), LayerStatistics(0.25, 0.125)]


class ScriptedEngine:
    """An engine whose steps only count, and that records its arguments.

    Parameters
    ----------
    steps : iterable of (loss, score) or of str
        Mean loss and sum of scores of every step, or its problem.
    evaluations : iterable of (loss, score)
        Means over the validation rows.
    most : sequence of int
        Largest numbers of steps per call, used in turns.
    penalties : sequence of float
        Penalties of the steps, used in turns.

    Attributes
    ----------
    seen : list of lists of int
        Rows of every step.
    rates : list of float
        Learning rates of all steps.
    calls : list of int
        Number of steps that each call asked for.
    """

    name = "scripted"

    def __init__(self, steps=(), evaluations=(), most=(1 << 20,), penalties=(0.0,)):
        self._steps, self._evaluations, self._most = iter(steps), iter(evaluations), cycle(most)
        self._penalties = cycle(penalties)
        self._pool = None
        self.seen, self.rates, self.calls = [], [], []

    def hold(self, pool):
        """Treat row numbers as positions in a pool from now on."""
        self._pool = pool

    def steps(self, batches, rates, sums):
        """Take steps, up to the limit for this call."""
        self.calls.append(len(batches))
        some = batches[: next(self._most)]
        for done, (rows, rate) in enumerate(zip(some, rates, strict=False)):
            step = next(self._steps)
            if isinstance(step, str):
                return Steps(done, step)
            self._take(rows if self._pool is None else self._pool[rows], rate, *step, sums)
        return Steps(len(some))

    def epochs(self, rates):
        """Take none together."""
        return 0, iter(())

    def _take(self, rows, rate, loss, score, sums):
        self.seen.append(rows.tolist())
        self.rates.append(rate)
        sums.loss += loss * len(rows)
        sums.score += score
        sums.penalty += next(self._penalties) * len(rows)
        sums.rows += len(rows)
        sums.steps += 1
        sums.squared_norms = [sums.steps * each.gradient_norm**2 for each in STATISTICS]
        sums.saturated = [each.saturated for each in STATISTICS]

    def evaluate(self):
        """Return the next means."""
        return next(self._evaluations)

    def problem(self):
        """Report no problem."""

    def snapshot(self):
        """Return the number of steps taken."""
        return {"parameters": np.array([len(self.seen)])}


def numbered(rows, batch_rows, **settings):
    """Return the order of rows whose only input is the row number."""
    inputs = np.arange(rows, dtype=np.float32).reshape(-1, 1)
    split = whole(inputs, np.zeros(rows, np.uint8))
    return Order(split, batch_rows, **{"shuffle": False, **settings})


def plan_of(learning_rate=0.1, **changes):
    """Return a plan with a constant rate and a report after every step."""
    usual = {"epochs": 1, "monitor": "train_loss", "report_seconds": 0.0}
    return Plan(rate=lambda t, share: learning_rate, **{**usual, **changes})
