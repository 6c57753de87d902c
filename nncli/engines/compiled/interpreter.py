"""The loop that every thread executes: it runs the instructions of a program, step after step.

A thread first takes its own parts of the instructions up to the next wait, then waits until all
are completed. If that takes long, it takes the parts that no thread has claimed: a thread that is
late, or that never comes, only leaves its parts to the others.

Addresses of what depends on the precision are only passed on.
"""

from numba.extending import register_jitable

from nncli.engines.compiled.instructions import (
    ABORTED,
    ARRIVED,
    BOUNDS,
    BY_ROWS,
    CLAIM,
    CLAIMS,
    COMPLETED,
    DELAY_TURNS,
    DELAYS,
    DELAYS_A_CALL,
    FIELDS,
    GATHERS,
    KIND,
    LINE,
    NEXT,
    OPERATION,
    PATIENCE,
    SHARDS,
    SOURCE,
    SPINS,
    STALLED,
    WAITS,
    WHERE,
    YIELD,
)
from nncli.engines.compiled.intrinsics import (
    add_at,
    call_operation,
    call_word,
    load,
    pause,
    pointer_like,
    replace,
    shifted,
    store,
)
from nncli.engines.compiled.state import DONE, LAST, ROWS, SKIPS_GATHERING, STOP


@register_jitable
def _run_chain(program, index, step, memory, state, numbers, shard):
    """Run a part of an instruction and of all that follow it."""
    while index >= 0:
        instruction = shifted(program, FIELDS * index)
        index = instruction[NEXT]
        if instruction[KIND] == GATHERS and state[SKIPS_GATHERING]:
            continue
        bounds = shifted(pointer_like(instruction[BOUNDS], program), shard)
        first, last = bounds[0], bounds[1]
        if instruction[BY_ROWS]:
            last = min(last, state[ROWS])
        if first < last:
            place = instruction[SOURCE]
            source = state[place] if place >= 0 else 0
            operation, where = instruction[OPERATION], instruction[WHERE]
            call_operation(
                operation, memory, source, where, state, numbers, step, shard, first, last
            )


@register_jitable
def _take(program, first, last, step, memory, state, numbers, sync, thread, threads, ends, shared):
    """Run the unclaimed ones of a thread's parts; return their number.

    Parameters
    ----------
    first, last : int
        The instructions up to a wait.
    ends : bool
        Whether they are the last of the step.
    shared : bool
        Whether other threads run too.
    """
    done = 0
    for index in range(first, last):
        instruction = shifted(program, FIELDS * index)
        claim = instruction[CLAIM]
        if claim < 0:
            continue
        shards = instruction[SHARDS]
        for shard in range(thread, shards, threads):  # the last parts are often small
            if shared and not replace(sync, CLAIMS + LINE * (claim + shard), step, step + 1):
                continue
            _run_chain(program, index, step, memory, state, numbers, shard)
            if ends and index == first and shard == 0 and load(sync, DELAYS) >= DELAYS_A_CALL:
                state[LAST] = step + 1
            done += 1
    if shared and done:
        add_at(sync, COMPLETED, done)
    return done


@register_jitable
def _complete(program, first, last, step, memory, state, numbers, sync, ends, count, helps):
    """Wait until `count` parts are completed; return whether parts of others were taken, or -1.

    Parameters
    ----------
    helps : int
        1 to take parts of others at once, 0 to wait a little before.
    """
    spins = SPINS if helps else 0
    turns = 0
    while load(sync, COMPLETED) < count:
        if spins < SPINS:
            pause()
            spins += 1
            continue
        spins = 0
        turns += 1
        if load(sync, ABORTED):
            return -1
        if turns == 1:
            if _take(program, first, last, step, memory, state, numbers, sync, 0, 1, ends, True):
                if not helps:
                    add_at(sync, DELAYS, 1)
                helps = 1
        elif turns == DELAY_TURNS:
            add_at(sync, DELAYS, DELAYS_A_CALL)
        elif turns >= load(sync, PATIENCE):
            store(sync, ABORTED, STALLED)
            return -1
        if turns >= DELAY_TURNS and load(sync, YIELD):
            call_word(load(sync, YIELD))
    return helps


@register_jitable
def _ends(last, step):
    """Return whether the call ends in a step; other threads may be some steps ahead."""
    return last > 0 and last <= step + 1


@register_jitable
def _wait_for_start(sync, threads):
    """Wait until all threads have begun, at most about a millisecond."""
    for _ in range(DELAY_TURNS * SPINS):
        if load(sync, ARRIVED) >= threads:
            return
        pause()
    add_at(sync, DELAYS, DELAYS_A_CALL)


def run(program, size, memory, state, numbers, sync, thread, threads, steps):
    """Take steps as thread number `thread` of `threads`.

    Thread 0 returns when all of the work is completed; the others may come late or not at all.

    Parameters
    ----------
    program : pointer to int64
        The instructions, and after them what waits for the last ones: see `Compiled`.
    size : int
        Number of instructions.
    state : pointer to int64
    memory, numbers, sync : addresses
    """
    shared = threads > 1
    if shared:
        add_at(sync, ARRIVED, 1)
        if thread == 0:
            _wait_for_start(sync, threads)
    claims = shifted(program, FIELDS * size)[CLAIM]
    for step in range(steps):
        first = helps = 0
        while first < size:
            if load(sync, ABORTED):
                return
            last = first + 1
            while not shifted(program, FIELDS * last)[WAITS]:
                last += 1
            ends = last == size
            _take(
                program,
                first,
                last,
                step,
                memory,
                state,
                numbers,
                sync,
                thread,
                threads,
                ends,
                shared,
            )
            if shared:
                count = step * claims + shifted(program, FIELDS * last)[CLAIM]
                helps = _complete(
                    program, first, last, step, memory, state, numbers, sync, ends, count, helps
                )
                if helps < 0:
                    return
            if _ends(state[STOP], step):
                return
            first = last
        if thread == 0:
            state[DONE] = step + 1
        if _ends(state[LAST], step):
            return


def spin(count):
    """Pause as often as a wait does in a turn."""
    for _ in range(count):
        pause()
