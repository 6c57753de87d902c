"""Sources whose rows are columns of numbers, of which features can be computed."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator

from nncli.config.choices import refusal
from nncli.config.feature_list import FeatureList, Written, problems_of_features
from nncli.config.source import Ends, Source
from nncli.config.strict_yaml import Path
from nncli.data.dataset import Task
from nncli.data.features import OF_IMAGES


class NumberSource(Source):
    """Base class of sources whose rows are columns of numbers."""

    features: Annotated[list[Written], FeatureList()] | None = Field(
        None,
        description="inputs of the network: a list of columns, and of numbers computed from them, "
        "such as {square: x1}, {product: [x1, x2]} and {sine: x1}; default: all columns",
    )

    @property
    def known_columns(self) -> Sequence[str] | None:
        """The names of the columns, if known without the data: x1, x2 and so on."""
        return [f"x{number}" for number in range(1, self.shape.inputs + 1)] if self.shape else None

    def ends(self, task: Task) -> Ends:
        """Return the inputs and outputs: an input per feature, if the columns are known."""
        ends = super().ends(task)
        if self.features is None or self.known_columns is None:
            return ends
        return ends._replace(inputs=len(self.features))

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield features that no data can have, in addition to the problems of every source."""
        yield from super().problems()
        yield from problems_of_features(self.features or (), self.known_columns)


class ImageKeys(BaseModel):
    """Base class of sources whose rows are images, in addition to `Source`."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_features(cls, values: Any) -> Any:
        if isinstance(values, dict) and "features" in values:
            raise refusal(OF_IMAGES, below="features")
        return values
