"""The keys of the sources whose rows are passed in Python."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from nncli.base.errors import DataError
from nncli.config.array_sources import ArraySource
from nncli.config.choices import OneOrList, refusal
from nncli.config.file_source import Share, part_field
from nncli.config.source import Source
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import Path
from nncli.config.table_sources import TableKeys, Target
from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.data.names import plain_name

if TYPE_CHECKING:
    from nncli.data.arrays import Arrays
    from nncli.data.memory.given import GivenTable

_PARTS = ("validation", "test")
_PLACE = "given in Python"
# Keys of other sources that describe their own rows, and do not apply to passed ones.
_OF_OTHER_ROWS = {
    *("source", "path", "train", "inputs", "targets", "images", "labels", "X", "y"),
    *("size", "color", "rows", "noise", "balanced", "turns", "gate", "encoding", "table"),
}


@dataclass(frozen=True)
class Given:
    """Rows that are passed in Python.

    Attributes
    ----------
    train, validation, test : frame, list of dict, or (X, y) or (X, y, weights)
        None for rows that are taken from the training rows.
    classes : sequence of str
        All classes, in order, if known.
    """

    train: Any
    validation: Any = None
    test: Any = None
    classes: Sequence[str] = ()

    def parts(self, targets: list[str]) -> "dict[str, Arrays | GivenTable]":
        """Return the rows of each given part.

        Parameters
        ----------
        targets : list of str
            Names of separate targets, if the config gives them.

        Raises
        ------
        DataError
            When a part is not rows, or the parts differ in form.
        """
        first = self._rows("train", targets)
        parts = {"train": first}
        for part in _PARTS:
            if getattr(self, part) is not None:
                parts[part] = self._rows(part, _beside(first) or targets)
                if type(parts[part]) is not type(first):
                    raise DataError(
                        f"{part}_data: arrays and tables are mixed; pass it in the same form as "
                        "data"
                    )
        return parts

    def _rows(self, part: str, targets: list[str]) -> "Arrays | GivenTable":
        """Return the rows of one part; only training rows have weights."""
        from nncli.data.memory.given import given_rows

        rows, of = getattr(self, part), "" if part == "train" else f"{part}_data"
        if not isinstance(rows, tuple):
            return given_rows(rows, of=of)
        if len(rows) not in (2, 3) or (len(rows) == 3 and of):
            expected = "(X, y)" if of else "(X, y), or (X, y, weights)"
            raise DataError(f"{of or 'data'}: found a tuple of {len(rows)}; expected {expected}")
        X, y, *weights = rows
        weight = weights[0] if weights else None
        return given_rows(X, y, weight, targets=targets, classes=self.classes, of=of)


def _beside(rows: "Arrays | GivenTable") -> list[str]:
    """Return the names of the targets that are passed separately."""
    from nncli.data.arrays import Arrays

    return [*rows.names] if isinstance(rows, Arrays) else rows.targets


class _GivenSource(Source):
    """Base class of both sources."""

    is_given: ClassVar[bool] = True

    _rows: "dict[str, Any]" = PrivateAttr(default_factory=dict)

    def holding(self, rows: "dict[str, Any]") -> Self:
        """Return a copy with the rows of its parts."""
        copy = self.model_copy()
        copy._rows = rows
        return copy

    @property
    def absence(self) -> str | None:
        """Why the rows are not available; None if they are passed."""
        return None if self._rows else "its rows must be passed in Python, as data= of nncli.train"

    def _given(self) -> "dict[str, Any]":
        """Return the rows. Raises `DataError` when they were not passed."""
        if not self._rows:
            raise DataError(
                f"data.source: {self.source}: the rows were passed in Python and are not saved; "
                "pass them again as data="
            )
        return self._rows

    @property
    def may_validate(self) -> bool:
        """Whether there may be validation rows, passed or taken from the training rows."""
        return "validation" in self._rows or super().may_validate

    @property
    def validates_apart(self) -> bool:
        """Whether validation rows are passed separately."""
        return "validation" in self._rows or super().validates_apart


class FrameSource(TableKeys, _GivenSource):
    """A data frame, or a list of dicts, passed in Python."""

    place: ClassVar[str] = _PLACE
    paths: ClassVar[tuple[str, ...]] = _PARTS
    source: Literal["frame"]
    target: Annotated[str | list[str], OneOrList(Target)] = Field(
        [],
        description="column to predict, or a list of columns; default: the targets y that Python "
        "passes in data=(X, y)",
    )

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield missing targets, in addition to the problems of every table."""
        yield from super().problems()
        if not self.targets and not self.absence:
            yield ("target",), "missing; name the column to predict, or pass (X, y)"

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Infer the columns."""
        from dataclasses import replace

        from nncli.data.tables.tabular import load_tables

        rows = self._given()
        first, choices = rows["train"], self.choices
        if leaking := [name for name in first.shared if name not in self.drop]:
            raise DataError(
                f"y: has the name of the column {leaking[0]!r}; remove that column, add it to "
                "data.drop, or rename y"
            )
        for key in ("group", "time"):
            for part in [each for each in _PARTS if each in rows and getattr(self, key)]:
                raise DataError(
                    f"data.{key}: splits the rows of one table, but {part} rows are given, too"
                )
        choices = replace(
            choices,
            classes=first.classes,
            weight=first.weight or choices.weight,
            leaves_out=not first.targets,
        )
        parts = {**self.near_parts, **{part: rows[part].table for part in _PARTS if part in rows}}
        return load_tables(first.table, parts, choices, seed, fold)


class ArraysSource(ArraySource, _GivenSource):
    """Arrays of inputs and targets, passed in Python."""

    place: ClassVar[str] = _PLACE
    paths: ClassVar[tuple[str, ...]] = ()  # its parts are arrays or numbers
    source: Literal["arrays"]
    target: Annotated[str | list[str], OneOrList(Target)] | None = Field(
        None, description="name of the target, or a list of names; default: y, or y1, y2, ..."
    )
    test: Share | None = part_field("test", "other arrays")
    validation: Share | None = part_field("validation", "other arrays")

    @model_validator(mode="after")
    def _targets_differ(self) -> "ArraysSource":
        names = self.target if isinstance(self.target, list) else []
        if len({*names}) < len(names):
            raise refusal("two targets have the same name; give each its own name", below="target")
        return self

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Infer the targets."""
        from nncli.data.arrays import load_arrays

        rows = self._given()
        parts = {name: rows.get(name, share) for name, share in self.parts.items()}
        return load_arrays(
            rows["train"],
            parts,
            self.task,
            seed,
            fold,
            self.class_weight,
            rules=self.rules,
            order=self.order,
        )


def given_section(section: Any, given: Given) -> "tuple[Any, dict[str, Any]]":
    """Return the section ``data`` of a config for passed rows, and the rows.

    Keys that describe the section's own rows are removed. Errors in the section stay, for the
    schema to report.

    Raises
    ------
    DataError
        As for `Given.parts`, and for weights that are given twice.
    """
    from nncli.data.memory.given import GivenTable

    if not isinstance(section, dict | str | None):
        return section, {}
    own = section if isinstance(section, dict) else {}
    asked = _names(own.get("target"))
    rows = given.parts(asked)
    first = rows["train"]
    kind = FrameSource if isinstance(first, GivenTable) else ArraysSource
    values = {key: each for key, each in own.items() if not _is_of_other_rows(own, key, kind)}
    if isinstance(first, GivenTable) and first.weight and values.get("weight"):
        raise DataError(
            "data.weight: weights are also passed as data=(X, y, weights); remove one of them"
        )
    beside = _beside(first)
    names = beside if "target" not in values and not _is_default(beside, first) else asked
    if beside and names:
        values["target"] = names if len(names) > 1 else names[0]
    name = "frame" if kind is FrameSource else "arrays"
    return {**values, "source": name, **{part: 0 for part in _PARTS if part in rows}}, rows


def _names(target: object) -> list[str]:
    """Return the target names that a config gives; an empty list if the value is invalid."""
    given = target if isinstance(target, list) else [target]
    names = [plain_name(str(name)) for name in given if type(name) in (str, int)]
    return names if len(names) == len(given) else []


def _is_of_other_rows(section: Mapping[str, Any], key: str, kind: type[Source]) -> bool:
    """Return whether a key describes the rows that the passed ones replace.

    Defaults of the section's own source count, too: a config that was read before has them all.
    """
    if key == "target" and section[key] in (None, []):
        return True
    if key in kind.model_fields:
        return key in _OF_OTHER_ROWS
    source = section.get("source")
    fields = SOURCES[source].model_fields if isinstance(source, str) and source in SOURCES else {}
    return key in _OF_OTHER_ROWS or (key in fields and fields[key].default == section[key])


def _is_default(beside: Sequence[str], first: "Arrays | GivenTable") -> bool:
    """Return whether targets have their default names."""
    from nncli.data.arrays import Arrays
    from nncli.data.memory.forms import names_for

    return not beside or (isinstance(first, Arrays) and [*beside] == names_for("y", len(beside)))
