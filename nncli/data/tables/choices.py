"""What the user has said of a table, and where its columns are spoken of."""

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
    """What the user has said of a table; everything else shows in its cells.

    Attributes
    ----------
    target : sequence of str
    task : str, optional
    columns : mapping of str to mapping
        Of some columns ``kind``, ``order`` (of dates), ``missing`` and ``fill``.
    drop : collection of str
        Columns that are not read.
    id : str, optional
        A column that is no input, but stands beside the predictions.
    weight : str, optional
        A column that says how much each row counts in training.
    group : str, optional
        A column that is no input: rows with the same cell are all in the same split.
    time : str, optional
        A column by whose order the rows are divided; an input like any other.
    class_weight : "balanced" or mapping of class to number, optional
        How much the rows of each class count.
    blanks : collection of str
        Cells that count as blank.
    decimal : "." or ",", optional
        What begins the fraction of a number in text; by default what the columns show.
    missing : "error" or "auto"
        What blank cells are in columns of which `columns` does not say it: see `described`.
    says_missing : bool
        Whether that was said, and is no default.
    leaves_out : bool
        Whether columns that nothing can be learned from are left out; not of inputs that were
        given as such.
    classes : sequence of str
        Those that there are, in their order, where they are known.
    encoding : Encoding, optional
        How the columns become inputs, where it is known.
    order : ClassOrder
        What is said of the order of the classes, where they are not known.
    rules : Rules
        How rows are divided.
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
        """What the columns that are no inputs are, by name."""
        roles = dict.fromkeys(self.drop, "dropped")
        others = ((self.group, "group"), (self.id, "id"), (self.weight, "weight"))
        roles |= {name: role for name, role in others if name is not None}
        return roles | dict.fromkeys(self.target, "target")

    @property
    def named(self) -> list[str]:
        """All columns that are spoken of."""
        time = [] if self.time is None else [self.time]
        return list(dict.fromkeys([*self.roles, *time, *self.columns]))

    @property
    def kinds(self) -> dict[str, Wanted]:
        """The kinds that are not to be taken from the cells; of dates, that text stays so."""
        chosen = {name: each["kind"] for name, each in self.columns.items() if each.get("kind")}
        chosen = {name: "written" if each == "date" else each for name, each in chosen.items()}
        if self.weight is not None:
            chosen[self.weight] = "number"
        for name in filter(None, (self.id, self.group)):
            chosen[name] = "category"  # as it stands in the file
        return chosen

    def check_names(self, names: Sequence[str], name: str) -> None:
        """Raise `DataError` when a column that is spoken of is not there."""
        for column in self.named:
            if column not in names:
                role = self.roles.get(column, "time" if column == self.time else None)
                raise DataError(
                    f"{name}: has no column '{column}'"
                    + (f" for data.{_KEYS[role]}" if role else " as data.columns says")
                    + (did_you_mean(column, names) or f"; it has {listed(names, 10)}")
                )


_KEYS = {"dropped": "drop", **{each: each for each in ("id", "weight", "group", "time", "target")}}
