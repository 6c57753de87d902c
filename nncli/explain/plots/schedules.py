"""Plots of learning-rate schedules."""

from bisect import bisect_right
from math import ceil
from typing import TYPE_CHECKING

from nncli.config.named import Named
from nncli.explain.plots.curves import draw_line
from nncli.explain.plots.names import short
from nncli.explain.plots.style import BLUE, GRAY, ORANGE, new_figure
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.nn.schedules import SCHEDULES, Plateau, plateau_of, rate_function
from nncli.training.plan import Plan
from nncli.training.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EPOCHS, _RATE = 40, 0.01  # of an example
_LARGEST = 1e100  # matplotlib cannot place larger numbers
_POINTS = 1000
_NEGLIGIBLE = 1e-3  # a factor of the rate that cannot be told from 0 in the plot


def schedules(subject: Subject) -> "Figure":
    """Draw the learning rate of each schedule; that of a config with its own settings."""
    if subject.is_of_all:
        chosen, epochs, rate = None, _EPOCHS, _RATE
    else:
        settings = subject.training.complete
        chosen, epochs, rate = settings.schedule, max(settings.epochs, 1), settings.learning_rate
    if rate > _LARGEST:
        raise NotApplicableError(f"needs a learning rate up to {_LARGEST:g}")
    stops = max(1, min(epochs // 4, 100))  # of an example
    figure = new_figure(9.6, 5.6)
    columns = ceil(len(SCHEDULES) / 2)
    panels = figure.subplots(2, columns, sharex=True, sharey=True).ravel()
    for axes, name in zip(panels, SCHEDULES, strict=False):
        is_chosen = chosen is not None and chosen.name == name
        parameters = SCHEDULES[name].complete(chosen.parameters if chosen and is_chosen else {})
        x, y = _rates(Named(name, parameters), rate, epochs, stops)
        draw_line(axes, x, y, color=ORANGE if is_chosen else BLUE)
        axes.set_title(f"{name} (this config)" if is_chosen else name, fontsize=10)
        shown = {key: each for key, each in parameters.items() if each or key != "warmup"}
        notes = [f"{key} {value:g}" for key, value in shown.items()]
        if plateau_of(name, parameters):
            axes.axvline(stops, color=GRAY, linewidth=1, linestyle=":")
            notes.append(f"here: no improvement\nafter epoch {stops}")
        axes.text(
            0.97, 0.95, "\n".join(notes), transform=axes.transAxes, fontsize=8, color=GRAY,
            horizontalalignment="right", verticalalignment="top",
        )  # fmt: skip
    for axes in panels[len(SCHEDULES) :]:
        axes.remove()
    panels[0].set_ylim(0, 1.25 * rate)
    for axes in figure.axes:
        axes.set_xlabel("epoch")
    for axes in panels[::columns]:
        axes.set_ylabel("learning rate")
    what = f"learning rate {rate:g} over {epochs:,} epochs"
    title = f"Schedules: {what}" if subject.is_of_all else f"{short(subject.name, 40)}: {what}"
    figure.suptitle(title, x=0.01, horizontalalignment="left")
    return figure


def _rates(
    schedule: Named, learning_rate: float, epochs: int, stops: int
) -> tuple[list[float], list[float]]:
    """Return epochs and learning rates, if the monitored value improves only until `stops`."""
    function = rate_function(schedule.name, schedule.parameters, learning_rate, epochs)
    plateau = plateau_of(schedule.name, schedule.parameters)
    plan = Plan(epochs, function, "train_loss", plateau=plateau, keep_best=False)
    falls = _falls(plan, plateau, stops) if plateau else []
    factor = plateau.factor if plateau else 1.0
    x = [epochs * (n + 0.5) / _POINTS for n in range(_POINTS)]
    return x, [factor ** bisect_right(falls, t) * function(t, 0) for t in x]


def _falls(plan: Plan, plateau: Plateau, stops: int) -> list[int]:
    """Return the epochs after which the rate falls, until it is negligible."""
    progress, falls = Progress(epoch=stops - 1), list[int]()
    while progress.epoch < plan.epochs and plateau.factor ** len(falls) > _NEGLIGIBLE:
        progress.complete_epoch()
        progress.offer(1.0, plan, dict, rises=False)  # never improves after the first time
        progress.fall_if_due(plan)
        if progress.falls > len(falls):
            falls.append(progress.epoch)
        progress.epoch += plateau.patience_epochs - 1  # no other epoch can change the rate
    return falls
