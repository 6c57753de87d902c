"""The base classes of sources of the user's own data, and the detection of a file's source."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from nncli.base.paths import nearby
from nncli.config.choices import Checked, IntegerOr, PathOr, WordOr, refusal, shown
from nncli.config.number_hints import number_hint
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


class ShareOrPath(PathOr):
    """Annotation for a number or fraction of rows, or the path of a file."""

    def __init__(self) -> None:
        super().__init__(Share)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed; a text such as ``30%`` is no path."""
        return self.numbers.validate_python(value) if number_hint(value) else super().check(value)


Part = Annotated[int | float | str, ShareOrPath()]
Path = Annotated[
    str, Field(description="path of the file or folder with the data, relative to the config")
]

_TASK = "binary, multiclass, multilabel or regression; default: inferred from the targets"


class ClassName(Checked):
    """Annotation for the name of a class: text, or a number or Boolean read as text."""

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
    """Return the field with the class weights."""
    return Field(
        None,
        description="weight of each class in training: balanced (the same total weight for every "
        "class), or a mapping of class to weight; default: every row has weight 1",
    )


def part_field(purpose: str, other: str = "a file") -> Any:
    """Return the field with the test or validation rows."""
    return Field(
        None,
        description=f"rows to set aside as the {purpose} set: a number, a fraction of all rows, or "
        f"{other}; classes keep their shares; default: {_DEFAULTS[purpose]}",
    )


_DEFAULTS = {
    "test": f"{TEST}, or 0 for fewer than {ROWS_TO_TEST} rows",
    "validation": f"{VALIDATION}, or 0 if the test set leaves fewer than "
    f"{ROWS_TO_VALIDATE_CLASSES} rows ({ROWS_TO_VALIDATE_NUMBERS} for regression and multilabel)",
}


class FileSource(Source):
    """Base class of all sources of the user's own data.

    Attributes
    ----------
    place : str
        Where the rows are, in words.
    """

    place: ClassVar[str] = "your own file"
    is_own: ClassVar[bool] = True
    paths: ClassVar[tuple[str, ...]] = ("path", "test", "validation")

    task: Task | None = Field(None, description=_TASK)
    rare: Rare = Field(
        "keep",
        description="what to do with rows of classes too rare for the splits or folds: keep (all "
        "go into the training set), drop or error",
    )

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """Return a copy with every path changed."""

        def changed(value: Any) -> Any:
            if isinstance(value, list):
                return [change(each) for each in value]
            return change(value) if isinstance(value, str) else value

        return self.model_copy(update={key: changed(getattr(self, key)) for key in self.paths})

    stratify: bool = Field(
        False,
        description="also stratify splits and folds by quantiles of numeric targets; by class they "
        "are always stratified",
    )
    classes: list[Annotated[str, ClassName()]] = Field(
        [], description="all classes, in order; default: sorted"
    )
    positive: Annotated[str, ClassName()] | None = Field(
        None,
        description="the positive class of two, to which threshold, precision, recall and similar "
        "metrics refer; default: the second class",
    )

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The given task, or all tasks; a multiclass task may turn out to be binary."""
        if self.task == "multiclass":
            return ("multiclass", "binary")
        return (self.task,) if self.task else TASKS

    def problems(self) -> Iterator[tuple[SourcePath, str]]:
        """Yield splits that leave no training rows, and class settings for other tasks."""
        yield from self._problems_of_classes()
        shares = {name: each for name, each in self.parts.items() if isinstance(each, float)}
        if sum(shares.values()) > 1:
            asked = " and ".join(f"data.{name}: {each}" for name, each in shares.items())
            yield ("validation",), f"{asked} leave no training rows"

    def _problems_of_classes(self) -> Iterator[tuple[SourcePath, str]]:
        tasks = self.possible_tasks
        for key in ("classes", "positive"):
            if getattr(self, key) and tasks and not {*tasks} & {*OF_CLASSES}:
                yield (key,), f"is for classes; a {' or a '.join(tasks)} task has none"
        if self.classes and self.positive is not None:
            yield (
                ("positive",),
                "data.classes already sets the order, and its second class is positive; remove "
                "one of them",
            )

    @property
    def order(self) -> "ClassOrder":
        """The order of the classes, as far as it is given."""
        from nncli.data.tables.class_order import ClassOrder

        return ClassOrder(self.classes, self.positive)

    @property
    def parts(self) -> dict[str, Any]:
        """The test and validation part, by name."""
        return {name: getattr(self, name) for name in ("test", "validation")}

    @property
    def rules(self) -> Rules:
        """The rules by which rows are split."""
        return Rules(rare=self.rare, stratify=self.stratify)

    @classmethod
    def whereabouts(cls) -> str:
        """Return that the rows are the user's own."""
        return cls.place


class PathSource(FileSource):
    """Base class of sources with the path of their training rows."""

    path: Path

    @model_validator(mode="before")
    @classmethod
    def _path_of_train(cls, values: Any) -> Any:
        """Accept `train` for `path`: it reads better next to `test` and `validation`."""
        if isinstance(values, dict) and "train" in values and "path" not in values:
            values = {"path" if key == "train" else key: each for key, each in values.items()}
        return values


class PartsSource(FileSource):
    """Base class of sources whose test and validation rows are files or parts of the first file."""

    test: Part | None = part_field("test")
    validation: Part | None = part_field("validation")

    @property
    def near_parts(self) -> dict[str, Any]:
        """`parts`, with paths as `nearby` returns them."""
        return {
            name: nearby(each) if isinstance(each, str) else each
            for name, each in self.parts.items()
        }


class OneFileSource(PartsSource, PathSource):
    """Base class of sources whose training rows are in one file."""


def name_source(values: Any, directory: FilePath | None) -> None:
    """Set the source in the values of a config that only names a file.

    The source is inferred from the file's content if `directory`, the base of relative paths, is
    given, else from its name.
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
    """Return the source for the given keys, first bytes and names of files; None without a file.

    First bytes are read only if `directory`, the base of relative paths, is given.
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
