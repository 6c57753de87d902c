"""What operations on matrices have in common: the part of a matrix that they work on.

A matrix of rows and units lies in the memory row by row, or unit by unit if it has few units:
loops then run over many rows instead of few units. The integers of an operation on matrices begin
with the fields below; its matrices have the same layout and stride.
"""

from numba.extending import register_jitable

from nncli.engines.compiled.intrinsics import shifted
from nncli.engines.compiled.state import BY_UNITS, ROW_MAJOR, ROWS

AXIS = 0  # what its parts are
UNITS = 1
LAYOUT = 2
STRIDE = 3  # elements from a row, or unit, to the next
FIRST_OFFSET = 4  # of its first matrix; more follow


@register_jitable
def loops(where, state, first, last):
    """Return the bounds of the outer loop over a part of a matrix, then of the inner one."""
    if where[AXIS] == BY_UNITS:
        if where[LAYOUT] == ROW_MAJOR:
            return 0, state[ROWS], first, last
        return first, last, 0, state[ROWS]
    if where[LAYOUT] == ROW_MAJOR:
        return first, last, 0, where[UNITS]
    return 0, where[UNITS], first, last


@register_jitable
def elements(where, state, first, last):
    """Return the bounds of `loops` for a function of each element: whole rows as one loop."""
    units = where[UNITS]
    if where[LAYOUT] == ROW_MAJOR and where[STRIDE] == units:
        if where[AXIS] != BY_UNITS:
            return 0, 1, first * units, last * units
        if last - first == units:
            return 0, 1, 0, state[ROWS] * units
    return loops(where, state, first, last)


@register_jitable
def line(memory, where, field, outer, begin):
    """Return a pointer to the elements of an inner loop from `begin` on."""
    return shifted(memory, where[field] + outer * where[STRIDE] + begin)


@register_jitable
def vector(memory, where, field, first):
    """Return a pointer to the elements of a vector from `first` on."""
    return shifted(memory, where[field] + first)


@register_jitable
def steps_of(where):
    """Return the elements from a row to the next, and from a unit to the next."""
    if where[LAYOUT] == ROW_MAJOR:
        return where[STRIDE], 1
    return 1, where[STRIDE]
