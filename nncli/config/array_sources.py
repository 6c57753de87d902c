"""The keys of the sources that are arrays or images of the user's own."""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from nncli.base.paths import nearby
from nncli.config.choices import Checked, IntegerOr, refusal
from nncli.config.file_source import (
    ClassWeight,
    FileSource,
    OneFileSource,
    class_weight_field,
    part_field,
)
from nncli.config.source import Ends, Scale, scale_field
from nncli.config.strict_yaml import Path
from nncli.data.dataset import OF_CLASSES, Dataset, Task
from nncli.data.division import Fold, Share
from nncli.data.files.image_format import MOST_INPUTS

if TYPE_CHECKING:
    from nncli.data.arrays import Arrays

Side = Annotated[int, Field(ge=1, le=MOST_INPUTS)]


class ArraySource(FileSource):
    """What files of arrays have in common."""

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
        raise TypeError(f"{type(self).__name__} does not say where its rows are")

    def _read(self, where: Any) -> "Arrays":
        raise TypeError(f"{type(self).__name__} does not say how its rows are read")


class NpzSource(ArraySource, OneFileSource):
    """An npz file of NumPy with an array of inputs and one of targets."""

    source: Literal["npz"]
    X: str = Field("X", description="the array of the inputs, a row each")
    y: str = Field("y", description="the array of the targets or the classes")
    weight: str | None = Field(None, description="an array with how much each row counts")

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
    """Annotation for the paths of two files, or rows or a fraction."""

    _SHARE = IntegerOr(0, fraction=True)

    def check(self, value: Any) -> Any:
        """Return `value` if it is allowed."""
        if not isinstance(value, list):
            return self._SHARE.check(value)
        if len(value) != 2 or not all(isinstance(each, str) for each in value):
            raise refusal("expected a list of two files, first that of the inputs")
        return value

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        pair = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
        return {"anyOf": [self._SHARE.json_schema(), pair]}


Pair = Annotated[int | float | list[str], PairOr()]


class PairSource(ArraySource):
    """What two files have in common, one with the inputs and one with the targets."""

    test: Pair | None = part_field("test", "a list of two files")
    validation: Pair | None = part_field("validate", "a list of two files")

    def _read(self, where: list[str]) -> "Arrays":
        from nncli.data.arrays import Arrays
        from nncli.data.files.array_file import read_array

        inputs, targets = map(nearby, where)
        return Arrays(read_array(inputs), read_array(targets), str(inputs), str(targets))


class NpySource(PairSource):
    """Two npy files of NumPy, one with the inputs and one with the targets."""

    source: Literal["npy"]
    paths: ClassVar[tuple[str, ...]] = ("inputs", "targets", "test", "validation")
    inputs: str = Field(description="the file of the inputs, relative to the config")
    targets: str = Field(description="the file of the targets or the classes")

    @property
    def _first(self) -> list[str]:
        return [self.inputs, self.targets]


class IdxSource(PairSource):
    """Two IDX files, one with images and one with labels; also gzipped."""

    source: Literal["idx"]
    paths: ClassVar[tuple[str, ...]] = ("images", "labels", "test", "validation")
    images: str = Field(description="the file of the images, relative to the config")
    labels: str = Field(description="the file of the labels")
    scale: Scale = scale_field("unit")

    @property
    def _first(self) -> list[str]:
        return [self.images, self.labels]


class ImagesSource(OneFileSource):
    """A folder with PNG and JPEG images, in a sub-folder for each class."""

    place: ClassVar[str] = "a folder of your own"
    source: Literal["images"]
    size: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = Field(
        None,
        description="[height, width], to which every image is brought; default: that of the first "
        "image, which all must have",
    )
    color: Literal["gray", "grey", "rgb"] | None = Field(
        None,
        description="what every image is turned into: gray (or grey), or rgb; default: as the "
        "first image, and a color image among gray ones is an error",
    )
    class_weight: ClassWeight = class_weight_field()
    scale: Scale = scale_field("unit")

    @property
    def possible_tasks(self) -> tuple[Task, ...]:
        """The tasks whose classes may be folders."""
        return tuple(each for each in super().possible_tasks if each in OF_CLASSES)

    def problems(self) -> Iterator[tuple[Path, str]]:
        """Refuse a task without classes, and images that are too large."""
        yield from super().problems()
        if not self.possible_tasks:
            yield (
                ("task",),
                f"a {self.task} task has no classes, which the folders of images are; expected "
                f"{' or '.join(OF_CLASSES)}",
            )
        if self.size and (inputs := prod(self.size) * _CHANNELS.get(self.color, 1)) > MOST_INPUTS:
            yield ("size",), f"{inputs} numbers an image; expected at most {MOST_INPUTS}"

    def ends(self, task: Task) -> Ends:
        """Return how many numbers an image has."""
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
