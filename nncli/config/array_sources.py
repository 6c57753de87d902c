"""The keys of the sources for the user's own arrays and images."""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from nncli.base.paths import nearby
from nncli.base.words import either
from nncli.config.choices import Checked, IntegerOr, refusal
from nncli.config.file_source import (
    ClassWeight,
    FileSource,
    OneFileSource,
    class_weight_field,
    part_field,
)
from nncli.config.number_source import ImageKeys, NumberSource
from nncli.config.source import Ends, Scale, scale_field
from nncli.config.strict_yaml import Path
from nncli.data.dataset import OF_CLASSES, Dataset, Task
from nncli.data.division import Fold, Share
from nncli.data.files.image_format import MOST_INPUTS

if TYPE_CHECKING:
    from nncli.data.arrays import Arrays

Side = Annotated[int, Field(ge=1, le=MOST_INPUTS)]


class ArraySource(NumberSource, FileSource):
    """Base class of sources with files of arrays."""

    class_weight: ClassWeight = class_weight_field()
    scale: Scale = scale_field("standard")

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the arrays."""
        from nncli.data.arrays import load_arrays

        parts = {
            name: each if isinstance(each, Share) else self._read(each)
            for name, each in self.parts.items()
        }
        first = self._read(self._first)
        return load_arrays(
            first,
            parts,
            self.task,
            seed,
            fold,
            self.class_weight,
            rules=self.rules,
            order=self.order,
        )

    @property
    def _first(self) -> Any:
        raise TypeError(f"{type(self).__name__} does not implement _first")

    def _read(self, where: Any) -> "Arrays":
        raise TypeError(f"{type(self).__name__} does not implement _read")


class NpzSource(ArraySource, OneFileSource):
    """A NumPy .npz file with an array of inputs and one of targets."""

    source: Literal["npz"]
    X: str = Field("X", description="name of the array of inputs, one row per example")
    y: str = Field("y", description="name of the array of targets or classes")
    weight: str | None = Field(
        None, description="name of the array with the weight of each row in training"
    )

    @property
    def _first(self) -> str:
        return self.path

    def _read(self, where: str) -> "Arrays":
        from nncli.data.arrays import Arrays
        from nncli.data.files.array_file import read_arrays

        path = nearby(where)
        weight = self.weight if where == self.path else None  # only training rows have weights
        return Arrays.of_npz(read_arrays(path), self.X, self.y, str(path), weight)


class PairOr(Checked):
    """Annotation for the paths of two files, or a number or fraction of rows."""

    _SHARE = IntegerOr(0, fraction=True)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if not isinstance(value, list):
            return self._SHARE.check(value)
        if len(value) != 2 or not all(isinstance(each, str) for each in value):
            raise refusal("expected a list of two files: inputs, then targets")
        return value

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        pair = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
        return {"anyOf": [self._SHARE.json_schema(), pair]}


Pair = Annotated[int | float | list[str], PairOr()]


class PairSource(ArraySource):
    """Base class of sources with one file of inputs and one of targets."""

    test: Pair | None = part_field("test", "a list of two files (inputs, targets)")
    validation: Pair | None = part_field("validation", "a list of two files (inputs, targets)")

    def _read(self, where: list[str]) -> "Arrays":
        from nncli.data.arrays import Arrays
        from nncli.data.files.array_file import read_array

        inputs, targets = map(nearby, where)
        return Arrays(read_array(inputs), read_array(targets), str(inputs), str(targets))


class NpySource(PairSource):
    """Two NumPy .npy files, one with the inputs and one with the targets."""

    source: Literal["npy"]
    paths: ClassVar[tuple[str, ...]] = ("inputs", "targets", "test", "validation")
    inputs: str = Field(description="path of the file with the inputs, relative to the config")
    targets: str = Field(
        description="path of the file with the targets or classes, relative to the config"
    )

    @property
    def _first(self) -> list[str]:
        return [self.inputs, self.targets]


class IdxSource(PairSource):
    """Two IDX files, one with images and one with labels; may be gzipped."""

    source: Literal["idx"]
    paths: ClassVar[tuple[str, ...]] = ("images", "labels", "test", "validation")
    images: str = Field(description="path of the file with the images, relative to the config")
    labels: str = Field(description="path of the file with the labels, relative to the config")
    scale: Scale = scale_field("unit")

    @property
    def _first(self) -> list[str]:
        return [self.images, self.labels]


class ImagesSource(ImageKeys, OneFileSource):
    """A folder of PNG and JPEG images, with one subfolder per class."""

    place: ClassVar[str] = "your own folder"
    source: Literal["images"]
    size: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = Field(
        None,
        description="[height, width] to resize every image to; default: no resizing, all images "
        "must have the size of the first",
    )
    color: Literal["gray", "grey", "rgb"] | None = Field(
        None,
        description="color mode to convert every image to: gray (or grey) or rgb; default: that of "
        "the first image; a color image among gray ones is an error",
    )
    class_weight: ClassWeight = class_weight_field()
    scale: Scale = scale_field("unit")

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The possible tasks with classes, which are the folders."""
        return tuple(each for each in super().possible_tasks if each in OF_CLASSES)

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Yield a task without classes, and an image size that is too large."""
        yield from super().problems()
        if not self.possible_tasks:
            yield (
                ("task",),
                f"a {self.task} task has no classes, but the folders of images are classes; "
                f"expected {either(OF_CLASSES)}",
            )
        if self.size and (inputs := prod(self.size) * _CHANNELS.get(self.color, 1)) > MOST_INPUTS:
            yield ("size",), f"{inputs} numbers per image; expected at most {MOST_INPUTS}"

    def ends(self, task: Task) -> Ends:
        """Return the inputs and outputs: an input per number of an image, if its size is known."""
        known = self.size and self.color
        inputs = prod(self.size or ()) * _CHANNELS.get(self.color, 1) if known else None
        return super().ends(task)._replace(inputs=inputs)

    def load(self, seed: int, *, fold: Fold | None = None, progress: bool = False) -> Dataset:
        """Read the images."""
        from nncli.data.image_folder import load_folders

        return load_folders(
            nearby(self.path),
            self.near_parts,
            self.task,
            seed,
            fold,
            size=(self.size[0], self.size[1]) if self.size else None,
            channels=_CHANNELS[self.color] if self.color else None,
            class_weight=self.class_weight,
            rules=self.rules,
            order=self.order,
        )


_CHANNELS: dict[str | None, int] = {"gray": 1, "grey": 1, "rgb": 3}
