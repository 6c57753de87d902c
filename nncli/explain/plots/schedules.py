"""Plots of learning-rate schedules."""

from typing import TYPE_CHECKING

from nncli.config.named import Named
from nncli.explain.plots.curves import draw_line
from nncli.explain.plots.style import BLUE, GRAY, ORANGE, new_figure
from nncli.explain.plots.subject import Subject
from nncli.nn.schedules import SCHEDULES, plateau_of, rate_function
from nncli.training.plan import Plan
from nncli.training.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EPOCHS, _RATE = 40, 0.01  # of an example
_POINTS = 1000
_NEGLIGIBLE = 1e-3  # a factor of the rate that cannot be told from 0 in the plot


def schedules(subject: Subject) -> "Figure":
    """Draw the learning rate of each schedule; that of a config with its own settings."""
    if subject.is_of_all:
        chosen, epochs, rate = None, _EPOCHS, _RATE
    else:
        settings = subject.job.config.training.complete
        chosen, epochs, rate = settings.schedule, max(settings.epochs, 1), settings.learning_rate
    stops = min(epochs // 4, 100)  # of an example
    figure = new_figure(9.6, 5.6)
    panels = figure.subplots(2, -(-len(SCHEDULES) // 2), sharex=True, sharey=True).ravel()
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
    for axes in panels[::3]:
        axes.set_ylabel("learning rate")
    what = f"learning rate {rate:g} over {epochs:,} epochs"
    title = f"Schedules: {what}" if subject.is_of_all else f"{subject.name}: {what}"
    figure.suptitle(title, x=0.01, horizontalalignment="left")
    return figure


def _rates(
    schedule: Named, learning_rate: float, epochs: int, stops: int
) -> tuple[list[float], list[float]]:
    """Return epochs and learning rates, if the monitored value improves only until `stops`."""
    function = rate_function(schedule.name, schedule.parameters, learning_rate, epochs)
    plateau = plateau_of(schedule.name, schedule.parameters)
    plan = Plan(epochs, function, "train_loss", plateau=plateau, keep_best=False)
    falls = _falls(plan, stops) if plateau else {}
    x = [epochs * (n + 0.5) / _POINTS for n in range(_POINTS)]
    factor = plateau.factor if plateau else 1.0
    y = [factor ** falls.get(int(t), max(falls.values(), default=0)) * function(t, 0) for t in x]
    return x, y


def _falls(plan: Plan, stops: int) -> dict[int, int]:
    """Return how often the rate has fallen before each epoch, up to a negligible rate."""
    progress, falls = Progress(), {0: 0}
    assert plan.plateau
    while progress.epoch < plan.epochs and plan.plateau.factor**progress.falls > _NEGLIGIBLE:
        progress.complete_epoch()
        value = -float(min(progress.epoch, stops))
        progress.offer(value, plan, dict, rises=False)
        progress.fall_if_due(plan)
        falls[progress.epoch] = progress.falls
    return falls
