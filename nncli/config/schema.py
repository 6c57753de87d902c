"""The schema of a config: every key with its type, range, default and description.

Validation, ``config show``, ``config schema``, the templates and docs/configuration.md are all
made from this module; it is the one place to add a key.
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

BY_THE_ROWS = "by the rows"

Density = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
LayerSize = Annotated[int, Field(ge=1, le=1_000_000)]


class ModelSection(Section):
    """The network."""

    hidden_layers: list[LayerSize] = Field(
        [128],
        max_length=1000,
        description="sizes of the hidden layers; [] for none: a perceptron or a regression",
    )
    activation: Annotated[Named | list[Named], EntryOf(_HIDDEN, or_list=True)] = Field(
        "relu",  # validated into a Named
        validate_default=True,
        description="of the hidden layers: one for all, or a list with one for each",
    )
    normalization: Annotated[Named | list[Named], EntryOf(NORMALIZATIONS, or_list=True)] = Field(
        "none",  # validated into a Named
        validate_default=True,
        description="of the weighted sums of the hidden layers, before the activation: one for "
        "all, or a list with one for each",
    )
    output: Annotated[Named, EntryOf(_OUTPUT)] | None = Field(
        None, description="output activation; default: sigmoid, softmax or identity, by the task"
    )
    threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="the probability over which the second of two classes, or a label, is "
        "predicted; default: 0.5 where there is such",
    )
    initializer: Annotated[Named | list[Named], EntryOf(INITIALIZERS, or_list=True)] | None = Field(
        None,
        description="of the weights: one for all layers, or a list with one for each, the output "
        "included; default: by the activation; biases start at 0",
    )

    initial_weights: (
        Annotated[list[list[list[float]]] | str, PathOr(list[list[list[float]]])] | None
    ) = Field(
        None,
        description="the weights to start from: a list with a matrix for each layer, a row an "
        "input, or the path of an .npz with W1, b1, W2, ..., which may also have slope1, gain1, "
        "...; default: drawn by the initializer",
    )
    initial_biases: list[list[float]] | None = Field(
        None,
        description="the biases to start from: a list with a list for each layer; default: 0, or "
        "those of the .npz",
    )

    density: Annotated[float | list[float], OneOrList(Density)] = Field(
        1.0,
        description="share of the connections that there are, chosen at random: one for all "
        "layers, or a list with one for each, the output included",
    )
    masks: list[list[list[Literal[0, 1]]] | None] | None = Field(
        None,
        description="which connections there are: a list with, for each layer, a matrix of 1 and "
        "0, a row an input, or null for all of them; goes before density",
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
                    f"a list of {len(chosen)}; expected {expected}, one for each {each}", below=key
                )
        return self


class EarlyStopping(Section):
    """Stop when the monitored value no longer gets better."""

    monitor: Annotated[str, Monitored()] = Field(
        "validation_loss",
        description="the value to watch: a metric of the task on the validation rows, or of the "
        "training rows what history.csv has; with weights, rows count in the validation loss as "
        "they do in training",
    )
    patience: int = Field(20, ge=1, description="epochs without improvement before stopping")
    min_change: float = Field(0.0, ge=0, description="the least change that counts")


Stopping = EarlyStopping | Literal[False]


class CompleteTraining(NamedTuple):
    """The settings of training that depend on the rows, once these are known."""

    learning_rate: float
    batch_size: int | Literal["full"]
    epochs: int
    schedule: Named
    l2: float
    early_stopping: EarlyStopping | None


class TrainingSection(Section):
    """How it is trained."""

    loss: Annotated[Named, EntryOf(LOSSES)] | None = Field(
        None, description="the function to minimize; default: by the task and the output"
    )
    optimizer: Annotated[Named, EntryOf(OPTIMIZERS, default="adam")] = Field(
        "adam",  # validated into a Named
        validate_default=True,
        description="how the weights follow the gradient",
    )
    learning_rate: float | None = Field(
        None, gt=0, description=f"size of a step; default: {BY_THE_ROWS}"
    )
    batch_size: Annotated[int | Literal["full"], IntegerOr(1, word="full")] | None = Field(
        None, description=f"rows a step, or full for all of them; default: {BY_THE_ROWS}"
    )
    epochs: int | None = Field(
        None,
        ge=0,
        le=10_000_000,
        description=f"passes over the training rows; default: {BY_THE_ROWS}",
    )
    steps: int | None = Field(
        None, ge=1, le=10**12, description="at least so many steps, in whole epochs"
    )
    shuffle: bool = Field(True, description="a new order of the rows every epoch")
    schedule: Annotated[Named, EntryOf(SCHEDULES)] | None = Field(
        None, description=f"how the learning rate changes; default: {BY_THE_ROWS}"
    )
    l1: float = Field(
        0.0,
        ge=0,
        description="weight of the sum of absolute weights of connections; nothing else is "
        "penalized",
    )
    l2: float | None = Field(
        None,
        ge=0,
        description="weight of half the sum of squared weights of connections; nothing else is "
        f"penalized; default: {BY_THE_ROWS}",
    )
    max_norm: float | None = Field(
        None, gt=0, description="largest norm of the weights of the connections into a unit"
    )
    clip_norm: float | None = Field(None, gt=0, description="largest norm of the whole gradient")
    clip_value: float | None = Field(
        None, gt=0, description="largest absolute value in the gradient, cut before the norm"
    )
    dropout: Annotated[float | list[float], OneOrList(Share)] = Field(
        0.0,
        description="share of the hidden units left out at random in each step: one for all "
        "hidden layers, or a list with one for each",
    )
    precision: Literal["float32", "float64"] = Field(
        "float32", description="of the weights and of the arithmetic of the network"
    )
    engine: Literal["auto", EngineName] = Field(
        "auto",
        description="what computes the training steps: compiled needs the fast extra; auto takes "
        "it where it is installed and pays for its start",
    )
    checkpoint_seconds: float = Field(
        60.0,
        gt=0,
        description="least time between two checkpoints within an epoch; there is one after every "
        "epoch too, unless to write them would take more than 1/200 of the time",
    )
    early_stopping: Annotated[Stopping, BooleanOr(EarlyStopping)] | None = Field(
        None,
        description="true, or {monitor, patience, min_change}; false: train for all epochs; "
        f"default: false where epochs or steps are given, else {BY_THE_ROWS}",
    )
    folds: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="cross-validation: into how many parts the rows but those to test with are "
        "divided; a model for each is trained on the others",
    )
    fold: int | None = Field(
        None, ge=1, description="which of the folds alone, from 1; default: all of them"
    )
    refit: bool = Field(
        False,
        description="choose the epochs on the validation rows, then train a new network on all "
        "rows, these included, for so many epochs",
    )

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to depend on the rows."""
        names = {*CompleteTraining._fields} - {"early_stopping"}
        return all(getattr(self, name) is not None for name in names)

    @property
    def complete(self) -> CompleteTraining:
        """The settings that depend on the rows, once `is_complete`; a refit never stops early."""
        known = {name: getattr(self, name) for name in CompleteTraining._fields}
        stopping = known.pop("early_stopping") or None
        stopping = None if self.refit else stopping
        return CompleteTraining(early_stopping=stopping, **known)

    @model_validator(mode="after")
    def _lasts_so_long(self) -> "TrainingSection":
        if self.epochs is not None and self.steps is not None:
            raise refusal("training.epochs is given, too; give one of them", below="steps")
        return self

    @model_validator(mode="after")
    def _fold_is_one_of_them(self) -> "TrainingSection":
        if self.fold is not None and self.folds is None:
            raise refusal(f"found {self.fold}, but no training.folds; give both", below="fold")
        if self.fold is not None and self.fold > (self.folds or 0):
            raise refusal(
                f"found {self.fold}; expected 1 to training.folds: {self.folds}", below="fold"
            )
        return self


class Config(Section):
    """A config of nncli."""

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        max_length=100,
        description="names the run directory; default: the file's name",
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="of everything random: the same seed, the same weights"
    )
    data: Annotated[Source, OneOf(SOURCES, tag="source")] = Field(description="what to learn from")
    model: ModelSection = Field(default_factory=ModelSection, description="the network")
    training: TrainingSection = Field(
        default_factory=TrainingSection, description="how it is trained"
    )

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
        """The absolute paths that were relative, each with all places where it was looked for."""
        return self._places

    @property
    def base(self) -> str:
        """The folder that relative paths lead from."""
        return self._base

    def remembering(self, places: dict[str, list[str]], base: str) -> Self:
        """Return it with other `places` and another `base`."""
        copy = self.model_copy()
        copy._places, copy._base = places, base
        return copy

    @property
    def folds(self) -> int | None:
        """How many folds are to be trained, a model each; None for a single model."""
        return None if self.training.fold else self.training.folds

    def with_training(self, **settings: object) -> Self:
        """Return it with other settings of training, which are valid."""
        return self.model_copy(update={"training": self.training.model_copy(update=settings)})

    def load_data(self, *, progress: bool = False) -> Dataset:
        """Load the data, with what a fold holds out; a refit trains with the validation rows."""
        return self.load_from(self.data, progress=progress)

    def load_from(self, source: Source, *, progress: bool = False) -> Dataset:
        """Load the data of a source as its own."""
        check_data(self)
        number, folds = self.training.fold, self.training.folds
        fold = Fold(number, folds) if number and folds else None
        file = next((nearby(path) for key, path in files_of(self) if key[0] == "data"), None)
        if self.training.refit:
            source = source.model_copy(update={"validation": 0})
        purpose = f"for the rows of {on_one_line(str(file or source.source))}"
        with memory_for(purpose, "use fewer rows or columns"):
            return source.load(self.seed, fold=fold, progress=progress)
