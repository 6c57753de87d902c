"""The keys of the sources whose rows are handed over in Python."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr

from nncli.base.errors import DataError
from nncli.config.array_sources import ArraySource
from nncli.config.choices import OneOrList
from nncli.config.file_source import Share, part_field
from nncli.config.source import Source, Text
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import Path
from nncli.config.table_sources import TableKeys
from nncli.data.dataset import Dataset
from nncli.data.splitting import Fold

if TYPE_CHECKING:
    from nncli.data.arrays import Arrays
    from nncli.data.memory.given import GivenTable

_PARTS = ("validation", "test")
_PLACE = "handed over in Python"


@dataclass(frozen=True)
class Given:
    """Rows that were handed over.

    Attributes
    ----------
    train, validation, test : frame, list of dict, or (X, y) or (X, y, weights)
        None for rows that are taken from those to train with.
    classes : sequence of str
        Those that there are, in their order, where they are known.
    """

    train: Any
    validation: Any = None
    test: Any = None
    classes: Sequence[str] = ()

    def parts(self, targets: list[str]) -> "dict[str, Arrays | GivenTable]":
        """Return the rows of each part that was handed over.

        Parameters
        ----------
        targets : list of str
            What targets that stand beside are called, if the config says it.

        Raises
        ------
        DataError
            When they are no rows, or not all of one form.
        """
        from nncli.data.arrays import Arrays

        first = self._rows("train", targets)
        names = list(first.names) if isinstance(first, Arrays) else first.targets
        parts = {"train": first}
        for part in _PARTS:
            if getattr(self, part) is not None:
                parts[part] = self._rows(part, names)
                if type(parts[part]) is not type(first):
                    raise DataError(f"{part}_data: is of another form than the training rows")
        return parts

    def _rows(self, part: str, targets: list[str]) -> "Arrays | GivenTable":
        """Return one part; only training rows have weights."""
        from nncli.data.memory.given import given_rows

        rows = getattr(self, part)
        if not isinstance(rows, tuple):
            return given_rows(rows)
        if len(rows) not in (2, 3) or (len(rows) == 3 and part != "train"):
            expected = "(X, y), or (X, y, weights)" if part == "train" else "(X, y)"
            place = "data" if part == "train" else f"{part}_data"
            raise DataError(f"{place}: found a tuple of {len(rows)}; expected {expected}")
        X, y, *weights = rows
        weight = weights[0] if weights else None
        return given_rows(X, y, weight, targets=targets, classes=self.classes)


class _Memory(Source):
    """What both sources have in common."""

    _rows: "dict[str, Any]" = PrivateAttr(default_factory=dict)

    def holding(self, rows: "dict[str, Any]") -> Self:
        """Return it with the rows of its parts."""
        copy = self.model_copy()
        copy._rows = rows
        return copy

    def _there(self) -> "dict[str, Any]":
        """Return the rows. Raises `DataError` when they are not there."""
        if not self._rows:
            raise DataError(
                f"data.source: {self.source}: the rows were handed over in Python, and are not "
                "here; hand them over again, or give a file"
            )
        return self._rows

    @property
    def may_validate(self) -> bool:
        """Whether there may be rows to validate with: handed over, or taken from the others."""
        return "validation" in self._rows or super().may_validate


class FrameSource(TableKeys, _Memory):
    """A data frame, or a list of dicts, handed over in Python."""

    place: ClassVar[str] = _PLACE
    paths: ClassVar[tuple[str, ...]] = _PARTS
    source: Literal["frame"]
    target: Annotated[str | list[str], OneOrList(Text)] = Field(
        [], description="the column to predict, or a list of them; default: what stands beside"
    )

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Refuse a table without targets."""
        yield from super().problems()
        if not self.targets:
            yield ("target",), "missing; name the column to predict, or give (X, y)"

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Understand the columns."""
        from dataclasses import replace

        from nncli.data.tables.tabular import load_tables

        rows = self._there()
        first = rows["train"]
        choices = self.choices
        choices = replace(choices, classes=first.classes, weight=first.weight or choices.weight)
        parts = {**self.near_parts, **{part: rows[part].table for part in _PARTS if part in rows}}
        return load_tables(first.table, parts, choices, seed, fold)


class ArraysSource(ArraySource, _Memory):
    """Arrays of inputs and targets, handed over in Python."""

    place: ClassVar[str] = _PLACE
    paths: ClassVar[tuple[str, ...]] = ()
    source: Literal["arrays"]
    test: Share = part_field(0.2, "test", "other arrays")
    validation: Share = part_field(0.1, "validate", "other arrays")

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Understand the targets."""
        from nncli.data.arrays import load_arrays

        rows = self._there()
        parts = {name: rows.get(name, share) for name, share in self.parts.items()}
        return load_arrays(rows["train"], parts, self.task, seed, fold, self.class_weight)


def handed_over(section: Any, given: Given) -> "tuple[dict[str, Any], dict[str, Any]]":
    """Return the section ``data`` of a config for rows that were handed over, and the rows.

    Of the section in the config those keys stay that are not about where its own rows are.

    Raises
    ------
    DataError
        As `Given.parts`.
    """
    from nncli.data.memory.given import GivenTable

    values = dict(section) if isinstance(section, dict) else {}
    target = values.get("target", [])
    rows = given.parts([target] if isinstance(target, str) else target)
    first = rows["train"]
    kind = FrameSource if isinstance(first, GivenTable) else ArraysSource
    source = "frame" if kind is FrameSource else "arrays"
    elsewhere = {key for each in SOURCES.values() for key in each.model_fields} | {"train"}
    left_out = elsewhere - kind.model_fields.keys()
    values = {key: each for key, each in values.items() if key not in left_out}
    if isinstance(first, GivenTable) and first.targets:
        values["target"] = first.targets if len(first.targets) > 1 else first.targets[0]
    return {**values, "source": source, **{part: 0 for part in _PARTS if part in rows}}, rows
