"""What the sources that are files of the user's own share, and which of them a file is of."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from nncli.base.paths import nearby
from nncli.config.choices import Checked, IntegerOr, PathOr, WordOr, refusal, shown
from nncli.config.source import TASKS, Source
from nncli.config.sources import SOURCES
from nncli.config.strict_yaml import Path as SourcePath
from nncli.data.dataset import OF_CLASSES, Task
from nncli.data.division import (
    ROWS_TO_TEST,
    ROWS_TO_VALIDATE_CLASSES,
    ROWS_TO_VALIDATE_NUMBERS,
    TEST,
    VALIDATION,
)
from nncli.data.drawing import Rare, Rules
from nncli.data.files.kinds import FileKind, is_parquet_folder, kind_of_file, kind_of_name

if TYPE_CHECKING:
    from nncli.data.tables.class_order import ClassOrder

Share = Annotated[int | float, IntegerOr(0, fraction=True)]
Part = Annotated[int | float | str, PathOr(Share)]
Path = Annotated[str, Field(description="the file, relative to the config")]

_TASK = "default: as the targets look; binary, multiclass, multilabel or regression"


class ClassName(Checked):
    """Annotation for the name of a class: text, or what stands for its text."""

    def check(self, value: Any) -> str:
        """Return the text of `value`, if it is allowed."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return repr(value)
        raise refusal(f"found {shown(value)}; expected the name of a class: text or a number")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": kind} for kind in ("string", "number", "boolean")]}


Weight = Annotated[float, Field(ge=0, le=1e6)]
ClassWeight = (
    Annotated[Literal["balanced"] | dict[str, Weight], WordOr("balanced", dict[str, Weight])] | None
)


def class_weight_field() -> Any:
    """Return the field with the weights of classes."""
    return Field(
        None,
        description="how much the rows of each class count: balanced for all classes alike, or "
        "a number for each",
    )


def part_field(purpose: str, other: str = "a file") -> Any:
    """Return the field with rows to test or validate with."""
    return Field(
        None,
        description=f"rows or a fraction of all rows to {purpose} with, stratified and taken from "
        f"the training rows; or {other}; default: {_DEFAULTS[purpose]}",
    )


_DEFAULTS = {
    "test": f"{TEST}, or 0 of fewer than {ROWS_TO_TEST} rows",
    "validate": f"{VALIDATION}, or 0 if fewer than {ROWS_TO_VALIDATE_CLASSES} rows are left, of "
    f"numbers and labels {ROWS_TO_VALIDATE_NUMBERS}",
}


class FileSource(Source):
    """What all sources of the user's own have in common.

    Attributes
    ----------
    place : str
        Where the rows are, in words.
    """

    place: ClassVar[str] = "a file of your own"
    is_own: ClassVar[bool] = True
    paths: ClassVar[tuple[str, ...]] = ("path", "test", "validation")

    task: Task | None = Field(None, description=f"what is learned; {_TASK}")
    rare: Rare = Field(
        "keep",
        description="rows of classes that are too rare for the splits or folds: keep all in the "
        "training rows, drop them, or error",
    )

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """Return it with every path changed."""

        def changed(value: Any) -> Any:
            if isinstance(value, list):
                return [change(each) for each in value]
            return change(value) if isinstance(value, str) else value

        return self.model_copy(update={key: changed(getattr(self, key)) for key in self.paths})

    stratify: bool = Field(
        False,
        description="whether every split and fold has the same share of each tenth of the numbers "
        "to predict; of classes they always have",
    )
    classes: list[Annotated[str, ClassName()]] = Field(
        [], description="all classes in their order; default: by their names"
    )
    positive: Annotated[str, ClassName()] | None = Field(
        None,
        description="which of two classes is the second, of which threshold, precision and other "
        "metrics of one class are",
    )

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The task that is given; several classes may turn out to be two."""
        if self.task == "multiclass":
            return ("multiclass", "binary")
        return (self.task,) if self.task else TASKS

    def problems(self) -> Iterator[tuple[SourcePath, str]]:
        """Refuse parts that leave no row, and an order of classes where there are none."""
        yield from self._problems_of_classes()
        shares = {name: each for name, each in self.parts.items() if isinstance(each, float)}
        if sum(shares.values()) > 1:
            asked = " and ".join(f"data.{name}: {each}" for name, each in shares.items())
            yield ("validation",), f"{asked} leave no rows to train with"

    def _problems_of_classes(self) -> Iterator[tuple[SourcePath, str]]:
        tasks = self.possible_tasks
        for key in ("classes", "positive"):
            if getattr(self, key) and tasks and not {*tasks} & {*OF_CLASSES}:
                yield (key,), f"is for classes; a {' or a '.join(tasks)} has none"
        if self.classes and self.positive is not None:
            yield (
                ("positive",),
                "data.classes says the order already, its second is positive; leave one of them "
                "out",
            )

    @property
    def order(self) -> "ClassOrder":
        """What is said of the order of the classes."""
        from nncli.data.tables.class_order import ClassOrder

        return ClassOrder(self.classes, self.positive)

    @property
    def parts(self) -> dict[str, Any]:
        """The part of the data for each split but the training rows."""
        return {name: getattr(self, name) for name in ("test", "validation")}

    @property
    def rules(self) -> Rules:
        """How rows are divided, beside how many."""
        return Rules(rare=self.rare, stratify=self.stratify)

    @classmethod
    def whereabouts(cls) -> str:
        """Say that the rows are the user's."""
        return cls.place


class PathSource(FileSource):
    """What sources have in common that have the path of their training rows."""

    path: Path

    @model_validator(mode="before")
    @classmethod
    def _path_of_train(cls, values: Any) -> Any:
        """Take `train` for `path`, as it reads better beside other files."""
        if isinstance(values, dict) and "train" in values and "path" not in values:
            values = {"path" if key == "train" else key: each for key, each in values.items()}
        return values


class PartsSource(FileSource):
    """What sources have in common whose other rows are a file each, or taken from the first."""

    test: Part | None = part_field("test")
    validation: Part | None = part_field("validate")

    @property
    def near_parts(self) -> dict[str, Any]:
        """`parts` with the paths of files as `nearby` gives them."""
        return {
            name: nearby(each) if isinstance(each, str) else each
            for name, each in self.parts.items()
        }


class OneFileSource(PartsSource, PathSource):
    """What sources have in common whose training rows are in one file."""


def name_source(values: Any, directory: FilePath | None) -> None:
    """Say in the values of a config which source a file is of, where they name the file alone.

    Its name says so; where a directory is given, from which paths lead, its content does first.
    """
    if not isinstance(values, dict):
        return
    data = values.get("data")
    if isinstance(data, str):
        data = {"source": data}
    if not isinstance(data, dict):
        return
    name = data.get("source")
    if isinstance(name, str) and name not in SOURCES and _is_file(name, directory):
        data = {"path": name, **data}
        del data["source"]
    if "source" not in data and (source := source_of(data, directory)):
        values["data"] = {"source": source, **data}


def _is_file(name: str, directory: FilePath | None) -> bool:
    if FilePath(name).suffix or directory is None:
        return bool(FilePath(name).suffix)
    try:
        return (directory / name).exists()
    except (OSError, ValueError):
        return False


def source_of(values: Mapping[str, Any], directory: FilePath | None) -> str | None:
    """Return the source that files are of, by their keys, first bytes and names; None for none.

    First bytes are read where a directory is given, from which paths lead.
    """
    if "images" in values and "labels" in values:
        return "idx"
    if "inputs" in values and "targets" in values:
        return "npy" if isinstance(values["inputs"], str) else None
    name = values.get("path", values.get("train"))
    if not isinstance(name, str):
        return None
    if directory is None:
        return _SOURCES.get(kind_of_name(FilePath(name)), "csv")
    path = directory / name
    try:
        if path.is_dir():
            return "parquet" if is_parquet_folder(path) else "images"
        kind = kind_of_file(path)
    except OSError:
        kind = None
    return _SOURCES.get(kind) or _SOURCES.get(kind_of_name(path), "csv")


_SOURCES: dict[FileKind | None, str] = {
    "parquet": "parquet",
    "zip": "npz",
    **dict.fromkeys(("feather", "json lines", "json", "sqlite", "workbook"), "table"),
}
