"""Rules about the scale of the inputs that the network sees.

The limits were measured with 4 inputs of the same scale, 40 epochs, relu and tanh, Adam and
gradient descent, 3 seeds each: a factor from 1 to 20 does no harm, 50 does in some runs. A factor
of 0.1 does in most, and with 0.03 nothing is learned. A mean of 3 standard deviations does little
harm; with 10, hardly anything is learned.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nncli.base.storage.mapping import take_rows
from nncli.base.words import count, listed
from nncli.data.scaling import SCALERS
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Change, Condition, Evidence
from nncli.explain.diagnosis.rules.gain import is_after_training, learned
from nncli.explain.diagnosis.rules.outliers import crushed_columns
from nncli.explain.diagnosis.rules.seen import LARGE, Seen, seen, trains
from nncli.explain.diagnosis.rules.start import LARGE_INPUT, far_first_loss
from nncli.training.outcome import DIVERGED

_OFFSET, _SMALL = 10.0, 0.05
_APART = 1000.0
"""A rate that suits one column is a million times too low for another: curvature is x squared."""

_MANY_COLUMNS = 100
"""Without negative numbers, these may be pixels: `standard` makes rarely lit ones huge."""

_FAILED = 0.5  # of what a constant guess misses; more is no failure
_LIKE_PIXELS = 100  # bytes with a larger one use their whole range


def _condition_of_size(least: float) -> Condition:
    return Condition(
        f"√(mean² + deviation²) > {least:g}",
        rf"\sqrt{{\text{{mean}}^2 + \text{{deviation}}^2}} > {least:g}",
        "mean, deviation: root mean squares of the means and the standard deviations of the "
        "columns",
    )


_LARGE_SIZE, _RATHER_LARGE_SIZE = map(_condition_of_size, (LARGE, LARGE_INPUT))
_MEAN = Condition(
    "mean > 10·deviation",
    r"\text{mean} > 10 \cdot \text{deviation}",
    _LARGE_SIZE.symbols,
)
_SMALL_SIZE = Condition(
    "√(mean of x²) < 0.05 for each column",
    r"\sqrt{\overline{x^2}} < 0.05 \text{ for each column}",
    "x: an input as the network sees it",
)
_RATIO = Condition(
    "least / most ≥ 1000",
    r"\text{least} / \text{most} \ge 1000",
    "least: smallest root mean square of the large columns; most: largest one of the small columns",
)


def not_scaled(case: Case) -> Iterator[Evidence]:
    """Find inputs that are far from 0 on average, or all huge or tiny, as nothing scales them."""
    leaves_scale = case.config.data.scale.name in ("none", "unit")
    # A normalization scales the sums of the first layer, whatever the scale of the inputs.
    if not leaves_scale or not trains(case) or case.network.blocks[0].between:
        return
    found = seen(case)
    if found is None:
        return
    numbers = (
        f"their columns have means of about {found.mean:.3g} and standard deviations of about "
        f"{found.deviation:.3g}"
    )
    large = f"the inputs that the network sees are large: {numbers}"
    if found.size > LARGE:
        evidence, formula = large, _LARGE_SIZE
        effect = "the sums of the first layer start far from 0, where units are hard to train"
    elif found.size > LARGE_INPUT and (shown := _harm_of_size(case)):
        evidence, formula = f"{large}; {shown}", _RATHER_LARGE_SIZE
        effect = "the sums of the first layer, and so the outputs, start far from 0"
    elif found.mean > _OFFSET * found.deviation:
        evidence, formula = f"the inputs that the network sees hardly differ: {numbers}", _MEAN
        effect = "each step mostly follows what all rows have in common, not how they differ"
    elif float(found.sizes.max()) < _SMALL:
        evidence, formula = f"the inputs that the network sees are nearly 0: {numbers}", _SMALL_SIZE
        effect = "the outputs hardly depend on them, and the weights get small gradients"
    else:
        return
    yield Evidence(
        f"{evidence}; for scaled inputs they are about 0 and 1",
        f"{_reason(case)}; {effect}",
        Change("data.scale", better_scale(case)),
        formula=formula,
    )


def _harm_of_size(case: Case) -> str:
    """Return in words how large the first loss is if training failed after it; else empty."""
    share = learned(case) if is_after_training(case) else None
    has_failed = case.ended == DIVERGED or (share is not None and share <= _FAILED)
    return far_first_loss(case) if has_failed else ""


def columns_apart(case: Case) -> Iterator[Evidence]:
    """Find columns that are far larger or smaller than all others."""
    if not trains(case) or case.dataset.images is not None:  # pixels have the same unit
        return
    if case.config.data.scale.name in ("standard", "minmax"):  # the same range for each column
        yield from crushed_columns(case)
        return
    found = seen(case)
    if found is None or len(found.sizes) < 2:
        return
    large, small = _groups(found)
    least, most = float(large.sizes.min()), float(small.sizes.max())
    if least < _APART * most:
        return
    few, others = (large, small) if len(large.names) <= len(small.names) else (small, large)
    named = f"{'column' if len(few.names) == 1 else 'columns'} {listed(few.names, 3)}"
    sizes = [_span(each) for each in (few, others)]
    yield Evidence(
        f"as the network sees them, {named} {'has' if len(few.names) == 1 else 'have'} a root mean "
        f"square of {sizes[0]}, and {count(len(others.names), 'other column')} of {sizes[1]}",
        f"{_reason(case)}; a learning rate that suits the large inputs is too low for the weights "
        "of the small ones, which the network cannot use",
        Change("data.scale", better_scale(case)),
        formula=_RATIO,
    )


def _groups(found: Seen) -> tuple[Seen, Seen]:
    """Return the larger and the smaller columns, divided where their sizes differ most."""
    order = np.argsort(-found.sizes, kind="stable")
    sizes = found.sizes[order]
    at = int(np.argmax(sizes[:-1] / sizes[1:])) + 1
    return _some(found, order[:at]), _some(found, order[at:])


def _some(found: Seen, places: NDArray[np.intp]) -> Seen:
    names = [found.names[at] for at in places]
    return Seen(names, found.means[places], found.deviations[places], found.sizes[places])


def _span(group: Seen) -> str:
    low, high = f"{group.sizes.min():.3g}", f"{group.sizes.max():.3g}"
    return low if low == high else f"{low} to {high}"


def _reason(case: Case) -> str:
    """Return why the inputs keep their scale."""
    name, data = case.config.data.scale.name, case.dataset
    dtype = np.dtype(np.float64) if data.features else data.splits["train"].inputs.dtype
    if name == "unit" and dtype.kind in "iu":
        return f"data.scale: unit divides by {np.iinfo(dtype).max}, the largest {dtype}"
    if name == "unit":
        return f"data.scale: unit leaves {dtype} numbers as they are; it is for whole numbers"
    return f"data.scale: {name} gives {SCALERS[name].summary}"


def better_scale(case: Case) -> str:
    """Return the scaling that suits the inputs: for pixels, none that enlarges rare ones."""
    split = case.dataset.splits["train"]
    if case.dataset.features:  # no pixels, and no whole numbers
        return "standard"
    some = take_rows(split.inputs, split.rows[case.places])
    if some.dtype == np.uint8 and int(some.max()) > _LIKE_PIXELS:
        return "unit"
    is_like_pixels = some.shape[1] >= _MANY_COLUMNS and float(some.min()) >= 0
    return "minmax" if case.dataset.images is not None or is_like_pixels else "standard"
