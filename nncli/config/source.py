"""The base class of all data sources."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, NamedTuple, Self, get_args

from pydantic import Field

from nncli.config.choices import Name, Section, refusal
from nncli.config.named import EntryOf, Named
from nncli.config.strict_yaml import Path
from nncli.data.dataset import Dataset, Shape, Task
from nncli.data.division import Division, Fold, row_count
from nncli.data.scaling import SCALERS

TASKS: tuple[Task, ...] = get_args(Task)

Scale = Annotated[Named, EntryOf(SCALERS)]
Text = Annotated[str, Name()]


def scale_field(default: str) -> Any:
    """Return the field that selects the scaling."""
    return Field(default, validate_default=True, description="scaling of the inputs")


class Ends(NamedTuple):
    """The number of inputs and outputs of a network; None if only the data determines it."""

    inputs: int | None
    outputs: int | None


class Source(Section):
    """Base class of all data sources.

    Attributes
    ----------
    tag : str
        Key that distinguishes the sources.
    is_own : bool
        Whether the data is the user's own.
    is_given : bool
        Whether the rows are passed in Python instead of named by the config.
    paths : tuple of str
        Keys whose value may be the path of a file, or a list of paths.
    """

    tag: ClassVar[str] = "source"
    is_own: ClassVar[bool] = False
    is_given: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ()

    source: str
    scale: Scale

    @property
    def shape(self) -> Shape | None:
        """The task and sizes, if they are known before the data is loaded."""
        return None

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The possible tasks of the data, the likeliest first."""
        return (self.shape.task,) if self.shape else TASKS

    @property
    def division(self) -> Division | None:
        """The number of rows and how they are split, if known without the data."""
        return None

    def ends(self, task: Task) -> Ends:
        """Return the inputs and outputs of a network for `task`, as far as known without data."""
        if self.shape:
            return Ends(self.shape.inputs, self.shape.outputs)
        return Ends(None, 2 if task == "binary" else None)

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield settings that suit no data: the key below `data`, and the problem."""
        yield from ()

    @property
    def absence(self) -> str | None:
        """Why the rows are not available, if known; None if they are."""
        return None

    def knowing(self, classes: list[str], encoding: Any) -> Self:
        """Return a copy with the classes and the `Encoding` of a model, if the source uses them.

        Earlier versions named classes and inputs differently, and in another order.
        """
        return self

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Load the data.

        Parameters
        ----------
        fold : Fold, optional
            Fold to hold out, as the split ``held_out``.
        progress : bool
            Whether to show a progress bar on standard error.
        """
        raise TypeError(f"{type(self).__name__} does not implement load")

    def table_of(self, split: str) -> Any:
        """Return the table file with the rows of a split; None if they are not in one."""
        return None

    def target_outside(self, low: float, high: float) -> tuple[Path, float] | None:
        """Return the path below `data` of a target outside a range, and the target.

        None if there is no such target, or if the targets are not in the config.
        """
        return None

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """Return a copy with every path changed."""
        return self

    @classmethod
    def required_keys(cls) -> list[str]:
        """Return the required keys, except the name of the source."""
        fields = cls.model_fields.items()
        return [key for key, field in fields if field.is_required() and key != cls.tag]

    @classmethod
    def fetch(cls, *, progress: bool = False) -> str:
        """Download the data if necessary; return where it is."""
        return f"{cls.whereabouts()}; nothing to download"

    @classmethod
    def whereabouts(cls) -> str:
        """Return where the data is now."""
        return "generated from the seed"

    @property
    def may_validate(self) -> bool:
        """Whether there may be validation rows."""
        if self.division is not None:
            return "validation" in self.division.counts
        return getattr(self, "validation", 0) != 0

    @property
    def validates_apart(self) -> bool:
        """Whether the validation rows are given separately, not taken from the training rows."""
        return isinstance(getattr(self, "validation", None), str | list)

    def leave_rows(self, validation: int | float, rows: int) -> None:
        """Raise an error if `validation` would leave none of the `rows` training rows."""
        if row_count(validation, rows) >= rows:
            raise refusal(
                f"found {validation}; expected at most {rows - 1}, as validation rows are taken "
                f"from the {rows} training rows",
                below="validation",
            )
