"""Run contenders sequentially, each in its own process, and collect their answers.

This process must stay small: on Linux, the peak memory that `os.wait4` and `getrusage` report is
at least that of the parent process. So nothing heavy is imported here.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from tests.benchmarks.registry import Contender
from tests.benchmarks.work import Work

ROOT = Path(__file__).parents[2]

# A measurement is repeated when other processes keep more cores busy than this.
ALLOWED_OTHERS = 0.1


@dataclass(frozen=True)
class Answer:
    """The measurements of a process; `answer.main` describes each value.

    Attributes
    ----------
    others : float
        Average number of cores that other processes kept busy meanwhile, 0 where unknown.
    """

    seconds: float
    score: float
    peak_bytes: int
    flops: int = 0
    threads: str = ""
    compile_seconds: float | None = None
    products_seconds: float | None = None
    others: float = 0.0


@dataclass
class Result:
    """The result of a case: each contender's answers, one per repeat, or its failure."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class Failed(Exception):
    """A contender's process failed; the message is the last line that it wrote."""


@dataclass(frozen=True)
class Finished:
    """The measurements of a process that succeeded."""

    seconds: float
    peak_bytes: int
    others: float
    output: str


Ask = Callable[[Contender], list[Answer]]
Report = Callable[[int, Contender, str], None]


def interleaved(
    contenders: Mapping[str, Contender], repeats: int, ask: Ask, report: Report, *, tries: int = 1
) -> Result:
    """Ask every contender `repeats` times, in turns; each repeat starts with another one.

    A contender that fails is not asked again. `ask` gives one answer, is called through
    `undisturbed`, and `report` receives the outcome.
    """
    result = Result()
    names = list(contenders)
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            if name in result.failures:
                continue
            try:
                (answer,) = undisturbed(partial(ask, contenders[name]), tries)
            except Failed as error:
                result.failures[name] = str(error)
                report(repeat, contenders[name], f"failed: {error}")
                continue
            result.answers.setdefault(name, []).append(answer)
            report(repeat, contenders[name], f"{answer.seconds:.4g} s")
    return result


def undisturbed(ask: Callable[[], list[Answer]], tries: int) -> list[Answer]:
    """Ask until the machine is otherwise idle, at most `tries` times; return the best answers.

    `ask` returns the answers of one process.
    """
    best = ask()
    for _ in range(tries - 1):
        if best[0].others <= ALLOWED_OTHERS:
            break
        best = min(best, ask(), key=lambda answers: answers[0].others)
    return best


def ask(contender: Contender, works: Iterable[Work], cache: str) -> list[Answer]:
    """Let a contender do all `works` in one process.

    Raises
    ------
    Failed
    """
    module = f"tests.benchmarks.contenders.{contender.module}"
    arguments = [json.dumps(dict(contender.options)), *(work.as_json() for work in works)]
    done = run([sys.executable, "-m", module, *arguments], contender.environment(NNCLI_CACHE=cache))
    lines = done.output.splitlines()
    return [Answer(**json.loads(line), others=done.others) for line in lines]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Run a process from the project's root; measure its time, memory and disturbance.

    Raises
    ------
    Failed
    """
    with tempfile.TemporaryFile() as errors:
        busy, started = _busy_seconds(), time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        with process.stdout:
            output = process.stdout.read().decode("utf-8")
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        others = (_busy_seconds() - busy - usage.ru_utime - usage.ru_stime) / seconds
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Failed(_last_line(errors) or f"exit code {process.returncode}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Finished(seconds, peak, max(others, 0.0), output)


def _busy_seconds() -> float:
    """Return the busy time of all cores since boot, 0 where unknown."""
    statistics = Path("/proc/stat")
    if not statistics.exists():
        return 0.0
    user, nice, system, _, _, *interrupts_and_steal = (
        statistics.read_text(encoding="ascii").splitlines()[0].split()[1:9]
    )
    ticks = sum(map(int, (user, nice, system, *interrupts_and_steal)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _last_line(stream: IO[bytes]) -> str:
    stream.seek(0)
    lines = stream.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
