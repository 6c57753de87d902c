"""Measure nncli beside PyTorch, scikit-learn and JAX on the same work.

Those of the three take part that are installed. Run from the project's root, on
a machine that does nothing else:

    .venv/bin/pip install -e '.[benchmark]'
    .venv/bin/nncli data fetch mnist
    .venv/bin/python -m tests.benchmarks.compare -o benchmarks.md

It writes Markdown, and a picture beside it. Five repeats of everything take
about half an hour; --cases and --peers choose, --quick only tries whether
everything runs.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks import machine, table
from tests.benchmarks.cases import CASES, Case, Whole, quick_case
from tests.benchmarks.measure import Result, ask, interleaved
from tests.benchmarks.registry import NNCLI, PEERS, Contender, installed_peers
from tests.benchmarks.scaling import AXES, Curve, curve, quick_axis
from tests.benchmarks.whole_process import ask_whole

SCALING = "scaling"
Contenders = dict[str, Contender]


def main() -> None:
    """Read the command line, measure, and write the page."""
    options = _options()
    contenders = {**NNCLI, **{name: PEERS[name] for name in options.peers}}
    probed = machine.probed()
    cases = _cases(options.cases, probed["cache"], quick=options.quick)
    head = machine.facts(list(contenders.values()), probed["blas"])
    head["repeats"] = str(options.repeats)
    head["date"] = datetime.now(UTC).date().isoformat()

    results = {
        name: _measured(name, case, contenders, options.repeats, probed["cache"])
        for name, case in cases.items()
    }
    head["threads"] = "; ".join(_threads(results, contenders))
    sections = [*_sections(cases, results, contenders, marks=not options.quick)]
    if SCALING in options.cases:
        curves = _curves(options.repeats, probed["cache"], quick=options.quick)
        sections.append(table.scaling_section(curves, _draw(curves, options.output)))
    sections.append(table.setup_section(contenders))
    title = "A try on few rows, no measurement" if options.quick else "nncli beside others"
    _write(table.page(title, head, sections), options.output)


def _options() -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args()
    options.repeats = options.repeats or (1 if options.quick else 5)
    missing = {PEERS[name].package for name in options.peers if not PEERS[name].is_installed}
    if missing:
        parser.error(f"missing: pip install {' '.join(sorted(missing))}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cases = [*CASES, SCALING]
    parser.add_argument(
        "--cases",
        type=partial(_names, cases),
        default=cases,
        metavar="NAME,...",
        help=f"of {', '.join(cases)}; default: all",
    )
    parser.add_argument(
        "--peers",
        type=partial(_names, [*PEERS]),
        default=installed_peers(),
        metavar="NAME,...",
        help=f"of {', '.join(PEERS)}, or none; default: those installed",
    )
    parser.add_argument("--repeats", type=_count, metavar="N", help="default: 5, with --quick 1")
    parser.add_argument("--quick", action="store_true", help="a try on few rows, in seconds")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: the terminal")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1; found {text}")
    return int(text)


def _names(known: list[str], text: str) -> list[str]:
    chosen = [] if text == "none" else text.split(",")
    for name in chosen:
        if name not in known:
            raise argparse.ArgumentTypeError(f"unknown: {name}; known: {', '.join(known)}")
    return chosen


def _cases(names: list[str], cache: str, *, quick: bool) -> dict[str, Case | Whole]:
    """Return the chosen cases; without MNIST a try has to do without the whole process."""
    chosen = {name: CASES[name] for name in CASES if name in names}
    if quick:
        chosen = {name: quick_case(case) for name, case in chosen.items()}
    if cache or all(
        isinstance(case, Case) and case.work.data != "mnist" for case in chosen.values()
    ):
        return chosen
    if not quick:
        sys.exit("MNIST is not in the cache; put it there: nncli data fetch mnist")
    return {name: case for name, case in chosen.items() if isinstance(case, Case)}


def _measured(
    name: str, case: Case | Whole, contenders: Contenders, repeats: int, cache: str
) -> Result:
    def report(repeat: int, contender: Contender, what: str) -> None:
        print(f"{name} {repeat + 1}/{repeats}: {contender.name}: {what}", file=sys.stderr)

    if isinstance(case, Case):
        work = case.work
        return interleaved(contenders, repeats, lambda one: ask(one, [work], cache)[0], report)
    ask_one = partial(ask_whole, whole=case, cache=cache)
    if repeats > 1:  # the first process of each reads its files from the disk
        interleaved(contenders, 1, ask_one, report)
    return interleaved(contenders, repeats, ask_one, report)


def _threads(results: dict[str, Result], contenders: Contenders) -> Iterator[str]:
    for name, contender in contenders.items():
        answers = [each for result in results.values() for each in result.answers.get(name, [])]
        counts = sorted({each.threads for each in answers if each.threads})
        if counts:
            yield f"{contender.name}: {' or '.join(counts)}"


def _sections(
    cases: dict[str, Case | Whole],
    results: dict[str, Result],
    contenders: Contenders,
    *,
    marks: bool,
) -> Iterator[str]:
    if any(not each.is_nncli for each in contenders.values()):
        yield table.ratios_section(results, contenders)
    for name, case in cases.items():
        yield table.case_section(case, results[name], contenders, marks=marks)


def _curves(repeats: int, cache: str, *, quick: bool) -> list[Curve]:
    axes = [quick_axis(axis) for axis in AXES] if quick else AXES
    found = []
    for axis in axes:
        print(f"{SCALING}: {axis.title}", file=sys.stderr)
        found.append(curve(axis, [ask(NNCLI["nncli"], axis.works, cache) for _ in range(repeats)]))
    return found


def _draw(curves: list[Curve], output: Path | None) -> str:
    """Draw the curves beside the page; return the picture's name, empty where there is none."""
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
