"""The schema of a config: every key with its type, range, default and description.

Validation, ``config show``, ``config schema``, the templates and docs/configuration.md all come
from this module. New keys are added here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, PrivateAttr, model_validator

from nncli.base.errors import memory_for
from nncli.base.paths import nearby
from nncli.base.words import on_one_line
from nncli.config.choices import (
    BooleanOr,
    IntegerOr,
    OneOf,
    OneOrList,
    PathOr,
    Section,
    refusal,
    refusals,
)
from nncli.config.monitored import Monitored
from nncli.config.named import EntryOf, Named
from nncli.config.places import check_data, files_of
from nncli.config.source import Source
from nncli.config.sources import SOURCES
from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.engines.choice import EngineName
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import NORMALIZATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

_HIDDEN = {name: each for name, each in ACTIVATIONS.items() if not each.output_only}
_OUTPUT = {name: each for name, each in ACTIVATIONS.items() if each.output_for}

BY_THE_ROWS = "depends on the number of rows"

Density = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
LayerSize = Annotated[int, Field(ge=1, le=1_000_000)]


class ModelSection(Section):
    """The network."""

    hidden_layers: list[LayerSize] = Field(
        [128],
        max_length=1000,
        description="sizes of the hidden layers; [] for no hidden layer",
    )
    activation: Annotated[Named | list[Named], EntryOf(_HIDDEN, or_list=True)] = Field(
        "relu",  # validated into a Named
        validate_default=True,
        description="activation of the hidden layers: one for all, or a list with one per layer",
    )
    normalization: Annotated[Named | list[Named], EntryOf(NORMALIZATIONS, or_list=True)] = Field(
        "none",  # validated into a Named
        validate_default=True,
        description="normalization of the weighted sums in the hidden layers, before the "
        "activation: one for all, or a list with one per layer",
    )
    output: Annotated[Named, EntryOf(_OUTPUT)] | None = Field(
        None,
        description="activation of the output; default: sigmoid, softmax or identity, depending "
        "on the task",
    )
    threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="probability above which the positive class (binary) or a label (multilabel) "
        "is predicted; default: 0.5",
    )
    initializer: Annotated[Named | list[Named], EntryOf(INITIALIZERS, or_list=True)] | None = Field(
        None,
        description="initializer of the weights: one for all layers, or a list with one per layer, "
        "including the output; default: depends on the activation; biases start at 0",
    )

    initial_weights: (
        Annotated[list[list[list[float]]] | str, PathOr(list[list[list[float]]])] | None
    ) = Field(
        None,
        description="initial weights: a list with one matrix per layer (one row per input), or the "
        "path of an .npz file with W1, b1, W2, ... and optionally slope1, gain1, ...; default: "
        "drawn by the initializer",
    )
    initial_biases: list[list[float]] | None = Field(
        None,
        description="initial biases: a list with one list per layer; default: those in the .npz "
        "file, else 0",
    )

    density: Annotated[float | list[float], OneOrList(Density)] = Field(
        1.0,
        description="fraction of the connections to keep, chosen at random: one for all layers, or "
        "a list with one per layer, including the output",
    )
    masks: list[list[list[Literal[0, 1]]] | None] | None = Field(
        None,
        description="connections to keep: a list with one entry per layer. An entry is null, or a "
        "matrix of 1 and 0 (one row per input), which overrides density",
    )

    @model_validator(mode="after")
    def _lists_fit(self) -> "ModelSection":
        hidden = len(self.hidden_layers)
        for key, chosen, expected in (
            ("activation", self.activation, hidden),
            ("normalization", self.normalization, hidden),
            ("initializer", self.initializer, hidden + 1),
            ("density", self.density, hidden + 1),
            ("masks", self.masks, hidden + 1),
        ):
            if isinstance(chosen, list) and len(chosen) != expected:
                each = "hidden layer" if expected == hidden else "layer"
                raise refusal(
                    f"found a list of {len(chosen)}; expected {expected}, one per {each}", below=key
                )
        return self


class EarlyStopping(Section):
    """When to stop: once the monitored value no longer improves."""

    monitor: Annotated[str, Monitored()] = Field(
        "validation_loss",
        description="value to watch: a loss or metric of the validation set, such as "
        "validation_accuracy, or of the training set, such as train_loss; row and class weights "
        "apply to the validation loss, too",
    )
    patience: int = Field(20, ge=1, description="epochs without improvement before stopping")
    min_change: float = Field(
        0.0, ge=0, description="smallest change that counts as an improvement"
    )


Stopping = EarlyStopping | Literal[False]


class CompleteTraining(NamedTuple):
    """The training settings that depend on the number of rows, once it is known."""

    learning_rate: float
    batch_size: int | Literal["full"]
    epochs: int
    schedule: Named
    l2: float
    early_stopping: EarlyStopping | None


class TrainingSection(Section):
    """The training."""

    loss: Annotated[Named, EntryOf(LOSSES)] | None = Field(
        None, description="function to minimize; default: depends on the task and the output"
    )
    optimizer: Annotated[Named, EntryOf(OPTIMIZERS, default="adam")] = Field(
        "adam",  # validated into a Named
        validate_default=True,
        description="rule that updates the weights",
    )
    learning_rate: float | None = Field(
        None, gt=0, description=f"step size; default: {BY_THE_ROWS}"
    )
    batch_size: Annotated[int | Literal["full"], IntegerOr(1, word="full")] | None = Field(
        None, description=f"rows per step, or full for all training rows; default: {BY_THE_ROWS}"
    )
    epochs: int | None = Field(
        None,
        ge=0,
        le=10_000_000,
        description=f"passes over the training rows; default: {BY_THE_ROWS}",
    )
    steps: int | None = Field(
        None, ge=1, le=10**12, description="steps instead of epochs, rounded up to whole epochs"
    )
    shuffle: bool = Field(True, description="shuffle the training rows before every epoch")
    schedule: Annotated[Named, EntryOf(SCHEDULES)] | None = Field(
        None,
        description="how the learning rate changes over time; default: cosine for your own data, "
        "but constant if epochs or steps is set",
    )
    l1: float = Field(
        0.0,
        ge=0,
        description="L1 penalty: factor of the sum of absolute weights; biases, slopes and gains "
        "are exempt",
    )
    l2: float | None = Field(
        None,
        ge=0,
        description="L2 penalty: factor of half the sum of squared weights; biases, slopes and "
        f"gains are exempt; default: {BY_THE_ROWS}",
    )
    max_norm: float | None = Field(
        None, gt=0, description="upper limit for the norm of the weights into each unit"
    )
    clip_norm: float | None = Field(None, gt=0, description="upper limit for the gradient norm")
    clip_value: float | None = Field(
        None, gt=0, description="upper limit for each absolute gradient entry, before clip_norm"
    )
    dropout: Annotated[float | list[float], OneOrList(Share)] = Field(
        0.0,
        description="fraction of the hidden units to drop at random in each step: one for all "
        "hidden layers, or a list with one per layer",
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="floating-point type of the weights and of all computation"
    )
    engine: Literal["auto", EngineName] = Field(
        "auto",
        description="engine that runs the training steps: numpy, compiled (needs the fast extra), "
        "or auto: compiled if it is installed and saves more time than it takes to start",
    )
    checkpoint_seconds: float = Field(
        60.0,
        gt=0,
        description="minimum seconds between two checkpoints within an epoch; one is also written "
        "after every epoch, but at most 0.5 % of the time goes into checkpoints",
    )
    early_stopping: Annotated[Stopping, BooleanOr(EarlyStopping)] | None = Field(
        None,
        description="stop when the monitored value no longer improves: true, false, or {monitor, "
        f"patience, min_change}}; default: false if epochs or steps is set, else {BY_THE_ROWS}",
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="number of folds for cross-validation: all rows except the test set are split, "
        "and each fold is held out from one model",
    )
    fold: int | None = Field(
        None,
        ge=1,
        description="train only the model of this fold, counted from 1; default: all folds",
    )
    refit: bool = Field(
        False,
        description="choose the number of epochs on the validation set, then train a new network "
        "for that many epochs on the training and validation sets together",
    )

    @property
    def is_complete(self) -> bool:
        """Whether no setting still depends on the number of rows."""
        names = {*CompleteTraining._fields} - {"early_stopping"}
        return all(getattr(self, name) is not None for name in names)

    @property
    def complete(self) -> CompleteTraining:
        """The settings that depend on the rows, if `is_complete`; a refit never stops early."""
        known = {name: getattr(self, name) for name in CompleteTraining._fields}
        stopping = known.pop("early_stopping") or None
        stopping = None if self.refit else stopping
        return CompleteTraining(early_stopping=stopping, **known)

    @model_validator(mode="after")
    def _lasts_so_long(self) -> "TrainingSection":
        if self.epochs is not None and self.steps is not None:
            raise refusal("training.epochs is set, too; set only one of them", below="steps")
        return self

    @model_validator(mode="after")
    def _fold_is_one_of_them(self) -> "TrainingSection":
        if self.fold is not None and self.folds is None:
            raise refusal(f"found {self.fold}, but no training.folds; set both", below="fold")
        if self.fold is not None and self.fold > (self.folds or 0):
            raise refusal(
                f"found {self.fold}; expected 1 to {self.folds} (training.folds)", below="fold"
            )
        return self


class Config(Section):
    """A config of nncli."""

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        max_length=100,
        description="name of the run directory; default: the name of the config file",
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="random seed; the same seed gives the same weights"
    )
    data: Annotated[Source, OneOf(SOURCES, tag="source")] = Field(description="data to learn from")
    model: ModelSection = Field(default_factory=ModelSection, description="the network")
    training: TrainingSection = Field(default_factory=TrainingSection, description="the training")

    _places: dict[str, list[str]] = PrivateAttr(default_factory=dict)
    _base: str = PrivateAttr("")

    @model_validator(mode="after")
    def _batches_are_large_enough(self) -> "Config":
        chosen, rows = self.model.normalization, self.training.batch_size
        for each in chosen if isinstance(chosen, list) else [chosen]:
            least = NORMALIZATIONS[each.name].smallest_batch
            if isinstance(rows, int) and rows < least and self.model.hidden_layers:
                problem = f"{each.name} needs at least {least} rows in a batch; found {rows}"
                raise refusals([(("training", "batch_size"), problem)])
        return self

    @property
    def places(self) -> Mapping[str, Sequence[str]]:
        """The absolute paths that were relative, each with every place that was searched."""
        return self._places

    @property
    def base(self) -> str:
        """The folder that relative paths start from."""
        return self._base

    def remembering(self, places: dict[str, list[str]], base: str) -> Self:
        """Return a copy with other `places` and another `base`."""
        copy = self.model_copy()
        copy._places, copy._base = places, base
        return copy

    @property
    def folds(self) -> int | None:
        """The number of folds to train, one model each; None for a single model."""
        return None if self.training.fold else self.training.folds

    def with_training(self, **settings: object) -> Self:
        """Return a copy with other training settings, which must be valid."""
        return self.model_copy(update={"training": self.training.model_copy(update=settings)})

    def load_data(self, *, progress: bool = False) -> Dataset:
        """Load the data, with the fold held out; a refit also trains on the validation rows."""
        return self.load_from(self.data, progress=progress)

    def load_from(self, source: Source, *, progress: bool = False) -> Dataset:
        """Load the data of `source` as if it were the config's own."""
        check_data(self)
        number, folds = self.training.fold, self.training.folds
        fold = Fold(number, folds) if number and folds else None
        file = next((nearby(path) for key, path in files_of(self) if key[0] == "data"), None)
        if self.training.refit:
            source = source.model_copy(update={"validation": 0})
        purpose = f"for the rows of {on_one_line(str(file or source.source))}"
        with memory_for(purpose, "use fewer rows or columns"):
            return source.load(self.seed, fold=fold, progress=progress)
