"""The user's settings for a table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nncli.base.errors import DataError
from nncli.base.words import did_you_mean, listed
from nncli.data.dataset import Task
from nncli.data.drawing import Rules
from nncli.data.files.numerals import Decimal
from nncli.data.files.table import Wanted
from nncli.data.tables.class_order import ClassOrder
from nncli.data.tables.encoding import Encoding
from nncli.data.weights import ClassWeights


@dataclass(frozen=True)
class Choices:
    """The user's settings for a table; everything else is inferred from its cells.

    Attributes
    ----------
    target : sequence of str
    task : str, optional
    columns : mapping of str to mapping
        For some columns, ``kind``, ``order`` (of dates), ``missing`` and ``fill``.
    drop : collection of str
        Columns to ignore.
    id : str, optional
        Column to show next to predictions; not an input.
    weight : str, optional
        Column of row weights in training.
    group : str, optional
        Column of groups: rows with the same cell stay in the same split; not an input.
    time : str, optional
        Column by whose order the rows are split; also an input.
    class_weight : "balanced" or mapping of class to number, optional
        Weights of the classes.
    blanks : collection of str
        Texts that count as blank cells.
    decimal : "." or ",", optional
        Decimal mark of numbers in text; by default inferred from the columns.
    missing : "error" or "auto"
        How to treat blank cells of columns for which `columns` does not set it: see `described`.
    says_missing : bool
        Whether the user set `missing`.
    leaves_out : bool
        Whether to leave out columns from which nothing can be learned; false if the inputs were
        given as such.
    classes : sequence of str
        Known classes, in order.
    encoding : Encoding, optional
        Known encoding of the columns as inputs.
    order : ClassOrder
        Order of the classes, used if they are not known yet.
    rules : Rules
        Rules for the split.
    """

    target: Sequence[str]
    task: Task | None = None
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drop: Collection[str] = ()
    id: str | None = None
    weight: str | None = None
    group: str | None = None
    time: str | None = None
    class_weight: ClassWeights | None = None
    blanks: Sequence[str] = ()
    decimal: Decimal | None = None
    missing: Literal["error", "auto"] = "auto"
    says_missing: bool = False
    leaves_out: bool = True
    classes: Sequence[str] = ()
    encoding: Encoding | None = None
    order: ClassOrder = field(default_factory=ClassOrder)
    rules: Rules = field(default_factory=lambda: Rules(rare="keep"))

    @property
    def roles(self) -> dict[str, str]:
        """The roles of columns that are not inputs, by name."""
        roles = dict.fromkeys(self.drop, "dropped")
        others = ((self.group, "group"), (self.id, "id"), (self.weight, "weight"))
        roles |= {name: role for name, role in others if name is not None}
        return roles | dict.fromkeys(self.target, "target")

    @property
    def named(self) -> list[str]:
        """All columns that the settings mention."""
        time = [] if self.time is None else [self.time]
        return list(dict.fromkeys([*self.roles, *time, *self.columns]))

    @property
    def kinds(self) -> dict[str, Wanted]:
        """The kinds that are not inferred from the cells; for dates, text is read as written."""
        chosen = {name: each["kind"] for name, each in self.columns.items() if each.get("kind")}
        chosen = {name: "written" if each == "date" else each for name, each in chosen.items()}
        if self.weight is not None:
            chosen[self.weight] = "number"
        for name in filter(None, (self.id, self.group)):
            chosen[name] = "category"  # as written in the file
        return chosen

    def check_names(self, names: Sequence[str], name: str) -> None:
        """Raise `DataError` if a column that the settings mention does not exist."""
        for column in self.named:
            if column not in names:
                role = self.roles.get(column, "time" if column == self.time else None)
                raise DataError(
                    f"{name}: has no column '{column}'"
                    + (f" for data.{_KEYS[role]}" if role else " for data.columns")
                    + (did_you_mean(column, names) or f"; it has {listed(names, 10)}")
                )


_KEYS = {"dropped": "drop", **{each: each for each in ("id", "weight", "group", "time", "target")}}
