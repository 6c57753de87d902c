"""The keys of the sources that are built in or stand in the config."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from nncli.base.errors import DownloadError
from nncli.config.choices import IntegerOr, Name, OneOrList, refusals
from nncli.config.source import Scale, Source, Text, scale_field
from nncli.config.strict_yaml import Path
from nncli.data.dataset import Dataset, Shape
from nncli.data.division import Division, Fold

if TYPE_CHECKING:
    from nncli.data.builtin.rows import GivenRows


# Rows of each digit to train with.
_OF_MNIST = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


class XorSource(Source):
    """Noisy XOR, made from the seed: four corners of the unit square, two classes."""

    source: Literal["xor"]
    rows: int = Field(1000, ge=4, le=10_000_000, description="rows to train with")
    noise: float = Field(0.25, ge=0, le=1e6, description="standard deviation around the corners")
    test: int = Field(
        10_000, ge=0, le=10_000_000, description="rows to test with, from another random stream"
    )
    validation: Annotated[int | float, IntegerOr(0, fraction=True)] = Field(
        0, description="rows or fraction taken from the training rows, stratified"
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
        """Both classes have two of the corners, to which the rows are dealt in turn."""
        first, second, third, fourth = ((self.rows + n) // 4 for n in (3, 2, 1, 0))
        sizes = (first + fourth, second + third)
        return Division("xor", sizes, {"validation": self.validation}, ("0", "1"))

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Make the rows."""
        from nncli.data.builtin.xor import load_xor

        return load_xor(
            rows=self.rows,
            noise=self.noise,
            test=self.test,
            validation=self.validation,
            seed=seed,
            fold=fold,
        )


class GateSource(Source):
    """A logic gate: the four rows of its truth table, to train and to test with."""

    source: Literal["gate"]
    gate: Literal["and", "or", "nand", "nor", "xor"] = Field("xor", description="which truth table")
    scale: Scale = scale_field("none")

    @property
    def shape(self) -> Shape:
        """Two inputs, two classes."""
        return Shape("binary", inputs=2, outputs=2)

    @property
    def division(self) -> Division:
        """Four rows of two classes."""
        from nncli.data.builtin.gate import CLASSES, TABLES

        table = TABLES[self.gate]
        return Division(self.gate, [table.count(n) for n in (0, 1)], {}, CLASSES)

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Return the truth table."""
        from nncli.data.builtin.gate import load_gate

        return load_gate(gate=self.gate, seed=seed, fold=fold)

    @classmethod
    def whereabouts(cls) -> str:
        """Say that the rows come with nncli."""
        return "four rows, built in"


class MnistSource(Source):
    """MNIST: 60,000 and 10,000 handwritten digits, ten classes; downloaded once."""

    source: Literal["mnist"]
    validation: Annotated[int | float, IntegerOr(0, fraction=True)] = Field(
        5000, description="rows or fraction taken from the training rows, stratified"
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
        """As many rows of each digit as the data set has to train with."""
        return Division("mnist", _OF_MNIST, {"validation": self.validation}, tuple("0123456789"))

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Load the digits from the cache, or download them."""
        from nncli.data.builtin.mnist import load_mnist

        return load_mnist(validation=self.validation, seed=seed, fold=fold, progress=progress)

    @classmethod
    def fetch(cls, *, progress: bool = False) -> str:
        """Download the four files, unless they are in the cache."""
        from nncli.data.builtin.mnist import load_mnist, mnist_directory

        load_mnist(validation=0, seed=0, progress=progress)
        return f"in {mnist_directory()}"

    @classmethod
    def whereabouts(cls) -> str:
        """Return the cache directory, or that the data is not there yet."""
        from nncli.data.builtin.mnist import in_cache, mnist_directory

        try:
            place = mnist_directory()
        except DownloadError as error:
            return f"not yet here; {error}"
        return f"in {place}" if in_cache() else f"not yet in {place}; 11.6 MB to download"


Number = Annotated[float, Field(ge=-1e30, le=1e30)]  # float32 holds it, scaled too
Label = Annotated[str | int, Name(or_integer=True)]


class RowsSource(Source):
    """A few rows given in the config itself, to train and to test with."""

    source: Literal["rows"]
    inputs: list[list[Number]] = Field(description="a list of numbers for each row")
    targets: list[Annotated[float | list[float], OneOrList(Number)]] | None = Field(
        None, description="for a regression: a number, or a list of numbers, for each row"
    )
    labels: list[Label] | None = Field(
        None, description="for a classification: the name of a class, or a number, for each row"
    )
    classes: list[Label] | None = Field(
        None, description="their order; default: the different labels, sorted"
    )
    columns: list[Text] | None = Field(
        None, description="names of the inputs; default: x1, x2 and so on"
    )
    target: Annotated[str | list[str], OneOrList(Text)] | None = Field(
        None, description="name of the target, or a list of names; default: y, or y1, y2 and so on"
    )
    scale: Scale = scale_field("none")

    @property
    def shape(self) -> Shape:
        """By the rows."""
        return self._given.shape

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
        """The rows as they are given."""
        return self._given.division

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Return the rows."""
        return self._given.dataset(seed, fold)

    def target_outside(self, low: float, high: float) -> tuple[Path, float] | None:
        """Look at the targets of all rows."""
        return self._given.target_outside(low, high)

    @classmethod
    def whereabouts(cls) -> str:
        """Say that the rows are in the config."""
        return "given in the config"
