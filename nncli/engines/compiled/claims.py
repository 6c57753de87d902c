"""Which parts of a program's instructions a thread takes together.

Between two waits, part k of an instruction may need part k of an earlier instruction with as many
parts. So instructions with as many parts form a chain; a thread claims part k of all of them.
"""

from collections.abc import Sequence


def chains(parts: Sequence[int], waits: Sequence[bool]) -> tuple[list[int], list[int], int]:
    """Return the number of the first claim of each instruction, its successor, and all claims.

    Parameters
    ----------
    parts : sequence of int
        The number of parts of each instruction.
    waits : sequence of bool
        Whether an instruction waits for all threads.

    Returns
    -------
    first : list of int
        -1 for an instruction that follows another one in its chain.
    successors : list of int
        Index of the next instruction in the chain, or -1.
    count : int
    """
    first, successors, count = [-1] * len(parts), [-1] * len(parts), 0
    ends: dict[int, int] = {}  # the last instruction so far of the chain with so many parts
    for index, (number, is_wait) in enumerate(zip(parts, waits, strict=True)):
        if is_wait:
            ends.clear()
        if number in ends:
            successors[ends[number]] = index
        else:
            first[index] = count
            count += number
        ends[number] = index
    return first, successors, count
