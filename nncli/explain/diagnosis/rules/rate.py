"""A learning rate that suits a network."""

import numpy as np

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change
from nncli.explain.diagnosis.passed import Passed
from nncli.explain.diagnosis.rules.rates import round_down

# A first step that changes the sums by a tenth leaves every unit where it was, between its flat
# and its steep side: activations become flat at a distance of 1 and more from 0.
_CHANGE = 0.1
_LESS = 3.0  # a smaller change of the rate is none


def smaller_rate(case: Case) -> Change:
    """Return a learning rate whose first step changes the sums of no layer by more than 0.1."""
    rate = case.config.training.complete.learning_rate
    wanted = min(rate / _LESS, rate * _CHANGE / max(_change_of_sums(case), _CHANGE))
    return Change("training.learning_rate", round_down(wanted))


def _change_of_sums(case: Case) -> float:
    """Return the largest change of the sums of a layer in the first step.

    It is relative to their spread, if this is above 1.
    """
    chosen, start = case.config.training.optimizer, case.start
    rate = case.config.training.complete.learning_rate / (1 - chosen.parameters.get("momentum", 0))
    found = 0.0
    for block in case.network.blocks:
        spread = max(1.0, float(start.sums[block.number - 1].std()))
        step = _step(start, block.number, is_plain=chosen.name == "sgd")
        found = max(found, rate * step / spread)
    return found


def _step(start: Passed, number: int, *, is_plain: bool) -> float:
    """Return the root mean square of the change of a layer's sums, for a learning rate of 1.

    The first step of optimizers other than gradient descent is about as large as the rate for
    every weight, whatever its gradient.
    """
    inputs = start.inputs_of(number)
    dW, db = (start.gradient[f"{name}{number}"] for name in ("W", "b"))
    if not is_plain:
        dW, db = np.sign(dW), np.sign(db)
    return float(np.sqrt(np.square(inputs @ dW + db).mean()))
