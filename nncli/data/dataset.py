"""What a data source hands to training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from nncli.data.names import check_names

if TYPE_CHECKING:  # a config needs the names of tasks alone
    from numpy.typing import NDArray

    from nncli.data.files.image_format import ImageFormat
    from nncli.data.splits import Rows, Split
    from nncli.data.tables.encoding import Encoding

Task = Literal["binary", "multiclass", "multilabel", "regression"]
OF_CLASSES: tuple[Task, ...] = ("binary", "multiclass")


@dataclass(frozen=True)
class Shape:
    """What a network for some data looks like from outside.

    Attributes
    ----------
    task : str
    inputs : int
    outputs : int
        Classes of a classification, targets of a regression.
    """

    task: Task
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Dataset:
    """A data set, split and described.

    Attributes
    ----------
    task : str
    columns : sequence of str
        Names of the inputs.
    targets : sequence of str
        Names of what is predicted: one where there are classes, else one or several.
    classes : sequence of str
        Empty for a regression and for several labels.
    splits : dict of str to Split
        ``train``, and ``validation``, ``held_out`` and ``test`` where there are any rows for them,
        in this order. Rows of a fold of a cross-validation are held out.
    encoding : Encoding or None
        How a table's columns became the inputs; None where numbers are taken as they are.
    images : ImageFormat or None
        What the rows show, where they are images.
    scales_targets : bool
        Whether a network without a bound output is to learn the targets scaled.
    roles : mapping of str to str
        What columns of a file are that are no inputs: ``dropped``, ``id``, ``weight``, ``target``.
    left_out : sequence of str
        A line about the rows of each file that were left out, and why.
    warnings : sequence of str
        Lines about what looks wrong.
    numbers : array (N,) or None
        Which rows of their file, from 0, those of ``train`` are taken from; None where all are.
    ids : mapping of str to array (N,)
        The cells of the column that stands beside predictions, by its name, if there is one.
    """

    task: Task
    columns: Sequence[str]
    targets: Sequence[str]
    classes: Sequence[str]
    splits: "dict[str, Split]"
    encoding: "Encoding | None" = None
    images: "ImageFormat | None" = None
    scales_targets: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    warnings: Sequence[str] = ()
    numbers: "Rows | None" = None
    ids: "Mapping[str, NDArray[Any]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that no file can hold."""
        check_names((*self.columns, *self.targets, *self.classes, *self.ids))

    @property
    def shape(self) -> Shape:
        """What a network for it looks like from outside."""
        return Shape(self.task, len(self.columns), len(self.classes or self.targets))
