"""Compare nncli with PyTorch, scikit-learn and JAX on the same work.

Libraries that are not installed are skipped. Run from the project's root, on an
otherwise idle machine:

    pip install -e '.[benchmark]'
    nncli data fetch mnist
    python -m tests.benchmarks.compare -o benchmarks.md

It writes Markdown, and a plot next to it. Five repeats of everything take about
an hour. --cases and --peers select a part; --quick only checks that
everything runs.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from nncli.base.threads import processors
from tests.benchmarks import machine, table
from tests.benchmarks.cases import CASES, Case, Whole, quick, quick_case
from tests.benchmarks.command_line import SCALING, command_line
from tests.benchmarks.measure import Answer, Result, ask, interleaved, undisturbed
from tests.benchmarks.registry import COMPILED, NNCLI, PEERS, Contender
from tests.benchmarks.scaling import AXES, THREADS, Axis, Curve, curve, quick_axis, with_threads
from tests.benchmarks.whole_process import ask_whole


@dataclass(frozen=True)
class Plan:
    """What to measure, from the command line and the machine.

    Attributes
    ----------
    cache : str
        Folder with MNIST, or empty.
    tries : int
        Largest number of attempts at a measurement that other processes disturb.
    """

    cases: dict[str, Case | Whole]
    axes: Sequence[Axis]
    contenders: dict[str, Contender]
    repeats: int
    cache: str
    tries: int
    quick: bool


def main() -> None:
    """Read the command line, measure, and write the page."""
    options = command_line(__doc__)
    probed = machine.probed()
    plan = _plan(options, probed["cache"])
    head = machine.facts(list(plan.contenders.values()), probed["blas"])
    head["repeats"] = str(plan.repeats)
    head["date"] = datetime.now(UTC).date().isoformat()

    results = {name: _measured(plan, name) for name in plan.cases}
    head["threads"] = "; ".join(_threads(plan, results))
    sections = [*_sections(plan, results)]
    if plan.axes:
        curves = [each for axis in plan.axes for each in _curves(plan, axis)]
        sections.append(table.scaling_section(curves, _draw(curves, options.output)))
        if NNCLI[COMPILED].is_installed:
            sections.append(table.threads_section(_with_threads(plan)))
    sections.append(table.setup_section(plan.contenders))
    title = "Quick check on few rows" if plan.quick else "nncli and other libraries"
    _write(table.page(title, head, sections), options.output)


def _plan(options: argparse.Namespace, cache: str) -> Plan:
    axes = AXES if SCALING in options.cases else ()
    return Plan(
        cases=_cases(options.cases, cache, quick=options.quick),
        axes=[quick_axis(axis) for axis in axes] if options.quick else axes,
        contenders={
            # One thread runs the same code as several, so a quick check leaves it out.
            **{
                name: each
                for name, each in NNCLI.items()
                if each.is_installed and not (options.quick and each.threads)
            },
            **{name: PEERS[name] for name in options.peers},
        },
        repeats=options.repeats,
        cache=cache,
        tries=1 if options.quick else 4,
        quick=options.quick,
    )


def _cases(names: list[str], cache: str, *, quick: bool) -> dict[str, Case | Whole]:
    """Return the chosen cases; a quick check without MNIST skips the whole process."""
    chosen = {name: CASES[name] for name in CASES if name in names}
    if quick:
        chosen = {name: quick_case(case) for name, case in chosen.items()}
    with_mnist = [name for name, case in chosen.items() if case.needs_mnist]
    if with_mnist and not cache and not quick:
        sys.exit("MNIST is not in the cache; fetch it with: nncli data fetch mnist")
    return {name: case for name, case in chosen.items() if cache or name not in with_mnist}


def _measured(plan: Plan, name: str) -> Result:
    case = plan.cases[name]

    def report(repeat: int, contender: Contender, what: str) -> None:
        print(f"{name} {repeat + 1}/{plan.repeats}: {contender.name}: {what}", file=sys.stderr)

    if isinstance(case, Whole):
        one = partial(ask_whole, whole=case, cache=plan.cache)
        if not plan.quick:  # a warm-up: the first process reads its files from the disk
            interleaved(plan.contenders, 1, one, report)
    else:
        one = partial(ask, works=[case.work], cache=plan.cache)
    return interleaved(plan.contenders, plan.repeats, one, report, tries=plan.tries)


def _threads(plan: Plan, results: dict[str, Result]) -> Iterator[str]:
    for name, contender in plan.contenders.items():
        answers = [each for result in results.values() for each in result.answers.get(name, [])]
        counts = sorted({each.threads for each in answers if each.threads})
        if counts:
            yield f"{contender.name}: {' or '.join(counts)}"


def _sections(plan: Plan, results: dict[str, Result]) -> Iterator[str]:
    if any(not each.is_nncli for each in plan.contenders.values()):
        yield table.ratios_section(results, plan.contenders)
    for name, case in plan.cases.items():
        yield table.case_section(case, results[name], plan.contenders, marks=not plan.quick)


def _curves(plan: Plan, axis: Axis) -> list[Curve]:
    """Return the curve of each contender that uses its default number of threads."""
    found: dict[str, list[list[Answer]]] = {}
    chosen = [each for each in plan.contenders.values() if each.threads is None]
    for repeat in range(plan.repeats):
        for contender in chosen:
            print(f"{SCALING} {repeat + 1}: {axis.title}: {contender.name}", file=sys.stderr)
            one = partial(ask, contender, axis.works, plan.cache)
            found.setdefault(contender.name, []).append(undisturbed(one, plan.tries))
    return [curve(axis, name, answers) for name, answers in found.items()]


def _with_threads(plan: Plan) -> dict[str, Result]:
    """Return the answers of the compiled engine with several numbers of threads, by case."""
    counts = {str(number): each for number, each in with_threads(processors()).items()}
    results = {}
    for name in THREADS:
        work = CASES[name].work
        one = partial(ask, works=[quick(work) if plan.quick else work], cache=plan.cache)
        results[name] = interleaved(counts, plan.repeats, one, lambda *_: None, tries=plan.tries)
    return results


def _draw(curves: list[Curve], output: Path | None) -> str:
    """Plot the curves next to the page; return the file name, empty without a plot."""
    if output is None or find_spec("matplotlib") is None:
        return ""
    from tests.benchmarks import plots

    path = output.with_name(f"{output.stem}-scaling.png")
    plots.draw(curves, path)
    return path.name


def _write(text: str, output: Path | None) -> None:
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
