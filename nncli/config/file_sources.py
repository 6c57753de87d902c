"""The keys of the sources that are files of the user's own."""

import math
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_serializer, model_validator

from nncli.base.words import did_you_mean
from nncli.config.choices import (
    Checked,
    IntegerOr,
    OneOrList,
    PathOr,
    Section,
    WordOr,
    refusal,
    shown,
)
from nncli.config.source import Scale, Source, Text, scale_field
from nncli.data.arrays import Arrays, load_arrays
from nncli.data.dataset import Dataset, Task
from nncli.data.files.array_file import read_array, read_arrays
from nncli.data.files.image_format import MOST_INPUTS
from nncli.data.files.kinds import FileKind, kind_of_file, kind_of_name
from nncli.data.files.table import Kind
from nncli.data.image_folder import load_folders
from nncli.data.splitting import Fold
from nncli.data.tables.column import KINDS, MOST_BLANKS, Missing
from nncli.data.tables.tabular import Choices, load_tables

Share = Annotated[int | float, IntegerOr(0, fraction=True)]
Part = Annotated[int | float | str, PathOr(Share)]
Path = Annotated[str, Field(description="the file, relative to the config")]
Side = Annotated[int, Field(ge=1, le=MOST_INPUTS)]
Weight = Annotated[float, Field(ge=0, le=1e6)]

_TASK = "default: as the targets look; binary, multiclass, multilabel or regression"


def _part_field(share: float, purpose: str, other: str = "a file") -> Any:
    return Field(
        share,
        description=f"rows or a fraction of all rows to {purpose} with, stratified and taken from "
        f"the training rows; or {other}",
    )


class FileSource(Source):
    """What all sources that are files have in common."""

    paths: ClassVar[tuple[str, ...]] = ("path", "test", "validation")

    task: Task | None = Field(None, description=f"what is learned; {_TASK}")

    def beside(self, directory: FilePath) -> Self:
        """Return it with absolute paths."""
        update = {key: _absolute(getattr(self, key), directory) for key in self.paths}
        return self.model_copy(update=update)

    @property
    def parts(self) -> dict[str, Any]:
        """The part of the data for each split but the training rows."""
        return {name: getattr(self, name) for name in ("test", "validation")}

    @classmethod
    def whereabouts(cls) -> str:
        """Say that the rows are the user's."""
        return "a file of your own"


class OneFileSource(FileSource):
    """What sources have in common whose training rows are in one file."""

    path: Path
    test: Part = _part_field(0.2, "test")
    validation: Part = _part_field(0.1, "validate")

    @model_validator(mode="before")
    @classmethod
    def _path_of_train(cls, values: Any) -> Any:
        """Take `train` for `path`, as it reads better beside other files."""
        if isinstance(values, dict) and "train" in values and "path" not in values:
            values = {"path" if key == "train" else key: each for key, each in values.items()}
        return values


class Constant(Checked):
    """Annotation for what may stand for blank cells: a number, a Boolean or text."""

    def check(self, value: Any) -> Any:
        """Return `value`, numbers as floats, if it is allowed."""
        if isinstance(value, bool | str):
            return value
        if isinstance(value, int | float) and math.isfinite(value):
            return float(value)
        raise refusal(f"found {shown(value)}; expected a finite number, true or false, or text")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": kind} for kind in ("number", "boolean", "string")]}


class ColumnSection(Section):
    """What a column of a table is."""

    kind: Kind | None = Field(None, description="number, boolean or category")
    missing: Missing | None = Field(None, description="what blank cells are")
    value: Annotated[float | bool | str, Constant()] | None = Field(
        None, description="the constant that stands for blank cells"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "ColumnSection":
        if (self.value is not None) != (self.missing == "constant"):
            wanted = "needs a value" if self.value is None else "takes no value; say constant"
            raise refusal(f"missing: {self.missing or 'error'} {wanted}", below="missing")
        return self

    @model_serializer
    def _in_short(self) -> str | dict[str, Any]:
        given = {key: getattr(self, key) for key in type(self).model_fields}
        given = {key: each for key, each in given.items() if each is not None}
        return given["kind"] if given.keys() == {"kind"} else given

    @property
    def settings(self) -> dict[str, Any]:
        """What it says, in the words of `nncli.data.tables.column`."""
        value = float(self.value) if isinstance(self.value, bool) else self.value
        given = {"kind": self.kind, "missing": self.missing, "fill": value}
        return {key: each for key, each in given.items() if each is not None}


class KindOr(Checked):
    """Annotation for the kind of a column, or all that is said of it."""

    def check(self, value: Any) -> Any:
        """Return `value` as a section, if it is allowed."""
        if isinstance(value, ColumnSection):
            return value
        if isinstance(value, str) and value not in KINDS:
            hint = did_you_mean(value, KINDS) or f"; expected one of {', '.join(KINDS)}"
            raise refusal(f"unknown kind {shown(value)}{hint}")
        return ColumnSection.model_validate({"kind": value} if isinstance(value, str) else value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"enum": [*KINDS]}, ColumnSection.model_json_schema()]}


class TableSource(OneFileSource):
    """What CSV and Parquet files have in common."""

    target: Annotated[str | list[str], OneOrList(Text)] = Field(
        description="the column to predict, or a list of them"
    )
    columns: dict[str, Annotated[ColumnSection, KindOr()]] = Field(
        {},
        description="what columns are, where it is not what it seems: number, boolean or category, "
        "or {kind, missing, value}, where missing is error, mean, median, constant or indicator",
    )
    drop: list[str] = Field([], description="columns that are left out")
    id: str | None = Field(
        None, description="a column that is no input and stands beside the predictions"
    )
    weight: str | None = Field(None, description="a column with how much each row counts")
    class_weight: (
        Annotated[Literal["balanced"] | dict[str, Weight], WordOr("balanced", dict[str, Weight])]
        | None
    ) = Field(
        None,
        description="how much the rows of each class count: balanced for all classes alike, or "
        "a number for each",
    )
    blanks: list[str] = Field(
        [], max_length=MOST_BLANKS, description="what counts as a blank cell, such as NA or ?"
    )
    scale: Scale = scale_field("standard")

    @model_validator(mode="after")
    def _roles_differ(self) -> "TableSource":
        named = [*self.targets, *self.drop, *filter(None, (self.id, self.weight))]
        for name in named:
            if named.count(name) > 1:
                raise refusal(
                    f"the column {name!r} has two purposes among target, drop, id and weight; "
                    "expected one"
                )
        return self

    @property
    def targets(self) -> list[str]:
        """The names of all targets."""
        return [self.target] if isinstance(self.target, str) else self.target

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the files and understand their columns."""
        choices = Choices(
            target=self.targets,
            task=self.task,
            columns={name: each.settings for name, each in self.columns.items()},
            drop=self.drop,
            id=self.id,
            weight=self.weight,
            class_weight=self.class_weight,
            blanks=self.blanks,
        )
        parts = {
            name: _nearby(each) if isinstance(each, str) else each
            for name, each in self.parts.items()
        }
        return load_tables(_nearby(self.path), parts, choices, seed, fold)


class CsvSource(TableSource):
    """A CSV file: a header, and a row a line; also TSV, semicolons, gzipped."""

    source: Literal["csv"]


class ParquetSource(TableSource):
    """A Parquet file."""

    source: Literal["parquet"]


class ArraySource(FileSource):
    """What files of arrays have in common."""

    scale: Scale = scale_field("standard")

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the arrays."""
        parts = {
            name: each if isinstance(each, int | float) else self._read(each)
            for name, each in self.parts.items()
        }
        return load_arrays(self._read(self._first), parts, self.task, seed, fold)

    @property
    def _first(self) -> Any:
        raise TypeError(f"{type(self).__name__} does not say where its rows are")

    def _read(self, where: Any) -> Arrays:
        raise TypeError(f"{type(self).__name__} does not say how its rows are read")


class NpzSource(ArraySource, OneFileSource):
    """An npz file of NumPy with an array of inputs and one of targets."""

    source: Literal["npz"]
    X: str = Field("X", description="the array of the inputs, a row each")
    y: str = Field("y", description="the array of the targets or the classes")

    @property
    def _first(self) -> str:
        return self.path

    def _read(self, where: str) -> Arrays:
        path = _nearby(where)
        return Arrays.of_npz(read_arrays(path), self.X, self.y, str(path))


class PairOr(Checked):
    """Annotation for the paths of two files, or rows or a fraction."""

    _SHARE = IntegerOr(0, fraction=True)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if not isinstance(value, list):
            return self._SHARE.check(value)
        if len(value) != 2 or not all(isinstance(each, str) for each in value):
            raise refusal("expected a list of two files, first that of the inputs")
        return value

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        pair = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
        return {"anyOf": [self._SHARE.json_schema(), pair]}


Pair = Annotated[int | float | list[str], PairOr()]


class PairSource(ArraySource):
    """What two files have in common, one with the inputs and one with the targets."""

    test: Pair = _part_field(0.2, "test", "a list of two files")
    validation: Pair = _part_field(0.1, "validate", "a list of two files")

    def _read(self, where: list[str]) -> Arrays:
        inputs, targets = map(_nearby, where)
        return Arrays(read_array(inputs), read_array(targets), str(inputs), str(targets))


class NpySource(PairSource):
    """Two npy files of NumPy, one with the inputs and one with the targets."""

    source: Literal["npy"]
    paths: ClassVar[tuple[str, ...]] = ("inputs", "targets", "test", "validation")
    inputs: str = Field(description="the file of the inputs, relative to the config")
    targets: str = Field(description="the file of the targets or the classes")

    @property
    def _first(self) -> list[str]:
        return [self.inputs, self.targets]


class IdxSource(PairSource):
    """Two IDX files, one with images and one with labels; also gzipped."""

    source: Literal["idx"]
    paths: ClassVar[tuple[str, ...]] = ("images", "labels", "test", "validation")
    images: str = Field(description="the file of the images, relative to the config")
    labels: str = Field(description="the file of the labels")
    scale: Scale = scale_field("unit")

    @property
    def _first(self) -> list[str]:
        return [self.images, self.labels]


class ImagesSource(OneFileSource):
    """A folder with PNG and JPEG images, in a sub-folder for each class."""

    source: Literal["images"]
    size: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = Field(
        None,
        description="[height, width], to which every image is brought; default: that of the first "
        "image, which all must have",
    )
    color: Literal["gray", "grey", "rgb"] | None = Field(
        None,
        description="what every image is turned into: gray (or grey), or rgb; default: as the "
        "first image, and a color image among gray ones is an error",
    )
    scale: Scale = scale_field("unit")

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the images."""
        parts = {
            name: _nearby(each) if isinstance(each, str) else each
            for name, each in self.parts.items()
        }
        return load_folders(
            _nearby(self.path),
            parts,
            self.task,
            seed,
            fold,
            size=(self.size[0], self.size[1]) if self.size else None,
            channels=_CHANNELS[self.color] if self.color else None,
        )

    @classmethod
    def whereabouts(cls) -> str:
        """Say that the images are the user's."""
        return "a folder of your own"


def source_of(values: Mapping[str, Any], directory: FilePath) -> str | None:
    """Return the source that files are of, by their keys, first bytes and names; None for none."""
    if "images" in values and "labels" in values:
        return "idx"
    if "inputs" in values and "targets" in values:
        return "npy" if isinstance(values["inputs"], str) else None
    name = values.get("path", values.get("train"))
    if not isinstance(name, str):
        return None
    path = directory / name
    if path.is_dir():
        return "images"
    try:
        kind = kind_of_file(path)
    except OSError:
        kind = None
    return _SOURCES.get(kind) or _SOURCES.get(kind_of_name(path), "csv")


def _nearby(name: str) -> FilePath:
    """Return a path as short as it can be, for messages."""
    path, here = FilePath(name), FilePath.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _absolute(value: Any, directory: FilePath) -> Any:
    if isinstance(value, list):
        return [_absolute(each, directory) for each in value]
    return str(directory.absolute() / value) if isinstance(value, str) else value


_CHANNELS = {"gray": 1, "grey": 1, "rgb": 3}
_SOURCES: dict[FileKind | None, str] = {"parquet": "parquet", "zip": "npz"}
