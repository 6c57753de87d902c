"""The keys of the built-in sources and of rows given in the config."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from nncli.base.errors import DownloadError
from nncli.config.choices import IntegerOr, Name, OneOrList, refusal, refusals
from nncli.config.number_source import ImageKeys, NumberSource
from nncli.config.source import Scale, Source, Text, scale_field
from nncli.config.strict_yaml import Path
from nncli.data.dataset import Dataset, Shape
from nncli.data.division import Division, Fold

if TYPE_CHECKING:
    from nncli.data.builtin.rows import GivenRows


# Number of training rows of each digit.
_OF_MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


class XorSource(NumberSource):
    """Noisy XOR: points around the corners of the unit square, two classes."""

    source: Literal["xor"]
    rows: int = Field(1000, ge=4, le=10_000_000, description="number of training rows")
    noise: float = Field(
        0.25, ge=0, le=1e6, description="standard deviation of the points around the corners"
    )
    balanced: bool = Field(
        True,
        description="give every corner the same number of points, or one more; false draws the "
        "corner of each point at random",
    )
    test: int = Field(
        10_000, ge=0, le=10_000_000, description="number of test rows, drawn independently"
    )
    validation: Annotated[int | float, IntegerOr(0, fraction=True)] = Field(
        0, description="number or fraction of the training rows to use for validation, stratified"
    )
    scale: Scale = scale_field("none")

    @model_validator(mode="after")
    def _validation_fits(self) -> "XorSource":
        self.leave_rows(self.validation, self.rows)
        return self

    @property
    def shape(self) -> Shape:
        """Two inputs, two classes."""
        return Shape("binary", inputs=2, outputs=2)

    @property
    def division(self) -> Division:
        """The split of the rows, which go to the four corners in turn: two corners per class.

        How many rows of each class are drawn at random is unknown without the seed.
        """
        if not self.balanced:
            return Division("xor", [self.rows], {"validation": self.validation}, of_classes=True)
        first, second, third, fourth = ((self.rows + n) // 4 for n in (3, 2, 1, 0))
        sizes = (first + fourth, second + third)
        return Division("xor", sizes, {"validation": self.validation}, ("0", "1"))

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Make the rows."""
        from nncli.data.builtin.xor import load_xor

        return load_xor(
            rows=self.rows,
            noise=self.noise,
            balanced=self.balanced,
            test=self.test,
            validation=self.validation,
            seed=seed,
            fold=fold,
        )


class GateSource(NumberSource):
    """A logic gate: the four rows of its truth table, both training and test set."""

    source: Literal["gate"]
    gate: Literal["and", "or", "nand", "nor", "xor"] = Field(
        "xor", description="logic gate: and, or, nand, nor or xor"
    )
    scale: Scale = scale_field("none")

    @property
    def shape(self) -> Shape:
        """Two inputs, two classes."""
        return Shape("binary", inputs=2, outputs=2)

    @property
    def division(self) -> Division:
        """The four rows, by class."""
        from nncli.data.builtin.gate import CLASSES, TABLES

        table = TABLES[self.gate]
        return Division(self.gate, [table.count(n) for n in (0, 1)], {}, CLASSES)

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Return the truth table."""
        from nncli.data.builtin.gate import load_gate

        return load_gate(gate=self.gate, seed=seed, fold=fold)

    @classmethod
    def whereabouts(cls) -> str:
        """Return that the rows are built in."""
        return "four rows, built in"


class MnistSource(ImageKeys, Source):
    """MNIST: 60,000 and 10,000 handwritten digits, ten classes; downloaded once."""

    source: Literal["mnist"]
    validation: Annotated[int | float, IntegerOr(0, fraction=True)] = Field(
        5000,
        description="number or fraction of the training rows to use for validation, stratified",
    )
    scale: Scale = scale_field("unit")

    @model_validator(mode="after")
    def _validation_fits(self) -> "MnistSource":
        self.leave_rows(self.validation, sum(_OF_MNIST))
        return self

    @property
    def shape(self) -> Shape:
        """784 pixels, ten classes."""
        return Shape("multiclass", inputs=784, outputs=10)

    @property
    def division(self) -> Division:
        """The training rows of each digit."""
        return Division("mnist", _OF_MNIST, {"validation": self.validation}, tuple("0123456789"))

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Load the digits from the cache, or download them."""
        from nncli.data.builtin.mnist import load_mnist

        return load_mnist(validation=self.validation, seed=seed, fold=fold, progress=progress)

    @classmethod
    def fetch(cls, *, progress: bool = False) -> str:
        """Download the four files unless they are cached."""
        from nncli.data.builtin.mnist import load_mnist, mnist_directory

        load_mnist(validation=0, seed=0, progress=progress)
        return f"in {mnist_directory()}"

    @classmethod
    def whereabouts(cls) -> str:
        """Return the cache directory, and whether the data must still be downloaded."""
        from nncli.data.builtin.mnist import in_cache, mnist_directory

        try:
            place = mnist_directory()
        except DownloadError as error:
            return f"not downloaded; {error}"
        return f"in {place}" if in_cache() else f"not yet in {place}; an 11.6 MB download"


# Its multiples down to the rounding errors of 100,000 rows are above 2.2e-308, so that a column of
# such numbers can be scaled.
_LEAST_SIZE = 1e-280


def _not_tiny(number: float) -> float:
    if 0 < abs(number) < _LEAST_SIZE:
        raise refusal(f"found {number}; expected 0, or {_LEAST_SIZE} or more in size")
    return number


_SIZES: JsonDict = {"anyOf": [{"const": 0}, {"minimum": _LEAST_SIZE}, {"maximum": -_LEAST_SIZE}]}
# It fits in float32, even scaled.
Number = Annotated[
    float, Field(ge=-1e30, le=1e30, json_schema_extra=_SIZES), AfterValidator(_not_tiny)
]
Label = Annotated[str | int, Name(or_integer=True)]


class RowsSource(NumberSource):
    """A few rows given in the config itself, both training and test set."""

    source: Literal["rows"]
    inputs: list[list[Number]] = Field(description="one list of numbers per row")
    targets: list[Annotated[float | list[float], OneOrList(Number)]] | None = Field(
        None, description="targets of a regression: a number, or a list of numbers, per row"
    )
    labels: list[Label] | None = Field(
        None, description="labels of a classification: a class name or an integer per row"
    )
    classes: list[Label] | None = Field(
        None, description="all classes, in order; default: the labels, sorted"
    )
    columns: list[Text] | None = Field(
        None, description="names of the inputs; default: x1, x2, ..."
    )
    target: Annotated[str | list[str], OneOrList(Text)] | None = Field(
        None, description="name of the target, or a list of names; default: y, or y1, y2, ..."
    )
    scale: Scale = scale_field("none")

    @property
    def shape(self) -> Shape:
        """The task and sizes of the given rows."""
        return self._given.shape

    @property
    def known_columns(self) -> Sequence[str]:
        """The given names of the columns, or x1, x2 and so on."""
        return self._given.column_names

    @property
    def _given(self) -> "GivenRows":
        from nncli.data.builtin.rows import GivenRows

        return GivenRows(
            self.inputs, self.targets, self.labels, self.classes, self.columns, self.target
        )

    @model_validator(mode="after")
    def _rows_fit(self) -> "RowsSource":
        if problems := self._given.problems():
            raise refusals(problems)
        return self

    @property
    def division(self) -> Division:
        """The split of the given rows."""
        return self._given.division

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Return the rows."""
        return self._given.dataset(seed, fold)

    def target_outside(self, low: float, high: float) -> tuple[Path, float] | None:
        """Return the path and value of the first target outside a range, or None."""
        return self._given.target_outside(low, high)

    @classmethod
    def whereabouts(cls) -> str:
        """Return that the rows are in the config."""
        return "given in the config"
