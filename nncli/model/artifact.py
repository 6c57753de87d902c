"""The model file, ``weights.npz``: write, verify, read.

It holds ``W1, b1, W2, b2, ...``, for layers that learn slopes also ``slope1``, ``slope2``, ..., and
``metadata``, a JSON text. The reader believes nothing: `npz_file` takes only what nncli packs, and
here everything that the metadata says is compared with the arrays.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import nncli
from nncli.base.errors import ModelFileError, reason
from nncli.base.storage.npz_file import read_own_npz, write_npz
from nncli.base.storage.strict_json import parse_json, to_json
from nncli.base.words import on_one_line
from nncli.data.dataset import Task
from nncli.data.files.image_format import BACKGROUNDS, MOST_INPUTS, ImageFormat
from nncli.data.tables.column import KINDS, LARGEST, MOST_BLANKS, POLICIES, Column
from nncli.data.tables.encoding import Encoding
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Array, Entry
from nncli.nn.losses import LOSSES
from nncli.nn.network import (
    Layer,
    Network,
    Objective,
    layer_views,
    named_arrays,
    parameter_count,
)

FORMAT_VERSION = 2  # of 1 there are models without target_offset, target_scale and encoding

_DTYPES = (np.dtype("<f4"), np.dtype("<f8"))
_AGAIN = "get or train the model again"

T = TypeVar("T")


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an input row before the network sees it: ``(x - offset) * scale``.

    Attributes
    ----------
    columns : list of str
    types : list of str
        The type of each column: ``number``.
    offset, scale : float or list of float
        One number for all columns, or one for each.
    target_offset, target_scale : float or list of float
        Of a regression: its outputs are ``(t - target_offset) * target_scale``, of the targets t.
    encoding : Encoding or None
        How the columns of a table became these; None where rows are numbers as they are.
    images : ImageFormat or None
        What images the rows are, if they are, as bytes.
    """

    columns: list[str]
    types: list[str]
    offset: float | list[float]
    scale: float | list[float]
    target_offset: float | list[float] = 0.0
    target_scale: float | list[float] = 1.0
    encoding: Encoding | None = None
    images: ImageFormat | None = None


@dataclass(frozen=True)
class Model:
    """A trained network with all that is needed to use it.

    Attributes
    ----------
    network : Network
    preprocessing : Preprocessing
    task : str
    targets : list of str
        Names of what is predicted.
    classes : list of str
        Empty for a regression and for several labels.
    objective : Objective
        What it was trained for.
    config : dict
        The config it was trained by, every default filled in.
    metrics : dict
        Final metrics of each split.
    training : dict
        The training record: epochs, best epoch, seconds, date.
    provenance : dict
        The versions that wrote the file, once it has been read from one.
    """

    network: Network
    preprocessing: Preprocessing
    task: Task
    targets: list[str]
    classes: list[str]
    objective: Objective
    config: dict[str, Any]
    metrics: dict[str, Any]
    training: dict[str, Any]
    provenance: dict[str, Any] = field(default_factory=dict)


def write_model(path: Path, model: Model) -> None:
    """Write `model` to `path` atomically. Raises `OutputError`."""
    arrays = named_arrays(model.network.arrays)
    metadata = {
        "format_version": FORMAT_VERSION,
        "layers": [
            {
                "inputs": layer.inputs,
                "outputs": layer.outputs,
                "activation": layer.activation,
                "activation_parameters": layer.activation_parameters,
            }
            for layer in model.network.layers
        ],
        "preprocessing": asdict(model.preprocessing),
        "task": model.task,
        "targets": model.targets,
        "classes": model.classes,
        "loss": model.objective.name,
        "loss_parameters": model.objective.parameters,
        "config": model.config,
        "metrics": model.metrics,
        "training": model.training,
        "sha256": {name: _sha256(array) for name, array in arrays.items()},
        "nncli_version": nncli.__version__,
        "numpy_version": np.__version__,
    }
    write_npz(path, {"metadata": np.array(to_json(metadata)), **arrays})


def read_model(path: Path) -> Model:
    """Read and verify a model file; of a run directory, its ``weights.npz``.

    Raises
    ------
    ModelFileError
        When it is missing, damaged, of a newer format, or anything but what `write_model` writes.
    """
    if path.is_dir():
        if (path / "fold-1").is_dir():
            raise ModelFileError(f"{path}: has a model for each fold; choose {path / 'fold-1'}")
        path = path / "weights.npz"
    try:
        arrays = _arrays(path)
        metadata = _metadata(arrays)
        layers = _layers(metadata)
        parameters = _parameters(layers, arrays, metadata)
        return _model(Network(layers, parameters), metadata)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({reason(error)})") from error
    except ValueError as error:
        raise ModelFileError(f"{path}: {on_one_line(str(error))}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path}: needs more memory than there is") from error


class _Refusal(ValueError):  # noqa: N818 - becomes a ModelFileError with the path
    pass


def _sha256(array: NDArray[Any]) -> str:
    """Return the SHA-256 of the numbers, little-endian, in C order."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_own_npz(path)
    except ValueError as error:
        raise _Refusal(f"{error}; {_AGAIN}") from error


def _metadata(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Take the metadata out of `arrays`."""
    if "metadata" not in arrays:
        raise _Refusal("has no metadata: not a model of nncli")
    if "parameters" in arrays:
        raise _Refusal("is a checkpoint, not a model; the model is weights.npz beside it")
    if next(iter(arrays)) != "metadata":
        raise _Refusal("does not start with its metadata; nncli did not write it")
    array = arrays.pop("metadata")
    if array.shape != () or array.dtype.kind != "U":
        raise _Refusal("its metadata is not a text")
    try:
        metadata = parse_json(array.item())
    except ValueError as error:
        raise _Refusal(f"its metadata {error}") from error
    version = _get(metadata, "format_version", int)
    if version > FORMAT_VERSION:
        raise _Refusal(
            f"has format version {version}; this nncli reads up to {FORMAT_VERSION}: "
            "install a newer nncli"
        )
    if version < 1:
        raise _Refusal(f"has format version {version}; there is none below 1")
    return metadata  # type: ignore[no-any-return]  # _get has seen that it is a dict


def _get(mapping: Any, key: str, kind: type[T]) -> T:
    """Return the value of `key`, which must be there and of type `kind`."""
    if not isinstance(mapping, dict) or key not in mapping:
        raise _Refusal(f"its metadata has no {key}")
    value = mapping[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise _Refusal(f"{key} in its metadata is not of type {kind.__name__}")
    return value


def _get_texts(mapping: Any, key: str) -> list[str]:
    values = _get(mapping, key, list)
    if not all(isinstance(value, str) for value in values):
        raise _Refusal(f"{key} in its metadata is not a list of texts")
    return values


def _layers(metadata: dict[str, Any]) -> list[Layer]:
    layers: list[Layer] = []
    for number, each in enumerate(_get(metadata, "layers", list), 1):
        inputs, outputs = _get(each, "inputs", int), _get(each, "outputs", int)
        activation = _get(each, "activation", str)
        parameters = _get(each, "activation_parameters", dict)
        if inputs < 1 or outputs < 1 or (layers and layers[-1].outputs != inputs):
            raise _Refusal(f"layer {number} has sizes ({inputs}, {outputs}) that do not fit")
        if activation not in ACTIVATIONS:
            raise _Refusal(f"layer {number} has the unknown activation {activation!r}")
        _check_parameters(activation, ACTIVATIONS[activation], parameters)
        layers.append(Layer(inputs, outputs, activation, parameters))
    if not layers:
        raise _Refusal("has no layers")
    if any(ACTIVATIONS[layer.activation].output_only for layer in layers[:-1]):
        raise _Refusal("has an output activation in a hidden layer")
    return layers


def _parameters(
    layers: list[Layer], arrays: dict[str, NDArray[Any]], metadata: dict[str, Any]
) -> Array:
    expected = _shapes(layers)
    _same_names(expected, arrays)
    if list(arrays) != list(expected):
        raise _Refusal("has its arrays in another order than nncli writes")
    checksums = _get(metadata, "sha256", dict)
    if not checksums.keys() <= expected.keys():
        raise _Refusal("has checksums of other arrays than it holds")
    dtype = arrays["W1"].dtype
    if dtype not in _DTYPES:
        raise _Refusal(f"W1 has the type {dtype}; expected float32 or float64")
    for name, array in arrays.items():
        if array.shape != expected[name] or array.dtype != dtype:
            raise _Refusal(
                f"{name} is {array.dtype} of shape {array.shape}; expected {dtype} of shape "
                f"{expected[name]}"
            )
        if not np.isfinite(array).all():
            raise _Refusal(f"{name} has values that are not finite numbers")
        if _sha256(array) != checksums.get(name):
            raise _Refusal(f"{name} is not what was saved: its SHA-256 is another; {_AGAIN}")
    flat = np.empty(parameter_count(layers), dtype)
    for name, view in named_arrays(layer_views(layers, flat)).items():
        view[:] = arrays[name]
    return flat


def _shapes(layers: list[Layer]) -> dict[str, tuple[int, ...]]:
    """Return what arrays there must be, by name, with the shape of each."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, layer in enumerate(layers, 1):
        shapes[f"W{number}"] = (layer.inputs, layer.outputs)
        shapes[f"b{number}"] = (layer.outputs,)
        if layer.slopes:
            shapes[f"slope{number}"] = (layer.slopes,)
    return shapes


def _same_names(expected: Iterable[str], found: Iterable[str]) -> None:
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    if missing:
        raise _Refusal(f"lacks {', '.join(sorted(missing))}; {_AGAIN}")
    if extra:
        raise _Refusal(f"has the unexpected members {', '.join(sorted(extra))}")


def _model(network: Network, metadata: dict[str, Any]) -> Model:
    preprocessing = _preprocessing(_get(metadata, "preprocessing", dict), network)
    task, output = _get(metadata, "task", str), network.layers[-1].activation
    if task not in ACTIVATIONS[output].output_for:
        raise _Refusal(f"has the output {output} for the task {task!r}")
    targets, classes = _targets_and_classes(metadata, task, network.layers[-1].outputs)
    return Model(
        network=network,
        preprocessing=preprocessing,
        task=task,  # type: ignore[arg-type]  # one that an output is for
        targets=targets,
        classes=classes,
        objective=_objective(metadata),
        config=_get(metadata, "config", dict),
        metrics=_metrics(_get(metadata, "metrics", dict)),
        training=_get(metadata, "training", dict),
        provenance={key: _get(metadata, key, str) for key in ("nncli_version", "numpy_version")},
    )


def _targets_and_classes(
    metadata: dict[str, Any], task: str, outputs: int
) -> tuple[list[str], list[str]]:
    targets, classes = _get_texts(metadata, "targets"), _get_texts(metadata, "classes")
    numbers = task in ("regression", "multilabel")
    for what, names, expected in (
        ("targets", targets, outputs if numbers else 1),
        ("classes", classes, 0 if numbers else max(outputs, 2)),
    ):
        if len(names) != expected or len(set(names)) != len(names):
            raise _Refusal(f"has {len(set(names))} different {what} for {outputs} outputs")
    return targets, classes


def _objective(metadata: dict[str, Any]) -> Objective:
    loss = _get(metadata, "loss", str)
    if loss not in LOSSES:
        raise _Refusal(f"has the unknown loss {loss!r}")
    parameters = _get(metadata, "loss_parameters", dict)
    _check_parameters(loss, LOSSES[loss], parameters)
    return Objective(loss, parameters)


def _check_parameters(name: str, entry: Entry, values: dict[str, Any]) -> None:
    """Refuse other parameters than `entry` takes."""
    if values.keys() != entry.parameters.keys() or not all(map(_is_number, values.values())):
        raise _Refusal(f"has other parameters than {name} takes")


def _metrics(splits: dict[str, Any]) -> dict[str, Any]:
    for values in splits.values():
        if not isinstance(values, dict) or not all(map(_is_number, values.values())):
            raise _Refusal("its metrics are not numbers by split and name")
    return splits


def _preprocessing(values: dict[str, Any], network: Network) -> Preprocessing:
    inputs, largest = network.layers[0].inputs, float(np.finfo(network.dtype).max)
    columns, types = _get_texts(values, "columns"), _get_texts(values, "types")
    if len(columns) != inputs or types != ["number"] * inputs:
        raise _Refusal(f"its preprocessing does not have {inputs} columns of numbers")
    offset = _one_or_each(values, "offset", inputs, largest)
    scale = _one_or_each(values, "scale", inputs, largest)
    if not {"target_offset", "target_scale", "encoding"} & values.keys():  # format 1
        return Preprocessing(columns, types, offset, scale)
    outputs = network.layers[-1].outputs
    target_scale = _one_or_each(values, "target_scale", outputs, largest)
    scales = target_scale if isinstance(target_scale, list) else [target_scale]
    if min(map(abs, scales)) * largest < 1:
        raise _Refusal("target_scale of its preprocessing is 0, or nearly")
    encoding = _encoding(_get(values, "encoding", object))
    if encoding is not None and not _leads_to(encoding, columns):
        raise _Refusal("the encoding of its preprocessing does not lead to its columns")
    return Preprocessing(
        columns,
        types,
        offset,
        scale,
        _one_or_each(values, "target_offset", outputs, largest),
        target_scale,
        encoding,
        _images(values.get("images"), columns),
    )


def _images(values: object, columns: list[str]) -> ImageFormat | None:
    if values is None:  # or a model from before there were images
        return None
    height, width, channels = (_get(values, key, int) for key in ("height", "width", "channels"))
    background = _get(values, "background", str)
    possible = min(height, width) > 0 and height * width <= MOST_INPUTS and channels in (1, 3)
    if not possible or background not in BACKGROUNDS:
        raise _Refusal("has images of a size, channels or background that there are not")
    images = ImageFormat(height, width, channels, background)
    if images.inputs != len(columns) or images.columns != columns:
        raise _Refusal("the images of its preprocessing do not lead to its columns")
    return images


def _one_or_each(
    values: dict[str, Any], key: str, count: int, largest: float
) -> float | list[float]:
    value = _get(values, key, object)
    each = value if isinstance(value, list) and len(value) == count else [value]
    if not all(_is_number(number, largest) for number in each):
        raise _Refusal(f"{key} of its preprocessing is neither a number nor {count} numbers")
    return value  # type: ignore[return-value]  # checked just above


def _encoding(values: object) -> Encoding | None:
    if values is None:
        return None
    columns = tuple(_column(each) for each in _get(values, "columns", list))
    dtype, name = _get(values, "dtype", str), _get(values, "id", object)
    blanks = _get_texts(values, "blanks")
    if len(blanks) > MOST_BLANKS:
        raise _Refusal(f"its encoding has more than {MOST_BLANKS} blanks")
    if len({column.name for column in columns}) != len(columns):
        raise _Refusal("its encoding has a column twice")
    if dtype not in ("float32", "float64") or not isinstance(name, str | None):
        raise _Refusal("its encoding has another dtype or id than there are")
    return Encoding(columns, dtype, tuple(blanks), name)


def _leads_to(encoding: Encoding, columns: list[str]) -> bool:
    """Return whether an encoding makes these inputs.

    A name stands once in the file, but in an input for each of its categories: so they are
    counted before they are made.
    """
    characters = sum(len(each.name) * len(each.categories) for each in encoding.columns)
    return characters <= sum(map(len, columns)) and encoding.inputs == columns


def _column(values: Any) -> Column:
    name, kind, missing = (_get(values, key, str) for key in ("name", "kind", "missing"))
    categories, fill = _get_texts(values, "categories"), _get(values, "fill", object)
    if kind not in KINDS or missing not in POLICIES:
        raise _Refusal(f"the column {name!r} of its encoding is {kind!r} with missing {missing!r}")
    texts = kind == "category"
    needed = missing == "constant" if texts else missing != "error"
    fits = isinstance(fill, str) and fill in categories if texts else _is_number(fill, LARGEST)
    unfit = not fits if needed else fill is not None
    if unfit or len({*categories}) != len(categories) or (categories and not texts):
        raise _Refusal(f"the column {name!r} of its encoding has categories or a fill that differ")
    return Column(name, kind, missing, fill, tuple(categories))  # type: ignore[arg-type]  # checked


def _is_number(value: object, largest: float = 1e308) -> bool:
    # abs(nan) <= largest is false.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= largest
