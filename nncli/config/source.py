"""What all data sources have in common."""

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
    """Return the field with the way to scale."""
    return Field(default, validate_default=True, description="how inputs are scaled")


class Ends(NamedTuple):
    """How many inputs and outputs a network has; None where only the data tells."""

    inputs: int | None
    outputs: int | None


class Source(Section):
    """What all data sources share.

    Attributes
    ----------
    tag : str
        The key that tells the sources apart.
    is_own : bool
        Whether the data is the user's own.
    is_given : bool
        Whether the rows are given in Python, not named by the config.
    paths : tuple of str
        The keys that may have the path of a file, or a list of paths.
    """

    tag: ClassVar[str] = "source"
    is_own: ClassVar[bool] = False
    is_given: ClassVar[bool] = False
    paths: ClassVar[tuple[str, ...]] = ()

    source: str
    scale: Scale

    @property
    def shape(self) -> Shape | None:
        """What is known before the data is loaded."""
        return None

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The tasks that the data may be of, the likeliest first."""
        return (self.shape.task,) if self.shape else TASKS

    @property
    def division(self) -> Division | None:
        """How many rows there are and how they are divided, where that is known without data."""
        return None

    def ends(self, task: Task) -> Ends:
        """Return what is known of the ends of a network without the data, if it is of a task."""
        if self.shape:
            return Ends(self.shape.inputs, self.shape.outputs)
        return Ends(None, 2 if task == "binary" else None)

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield what no data fits: the key below `data` to blame, and the problem."""
        yield from ()

    @property
    def absence(self) -> str | None:
        """Why its rows cannot be had, where that is known; None if they can."""
        return None

    def knowing(self, classes: list[str], encoding: Any) -> Self:
        """Return it with the classes and the `Encoding` of a model, where these leave a choice.

        Names of earlier versions stand for others, and in another order.
        """
        return self

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Load the data.

        Parameters
        ----------
        fold : Fold, optional
            The part of the rows that is held out, as the split ``held_out``.
        progress : bool
            Whether there may be a progress bar on standard error.
        """
        raise TypeError(f"{type(self).__name__} does not say how it is loaded")

    def target_outside(self, low: float, high: float) -> tuple[Path, float] | None:
        """Return the place below `data` of a target that is not in a range, and the target.

        None where there is no such target, or the targets do not stand in the config.
        """
        return None

    def with_paths(self, change: Callable[[str], str]) -> Self:
        """Return it with every path changed."""
        return self

    @classmethod
    def required_keys(cls) -> list[str]:
        """Return the keys without which the source's name alone is no choice."""
        fields = cls.model_fields.items()
        return [key for key, field in fields if field.is_required() and key != cls.tag]

    @classmethod
    def fetch(cls, *, progress: bool = False) -> str:
        """Get what has to be downloaded, if anything; return where the data is."""
        return f"{cls.whereabouts()}; there is nothing to download"

    @classmethod
    def whereabouts(cls) -> str:
        """Return where the data is now."""
        return "made from the seed"

    @property
    def may_validate(self) -> bool:
        """Whether there may be rows to validate with."""
        if self.division is not None:
            return "validation" in self.division.counts
        return getattr(self, "validation", 0) != 0

    @property
    def validates_apart(self) -> bool:
        """Whether the rows to validate with are none of those to train with."""
        return isinstance(getattr(self, "validation", None), str | list)

    def leave_rows(self, validation: int | float, rows: int) -> None:
        """Refuse so many validation rows that none of `rows` are left."""
        if row_count(validation, rows) >= rows:
            raise refusal(
                f"found {validation}; it is taken from the {rows} training rows of the source: "
                f"expected at most {rows - 1}",
                below="validation",
            )
