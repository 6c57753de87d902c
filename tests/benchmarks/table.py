"""Write the results as Markdown, no line longer than 80 characters."""

import statistics
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from tests.benchmarks.cases import Case, Whole
from tests.benchmarks.measure import ALLOWED_OTHERS, Answer, Result
from tests.benchmarks.registry import Contender
from tests.benchmarks.scaling import Axis, Curve

ALLOWED_MISS = 0.01
WIDTH = 80

LEGEND = """\
All contenders do the same work, each in its own process, in turns. "median" and "range" are the
times over the repeats. GFLOP/s counts the matrix products of a round. "products" is the time of
these products alone, with NumPy and preallocated arrays, as a fraction of the whole time. MB is the
peak memory of the process. "ratio" is the time of nncli with its defaults divided by that of the
contender, as the median over the repeats: below 1, nncli is faster."""

Contenders = Mapping[str, Contender]


def page(title: str, head: Mapping[str, str], sections: Iterable[str]) -> str:
    """Return the whole page: facts about the machine, legend, sections."""
    facts = markdown(["", ""], [[name, value] for name, value in head.items()])
    return "\n\n".join([f"# {title}", facts, wrapped(LEGEND), *sections]) + "\n"


def ratios_section(results: Mapping[str, Result], contenders: Contenders) -> str:
    """Return a table of the time of each nncli setup divided by that of each peer, by case."""
    peers = [name for name, each in contenders.items() if not each.is_nncli]
    lines = [
        [case, contenders[name].name, *(_ratio(result, name, peer) for peer in peers)]
        for case, result in results.items()
        for name in result.answers
        if contenders[name].is_nncli
    ]
    header = ["case", "time of", *(f"/ {contenders[peer].name}" for peer in peers)]
    return "\n\n".join(["## Ratios", markdown(header, lines)])


def case_section(
    case: Case | Whole, result: Result, contenders: Contenders, *, marks: bool = True
) -> str:
    """Return the table of a case, with notes.

    Parameters
    ----------
    marks : bool
        Whether to mark contenders with a score that is too low.
    """
    low = too_low(case, result) if marks else set()
    present = [name for name in contenders if name in result.answers]
    lines = [
        [
            contenders[name].name,
            *_times([each.seconds for each in result.answers[name]]),
            *_figures(result.answers[name], low=name in low),
            _ratio(result, "nncli", name),
        ]
        for name in present
    ]
    header = [case.unit, "median", "range", "GFLOP/s", "products", case.score]
    table = markdown([*header, "MB", "ratio"], lines)
    return "\n\n".join([f"## {case.title}", table, *_notes(result, contenders, marked=bool(low))])


def scaling_section(curves: Sequence[Curve], picture: str) -> str:
    """Return a table of how the time grows; `picture` is the path of the plot, or empty."""
    groups = groupby(curves, lambda curve: curve.axis)
    tables = [part for axis, each in groups for part in _of_axis(axis, each)]
    explained = wrapped(
        "The exponent is that of a power law fitted to the points, of seconds against "
        "floating-point operations of the matrix products; 1 means proportional."
    )
    parts = ["## How the time grows", explained, *tables]
    return "\n\n".join([*parts, f"![Time against work]({picture})"] if picture else parts)


def _of_axis(axis: Axis, curves: Iterable[Curve]) -> tuple[str, str]:
    """Return a heading, and the table of an axis."""
    lines = [
        [
            curve.contender,
            "-".join(seconds_text(curve.seconds[index]) for index in (0, -1)),
            f"{curve.exponent:.2f}",
        ]
        for curve in curves
    ]
    return f"### {axis.title}", markdown([axis.unit, "range", "exponent"], lines)


def threads_section(results: Mapping[str, Result]) -> str:
    """Return a table of the compiled engine's time by the number of threads, for each case."""
    counts = list(dict.fromkeys(name for result in results.values() for name in result.answers))
    lines = [[title, *_by_threads(result, counts)] for title, result in results.items()]
    header = ["case", *(f"{count} thread{'s' * (count != '1')}" for count in counts)]
    explained = wrapped("In parentheses: the fraction of the time of one thread.")
    return "\n\n".join(["## Threads of the compiled engine", markdown(header, lines), explained])


def setup_section(contenders: Contenders) -> str:
    """Return a list of the contenders' setups."""
    items = [wrapped(f"- {each.name}: {each.summary}.", "  ") for each in contenders.values()]
    return "\n\n".join(["## Setup", "\n".join(items)])


def too_low(case: Case | Whole, result: Result) -> set[str]:
    """Return the contenders below the goal or, without one, over a point below the best score."""
    scores = {
        name: statistics.median(each.score for each in answers)
        for name, answers in result.answers.items()
    }
    best = max(scores.values(), default=0.0)
    least = case.goal if isinstance(case, Whole) else best - ALLOWED_MISS
    return {name for name, score in scores.items() if score < least}


def seconds_text(seconds: float) -> str:
    """Return a time with three digits in a suitable unit."""
    unit, factor = _unit(seconds)
    return f"{_digits(seconds * factor)} {unit}"


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table without alignment."""
    rule = ["---"] * len(header)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *lines])


def wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines of at most 80 characters, indented except the first."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def _times(seconds: Sequence[float]) -> list[str]:
    """Return the median, and the range in the unit of the median."""
    median = statistics.median(seconds)
    _, factor = _unit(median)
    spread = f"{_digits(min(seconds) * factor)}-{_digits(max(seconds) * factor)}"
    return [seconds_text(median), spread]


def _figures(answers: Sequence[Answer], *, low: bool) -> list[str]:
    def median(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return statistics.median(known) if known else None

    rate = median(each.flops / each.seconds / 1e9 or None for each in answers)
    share = median(
        each.products_seconds / each.seconds if each.products_seconds else None for each in answers
    )
    score = statistics.median(each.score for each in answers)
    peak = statistics.median(each.peak_bytes for each in answers)
    return [
        "" if rate is None else _digits(rate),
        "" if share is None else f"{share:.2f}",
        f"{score:.4f}" + ("!" if low else ""),
        f"{peak / 1e6:.0f}",
    ]


def _ratio(result: Result, name: str, other: str) -> str:
    """Return the median over the repeats of the time of `name` divided by the time of `other`."""
    pairs = zip(result.answers.get(name, []), result.answers.get(other, []), strict=False)
    found = [one.seconds / two.seconds for one, two in pairs]
    return f"{statistics.median(found):.2f}" if found else ""


def _by_threads(result: Result, counts: Iterable[str]) -> list[str]:
    return [
        f"{seconds_text(statistics.median(each.seconds for each in result.answers[count]))}"
        f" ({_ratio(result, count, '1')})"
        if count in result.answers
        else ""
        for count in counts
    ]


def _notes(result: Result, contenders: Contenders, *, marked: bool) -> list[str]:
    notes = []
    for name, answers in result.answers.items():
        compiled = [each.compile_seconds for each in answers if each.compile_seconds is not None]
        if compiled:
            text = seconds_text(statistics.median(compiled))
            notes.append(f"{contenders[name].name}: compiled beforehand in {text}.")
    others = max((each.others for some in result.answers.values() for each in some), default=0.0)
    if others > ALLOWED_OTHERS:
        notes.append(f"Other processes used up to {others:.1f} cores meanwhile.")
    notes += [f"{contenders[name].name} failed: {why}" for name, why in result.failures.items()]
    if marked:
        notes.append("!: the score is too low for a fair comparison.")
    return [wrapped(note) for note in notes]


def _unit(seconds: float) -> tuple[str, float]:
    if seconds >= 1:
        return "s", 1.0
    return ("ms", 1e3) if seconds >= 1e-3 else ("µs", 1e6)


def _digits(value: float) -> str:
    """Return at least three digits, without a fraction from 100 on."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
