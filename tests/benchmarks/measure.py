"""Start contenders, each in a process of its own, one after the other, and take their answers.

This process must stay small. What `os.wait4` and `getrusage` call the peak memory of a process is,
on Linux, at least that of the one that started it; so nothing heavy is imported here.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.registry import Contender
from tests.benchmarks.work import Work

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a process measured; the contenders' `answer.main` says what each value is."""

    seconds: float
    score: float
    peak_bytes: int
    flops: int = 0
    threads: str = ""
    compile_seconds: float | None = None
    products_seconds: float | None = None


@dataclass
class Result:
    """What came of a case: the answers of each contender, one a repeat, or why there are none."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class Failed(Exception):
    """A contender's process failed; the text is the last line that it wrote."""


@dataclass(frozen=True)
class Finished:
    """A process that has ended well."""

    seconds: float
    peak_bytes: int
    output: str


Ask = Callable[[Contender], Answer]
Report = Callable[[int, Contender, str], None]


def interleaved(
    contenders: Mapping[str, Contender], repeats: int, ask: Ask, report: Report
) -> Result:
    """Ask every contender `repeats` times, in turns, and each repeat starts with another one.

    A contender that fails is not asked again. `report` hears of each answer.
    """
    result = Result()
    names = list(contenders)
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            if name in result.failures:
                continue
            try:
                answer = ask(contenders[name])
            except Failed as error:
                result.failures[name] = str(error)
                report(repeat, contenders[name], f"failed: {error}")
                continue
            result.answers.setdefault(name, []).append(answer)
            report(repeat, contenders[name], f"{answer.seconds:.4g} s")
    return result


def ask(contender: Contender, works: Iterable[Work], cache: str) -> list[Answer]:
    """Let a contender do each of `works`, all in one process.

    Raises
    ------
    Failed
    """
    module = f"tests.benchmarks.contenders.{contender.module}"
    arguments = [json.dumps(dict(contender.options)), *(work.as_json() for work in works)]
    done = run([sys.executable, "-m", module, *arguments], contender.environment(NNCLI_CACHE=cache))
    return [Answer(**json.loads(line)) for line in done.output.splitlines()]


def run(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Run a process from the project's root; measure its time and its peak memory.

    Raises
    ------
    Failed
    """
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        with process.stdout:
            output = process.stdout.read().decode("utf-8")
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            lines = errors.read().decode("utf-8", "replace").split("\n")
            said = [line.strip() for line in lines if line.strip()]
            raise Failed(said[-1] if said else f"exit code {process.returncode}")
    return Finished(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), output)
