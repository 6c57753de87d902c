"""Diagnose several models of one config: those of folds or seeds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nncli.base.errors import UsageError
from nncli.base.storage.run_files import WEIGHTS
from nncli.base.words import printable
from nncli.explain.diagnosis.case import Case, case_of
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.finding import SEVERITIES, Finding
from nncli.explain.diagnosis.rules.rule import Needs
from nncli.explain.diagnosis.rules.several import Part
from nncli.explain.diagnosis.rules.table import RULES, RULES_OF_SEVERAL
from nncli.explain.plots.subject import PlotSource
from nncli.model.no_model import parts_in
from nncli.runs.cross_validation import CrossValidation
from nncli.runs.several_results import SeveralResults

MOST_WITH_ROWS = 3
"""Most models whose rows are read; the data and the config of the others are nearly the same."""


def name_of_several(what: PlotSource | SeveralResults) -> str:
    """Return the printable name of several models."""
    if isinstance(what, SeveralResults):
        return printable(str(what.directory or "models"))
    return printable(str(what))


def parts_of(what: PlotSource | SeveralResults, **how: Any) -> list[Part]:
    """Return the finished models of folds or seeds; empty if there are none.

    Parameters
    ----------
    **how
        As for `case_of`.
    """
    if isinstance(what, SeveralResults):
        word = "fold" if isinstance(what, CrossValidation) else "seed"
        below = what.directory
        sources: list[PlotSource] = [
            each.training or (below / f"{word}-{each.number}" if below else each.model)
            for each in what.parts
        ]
        pairs = zip(what.parts, sources, strict=True)
        return [Part(word, each.number, case_of(source, **how)) for each, source in pairs]
    if not isinstance(what, str | Path) or not Path(what).is_dir():
        return []
    word, directories = parts_in(Path(what))
    return [
        Part(word, int(each.name.rpartition("-")[2]), case_of(each, **how))
        for each in directories
        if (each / WEIGHTS).is_file()
    ]


def diagnosis_of_several(
    name: str,
    parts: Sequence[Part],
    diagnosis_of: Callable[[Case, tuple[Needs, ...]], Diagnosis],
) -> Diagnosis:
    """Return the findings of the models, each code once, and those of all together.

    Parameters
    ----------
    diagnosis_of : function
        Returns the diagnosis of one model.

    Raises
    ------
    UsageError
        If no model is finished.
    """
    if not parts:
        raise UsageError(f"{name}: no model is finished; resume the training")
    each = [
        diagnosis_of(part.case, ("run", "rows") if at < MOST_WITH_ROWS else ("run",))
        for at, part in enumerate(parts)
    ]
    muted = parts[0].case.config.diagnose.ignore
    together = [
        Finding(code, found.severity or rule.severity, found)
        for code, rule in RULES_OF_SEVERAL.items()
        for found in rule.check(parts)
    ]
    of_all = {one.code for one in together}
    codes = {finding.code for found in each for finding in found.findings}
    merged = [finding for code in codes for finding in _merged(code, parts, each)]
    ignored = {code for found in each for code in found.ignored}
    causes = codes | ignored | (of_all & RULES.keys())
    explained = {code for cause in causes for code in RULES[cause].explains}
    findings = [
        *(one for one in merged if one.code not in explained),
        *(one for one in together if one.code not in {*codes, *explained, *muted}),
    ]
    return Diagnosis(
        name,
        sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.code)),
        sorted(ignored | (of_all & {*muted})),
        {code: why for found in each for code, why in found.unchecked.items()},
        each[0].checked,
        lacking=each[0].lacking,
        part=f"{parts[0].word} {parts[0].number}",
    )


def _merged(code: str, parts: Sequence[Part], each: Sequence[Diagnosis]) -> Iterator[Finding]:
    """Yield the worst finding of a code among all models, with the number of models that have it.

    A rule may find several places in a model; those of the first worst model are kept.
    """
    having = [at for at, found in enumerate(each) if code in found.codes]
    own = {at: [one for one in each[at].findings if one.code == code] for at in having}
    worst = min(having, key=lambda at: min(SEVERITIES.index(one.severity) for one in own[at]))
    checked = len(parts) if RULES[code].needs == "run" else min(len(parts), MOST_WITH_ROWS)
    word = parts[0].word
    where = f"in {len(having)} of {checked} {word}s, such as {word} {parts[worst].number}: "
    for one in own[worst]:
        found = replace(one.found, evidence=where + one.found.evidence)
        yield replace(one, found=found)
