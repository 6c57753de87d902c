"""The section ``training`` of a config: every key with its type, range and description."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from nncli.config.choices import BooleanOr, IntegerOr, OneOrList, Section, refusal
from nncli.config.monitored import Monitored
from nncli.config.named import EntryOf, Named
from nncli.engines.choice import EngineName
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

BY_THE_ROWS = "depends on the number of rows"

Share = Annotated[float, Field(ge=0, lt=1)]


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
        "float32",
        description="floating-point type of the weights and of all computation; the engine plain "
        "computes in float64",
    )
    engine: Literal["auto", EngineName] = Field(
        "auto",
        description="engine that runs the training steps: numpy, compiled (needs the fast extra), "
        "plain (slow loops in Python to read, for sgd without dropout, normalization or clipping), "
        "or auto: compiled if it is installed and saves more time than it takes to start",
    )
    checkpoint_seconds: float = Field(
        60.0,
        gt=0,
        description="minimum seconds between two checkpoints within an epoch; one is also written "
        "after every epoch, but at most 0.5 % of the time goes into checkpoints",
    )
    record_weights: int | None = Field(
        None,
        ge=1,
        description="keep a copy of the weights every so many steps, in recorded_weights.npz; "
        "default: none; the copies of a run have at most 256 MiB",
    )
    log_every: int | None = Field(
        None,
        ge=1,
        description="print a line every so many epochs, unless --log-every is used; default: about "
        "50 lines, or on a terminal at most one per second",
    )
    tensorboard: bool = Field(
        False,
        description="write the history, histograms of weights and gradients, the network and the "
        "final metrics for TensorBoard, in the run directory (needs the tensorboard extra)",
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
    seeds: int | None = Field(
        None,
        ge=2,
        le=10_000,
        description="number of models to train on the same split of the data, with the seeds seed, "
        "seed + 1, ...; default: a single model",
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
