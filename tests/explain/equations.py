"""The equations of a page, and whether their numbers come to what is said."""

import re

import pytest

from nncli.explain.page import Equations
from tests.explain.mathematics import evaluate

LETTERS = re.compile(r"[a-zL∂]\d*\[|Σ|\b[zat]\b|∂| more")


def equations_of(page):
    return [each for part in page if isinstance(part, Equations) for each in part.equations]


def numeric_sides(equation):
    """Return the right sides that have numbers alone, but for the last, and the last."""
    sides = [" ".join(right) for right in equation.rights]
    numeric = [side for side in sides[:-1] if not LETTERS.search(side)]
    return [side for side in numeric if side != "not connected"], float(sides[-1])


def check_equations(page, *, at_least, rel=1e-9, smallest=None):
    """Check that every numeric side comes to the last one, and that there are `at_least` so many.

    `smallest` is the absolute difference that is allowed: where terms cancel, what is left of
    them is rounding.
    """
    checked, smallest = 0, rel / 100 if smallest is None else smallest
    for equation in equations_of(page):
        sides, value = numeric_sides(equation)
        for side in sides:
            assert evaluate(side) == pytest.approx(value, rel=rel, abs=smallest), equation
            checked += 1
    assert checked >= at_least
