"""Check that the numbers in the equations of a page are correct."""

import re

import pytest

from nncli.explain.document.elements import Equations
from tests.explain.mathematics import evaluate

LETTERS = re.compile(r"[a-zL∂]\d*\[|Σ|\b[zat]\b|∂| more")


def equations_of(page):
    return [each for part in page if isinstance(part, Equations) for each in part.equations]


def numeric_sides(equation):
    """Return the numeric right sides except the last side, and the last side."""
    sides = [" ".join(right) for right in equation.rights]
    numeric = [side for side in sides[:-1] if not LETTERS.search(side)]
    return [side for side in numeric if side != "not connected"], float(sides[-1])


def check_equations(page, *, at_least, rel=1e-9, smallest=None):
    """Check that every numeric side equals the last one, and that there are `at_least` that many.

    `smallest` is the absolute tolerance: where terms cancel, only rounding errors remain.
    """
    checked, smallest = 0, rel / 100 if smallest is None else smallest
    for equation in equations_of(page):
        sides, value = numeric_sides(equation)
        for side in sides:
            assert evaluate(side) == pytest.approx(value, rel=rel, abs=smallest), equation
            checked += 1
    assert checked >= at_least
