"""Pass rows through a network in several threads, side by side."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import cycle, islice
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import is_large
from nncli.base.threads import products_in_one_thread, taken_lanes, threads_of_products
from nncli.model.passes import Passes, rows_a_pass
from nncli.nn.network import Network

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Result = TypeVar("Result")
Lane = Callable[[slice], Result]

# Floating-point operations of a run: handing over its results takes time, too.
_WORK = 1.5e8
_FEWEST_RUNS = 16  # for which several lanes pay off
_FEWEST_RUNS_A_LANE = 2  # each lane has buffers, which cost more than they save for a single run
_BYTES = 4 << 20  # of the inputs and logits of a run, at most
_BYTES_OF_LANES = 64 << 20  # of those of all lanes, each of which takes several times as many


def passed(
    network: Network, inputs: NDArray[Any], rows: int, lane: Callable[[Passes], Lane[Result]]
) -> Generator[Result, None, None]:
    """Yield the results of runs over rows, in order.

    A lane makes runs of several passes. If the matrix products use one thread each, several lanes
    take the runs in turn: each makes another one only after its result was used, which it may
    overwrite. Close the generator if its results are not used to the end: its threads end then.

    Parameters
    ----------
    network : Network
    inputs : array
        Where the rows are; those larger than memory are read in order, in one lane.
    rows : int
        The number of rows.
    lane : function
        Returns a function that takes the rows of a run and returns its result.
    """
    first = Passes(network)
    few = rows < _FEWEST_RUNS * first.a_pass  # told at once: predicting a row is to be fast
    if few or is_large(inputs) or threads_of_products() > 1:
        yield from map(lane(first), _parts(rows, first.rows))
        return
    a_run = _passes_of_a_run(network, first.a_pass)
    rows_a_run = a_run * first.a_pass
    with taken_lanes(_most_lanes(network, rows, rows_a_run)) as count:
        if count == 1:
            yield from map(lane(first), _parts(rows, first.rows))
            return
        lanes = [lane(Passes(network, a_run)) for _ in range(count)]
        yield from _side_by_side(lanes, _parts(rows, rows_a_run))


def _side_by_side(lanes: Sequence[Lane[Result]], parts: Iterator[slice]) -> Iterator[Result]:
    """Yield the results of parts in order; the lanes take them in turn."""
    from concurrent.futures import ThreadPoolExecutor  # only here: few runs need it

    def begin(lane: Lane[Result], part: slice) -> Callable[[], Result]:
        return pool.submit(_in_one_thread, lane, part).result

    with ThreadPoolExecutor(len(lanes)) as pool:
        if not _starts(pool, len(lanes)):
            yield from map(lanes[0], parts)
            return
        waiting, turns = deque(map(begin, lanes, parts)), cycle(lanes)
        while waiting:
            yield waiting.popleft()()
            waiting.extend(map(begin, islice(turns, 1), parts))


def _passes_of_a_run(network: Network, a_pass: int) -> int:
    work = rows_a_pass(network) * sum(layer.flops_per_row for layer in network.layers)
    return max(1, min(int(_WORK / work), _BYTES // (a_pass * _bytes_a_row(network))))


def _most_lanes(network: Network, rows: int, rows_a_run: int) -> int:
    if rows < _FEWEST_RUNS * rows_a_run:
        return 1
    useful = rows // (_FEWEST_RUNS_A_LANE * rows_a_run)
    return max(1, min(useful, _BYTES_OF_LANES // (rows_a_run * _bytes_a_row(network))))


def _bytes_a_row(network: Network) -> int:
    return (network.layers[0].inputs + network.output.outputs) * network.dtype.itemsize


def _parts(rows: int, a_run: int) -> Iterator[slice]:
    return (slice(start, min(start + a_run, rows)) for start in range(0, rows, a_run))


def _starts(pool: "ThreadPoolExecutor", count: int) -> bool:
    """Start all threads of a pool; return whether the system has started them.

    Otherwise, a pool starts one when no other is idle, and could fail in the middle of the runs.
    """
    all_started = Event()
    try:
        for _ in range(count):
            pool.submit(all_started.wait)
    except RuntimeError:
        return False
    finally:
        all_started.set()
    return True


def _in_one_thread(lane: Lane[Result], part: slice) -> Result:
    """Make a run as in the thread that uses its result, with the same warnings."""
    with products_in_one_thread(), np.errstate(over="ignore", invalid="ignore"):
        return lane(part)
