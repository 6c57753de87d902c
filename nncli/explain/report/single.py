"""The report on one run."""

from collections.abc import Iterator

from nncli.explain.document.elements import Element, Heading, Paragraph
from nncli.explain.report.data import data
from nncli.explain.report.findings import findings, findings_in_short
from nncli.explain.report.pictures import pictures
from nncli.explain.report.provenance import config, provenance
from nncli.explain.report.reported import Reported
from nncli.explain.report.results import explanations, results
from nncli.explain.report.summary import summary


def report_on_run(about: Reported, problem: str | None) -> Iterator[Element]:
    """Yield the report on a run, from the result to the details.

    Parameters
    ----------
    problem : str or None
        Why there are no pictures, if so.
    """
    yield Heading(about.write.plain(f"Report on {about.name}"), 1)
    yield from summary(about)
    if problem:
        yield Paragraph(f"This report has no pictures: {about.write.plain(problem)}.")
    yield from results(about)
    yield from explanations(about)
    yield from findings(about)
    yield from data(about)
    yield from _training(about)
    yield from config(about)
    yield from provenance(about)


def card(about: Reported) -> Iterator[Element]:
    """Yield a model card: the summary, the metrics and how to repeat the run."""
    yield Heading(about.write.plain(about.name), 1)
    yield from summary(about)
    yield from results(about)
    yield from findings_in_short(about)
    yield from data(about)
    yield from provenance(about)


def _training(about: Reported) -> Iterator[Element]:
    shown = [*pictures(about, ["curves", "gradients"])]
    if shown:
        yield Heading("Training", 2)
        yield from shown
