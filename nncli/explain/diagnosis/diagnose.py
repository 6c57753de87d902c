"""Diagnose a run, a model or a config."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from nncli.base.arguments import check_callable, path_in
from nncli.base.errors import NncliError
from nncli.base.notes import Note, warn
from nncli.base.signals import number_of
from nncli.explain.diagnosis.case import Case, case_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import SEVERITIES, Finding, joined
from nncli.explain.diagnosis.lacking import lacking
from nncli.explain.diagnosis.rules.rule import Needs
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.diagnosis.several import diagnosis_of_several, name_of_several, parts_of
from nncli.explain.plots.subject import PlotSource
from nncli.runs.several_results import SeveralResults

_IS_KNOWN = "another problem is already found"
_INTERRUPTED = "interrupted"


def diagnose(
    what: PlotSource | SeveralResults,
    *,
    data: Path | str | None = None,
    trust_paths: bool = False,
    prove: bool = False,
    progress: bool = False,
    note: Note = warn,
) -> Diagnosis:
    """Return why training went as it did, and what to change.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig, Model, Result, CrossValidation or SeedRuns
        A run directory, a model or the result of training, also of folds or seeds; or a config, of
        which only the start of training is diagnosed.
    data : path, optional
        New path of the data that the model was trained on, if it was moved.
    trust_paths : bool
        Whether to read data files named by a model from any path, as for `Model.evaluate`.
    prove : bool
        Whether to train briefly with and without each change, and to try whether a few rows can be
        learned. Ctrl-C ends it and returns the findings and proofs so far.
    progress : bool
        Whether to show a progress bar for the proofs, if standard error is a terminal.
    note : function of str
        Called with each warning; default: issue a `NncliWarning`.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        If `what` is neither a model nor a config, or cannot be read.
    """
    check_callable(note, "note")
    if prove:  # not later, as Ctrl-C during an import ends the program without findings
        from nncli.explain.diagnosis.prove import proven
    moved_to = None if data is None else path_in(data, "data")
    how: dict[str, Any] = {"trust_paths": trust_paths, "moved_to": moved_to, "note": note}
    parts = parts_of(what, **how)
    if parts or isinstance(what, SeveralResults):
        found = diagnosis_of_several(name_of_several(what), parts, diagnosis_of)
        case = parts[0].case
    else:
        case = case_of(what, **how)
        needs: tuple[Needs, ...] = ("run", "rows", "trial") if prove else ("run", "rows")
        found = diagnosis_of(case, needs)
    if not prove:
        return replace(found, case=case)
    return proven(case, found, progress=progress)


def diagnosis_of(case: Case, needs: tuple[Needs, ...]) -> Diagnosis:
    """Return the findings of the rules that need no more than `needs`.

    With trials, Ctrl-C ends it and returns the findings so far, except those that a rule explains
    which was not checked.
    """
    found, unchecked, signal = _found(case, needs)
    muted = case.config.diagnose.ignore
    tried = [code for code, rule in RULES.items() if rule.needs in needs and code not in unchecked]
    # A muted cause may be there if it was not checked: its symptoms are muted, too.
    unknown = {code for code in muted if code in RULES and code not in tried}
    unknown |= {code for code, why in unchecked.items() if why == _INTERRUPTED}
    shown = sorted(
        (each for each in _causes(found, unknown) if each.code not in muted),
        key=lambda each: SEVERITIES.index(each.severity),
    )
    ignored = sorted({each.code for each in found if each.code in muted})
    there = {each.code for each in found}
    lacks = {
        code: why for code, why in lacking(case).items() if code in tried and code not in there
    }
    return Diagnosis(
        case.subject.name,
        shown,
        ignored,
        unchecked,
        [code for code in tried if code not in lacks],
        is_trained=case.is_trained,
        lacking=lacks,
        signal=signal,
    )


def _found(
    case: Case, needs: tuple[Needs, ...]
) -> tuple[list[Finding], dict[str, str], int | None]:
    """Return what the rules find, why some were not checked, and the signal that ended it."""
    found: list[Finding] = []
    unchecked: dict[str, str] = {}
    signal = None
    for code, rule in RULES.items():
        if rule.needs not in needs:
            continue
        if signal is not None:
            unchecked[code] = _INTERRUPTED
            continue
        if rule.needs == "trial" and any(each.severity == "problem" for each in found):
            unchecked[code] = _IS_KNOWN  # it would only show that there is a problem
            continue
        try:
            found += [
                Finding(code, each.severity or rule.severity, each)
                for each in joined(rule.check(case))
            ]
        except NncliError as error:
            unchecked[code] = str(error)
        except KeyboardInterrupt as error:
            if "trial" not in needs:
                raise
            unchecked[code], signal = _INTERRUPTED, number_of(error)
    return found, unchecked, signal


def _causes(found: list[Finding], unknown: set[str]) -> Iterator[Finding]:
    """Yield the findings that no other one explains, each with the symptoms that it explains.

    Causes that are `unknown`, as they could not be checked, explain their symptoms like others.
    """
    there = {each.code for each in found}
    explained = {code for each in there | unknown for code in RULES[each].explains}
    for each in found:
        if each.code not in explained:
            symptoms = tuple(code for code in RULES[each.code].explains if code in there)
            yield Finding(each.code, each.severity, each.found, symptoms)
