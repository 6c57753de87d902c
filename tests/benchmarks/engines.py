"""Time training steps of the NumPy engine and of the compiled one, and the starts of both.

For the steps, the engines take turns in one process; a time is the minimum of many calls. A start
is a process of its own: it includes the imports of the engine and the first step, and with an empty
cache of compiled code also the compilation.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import NamedTuple

import numpy as np

from nncli.base.threads import limited_threads
from nncli.engines.choice import choose_engine
from nncli.engines.engine import Engine, Sums
from tests.benchmarks.contenders.nncli_core import setup_of
from tests.benchmarks.measure import run
from tests.benchmarks.rows import Rows, load
from tests.benchmarks.work import Work

_XOR = partial(Work, "xor", hidden="tanh", output="sigmoid", learning_rate=0.01)
WORKS = {
    "2-16-1, 32 rows, Adam": _XOR(1000, (2, 16, 1), batch_rows=32),
    "2-3-1, 1000 rows, SGD": _XOR(1000, (2, 3, 1), batch_rows=1000, optimizer="sgd"),
    "784-15-10, 32 rows, SGD": Work("digits", 2000, (784, 15, 10), batch_rows=32, optimizer="sgd"),
    "30-64-32-1, 256 rows, Adam": Work(
        "numbers", 5000, (30, 64, 32, 1), output="identity", batch_rows=256
    ),
    "784-128-10, 64 rows, Adam": Work("digits", 5000, (784, 128, 10)),
    "784-800-800-10, 128 rows, Adam": Work(
        "digits", 5000, (784, 800, 800, 10), batch_rows=128, learning_rate=1e-4
    ),
}
STARTED = ("2-3-1, 1000 rows, SGD", "784-128-10, 64 rows, Adam")
CONTENDERS = (("numpy", 1), ("numpy", 2), ("compiled", 1), ("compiled", 2))
CALL_SECONDS = 0.01


class Contender(NamedTuple):
    """An engine with a number of threads."""

    engine: Engine
    threads: int

    def seconds_a_step(self, work: Work, steps: int) -> float:
        """Take some steps in one call; return the mean time of a step."""
        size = work.batch_rows
        if work.is_full_batch:
            batches = np.broadcast_to(np.arange(size), (steps, size))
        else:
            batches = np.random.default_rng(0).integers(0, work.rows, (steps, size))
        with limited_threads(self.threads):
            started = time.perf_counter()
            done = self.engine.steps(batches, [work.learning_rate] * steps, Sums()).done
            return (time.perf_counter() - started) / done

    def steps_in_a_call(self, work: Work) -> int:
        """Return how many steps take about `CALL_SECONDS`."""
        self.seconds_a_step(work, 1)  # may take longer than others
        return max(1, int(CALL_SECONDS / self.seconds_a_step(work, 3)))


def contender(work: Work, rows: Rows, engine: str, threads: int) -> Contender:
    """Return an engine that can train."""
    setup = setup_of(work, rows)
    return Contender(choose_engine(engine, 0, 0, setup)(setup, None), threads)


def step_seconds(work: Work, seconds: float) -> list[float]:
    """Return the time of a step for each of `CONTENDERS`, measured in turns."""
    rows = load(work)
    found = [contender(work, rows, *each) for each in CONTENDERS]
    counts = [each.steps_in_a_call(work) for each in found]
    turns, end = [], time.perf_counter() + seconds
    while not turns or time.perf_counter() < end:
        pairs = zip(found, counts, strict=True)
        turns.append([each.seconds_a_step(work, steps) for each, steps in pairs])
    return [min(times) for times in zip(*turns, strict=True)]


def start_seconds(work: Work, engine: str) -> float:
    """Return the time to import an engine, create it, and take a step, in this process."""
    rows = load(work)
    started = time.perf_counter()
    contender(work, rows, engine, threads=1).seconds_a_step(work, 1)
    return time.perf_counter() - started


def starts(name: str, repeats: int) -> Iterator[float]:
    """Yield the start of NumPy, and of compiled code with an empty and with a filled cache."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-m", "tests.benchmarks.engines", "--start", name]
        for engine, times in (("numpy", repeats), ("compiled", 1), ("compiled", repeats)):
            environment = {**os.environ, "NNCLI_CACHE": cache}
            yield median(float(run([*command, engine], environment).output) for _ in range(times))


def main() -> None:
    """Print a row per network."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.engines", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--seconds", type=float, default=4, help="for the steps of each network")
    parser.add_argument("--repeats", type=int, default=5, help="of each start", metavar="N")
    parser.add_argument("--start", nargs=2, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.start:
        name, engine = options.start
        print(start_seconds(WORKS[name], engine))
        return
    heads = [f"{engine}, {count} thread{'s' * (count > 1)}" for engine, count in CONTENDERS]
    print(f"| a step, µs | {' | '.join(heads)} |\n|---{'|---' * len(heads)}|")
    for name, work in WORKS.items():
        times = [f"{1e6 * each:,.0f}" for each in step_seconds(work, options.seconds)]
        print(f"| {name} | {' | '.join(times)} |", flush=True)
    print("\n| a start, s | numpy | compiled, empty cache | compiled, cached |\n|---|---|---|---|")
    for name in STARTED:
        print(f"| {name} | {' | '.join(f'{each:.2f}' for each in starts(name, options.repeats))} |")


if __name__ == "__main__":
    main()
