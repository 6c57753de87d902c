"""A page in matrices: as many rows and columns as fit."""

from nncli.explain.document.elements import MatrixEquation, width_of
from nncli.explain.document.notation import Notation, seen_length
from nncli.explain.trace.matrices.backward import backward
from nncli.explain.trace.matrices.forward import forward
from nncli.explain.trace.matrices.update import update
from nncli.explain.trace.matrices.writer import MatrixWriter
from nncli.explain.trace.step import Step

_WIDTH = 78


def fitting(step: Step, notation: Notation, limit: int, *, extended: bool = False) -> MatrixWriter:
    """Return the writer with the largest limit, at most `limit`, whose matrices fit a page."""
    largest = max(*step.X.shape, *(each.Z.shape[1] for each in step.layers))
    for most in range(min(limit, largest, _WIDTH // 3), 1, -1):
        page = MatrixWriter(step, notation, most, extended=extended)
        elements = [*forward(page)]
        elements += [] if step.is_forward else [*backward(page), *update(page)]
        if all(_fits(each) for each in elements if isinstance(each, MatrixEquation)):
            return page
    return MatrixWriter(step, notation, 1, extended=extended)


def _fits(equation: MatrixEquation) -> bool:
    room = _WIDTH - seen_length(equation.left) - 3
    lines = equation.lines(_WIDTH, seen_length)
    return all(width_of(line, seen_length) <= room for _, line in lines)
