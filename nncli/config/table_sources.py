"""The keys of the sources for the user's own tables, in files of any format."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_serializer, model_validator

from nncli.base.paths import nearby
from nncli.base.words import did_you_mean, listed
from nncli.config.choices import Checked, ColumnName, OneOrList, Section, refusal, shown
from nncli.config.file_source import ClassWeight, OneFileSource, PartsSource, class_weight_field
from nncli.config.number_source import NumberSource
from nncli.config.source import Ends, Scale, scale_field
from nncli.config.strict_yaml import Path
from nncli.data.dataset import OF_CLASSES, Dataset, Task
from nncli.data.division import Fold
from nncli.data.files.dates import Order
from nncli.data.files.numerals import Decimal
from nncli.data.files.table import Kind
from nncli.data.names import plain_name
from nncli.data.tables.column import KINDS, MOST_BLANKS, Missing

if TYPE_CHECKING:
    from nncli.data.tables.choices import Choices


Target = Annotated[str, ColumnName(printable=True)]
Other = Annotated[str, ColumnName()]


class Constant(Checked):
    """Annotation for the value that replaces missing values: a number, a Boolean or text."""

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


class Blank(Checked):
    """Annotation for a cell that counts as missing: text, or a number read as text."""

    def check(self, value: Any) -> str:
        """Return the text of `value`, if it is allowed."""
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return repr(value)
        raise refusal(
            f"found {shown(value)}; expected text or a number; put words like this in quotes: "
            "'null'"
        )

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"anyOf": [{"type": kind} for kind in ("string", "number")]}


class ColumnSection(Section):
    """The settings of a column of a table."""

    kind: Kind | None = Field(None, description="number, boolean, category or date")
    order: Order | None = Field(
        None,
        description="order of day and month in dates such as 01/02/2000: dmy (day first) or mdy "
        "(month first)",
    )
    missing: Missing | None = Field(
        None,
        description="how to handle missing values: auto, error, mean, median, constant or "
        "indicator",
    )
    value: Annotated[float | bool | str, Constant()] | None = Field(
        None, description="value that replaces missing values, with missing: constant"
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "ColumnSection":
        if self.order is not None and self.kind != "date":
            raise refusal("is for dates; set kind: date", below="order")
        if (self.value is not None) != (self.missing == "constant"):
            wanted = "needs a value" if self.value is None else "takes no value; set constant"
            raise refusal(f"missing: {self.missing or 'error'} {wanted}", below="missing")
        return self

    @model_serializer
    def _in_short(self) -> str | dict[str, Any]:
        given = {key: getattr(self, key) for key in type(self).model_fields}
        given = {key: each for key, each in given.items() if each is not None}
        return given["kind"] if given.keys() == {"kind"} else given

    @property
    def settings(self) -> dict[str, Any]:
        """The settings, under the names of `nncli.data.tables.column`."""
        value = float(self.value) if isinstance(self.value, bool) else self.value
        given = {"kind": self.kind, "order": self.order, "missing": self.missing, "fill": value}
        return {key: each for key, each in given.items() if each is not None}


class KindOr(Checked):
    """Annotation for the kind of a column, or all its settings."""

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
        return {"anyOf": [{"enum": [*KINDS]}, ColumnSection.json_schema()]}


class TableKeys(NumberSource, PartsSource):
    """The keys of every table."""

    target: Annotated[str | list[str], OneOrList(Target)] = Field(
        description="column to predict, or a list of columns"
    )
    columns: dict[str, Annotated[ColumnSection, KindOr()]] = Field(
        {},
        description="kinds of columns, where the inferred one is wrong: number, boolean, category "
        "or date, or {kind, order, missing, value}; order is dmy or mdy, and missing is auto, "
        "error, mean, median, constant or indicator",
    )
    drop: list[Other] = Field([], description="columns to leave out")
    id: Other | None = Field(
        None, description="column that identifies rows: copied to the predictions, not an input"
    )
    weight: Other | None = Field(
        None, description="column with the weight of each row in training; not an input"
    )
    group: Other | None = Field(
        None,
        description="column of groups: rows of the same group are in the same split and fold; not "
        "an input",
    )
    time: Other | None = Field(
        None,
        description="column of numbers or dates that orders the rows: the last rows are the test "
        "set, those before them the validation set; an input unless dropped",
    )
    class_weight: ClassWeight = class_weight_field()
    blanks: list[Annotated[str, Blank()]] = Field(
        [],
        max_length=MOST_BLANKS,
        description="cell values that count as missing, such as NA, ? or -999",
    )
    decimal: Decimal | None = Field(
        None,
        description="decimal separator of numbers in text: a point or a comma; the other separates "
        "thousands; default: inferred from the columns, else a point",
    )
    missing: Literal["error", "auto"] = Field(
        "auto",
        description="how to handle missing values, unless data.columns sets it: error, or auto "
        "(numbers and dates: the median of the training rows; Booleans and text: an extra input "
        "that marks them)",
    )
    scale: Scale = scale_field("standard")

    _classes: list[str] = PrivateAttr(default_factory=list)
    _encoding: Any = PrivateAttr(None)

    @model_validator(mode="after")
    def _roles_differ(self) -> "TableKeys":
        named = [*self.targets, *self.drop, *filter(None, (self.id, self.weight))]
        for name in named:
            if named.count(name) > 1:
                raise refusal(
                    f"the column {name!r} is used more than once in target, drop, id and weight; "
                    "use it once"
                )
        for name in self.targets:
            if name in self.columns and self.columns[name].kind == "date":
                raise refusal(
                    f"the target {name!r} is a date, which cannot be predicted; convert it to a "
                    "number, such as days, or set category",
                    below="columns",
                )
        for key, column in (("group", self.group), ("time", self.time)):
            if column is not None and column in (*self.targets, self.weight):
                raise refusal(f"the column {column!r} is also the target or weight", below=key)
        return self

    @field_validator("columns")
    @classmethod
    def _plain_names(cls, columns: dict[str, ColumnSection]) -> dict[str, ColumnSection]:
        named = {plain_name(name): each for name, each in columns.items()}
        if len(named) < len(columns):
            name = next(
                name for name in columns if name not in named and plain_name(name) in columns
            )
            raise refusal(f"the column {plain_name(name)!r} is given twice, once as {name!r}")
        return named

    @property
    def targets(self) -> list[str]:
        """The names of all targets."""
        return [self.target] if isinstance(self.target, str) else self.target

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The possible tasks with this number of targets."""
        several = len(self.targets) > 1
        return tuple(
            each for each in super().possible_tasks if not (several and each in OF_CLASSES)
        )

    def ends(self, task: Task) -> Ends:
        """Return the inputs and outputs: an output per target, except for tasks with classes."""
        return super().ends(task) if task in OF_CLASSES else Ends(None, len(self.targets))

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield a task that does not suit the targets, and class weights for other tasks."""
        yield from super().problems()
        yield from self._problems_of_division()
        tasks = self.possible_tasks
        if not tasks:
            yield (
                ("task",),
                f"a {self.task} task has one target; found {listed(self.targets)}; for several "
                "Booleans set multilabel",
            )
        elif self.class_weight is not None and not {*tasks} & {*OF_CLASSES}:
            yield ("class_weight",), f"is for classes; a {' or a '.join(tasks)} task has none"

    def _problems_of_division(self) -> Iterator[tuple[Path, str]]:
        """Yield settings that conflict with groups and times."""
        if self.group is not None and self.time is not None:
            yield ("time",), "data.group is set, too; set only one of them"
        for key in ("group", "time"):
            if getattr(self, key) is None:
                continue
            for part, each in self.parts.items():
                if isinstance(each, str):
                    yield (key,), f"splits the rows of one file, but data.{part} names another file"
            if self.rare == "drop":
                yield ("rare",), f"found drop with data.{key}; expected keep or error"
        if self.time is not None and self.stratify:
            yield ("stratify",), "data.time splits the rows by time only; remove one of them"

    def knowing(self, classes: list[str], encoding: Any) -> Self:
        """Return a copy with the classes and the `Encoding` of a model."""
        copy = self.model_copy()
        copy._classes, copy._encoding = classes, encoding
        return copy

    @property
    def choices(self) -> "Choices":
        """The settings of the columns, as `nncli.data.tables.choices` takes them."""
        from nncli.data.tables.choices import Choices

        return Choices(
            target=self.targets,
            task=self.task,
            columns={name: each.settings for name, each in self.columns.items()},
            drop=self.drop,
            id=self.id,
            weight=self.weight,
            group=self.group,
            time=self.time,
            class_weight=self.class_weight,
            blanks=self.blanks,
            decimal=self.decimal,
            missing=self.missing,
            says_missing="missing" in self.model_fields_set,
            classes=self._classes,
            encoding=self._encoding,
            order=self.order,
            rules=self.rules,
        )


class EncodingName(Checked):
    """Annotation for the name of a Python text encoding."""

    def check(self, value: Any) -> str:
        """Return `value`, if it is allowed."""
        from nncli.data.files.hints import is_encoding

        if isinstance(value, str) and is_encoding(value):
            return value
        raise refusal(
            f"found {shown(value)}; expected an encoding, such as utf-8, utf-16, cp1252 or latin-1"
        )

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"type": "string"}


class TableSource(TableKeys, OneFileSource):
    """Base class of sources with files of tables."""

    encoding: Annotated[str, EncodingName()] | None = Field(
        None,
        description="text encoding, such as cp1252; default: detected (UTF-8, UTF-16 or cp1252)",
    )
    table: str | None = Field(
        None,
        description="table of a database or sheet of a workbook; default: the only table, or the "
        "first sheet",
    )

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the files and infer their columns."""
        from nncli.data.tables.tabular import load_tables

        return load_tables(self.table_of("train"), self.near_parts, self.choices, seed, fold)

    def table_of(self, split: str) -> Any:
        """Return the file with the rows of a split, and how to read it."""
        from nncli.data.files.hints import HintedFile, hints_of

        part = self.parts.get(split)
        path = part if isinstance(part, str) else self.path
        return HintedFile(nearby(path), hints_of(dict(self)))


class CsvSource(TableSource):
    """A CSV file with a header; also tab- or semicolon-separated, or gzipped."""

    source: Literal["csv"]


class ParquetSource(TableSource):
    """A Parquet file."""

    source: Literal["parquet"]


class AnyTableSource(TableSource):
    """A table in a file of any format, which is detected from its first bytes."""

    source: Literal["table"]
