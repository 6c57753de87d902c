"""The section of a report on the findings of a diagnosis."""

from collections.abc import Iterator

from nncli.explain.diagnosis.case import trained_case
from nncli.explain.diagnosis.diagnose import diagnosis_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import Finding
from nncli.explain.diagnosis.page import body_of
from nncli.explain.document.elements import Element, Facts, Heading, Paragraph
from nncli.explain.document.notation import Notation
from nncli.explain.report.reported import Reported


def findings(about: Reported) -> Iterator[Element]:
    """Yield what a diagnosis finds, with its evidence."""
    yield Heading("Findings", 2)
    for each in body_of(_diagnosis(about), about.write):
        yield Heading(each.text, 3) if isinstance(each, Heading) else each


def findings_in_short(about: Reported) -> Iterator[Element]:
    """Yield a line for each finding."""
    found = _diagnosis(about)
    yield Heading("Findings", 2)
    if not found.findings:
        yield Paragraph(f"None, in {len(found.checked)} checks.")
        return
    lines = {f"{each.code} {each.severity}": _line(each, about.write) for each in found.findings}
    yield Facts([*lines.items()])


def _line(finding: Finding, write: Notation) -> str:
    if finding.found.change:
        return f"{finding.title}; try {write.name(finding.remedy)}"
    return "; ".join(filter(None, (finding.title, write.plain(finding.remedy))))


def _diagnosis(about: Reported) -> Diagnosis:
    """Return the findings; without the data, those of the run alone."""
    case = trained_case(about.subject, about.splits)
    return diagnosis_of(case, ("run",) if about.data_problem else ("run", "rows"))
