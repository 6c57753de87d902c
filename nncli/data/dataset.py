"""The data set that a data source passes to training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from nncli.base.errors import DataError
from nncli.data.names import check_names

if TYPE_CHECKING:  # a config only needs the names of tasks
    from numpy.typing import NDArray

    from nncli.data.features import Features
    from nncli.data.files.image_format import ImageFormat
    from nncli.data.splits import Rows, Split
    from nncli.data.tables.encoding import Encoding

Task = Literal["binary", "multiclass", "multilabel", "regression"]
OF_CLASSES: tuple[Task, ...] = ("binary", "multiclass")


@dataclass(frozen=True)
class Shape:
    """The task and the numbers of inputs and outputs of a network.

    Attributes
    ----------
    task : str
    inputs : int
    outputs : int
        Number of classes, or of targets if there are no classes.
    """

    task: Task
    inputs: int
    outputs: int


@dataclass(frozen=True)
class Dataset:
    """A data set, with its splits and a description.

    Attributes
    ----------
    task : str
    columns : sequence of str
        Names of the inputs of the rows.
    targets : sequence of str
        Names of the targets: one if there are classes, else one or more.
    classes : sequence of str
        Empty for a regression and for several labels.
    splits : dict of str to Split
        ``train``, and those of ``validation``, ``held_out`` and ``test`` that have rows, in this
        order. ``held_out`` is a fold of a cross-validation.
    encoding : Encoding or None
        Encoding of table columns as inputs; None if the inputs are used as they are.
    images : ImageFormat or None
        Format of the rows, if they are images.
    scales_targets : bool
        Whether a network with an unbounded output learns scaled targets.
    roles : mapping of str to str
        Roles of the columns that are not inputs: ``dropped``, ``id``, ``weight``, ``target``.
    left_out : sequence of str
        For each file with dropped rows, a line with their number and the reason.
    warnings : sequence of str
        Lines about possible problems.
    numbers : array (N,) or None
        Row numbers in the file, from 0, of the rows of ``train``; None if all rows were used.
    ids : mapping of str to array (N,)
        Name and cells of the ID column, if there is one.
    blanks : mapping of str to int
        Numbers of blank cells in the file with the training rows, by column, where there are any.
    leaks : sequence of str
        Columns of a table that alone predict a target.
    features : Features or None
        The inputs of the network, if they are computed from those of the rows.
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
    blanks: Mapping[str, int] = field(default_factory=dict)
    leaks: Sequence[str] = ()
    features: "Features | None" = None

    def __post_init__(self) -> None:
        """Refuse names that cannot be saved."""
        check_names((*self.columns, *self.targets, *self.classes, *self.ids))

    @property
    def shape(self) -> Shape:
        """The task and the numbers of inputs and outputs of a network for this data."""
        return Shape(self.task, len(self.inputs), len(self.classes or self.targets))

    @property
    def inputs(self) -> Sequence[str]:
        """The names of the inputs of a network: of the features, or else of the columns."""
        return self.columns if self.features is None else self.features.names

    @property
    def scaled(self) -> list[bool] | None:
        """Which inputs of a network are scaled; None if all are."""
        scaled = self.encoding.scaled if self.encoding else None
        return scaled if scaled is None or not self.features else self.features.scaled(scaled)

    def row_numbers(self, split: str) -> "Rows":
        """Return the row numbers in their file, from 0, of the rows of a split."""
        own = self.splits[split]
        if self.numbers is None or own.inputs is not self.splits["train"].inputs:
            return own.rows
        return self.numbers[own.rows]


def with_features(
    dataset: Dataset, written: Sequence[str | Mapping[str, str | Sequence[str]]]
) -> Dataset:
    """Return a data set with the features of a config.

    Raises
    ------
    DataError
        As for `features_of`, and if the rows are images.
    """
    from nncli.data.features import OF_IMAGES, features_of

    if dataset.images is not None:
        raise DataError(f"data.features: {OF_IMAGES}")
    features = features_of(written, dataset.columns, dataset.encoding)
    return replace(dataset, features=features)
