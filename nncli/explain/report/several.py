"""The report on several runs: a comparison."""

import json
from collections.abc import Iterator
from typing import Any

from nncli.base.notes import Note
from nncli.base.words import count, mean_count
from nncli.explain.document.elements import Element, Heading, Paragraph, Table
from nncli.explain.document.notation import Notation
from nncli.explain.report.figures import brief, figure, listed, split_words
from nncli.explain.report.pictures import picture_of
from nncli.runs.compared_run import ComparedRun
from nncli.runs.comparison import Comparison

_MOST_TEXT, _MOST_EQUAL = 40, 5


def report_on_runs(
    found: Comparison, write: Notation, problem: str | None, note: Note
) -> Iterator[Element]:
    """Yield the comparison of runs, folds or seeds.

    Parameters
    ----------
    problem : str or None
        Why there are no pictures, if so.
    note : function of str
        Called with a line for each run whose curves cannot be drawn.
    """
    only = found.runs[0] if len(found.runs) == 1 else None
    title = f"Report on {_name(only)}" if only else f"Comparison of {count(len(found.runs), 'run')}"
    yield Heading(write.plain(title), 1)
    yield Heading("Summary", 2)
    yield Paragraph(_summary(found, write))
    for line in found.doubts:
        yield Paragraph(f"Caution: {write.plain(line)}.")
    for line in found.skipped:
        yield Paragraph(f"Left out: {write.plain(line)}.")
    yield Heading("Results", 2)
    yield _metrics(found, write)
    yield Table(
        "Training",
        ["run", "models", "epochs", "best epoch", "seconds"],
        [[write.plain(_name(run)), f"{run.models} {run.varies}" if run.varies else "1",
          mean_count(run.epochs), mean_count(run.best_epoch), mean_count(run.seconds)]
         for run in found.runs],
        texts=2,
    )  # fmt: skip
    if found.differences:
        yield Heading("What differs in the configs", 2)
        yield _differences(found, write)
    if problem:
        yield Paragraph(f"There are no curves: {write.plain(problem)}.")
        return
    yield Heading("Curves", 2)
    figures = found.plot(note=note)
    yield picture_of(figures["curves"], "Losses and metrics of all runs over the epochs")


def _summary(found: Comparison, write: Notation) -> str:
    best = found.runs[0]
    value, spread = (
        best.metric(found.split, found.metric),
        best.deviation(found.split, found.metric),
    )
    name = found.metric.replace("_", " ")
    rows = best.rows.get(found.split)
    words = f"The {split_words(found.split)} {name} is {figure(value)}" if value is not None else ""
    if not words:
        return f"No run has the {split_words(found.split)} metric {name}."
    if spread is not None:
        of = f"{best.models} {best.varies}"
        words += f" ± {figure(spread)} (mean and sample standard deviation of {of})"
    if rows and best.varies != "folds":
        words += f", on {rows:,} rows"
    if len(found.runs) == 1:
        return f"{words}."
    equal = [_name(run) for run in found.runs if run.metric(found.split, found.metric) == value]
    if len(equal) > 1:
        return f"{len(equal)} runs are equally good: {listed(equal, _MOST_EQUAL, write)}. {words}."
    return f"The best run is {write.name(_name(best))}. {words}. {_gap(found)}".strip()


def _gap(found: Comparison) -> str:
    gap = found.gap
    if gap is None:
        return ""
    words = f"The gap to the second best is {figure(gap.size)}"
    if gap.spread is None:
        return f"{words}, from one training each; seeds or folds would show how large chance is."
    relation = "larger than" if gap.is_larger else "within"
    return f"{words}, {relation} the spread over seeds or folds, {figure(gap.spread)}."


def _name(run: ComparedRun) -> str:
    return str(run.path)


def _metrics(found: Comparison, write: Notation) -> Table:
    """Return a line per run, and a column per metric, that of the comparison first."""
    having = dict.fromkeys(name for run in found.runs for name in run.metrics.get(found.split, {}))
    names = [found.metric, *(name for name in having if name != found.metric)]
    rows = [
        [write.plain(_name(run)), *(_figure(found, run, each) for each in names)]
        for run in found.runs
    ]
    caption = f"Metrics of the {split_words(found.split)} rows, best {found.metric} first"
    return Table(caption, ["run", *(each.replace("_", " ") for each in names)], rows)


def _figure(found: Comparison, run: ComparedRun, name: str) -> str:
    value, spread = run.metric(found.split, name), run.deviation(found.split, name)
    if value is None:
        return ""
    return figure(value) if spread is None else f"{figure(value)} ± {figure(spread)}"


def _differences(found: Comparison, write: Notation) -> Table:
    """Return a line per setting that differs, and a column per run."""
    rows = [
        [write.name(key), *(_value(each, write) for each in values)]
        for key, values in found.differences.items()
    ]
    header = ["setting", *(write.plain(_name(run)) for run in found.runs)]
    return Table("Settings that differ", header, rows, texts=len(header))


def _value(value: Any, write: Notation) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return write.plain(brief(text, _MOST_TEXT))
