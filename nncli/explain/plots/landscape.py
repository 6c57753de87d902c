"""Plot of the loss around the path of training, in the plane of its two main directions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.random_streams import Stream, generator
from nncli.base.threads import limited_threads
from nncli.base.words import count
from nncli.engines.batches import Batches
from nncli.explain.plots.names import short
from nncli.explain.plots.panels import evenly_spaced
from nncli.explain.plots.style import ORANGE, SEQUENTIAL, new_figure
from nncli.explain.plots.subject import NotApplicableError, Subject
from nncli.model.passes import suited_threads_for
from nncli.nn.network import Network
from nncli.runs.job import Job
from nncli.training.recorded_weights import RecordedWeights

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Numbers = NDArray[np.float64]

POINTS = 41  # of the grid, along each axis
MOST_ROWS = 2000  # training rows that losses are computed from
_MOST_COPIES = 500  # of the path
_MARGIN = 0.2  # around the path, as a fraction of its extent
_BLOCK = 1 << 16  # parameters
_FEW = 60  # copies that get a marker each
_LEVELS = 24
_LOG_RATIO = 5  # losses of a larger ratio get logarithmic levels
_STRAIGHT = 1e-12  # a smaller share of the variance is rounding


@dataclass(frozen=True)
class _Plane:
    """The plane through the last weights along the two main directions of the path.

    Attributes
    ----------
    origin : array (P,)
    directions : array (2, P)
        Unit vectors.
    places : array (N, 2)
        Projections of the path's copies.
    shares : array (2,)
        Shares of the path's variance around the origin.
    """

    origin: Numbers
    directions: Numbers
    places: Numbers
    shares: Numbers

    def project(self, weights: NDArray[Any]) -> Numbers:
        """Return the coordinates (2,) of a vector of weights."""
        return np.asarray(self.directions @ (weights - self.origin))


def landscape(subject: Subject) -> "Figure":
    """Draw the training loss in the plane of the two main directions of the recorded path."""
    recorded, job = subject.recorded_weights, subject.job
    plane = _plane_of(recorded)
    own = plane.project(subject.model.network.parameters)
    x, y = (_axis(np.append(plane.places[:, n], own[n])) for n in (0, 1))
    losses, rows = _losses(job, recorded, plane, x, y)
    figure = new_figure(7.4, 5.8)
    axes = figure.subplots()
    _draw_losses(figure, axes, x, y, losses)
    _draw_path(axes, plane, recorded, own, subject)
    total = len(job.order.split)
    some = f"{rows:,} of {total:,} training rows, drawn by seed {job.config.seed}"
    if rows == total:
        some = f"all {total:,} training rows"
    figure.suptitle(
        f"{short(subject.name, 40)}: loss around the path of training\n"
        f"{POINTS} × {POINTS} losses of {some}",
        x=0.01,
        horizontalalignment="left",
        fontsize=11,
    )
    first, second = (f"{100 * share:.3g} % of the path's variance" for share in plane.shares)
    axes.set_xlabel(f"first main direction: {first}")
    axes.set_ylabel(f"second main direction: {second}")
    return figure


@limited_threads(1)  # so that the numbers do not depend on the machine's processors
def _plane_of(recorded: RecordedWeights) -> _Plane:
    """Return the plane of a path, from the singular values of its copies around the last."""
    kept = evenly_spaced(len(recorded), _MOST_COPIES)
    copies, origin = recorded.parameters[kept], recorded.parameters[-1].astype(np.float64)
    products = np.zeros((len(copies), len(copies)))
    blocks = [slice(n, n + _BLOCK) for n in range(0, len(origin), _BLOCK)]
    for block in blocks:
        apart = copies[:, block] - origin[block]
        products += apart @ apart.T
    squares, vectors = np.linalg.eigh(products)
    if len(squares) < 3 or squares[-2] <= _STRAIGHT * squares[-1]:
        raise NotApplicableError(
            "needs a recorded path with two directions; record more often: a smaller "
            "training.record_weights"
        )
    lengths, units = np.sqrt(squares[:-3:-1]), vectors[:, :-3:-1]
    units = units * np.where(units[np.abs(units).argmax(axis=0), [0, 1]] < 0, 1, -1)
    directions = np.empty((2, len(origin)))
    for block in blocks:
        directions[:, block] = (units / lengths).T @ (copies[:, block] - origin[block])
    shares = squares[:-3:-1] / np.trace(products)
    return _Plane(origin, directions, units * lengths, shares)


def _axis(values: Numbers) -> Numbers:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low)
    return np.linspace(low - margin, high + margin, POINTS)


@np.errstate(over="ignore", invalid="ignore")  # losses far from the path may be infinite
def _losses(
    job: Job, recorded: RecordedWeights, plane: _Plane, x: Numbers, y: Numbers
) -> tuple[Numbers, int]:
    """Return the losses (y, x) of the points of the plane, and the number of rows."""
    split, setup = job.order.split, job.setup
    random = generator(job.config.seed, Stream.PLOT)
    chosen = np.sort(random.permutation(len(split))[:MOST_ROWS])
    X, T = Batches(split, setup.scaling, setup.codes, MOST_ROWS).gather(split.rows[chosen])
    network = Network(
        job.network.layers, np.empty_like(job.network.parameters), recorded.state[-1].copy()
    )
    work = network.workspace(len(X))
    losses = np.empty((len(y), len(x)))
    with suited_threads_for(network):
        for at in np.ndindex(losses.shape):
            place = np.array([x[at[1]], y[at[0]]])
            network.parameters[...] = plane.origin + place @ plane.directions
            network.logits(X, work)
            losses[at] = setup.objective(network, T, work)
    return losses, len(X)


def _draw_losses(figure: "Figure", axes: "Axes", x: Numbers, y: Numbers, losses: Numbers) -> None:
    from matplotlib.colors import LogNorm, Normalize

    finite = losses[np.isfinite(losses)]
    if not finite.size:
        raise NotApplicableError("needs finite losses around the path")
    low, high = float(finite.min()), float(finite.max())
    scale: type[Normalize]
    if low > 0 and high > _LOG_RATIO * low:
        levels, scale = np.geomspace(low, high, _LEVELS), LogNorm
    else:
        high = high if high > low else low + 1
        levels, scale = np.linspace(low, high, _LEVELS), Normalize
    levels[0], levels[-1] = low, high  # exactly, so that no extreme is left out
    shown = np.ma.masked_invalid(losses)
    filled = axes.contourf(x, y, shown, levels, norm=scale(low, high), cmap=SEQUENTIAL)
    axes.contour(x, y, shown, levels[::3], colors="white", linewidths=0.4, alpha=0.6)
    axes.grid(visible=False)
    bar = figure.colorbar(filled, ax=axes, label="training loss")
    bar.set_ticks(levels[::3].tolist(), labels=[f"{level:.3g}" for level in levels[::3]])
    bar.minorticks_off()


def _draw_path(
    axes: "Axes", plane: _Plane, recorded: RecordedWeights, own: Numbers, subject: Subject
) -> None:
    """Draw the path with its start and end, and the model if it is elsewhere."""
    from matplotlib.patheffects import withStroke

    outline = [withStroke(linewidth=3.5, foreground="white")]
    x, y = plane.places.T
    every = count(recorded.every, "step")
    best = subject.model.training["best_epoch"]
    for xs, ys, style, size, color, label in (
        (x, y, ".-" if len(x) <= _FEW else "-", 7, "black", f"path, a copy every {every}"),
        (x[:1], y[:1], "o", 9, "black", "before training"),
        (x[-1:], y[-1:], "s", 9, "black", f"last copy, after epoch {recorded.epochs[-1]:.4g}"),
        (own[:1], own[1:], "*", 15, ORANGE, f"the model, epoch {best}"),
    ):
        axes.plot(xs, ys, style, color=color, label=label, markersize=size, path_effects=outline)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=2)
