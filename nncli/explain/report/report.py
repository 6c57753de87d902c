"""Reports on runs as HTML pages, and model cards as Markdown."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nncli.base.arguments import check_callable, path_in
from nncli.base.errors import UsageError
from nncli.base.notes import Note, warn
from nncli.explain.document.html import as_html
from nncli.explain.document.markdown import as_markdown
from nncli.explain.document.notation import Html, Markdown
from nncli.explain.plots.style import styled
from nncli.explain.plots.subject import subject_of
from nncli.explain.report.reported import reported
from nncli.explain.report.several import report_on_runs
from nncli.explain.report.single import card as card_of
from nncli.explain.report.single import report_on_run
from nncli.runs.compared_run import read_run
from nncli.runs.comparison import compare

_DIGITS = 6


def report(
    runs: str | Path | Iterable[str | Path],
    *,
    card: bool = False,
    data: Path | str | None = None,
    trust_paths: bool = False,
    note: Note = warn,
) -> str:
    """Return a report on a run as one HTML page, or a comparison of several runs.

    The page needs no network, script or other file. The same run gives the same page, byte for
    byte, with the same versions. Without matplotlib it has no pictures; without the data of the
    run it has neither intervals nor importance nor mistakes. Both are noted.

    Parameters
    ----------
    runs : path, or several
        Run directory. Several, folds, seeds, folders and patterns are as for `compare`.
    card : bool
        Whether to return a short model card in Markdown instead.
    data : path, optional
        New path of the data that the model was trained on, if it was moved.
    trust_paths : bool
        Whether to read data files named by a model from any path, as for `Model.evaluate`.
    note : function of str
        Called with each warning; default: issue a `NncliWarning`.

    Raises
    ------
    UsageError
        If an argument is invalid.
    ConfigError, DataError, ModelFileError
        If a run cannot be read.
    """
    check_callable(note, "note")
    places: list[Any] = [runs]
    if isinstance(runs, Iterable) and not isinstance(runs, str):
        places = [*runs]
    problem = None if card else _problem_of_pictures()
    if problem:
        note(f"the report has no pictures: {problem}")
        problem = problem.partition(";")[0]  # the remedy names a folder of this machine
    if (single := _single(places)) is None:
        found = compare(places, note=note)
        if card or data is not None or trust_paths:
            raise UsageError("a comparison of several runs has no model card and reads no data")
        return as_html(report_on_runs(found, Html(_DIGITS), problem, note))
    moved_to = None if data is None else path_in(data, "data")
    subject = subject_of(single, trust_paths=trust_paths, moved_to=moved_to, note=note)
    write = Markdown(_DIGITS) if card else Html(_DIGITS)
    about = reported(subject, single, write, has_pictures=not card and not problem)
    if about.data_problem:
        if moved_to:
            raise about.data_problem
        note(f"{single}: parts that need the data are left out: {about.data_problem}")
    return as_markdown(card_of(about)) if card else as_html(report_on_run(about, problem))


def _single(places: Sequence[str | Path]) -> Path | None:
    """Return the run, if it is a single one of a single model."""
    if len(places) != 1 or not isinstance(places[0], str | Path):
        return None
    path = path_in(places[0], "runs")
    if path.name == "weights.npz" and path.is_file():
        path = path.parent
    if not (path / "config.yaml").exists() or read_run(path).varies:
        return None
    return path


def _problem_of_pictures() -> str | None:
    """Return why there can be no pictures, if so."""
    try:
        with styled():
            return None
    except UsageError as error:
        return str(error)
