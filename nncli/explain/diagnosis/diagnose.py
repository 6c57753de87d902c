"""Diagnose a run, a model or a config."""

from collections.abc import Iterator
from pathlib import Path

from nncli.base.arguments import check_callable, path_in
from nncli.base.errors import NncliError
from nncli.base.notes import Note, warn
from nncli.explain.diagnosis.case import Case, case_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import SEVERITIES, Finding
from nncli.explain.diagnosis.rules.rule import Needs
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.plots.subject import PlotSource


def diagnose(
    what: PlotSource,
    *,
    data: Path | str | None = None,
    trust_paths: bool = False,
    note: Note = warn,
) -> Diagnosis:
    """Return why training went as it did, and what to change.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig, Model or Result
        A run directory, a model or the result of training; or a config, of which only the start of
        training is diagnosed.
    data : path, optional
        New path of the data that the model was trained on, if it was moved.
    trust_paths : bool
        Whether to read data files named by a model from any path, as for `Model.evaluate`.
    note : function of str
        Called with each warning; default: issue a `NncliWarning`.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        If `what` is neither a model nor a config, or cannot be read.
    """
    check_callable(note, "note")
    moved_to = None if data is None else path_in(data, "data")
    case = case_of(what, trust_paths=trust_paths, moved_to=moved_to, note=note)
    return diagnosis_of(case, ("run", "rows"))


def diagnosis_of(case: Case, needs: tuple[Needs, ...]) -> Diagnosis:
    """Return the findings of the rules that need no more than `needs`."""
    found: list[Finding] = []
    unchecked: dict[str, str] = {}
    for code, rule in RULES.items():
        if rule.needs not in needs:
            continue
        try:
            found += [
                Finding(code, each.severity or rule.severity, each) for each in rule.check(case)
            ]
        except NncliError as error:
            unchecked[code] = str(error)
    muted = case.config.diagnose.ignore
    shown = sorted(
        (each for each in _causes(found) if each.code not in muted),
        key=lambda each: SEVERITIES.index(each.severity),
    )
    ignored = sorted({each.code for each in found if each.code in muted})
    checked = [
        code for code, rule in RULES.items() if rule.needs in needs and code not in unchecked
    ]
    return Diagnosis(case.subject.name, shown, ignored, unchecked, checked, case.is_trained)


def _causes(found: list[Finding]) -> Iterator[Finding]:
    """Yield the findings that no other one explains, each with the symptoms that it explains."""
    there = {each.code for each in found}
    explained = {code for each in there for code in RULES[each].explains}
    for each in found:
        if each.code not in explained:
            symptoms = tuple(code for code in RULES[each.code].explains if code in there)
            yield Finding(each.code, each.severity, each.found, symptoms)
