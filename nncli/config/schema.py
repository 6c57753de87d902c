"""The schema of a config: every key with its type, range, default and description.

Validation, ``config show``, ``config schema``, the templates and docs/configuration.md all come
from this module and ``training_section``. New keys are added there.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from nncli.base.errors import memory_for
from nncli.base.paths import nearby
from nncli.base.words import on_one_line
from nncli.config.choices import (
    OneOf,
    OneOrList,
    PathOr,
    Section,
    refusal,
    refusals,
)
from nncli.config.finding_codes import FindingCode
from nncli.config.named import EntryOf, Named
from nncli.config.number_source import NumberSource
from nncli.config.places import check_data, files_of
from nncli.config.source import Source
from nncli.config.sources import SOURCES
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import Dataset, with_features
from nncli.data.division import Fold
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import NORMALIZATIONS

_HIDDEN = {name: each for name, each in ACTIVATIONS.items() if not each.output_only}
_OUTPUT = {name: each for name, each in ACTIVATIONS.items() if each.output_for}

SEEDS_END = 2**32  # seeds are smaller

Density = Annotated[float, Field(gt=0, le=1)]
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
        "including the output; default: depends on the activation",
    )
    bias_initializer: Annotated[Named | list[Named], EntryOf(INITIALIZERS, or_list=True)] = Field(
        "zeros",  # validated into a Named
        validate_default=True,
        description="initializer of the biases, which are drawn like one more row of the weights "
        "of their layer: one for all layers, or a list with one per layer, including the output",
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
        "file, else drawn by the bias_initializer",
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
            ("bias_initializer", self.bias_initializer, hidden + 1),
            ("density", self.density, hidden + 1),
            ("masks", self.masks, hidden + 1),
        ):
            if isinstance(chosen, list) and len(chosen) != expected:
                each = "hidden layer" if expected == hidden else "layer"
                raise refusal(
                    f"found a list of {len(chosen)}; expected {expected}, one per {each}", below=key
                )
        return self


class DiagnoseSection(Section):
    """What nncli diagnose reports."""

    ignore: list[Annotated[str, FindingCode()]] = Field(
        [], max_length=1000, description="codes of findings not to report, such as [N040]"
    )


class Config(Section):
    """A config of nncli."""

    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",
        max_length=100,
        description="name of the run directory; default: the name of the config file",
    )
    seed: int = Field(
        0, ge=0, lt=SEEDS_END, description="random seed; the same seed gives the same weights"
    )
    data_seed: int | None = Field(
        None,
        ge=0,
        lt=SEEDS_END,
        description="random seed of the data: of the split, and of generated rows; default: seed",
    )
    data: Annotated[Source, OneOf(SOURCES, tag="source")] = Field(description="data to learn from")
    model: ModelSection = Field(default_factory=ModelSection, description="the network")
    training: TrainingSection = Field(default_factory=TrainingSection, description="the training")
    diagnose: DiagnoseSection = Field(
        default_factory=DiagnoseSection, description="what nncli diagnose reports"
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

    @property
    def seed_of_data(self) -> int:
        """The seed that splits and generates the data."""
        return self.seed if self.data_seed is None else self.data_seed

    def with_training(self, **settings: object) -> Self:
        """Return a copy with other training settings, which must be valid."""
        return self.model_copy(update={"training": self.training.model_copy(update=settings)})

    def load_data(self, *, progress: bool = False) -> Dataset:
        """Load the data, with the fold held out; a refit also trains on the validation rows."""
        return self.load_from(self.data, progress=progress)

    def load_from(self, source: Source, *, progress: bool = False) -> Dataset:
        """Load the data of `source` as if it were the config's own."""
        check_data(self, is_own=True)
        number, folds = self.training.fold, self.training.folds
        fold = Fold(number, folds) if number and folds else None
        file = next((nearby(path) for key, path in files_of(self) if key[0] == "data"), None)
        if self.training.refit:
            source = source.model_copy(update={"validation": 0})
        purpose = f"for the rows of {on_one_line(str(file or source.source))}"
        with memory_for(purpose, "use fewer rows or columns"):
            dataset = source.load(self.seed_of_data, fold=fold, progress=progress)
        features = source.features if isinstance(source, NumberSource) else None
        return dataset if features is None else with_features(dataset, features)
