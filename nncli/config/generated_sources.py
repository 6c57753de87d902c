"""The keys of the data sets that are generated from the seed, one class for each."""

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, create_model, model_validator

from nncli.config.choices import IntegerOr
from nncli.config.number_source import NumberSource
from nncli.config.source import Scale, scale_field
from nncli.data.builtin.generated import GENERATED, Settings
from nncli.data.dataset import Dataset, Shape
from nncli.data.division import Division, Fold
from nncli.nn.entries import Parameter


class GeneratedSource(NumberSource):
    """A data set of `GENERATED`; the parameters of its entry are further keys."""

    rows: int = Field(1000, ge=10, le=10_000_000, description="number of training rows")
    test: int = Field(
        10_000, ge=0, le=10_000_000, description="number of test rows, drawn independently"
    )
    validation: Annotated[int | float, IntegerOr(0, fraction=True)] = Field(
        0,
        description="number or fraction of the training rows to use for validation; classes keep "
        "their shares",
    )
    scale: Scale = scale_field("none")

    @model_validator(mode="after")
    def _validation_fits(self) -> "GeneratedSource":
        self.leave_rows(self.validation, self.rows)
        return self

    @property
    def settings(self) -> Settings:
        """The values of the parameters."""
        return {key: getattr(self, key) for key in GENERATED[self.source].parameters}

    @property
    def shape(self) -> Shape:
        """The task and sizes."""
        return GENERATED[self.source].shape(self.settings)

    @property
    def division(self) -> Division:
        """The split of the rows, which belong to the classes in turn."""
        classes = GENERATED[self.source].class_names(self.settings)
        each = len(classes) or 1
        sizes = [len(range(first, self.rows, each)) for first in range(each)]
        return Division(self.source, sizes, {"validation": self.validation}, classes)

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Make the rows."""
        from nncli.data.builtin.sampling import load_generated

        return load_generated(
            self.source,
            self.settings,
            rows=self.rows,
            test=self.test,
            validation=self.validation,
            seed=seed,
            fold=fold,
        )


@cache
def __getattr__(name: str) -> type[GeneratedSource]:
    """Return the class of a data set of `GENERATED`, made on first use."""
    if name not in GENERATED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    entry = GENERATED[name]
    keys: dict[str, Any] = {key: _field(each) for key, each in entry.parameters.items()}
    keys["source"] = (Literal.__getitem__(name), ...)
    return create_model(
        name, __base__=GeneratedSource, __module__=__name__, __doc__=f"{entry.title}.", **keys
    )


def _field(parameter: Parameter) -> tuple[type, Any]:
    field = Field(
        parameter.default,
        ge=parameter.at_least,
        gt=parameter.above,
        le=parameter.at_most,
        lt=parameter.below,
        description=parameter.description,
    )
    return type(parameter.default), field
