"""The look of all plots, and files that are the same for the same plot."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import floor, log10
from typing import TYPE_CHECKING, Any, BinaryIO

from nncli.base.errors import UsageError
from nncli.base.extras import install_command

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's colors, which color-blind readers can distinguish, except black and yellow.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9"
)  # fmt: skip
COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY)
LINE_STYLES = ("-", "--", "-.", ":")  # for readers without color
GRAY = "#666666"
SEQUENTIAL, DIVERGING = "cividis", "RdBu_r"

DOTS_PER_INCH = 100
FORMATS = ("png", "svg", "pdf")
_ALL_DIGITS, _TWO_DIGITS = 0.5, 3.0  # decades of a log axis with room for all digits, or 2 and 5

_SETTINGS: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.dpi": DOTS_PER_INCH,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.6,
    "pdf.fonttype": 42,
    "savefig.dpi": DOTS_PER_INCH,
    "svg.fonttype": "path",
    "svg.hashsalt": "nncli",
    "text.parse_math": False,  # names from files may contain $
}
_PNG: dict[str, Any] = {
    "metadata": {"Software": None},
    "pil_kwargs": {"compress_level": 3},  # half the time of the default, 6; files as small
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style within a block, whatever the user's matplotlibrc says.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise UsageError(
            f"plots require matplotlib, which is not installed; get it with: "
            f"{install_command('plot')}"
        ) from error
    # A look at the backend would choose one, which imports pyplot and may contact a display.
    defaults = {key: each for key, each in matplotlib.rcParamsDefault.items() if key != "backend"}
    with matplotlib.rc_context(defaults | _SETTINGS):
        yield


def new_figure(width: float = 7.0, height: float = 4.2) -> "Figure":
    """Return an empty figure, in inches, that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def one_axes(width: float = 7.0, height: float = 4.2) -> "tuple[Figure, Axes]":
    """Return a figure with one axes."""
    figure = new_figure(width, height)
    return figure, figure.subplots()


def log_axis(axes: "Axes", name: str = "y") -> None:
    """Make an axis logarithmic, with plain numbers; matplotlib's own need its math text."""
    from matplotlib.ticker import FuncFormatter

    {"x": axes.set_xscale, "y": axes.set_yscale}[name]("log")
    axis = {"x": axes.xaxis, "y": axes.yaxis}[name]

    def label(value: float, _: int | None = None) -> str:
        """Return the number of a tick between powers of ten if there is room for it."""
        low, high = axis.get_view_interval()
        decades = log10(high / low)
        digit = round(value / 10 ** floor(log10(value)))
        has_room = decades <= _ALL_DIGITS or (decades <= _TWO_DIGITS and digit in (2, 5))
        return f"{value:g}" if has_room else ""

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(FuncFormatter(label))


def whole_numbers(axes: "Axes", name: str) -> None:
    """Put the ticks of an axis at whole numbers, for what is counted."""
    from matplotlib.ticker import MaxNLocator

    axis = {"x": axes.xaxis, "y": axes.yaxis}[name]
    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))


def save_figure(figure: "Figure", stream: BinaryIO, format_: str) -> None:
    """Write a figure; the same figure gives the same bytes with the same matplotlib."""
    with styled():
        if format_ == "png":
            _save_png(figure, stream)
        else:
            figure.savefig(stream, format=format_, metadata=_METADATA[format_])


def _save_png(figure: "Figure", stream: BinaryIO) -> None:
    """Write the picture that `savefig` writes, but draw once; it also draws for the layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    own, canvas = figure.canvas, FigureCanvasAgg(figure)
    try:
        canvas.print_png(stream, **_PNG)  # type: ignore[no-untyped-call]
    finally:
        figure.set_canvas(own)
