"""Write a diagnosis as a document."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.words import either
from nncli.config.finding_codes import FINDINGS
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import Finding
from nncli.explain.document.elements import Element, Facts, Heading
from nncli.explain.document.html import as_html
from nncli.explain.document.markdown import as_markdown
from nncli.explain.document.notation import Html, Markdown, Notation, Text
from nncli.explain.document.text import as_text


def page_of(diagnosis: Diagnosis, write: Notation) -> Iterator[Element]:
    """Yield the elements of a page about all findings."""
    yield Heading(f"{write.plain(diagnosis.name)}: {diagnosis.summary}", 1)
    for finding in diagnosis.findings:
        yield from elements_of(finding, write)


def elements_of(finding: Finding, write: Notation) -> Iterator[Element]:
    """Yield the elements about a finding."""
    found = finding.found
    yield Heading(f"{finding.code} {finding.severity}: {finding.title}", 2)
    facts = [("evidence", write.plain(found.evidence))]
    if found.formula:
        facts.append(("formula", write.inline(write.formula(found.formula))))
    facts.append(("cause", write.plain(found.cause)))
    facts.append(("change" if found.change else "to do", write.plain(finding.remedy)))
    if finding.symptoms:
        titles = "; ".join(f"{FINDINGS[code]} ({code})" for code in finding.symptoms)
        facts.append(("explains", titles))
    facts.append(("more", f"{finding.page}"))
    yield Facts(facts)


def written(diagnosis: Diagnosis, format_: str) -> str:
    """Return the page in a format. Raises `UsageError` for an unknown one."""
    if format_ not in _FORMATS:
        raise UsageError(f"format: found {format_!r}; expected {either(_FORMATS)}")
    notation, write = _FORMATS[format_]
    return write(page_of(diagnosis, notation(_DIGITS)))


_DIGITS = 6
_FORMATS: dict[str, tuple[Callable[[int], Notation], Callable[[Iterable[Any]], str]]] = {
    "text": (Text, as_text),
    "markdown": (Markdown, as_markdown),
    "html": (Html, as_html),
}
