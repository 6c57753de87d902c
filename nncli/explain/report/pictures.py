"""The plots of a report."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from nncli.base.errors import NncliError
from nncli.explain.document.elements import Element, Picture
from nncli.explain.plots.kinds import PLOT_KINDS
from nncli.explain.plots.style import save_figure, styled
from nncli.explain.plots.subject import NotApplicableError
from nncli.explain.report.reported import Reported

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLORS = 64  # of a palette, which makes a picture a third as large


def pictures(about: Reported, kinds: Sequence[str]) -> Iterator[Element]:
    """Yield the plots that apply to a run, if there are to be pictures."""
    if not about.has_pictures:
        return
    for name in kinds:
        try:
            with styled():
                figure = PLOT_KINDS[name].draw(about.subject)
        except NotApplicableError:
            continue
        except NncliError as error:
            if error is not about.data_problem:
                raise
            continue
        yield picture_of(figure, f"{about.name}: {PLOT_KINDS[name].summary}")


def picture_of(figure: "Figure", alternative: str) -> Picture:
    """Return a figure as a small PNG; the same figure gives the same bytes."""
    from PIL import Image  # matplotlib requires it

    whole, small = BytesIO(), BytesIO()
    save_figure(figure, whole, "png")
    image = Image.open(whole).convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE)
    image.save(small, "png", optimize=True)
    return Picture(small.getvalue(), alternative)
