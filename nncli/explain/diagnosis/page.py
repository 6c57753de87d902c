"""Write a diagnosis as a document."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.words import count, either
from nncli.config.finding_codes import FINDINGS
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import Finding
from nncli.explain.diagnosis.proof_page import proofs_in
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.document.elements import Element, Facts, Heading, Paragraph
from nncli.explain.document.html import as_html
from nncli.explain.document.markdown import as_markdown
from nncli.explain.document.notation import Html, Markdown, Notation, Text
from nncli.explain.document.text import as_text
from nncli.nn.entries import Formula


def page_of(diagnosis: Diagnosis, write: Notation) -> Iterator[Element]:
    """Yield the elements of a page about all findings."""
    yield Heading(f"{write.plain(diagnosis.name)}: {diagnosis.summary}", 1)
    yield from body_of(diagnosis, write)


def body_of(diagnosis: Diagnosis, write: Notation) -> Iterator[Element]:
    """Yield the elements below the title: the findings, then what was not looked at."""
    for finding in diagnosis.findings:
        yield from elements_of(finding, write)
    yield from proofs_in(diagnosis, write)
    if not diagnosis.findings:
        yield Paragraph(_nothing(diagnosis, write))
    if _lacks_history(diagnosis):
        yield Paragraph(
            f"There is no {write.name('history.csv')}, so nothing is known about the course of "
            "training."
        )
    for reason, codes in _unchecked(diagnosis).items():
        yield Paragraph(f"Not checked: {', '.join(codes)}; {write.plain(reason)}.")
    if diagnosis.ignored:
        muted = ", ".join(diagnosis.ignored)
        yield Paragraph(f"Found, but muted by {write.name('diagnose.ignore')}: {muted}.")


def _nothing(diagnosis: Diagnosis, write: Notation) -> str:
    """Return what it means that nothing was found."""
    codes = [code for code, rule in RULES.items() if rule.needs != "trial"]
    checked = sum(code in diagnosis.checked and code not in diagnosis.ignored for code in codes)
    checks = f"{checked} of {count(len(codes), 'check')}"
    if not diagnosis.is_trained:
        return (
            f"{checks} found nothing at the start of training. Whether the network learns, shows "
            "in a run only: train it, and diagnose the run."
        )
    return (
        f"{checks} found nothing. They know common mistakes, and report clear cases only: the "
        f"model may still be poor. {write.name('nncli eval')} measures how good it is."
    )


def _lacks_history(diagnosis: Diagnosis) -> bool:
    """Return whether a model was trained, but how is not known: a file has no history."""
    case = diagnosis.case
    return (
        case is not None
        and case.is_trained
        and not (case.history or case.problem)
        and bool(case.config.training.complete.epochs)
    )


def _unchecked(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """Return the codes that were not checked, by the reason; not those that need ``--prove``."""
    found: dict[str, list[str]] = {}
    reasons = {**diagnosis.lacking, **diagnosis.unchecked}
    for code, rule in RULES.items():
        if code in reasons:
            found.setdefault(reasons[code], []).append(code)
        elif code not in diagnosis.checked and rule.needs != "trial":
            found.setdefault(_LACKING[rule.needs], []).append(code)
    return found


def elements_of(finding: Finding, write: Notation) -> Iterator[Element]:
    """Yield the elements about a finding."""
    found = finding.found
    yield Heading(f"{finding.code} {finding.severity}: {finding.title}", 2)
    facts = [("evidence", write.plain(found.evidence))]
    if found.formula:
        facts.append(("formula", _mathematics(found.formula, write)))
        facts.append(("symbols", write.plain(found.formula.symbols)))
    facts.append(("cause", write.plain(found.cause)))
    if found.change:
        facts.append(("change", write.name(finding.remedy)))
    elif found.remedy:
        facts.append(("to do", write.plain(finding.remedy)))
    if finding.symptoms:
        titles = "; ".join(f"{FINDINGS[code]} ({code})" for code in finding.symptoms)
        facts.append(("explains", titles))
    command = write.name(f"nncli explain {finding.code}")
    facts.append(("more", f"{command}, or {write.name(finding.page)}"))
    yield Facts(facts)


def _mathematics(formula: Formula, write: Notation) -> str:
    """Return a formula; without the package that typesets it in HTML, its text."""
    try:
        return write.inline(write.formula(formula))
    except UsageError:
        return write.name(formula.text)


def written(diagnosis: Diagnosis, format_: str) -> str:
    """Return the page in a format. Raises `UsageError` for an unknown one."""
    if format_ not in _FORMATS:
        raise UsageError(f"format: found {format_!r}; expected {either(_FORMATS)}")
    notation, write = _FORMATS[format_]
    return write(page_of(diagnosis, notation(_DIGITS)))


_DIGITS = 6
_LACKING = {
    "run": "these need a run",
    "rows": "these need the data",
}
_FORMATS: dict[str, tuple[Callable[[int], Notation], Callable[[Iterable[Any]], str]]] = {
    "text": (Text, as_text),
    "markdown": (Markdown, as_markdown),
    "html": (Html, as_html),
}
