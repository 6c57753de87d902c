"""Read the equations of matrices from a page in plain text, and compute what they claim."""

import re
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

_MATRIX = re.compile(r"\[ (.*?) \]")
_SIGN = re.compile(r"^  (\S*) +(=|←) ")
_SHAPE = re.compile(r"\((\d+)×(\d+)\)")


@dataclass
class Written:
    """An equation as written.

    Attributes
    ----------
    formula : str
        The right side in symbols, without shapes; empty if there is none.
    shapes : str
        The shapes beside it.
    sides : list of (str, list of array)
        The right sides in numbers: text with ``M`` for each matrix, and the matrices.
    """

    left: str
    sign: str
    formula: str = ""
    shapes: str = ""
    sides: list = field(default_factory=list)

    @property
    def value(self):
        """The matrix that the equation ends with."""
        text, (matrix,) = self.sides[-1]
        assert text == "M"
        return matrix


def read_equations(page):
    """Return the equations of matrices on a page, in order."""
    found = []
    for left, sign, text, matrices in map(_parts, _blocks(page)):
        if left:
            found.append(Written(left, sign))
        if sign and not matrices:
            found[-1].formula, _, found[-1].shapes = text.partition("    ")
        elif sign:
            found[-1].sides.append((text, matrices))
        elif matrices:  # continues a line
            before, earlier = found[-1].sides[-1]
            found[-1].sides[-1] = (f"{before} {text}", [*earlier, *matrices])
    return [each for each in found if each.sides]


def _blocks(page):
    """Yield the lines that belong together: each line, or all lines of high matrices."""
    for part in re.split(r"\n\n", page):
        lines = part.splitlines()
        if not all(line.startswith("  ") for line in lines):
            continue
        signs = sum(bool(_SIGN.match(line)) for line in lines)
        yield from ([line] for line in lines) if signs > 1 else [lines]


def _parts(lines):
    """Return the left side, the sign, the text with M for each matrix, and the matrices."""
    signed = next((line for line in lines if _SIGN.match(line)), None)
    columns = {}
    for line in lines:
        for match in _MATRIX.finditer(line):
            columns.setdefault(match.span(), []).append(match[1].split())
    matrices = [np.array(rows) for _, rows in sorted(columns.items())]
    middle = signed or max(lines, key=lambda line: len(_MATRIX.sub("M", line).split()))
    left, sign = _SIGN.match(middle).groups() if signed else ("", "")
    return left, sign, _MATRIX.sub("M", _SIGN.sub("", middle)).strip(), matrices


def compute(text, matrices):
    """Return the result of a right side in numbers."""
    text = re.sub(r"M(?= M)", "M @", text).replace("⊙", "*").replace("·", "*")
    numbered = iter(range(len(matrices)))
    text = re.sub("M", lambda _: f"m[{next(numbered)}]", text)
    return eval(text, {"__builtins__": {}, "m": [each.astype(float) for each in matrices]})


def check_shapes(equation):
    """Check that inner sizes match, that the outer sizes give the result, and the matrices."""
    *terms, result = [
        [tuple(map(int, pair)) for pair in _SHAPE.findall(side)]
        for side in re.split(r" [+⊙=→] ", equation.shapes)
    ]
    for factors in terms:
        assert all(a[1] == b[0] for a, b in pairwise(factors)), equation
    first, *others = [(factors[0][0], factors[-1][1]) for factors in terms]
    if "→" in equation.shapes:
        assert result == [(1, first[1])]
        return
    assert result == [first], equation
    assert all(columns == first[1] and rows in (1, first[0]) for rows, columns in others)
    shapes = [factor for factors in terms for factor in factors]
    assert [each.shape for each in equation.sides[0][1]] == shapes, equation
    assert equation.value.shape == first
