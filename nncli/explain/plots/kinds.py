"""The kinds of plots, and the function that draws them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nncli.base.arguments import check_callable, path_in, unexpected
from nncli.base.errors import NncliError, UsageError
from nncli.base.notes import Note, warn
from nncli.base.storage.files import atomic_write, writing
from nncli.base.words import did_you_mean
from nncli.explain.plots.style import FORMATS, save_figure, styled
from nncli.explain.plots.subject import (
    UNUSABLE,
    NotApplicableError,
    PlotSource,
    Subject,
    subject_of,
)
from nncli.runs.comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Kind:
    """A kind of plot.

    Attributes
    ----------
    drawn_by : str
        ``module:function`` in this package; the function takes a `Subject`, returns a figure, and
        raises `NotApplicableError` if the subject lacks what it needs.
    summary : str
        What the plot shows.
    on_request : bool
        Whether it is drawn only if it is named, because it takes long.
    is_slow : str
        ``module:function`` of a function that returns whether this is so for a `Subject`.
    """

    drawn_by: str
    summary: str
    on_request: bool = False
    is_slow: str = ""

    def draw(self, subject: Subject) -> "Figure":
        """Return the plot of a subject."""
        figure: Figure = _function(self.drawn_by)(subject)
        return figure

    def is_only_named(self, subject: Subject) -> bool:
        """Return whether the plot of a subject is drawn only if it is named."""
        return self.on_request or bool(self.is_slow and _function(self.is_slow)(subject))


def _function(place: str) -> Callable[[Subject], Any]:
    """Return the function of a place ``module:function`` in this package."""
    module, _, function = place.partition(":")
    found: Callable[[Subject], Any] = getattr(
        import_module(f"nncli.explain.plots.{module}"), function
    )
    return found


def plot(
    what: PlotSource | Comparison | None = None,
    kinds: Sequence[str] | str | None = None,
    *,
    data: Path | str | None = None,
    trust_paths: bool = False,
    note: Note = warn,
) -> "dict[str, Figure]":
    """Return plots of a run, a model or a config as matplotlib figures.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig, Model, Result or Comparison, optional
        A config; or a model, its file, its run directory or the result of training. Without it,
        the kinds of functions draw all activations, losses and schedules. Of a `Comparison`, the
        curves of its runs are drawn in one plot.
    kinds : str or sequence of str
        Kinds to draw; default: all that apply, except slow ones and those that need data or a
        history that cannot be read. `PLOT_KINDS` lists them.
    data : path, optional
        New path of the data that the model was trained on, if it was moved; of a config, the path
        of its data. It replaces `data.path`.
    trust_paths : bool
        Whether to read data files named by a model from any path, as for `Model.evaluate`.
    note : function of str
        Called with each warning, such as on changed data, and on kinds and compared runs that
        are left out; default: issue a `NncliWarning`.

    Returns
    -------
    dict of str to matplotlib.figure.Figure

    Raises
    ------
    UsageError
        If matplotlib is missing, a kind is unknown or does not apply, or none applies.
    ConfigError, DataError, ModelFileError
        If `what` cannot be read; or its data, for a named kind, with `data`, or if nothing could
        be drawn without it.
    """
    chosen = _chosen(kinds)
    check_callable(note, "note")
    moved_to = None if data is None else path_in(data, "data")
    with styled():
        if isinstance(what, Comparison):
            return {"curves": _comparison_curves(what, chosen, note)}
        subject = subject_of(what, trust_paths=trust_paths, moved_to=moved_to, note=note)
        if chosen:
            return {name: _named_plot(name, subject) for name in chosen}
        figures, left_out = _all_plots(subject)
    if subject.problem and subject.moved_to:
        raise subject.problem
    if not figures:
        others = UsageError(f"{subject.name}: no kind of plot applies")
        raise next((error for error, _ in left_out.values()), others)
    for problem, (_, names) in left_out.items():
        note(f"{subject.name}: cannot draw {', '.join(names)}: {problem}")
    return figures


def _comparison_curves(found: Comparison, chosen: Sequence[str], note: Note) -> "Figure":
    from nncli.explain.plots.comparison import comparison_curves

    if others := [name for name in chosen if name != "curves"]:
        raise UsageError(f"{others[0]}: does not apply to a comparison; only curves does")
    return comparison_curves(found, note)


def _named_plot(name: str, subject: Subject) -> "Figure":
    """Return a plot that was asked for; the error if it does not apply names the subject."""
    try:
        return PLOT_KINDS[name].draw(subject)
    except NotApplicableError as error:
        place = f"{subject.name}: {name}" if subject.name else name
        raise NotApplicableError(f"{place}: {error}") from error


def _all_plots(
    subject: Subject,
) -> "tuple[dict[str, Figure], dict[str, tuple[NncliError, list[str]]]]":
    """Return the plots that apply, and the errors by message, each with the kinds that it ends."""
    figures, left_out = {}, dict[str, tuple[NncliError, list[str]]]()
    for name, kind in PLOT_KINDS.items():
        try:
            if not kind.is_only_named(subject):
                figures[name] = kind.draw(subject)
        except UNUSABLE as error:
            if error is subject.problem or not isinstance(error, NotApplicableError):
                problem = "; ".join(str(error).splitlines())
                left_out.setdefault(problem, (error, []))[1].append(name)
    return figures, left_out


def save_plots(
    figures: "Mapping[str, Figure]",
    place: Path | str,
    *,
    format: str | None = None,  # noqa: A002 - the name of the option
) -> list[Path]:
    """Write figures to files, and return their paths.

    The same figure gives the same bytes with the same matplotlib. Existing files are replaced,
    each atomically.

    Parameters
    ----------
    figures : mapping of str to matplotlib.figure.Figure
        The result of `plot`.
    place : path
        For one figure a file whose extension is a format; otherwise a folder for files named
        ``NAME.FORMAT``, which is created if missing.
    format : str, optional
        ``png`` (the default), ``svg`` or ``pdf``.

    Raises
    ------
    OutputError
        If a file cannot be written.
    UsageError
        If the format is unknown, or several figures are to be one file.
    """
    place = Path(place)
    ending = place.suffix.removeprefix(".").lower()
    is_file = ending in FORMATS and not place.is_dir()
    chosen = format or (ending if is_file else FORMATS[0])
    if chosen not in FORMATS:
        raise UsageError(f"format: found {format!r}; expected {' or '.join(FORMATS)}")
    if is_file and chosen != ending:
        raise UsageError(f"{place}: the extension does not match the format {chosen}")
    if is_file and len(figures) > 1:
        raise UsageError(f"{place}: found {len(figures)} plots for one file; expected a folder")
    folder = place.parent if is_file else place
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    paths = [place if is_file else folder / f"{name}.{chosen}" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        with atomic_write(path) as stream:
            save_figure(figure, stream, chosen)
    return paths


def _chosen(kinds: object) -> list[str]:
    """Return the names of kinds, without duplicates."""
    if kinds is None:
        return []
    names = [kinds] if isinstance(kinds, str) else kinds
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise unexpected("kinds", kinds, "names of plots such as 'curves'")
    for name in names:
        if name not in PLOT_KINDS:
            near = did_you_mean(name, [*PLOT_KINDS])
            hint = near or f"; expected one of {', '.join(PLOT_KINDS)}"
            raise UsageError(f"{name}: unknown kind of plot{hint}")
    return list(dict.fromkeys(names))


PLOT_KINDS: dict[str, Kind] = {
    "curves": Kind("curves:curves", "losses, metrics and any penalty over the epochs"),
    "rate": Kind("curves:rate", "learning rate over the epochs"),
    "gradients": Kind("curves:gradients", "gradient norm and saturation of each layer"),
    "data": Kind("data:data", "training rows: points, histograms and correlations, or images"),
    "surface": Kind(
        "surface:surface", "prediction over two columns, with rows and the units' lines"
    ),
    "hidden": Kind(
        "hidden:hidden", "rows as the last hidden layer sees them, before and after training"
    ),
    "network": Kind("network:network", "units and weights as a diagram"),
    "weights": Kind("weights:weights", "first-layer weights as pictures or a map, and histograms"),
    "mistakes": Kind("mistakes:mistakes", "worst predictions with truth and probabilities"),
    "rows": Kind("rows:rows", "first training rows: images with their numbers, tables as text"),
    "confusion": Kind("confusion:confusion", "predicted against true classes, or of each label"),
    "roc": Kind("thresholds:roc", "ROC curve, of each class if there are more than two"),
    "precision-recall": Kind("thresholds:precision_recall", "precision against recall"),
    "calibration": Kind("thresholds:calibration", "how often predicted probabilities come true"),
    "threshold": Kind(
        "thresholds:threshold", "precision, recall, F1 and accuracy over the threshold"
    ),
    "residuals": Kind("regression:residuals", "errors of a regression against its predictions"),
    "predicted": Kind("regression:predicted", "predicted against true values of a regression"),
    "importance": Kind(
        "importance:importance",
        "how much worse the model gets when a column is permuted; of images only if named",
        is_slow="importance:is_slow",
    ),
    "activations": Kind(
        "functions:activations", "activations with their slopes; without a run, all of them"
    ),
    "losses": Kind("functions:losses", "loss with its slope; without a run, all of them"),
    "schedules": Kind(
        "schedules:schedules", "learning rate of each schedule over the epochs; needs no run"
    ),
    "weights-history": Kind(
        "weights_history:weights_history",
        "weights of each layer during training; needs training.record_weights",
    ),
    "landscape": Kind(
        "landscape:landscape",
        "training loss around the path of training; needs training.record_weights",
        on_request=True,
    ),
}
