"""Features: inputs of a network that are computed from the inputs of the rows.

A network without features takes the inputs of the rows as they are. Features are computed in
float64 from unscaled inputs, number by number, so that a row has the same features alone and among
others. They are scaled like other inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nncli.base.errors import DataError
from nncli.base.storage.mapping import row_blocks
from nncli.base.words import did_you_mean, listed
from nncli.nn.entries import Entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncli.data.tables.encoding import Encoding

    Numbers = NDArray[np.float64]
else:
    Numbers = Any

OF_IMAGES = "the rows are images, and features are computed from columns of numbers; remove the key"
"""The problem of features of images."""

MOST = 1000
"""Most features of a network."""


def same(x: Numbers) -> Numbers:
    """Return x."""
    return x


def square(x: Numbers) -> Numbers:
    """Return x²."""
    return x * x


def product(x: Numbers, y: Numbers) -> Numbers:
    """Return x y."""
    return x * y


def sine(x: Numbers) -> Numbers:
    """Return sin(x) of the unscaled x, in radians."""
    return np.sin(x)


@dataclass(frozen=True)
class FeatureKind(Entry):
    """A way to compute a feature.

    Attributes
    ----------
    arguments : int
        The number of inputs that it takes.
    of : function of arrays (N,) to array (N,)
        The formula. The arrays are contiguous.
    label : str
        The name of such a feature, with ``{}`` for the name of each input.
    commutes : bool
        Whether the order of the inputs makes no difference.
    """

    arguments: int
    of: Callable[..., Numbers]
    label: str
    commutes: bool = False


INPUT = "input"
"""The kind of a feature that is an input itself; a config gives its name alone."""

FEATURES: dict[str, FeatureKind] = {
    INPUT: FeatureKind("the input x itself", 1, same, "{}"),
    "square": FeatureKind("the square x²", 1, square, "{}²"),
    "product": FeatureKind("the product x y of two inputs", 2, product, "{}·{}", commutes=True),
    "sine": FeatureKind("the sine of x, unscaled and in radians", 1, sine, "sin {}"),
}

COMPUTED = {name: kind for name, kind in FEATURES.items() if name != INPUT}
"""The kinds that a config names."""


@dataclass(frozen=True)
class Feature:
    """A feature of some inputs.

    Attributes
    ----------
    kind : str
        A name in `FEATURES`.
    inputs : tuple of int
        The places of its inputs in a row.
    name : str
    """

    kind: str
    inputs: tuple[int, ...]
    name: str

    @classmethod
    def of(cls, kind: str, inputs: Sequence[int], columns: Sequence[str]) -> Feature:
        """Return a feature with the name that its inputs, one of each of the `columns`, give it."""
        name = FEATURES[kind].label.format(*(columns[place] for place in inputs))
        return cls(kind, tuple(inputs), name)


@dataclass(frozen=True)
class Features:
    """All inputs of a network, each computed from the inputs of a row."""

    each: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """The names of the features."""
        return [feature.name for feature in self.each]

    def scaled(self, inputs: Sequence[bool]) -> list[bool]:
        """Return which features are scaled, given which inputs are: those computed always are."""
        return [each.kind != INPUT or inputs[each.inputs[0]] for each in self.each]

    def values(self, inputs: NDArray[Any]) -> Numbers:
        """Return the features (N, F) of inputs (N, I), in float64.

        Raises
        ------
        DataError
            If a feature is larger than inputs may be.
        """
        found = np.empty((len(inputs), len(self.each)))
        for place, feature in enumerate(self.each):
            numbers = (inputs[:, each].astype(np.float64) for each in feature.inputs)
            found[:, place] = FEATURES[feature.kind].of(*numbers)
            _check_size(feature, found[:, place], inputs)
        return found

    def check(self, inputs: NDArray[Any]) -> None:
        """Raise `DataError` as `values` does, without keeping the features."""
        for _, block in row_blocks(inputs):
            self.values(block)

    def computed(self, inputs: NDArray[Any]) -> Numbers:
        """Return the features as `values` does; many are mapped from a temporary file."""
        from nncli.base.storage.temporary_file import stacked  # imports NumPy at once

        blocks = (self.values(block) for _, block in row_blocks(inputs))
        return stacked(blocks, (len(inputs), len(self.each)), np.float64)

    def largest_of_inputs(self, sizes: NDArray[Any], inputs: int) -> NDArray[Any]:
        """Return the largest of the sizes (F,) of each input's features; 0 if it has none."""
        largest = np.zeros(inputs, sizes.dtype)
        for size, feature in zip(sizes, self.each, strict=True):
            for place in feature.inputs:
                largest[place] = max(largest[place], size)
        return largest

    def as_json(self) -> list[dict[str, Any]]:
        """Return the features as JSON values, without the names, which the inputs give them."""
        return [{"kind": each.kind, "inputs": list(each.inputs)} for each in self.each]


def _check_size(feature: Feature, values: Numbers, inputs: NDArray[Any]) -> None:
    from nncli.data.tables.column import LARGEST, suits, unsuited_numbers  # slow to import

    if feature.kind == INPUT or suits(values):  # inputs are checked where they are read
        return
    row = int(unsuited_numbers(values).argmax())
    of = " and ".join(f"{float(inputs[row, each]):g}" for each in feature.inputs)
    raise DataError(
        f"data.features: {feature.name} is {values[row]:g} where a row has {of}; expected a number "
        f"from {-LARGEST:g} to {LARGEST:g}; correct the row, or divide its column by a large number"
    )


def parts_of(written: str | Mapping[str, str | Sequence[str]]) -> tuple[str, list[str]]:
    """Return the kind and the names of the columns of a feature as a config has it."""
    if isinstance(written, str):
        return INPUT, [written]
    ((kind, names),) = written.items()
    return kind, [names] if isinstance(names, str) else [*names]


def features_of(
    written: Sequence[str | Mapping[str, str | Sequence[str]]],
    columns: Sequence[str],
    encoding: Encoding | None = None,
) -> Features:
    """Return the features of a config for rows with these columns.

    Parameters
    ----------
    columns : sequence of str
        Names of the inputs of the rows.
    encoding : Encoding, optional
        Encoding of a table as these inputs. The name of a column is then all of its inputs, as a
        category has one per text; a feature is computed of numbers and Booleans only.

    Raises
    ------
    DataError
        If a name is no column, or a column is not numeric.
    """
    places, numeric = _places(columns, encoding)
    found: list[Feature] = []
    for each in written:
        kind, names = parts_of(each)
        for name in names:
            if problem := unknown_column(name, places):
                raise DataError(f"data.features: {problem}")
            if kind != INPUT and name not in numeric:
                raise DataError(
                    f"data.features: {kind} of {name!r}, a column without numbers; expected one of "
                    f"{listed(sorted(numeric)) or 'none'}, or its name alone"
                )
        if kind == INPUT:
            found += [Feature.of(INPUT, [place], columns) for place in places[names[0]]]
        else:
            found.append(Feature.of(kind, [places[name][0] for name in names], columns))
    return Features(tuple(found))


def unknown_column(name: str, columns: Collection[str]) -> str | None:
    """Return the problem if a feature names no column, with the likely one."""
    if name in columns:
        return None
    near = did_you_mean(name, [*columns]) or f"; expected one of {listed([*columns])}"
    return f"unknown column {name!r}{near}"


def _places(
    columns: Sequence[str], encoding: Encoding | None
) -> tuple[dict[str, list[int]], set[str]]:
    """Return the inputs of each column by name, and the columns that are numbers or Booleans."""
    if encoding is None:
        return {name: [place] for place, name in enumerate(columns)}, {*columns}
    places, start = dict[str, list[int]](), 0
    known = encoding.by_plain_names.columns
    for column in known:
        end = start + len(column.inputs)
        places[column.name] = [*range(start, end)]
        start = end
    return places, {each.name for each in known if each.kind in ("number", "boolean")}
