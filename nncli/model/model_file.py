"""Write, read and verify model files (``weights.npz``).

A model file has the arrays of all layers by name, ``W1, b1, W2, b2, ...``, and ``metadata``, a JSON
text. The reader trusts nothing: `npz_file` accepts only archives as nncli writes them, and this
module checks the metadata against the arrays.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncli
from nncli.base.errors import ModelFileError, os_errors_as
from nncli.base.paths import absolute
from nncli.base.storage.directory import Place
from nncli.base.storage.npz_file import npz_parts, parse_own_npz, read_own_npz, write_npz
from nncli.base.storage.run_files import WEIGHTS
from nncli.base.storage.strict_json import parse_json, to_json
from nncli.base.words import on_one_line
from nncli.model.format_versions import check_version, descriptions, has_former, version_for
from nncli.model.metadata import (
    Refusal,
    check_parameters,
    fingerprint_of,
    get,
    get_texts,
    metrics_of,
)
from nncli.model.model import Model
from nncli.model.no_model import why_no_model
from nncli.model.preprocessing_metadata import read_preprocessing
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.former import FORMER_ACTIVATIONS, FORMER_LOSSES
from nncli.nn.layers.activation import ActivationLayer
from nncli.nn.layers.dense import DENSE
from nncli.nn.layers.kinds import make_layer, parameters_of
from nncli.nn.layers.layer import Layer
from nncli.nn.losses import LOSSES
from nncli.nn.network import (
    Network,
    blocks,
    least_values,
    numbered,
    parameter_count,
    state_count,
    state_views,
    trained_views,
)
from nncli.nn.objective import Objective

_DTYPES = (np.dtype("<f4"), np.dtype("<f8"))
_AGAIN = "get or train the model again"


def write_model(place: Place, model: Model, *, replace: bool = True) -> None:
    """Write `model` to `place` atomically, like `atomic_write`. Raises `OutputError`."""
    write_npz(place, _members(model), replace=replace)


def model_bytes(model: Model) -> bytes:
    """Return the bytes that `write_model` writes."""
    return b"".join(npz_parts(_members(model)))


def _members(model: Model) -> dict[str, NDArray[Any]]:
    network, arrays = model.network, model.network.named
    metadata = {
        "format_version": version_for(network.layers, model.preprocessing.features),
        "layers": [
            {"kind": layer.kind, "parameters": layer.described, "arrays": names}
            for layer, names in zip(network.layers, _names(network.layers), strict=True)
        ],
        "preprocessing": model.preprocessing.as_json(),
        "task": model.task,
        "targets": model.targets,
        "classes": model.classes,
        "loss": model.objective.name,
        "loss_parameters": model.objective.parameters,
        "config": model.config,
        "metrics": model.metrics,
        "training": model.training,
        "data_fingerprint": model.fingerprint,
        "sha256": {name: _sha256(array) for name, array in arrays.items()},
        "nncli_version": nncli.__version__,
        "numpy_version": np.__version__,
    }
    return {"metadata": np.array(to_json(metadata)), **arrays}


def _names(layers: Iterable[Layer]) -> Iterator[list[str]]:
    """Yield the names of each layer's arrays."""
    for number, layer in numbered([*layers]):
        yield [f"{name}{number}" for name in (*layer.trained, *layer.state)]


def read_model(place: Place) -> Model:
    """Read and verify a model file, or the ``weights.npz`` of a run directory.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, of a newer format, or not written by `write_model`.
    """
    called = str(place)
    if isinstance(place, Path) and place.is_dir():
        if problem := why_no_model(place):
            raise ModelFileError(problem)
        place /= WEIGHTS
    with _refusals(place):
        model = _read(read_own_npz, place, called)
    return replace(model, folder=absolute(Path(str(place)).parent))


def model_from_bytes(content: bytes, called: str) -> Model:
    """Return the model from the bytes of `model_bytes`. Raises `ModelFileError`."""
    with _refusals(called):
        return _read(lambda stream: parse_own_npz(stream, len(content)), BytesIO(content), called)


def _read(read: Callable[[Any], dict[str, NDArray[Any]]], source: object, called: str) -> Model:
    try:
        arrays = read(source)
    except ValueError as error:
        raise Refusal(f"{error}; {_AGAIN}") from error
    metadata = _metadata(arrays)
    layers = _layers(metadata)
    model = _model(_network(layers, arrays, metadata), metadata, called)
    _ = model.threshold  # check it now, not on first use
    return model


@contextmanager
def _refusals(path: object) -> Iterator[None]:
    """Convert errors while reading a model file to `ModelFileError`."""
    try:
        with os_errors_as(ModelFileError, path):
            yield
    except ValueError as error:
        raise ModelFileError(f"{path}: {on_one_line(str(error))}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path}: does not fit in memory") from error


def _sha256(array: NDArray[Any]) -> str:
    """Return the SHA-256 of the numbers in little-endian byte order and C order."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


def _metadata(arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Parse the metadata and remove it from `arrays`."""
    if "metadata" not in arrays:
        raise Refusal("has no metadata: not an nncli model")
    if "parameters" in arrays:
        raise Refusal("is a checkpoint, not a model; use weights.npz in its folder")
    if next(iter(arrays)) != "metadata":
        raise Refusal("does not start with its metadata: not written by nncli")
    array = arrays.pop("metadata")
    if array.shape != () or array.dtype.kind != "U":
        raise Refusal("its metadata is not a string")
    try:
        metadata = parse_json(array.item())
    except ValueError as error:
        raise Refusal(f"its metadata {error}") from error
    check_version(metadata)
    return metadata  # type: ignore[no-any-return]  # `get` has checked that it is a dict


def _layers(metadata: dict[str, Any]) -> list[Layer]:
    layers: list[Layer] = []
    number = 0
    former = FORMER_ACTIVATIONS if has_former(metadata) else {}
    for each in descriptions(metadata):
        kind, parameters = get(each, "kind", str), get(each, "parameters", dict)
        number += kind == DENSE
        _check_kind(kind, parameters)
        units = layers[-1].outputs if layers else 0
        if kind == DENSE:
            inputs, outputs = get(parameters, "inputs", int), get(parameters, "outputs", int)
            if inputs < 1 or outputs < 1 or (layers and units != inputs):
                raise Refusal(f"layer {number} has sizes ({inputs}, {outputs}) that do not fit")
        layers.append(make_layer(kind, parameters, units, former))
    if not layers:
        raise Refusal("has no layers")
    _check_order(layers)
    return layers


def _check_kind(kind: str, parameters: dict[str, Any]) -> None:
    try:
        expected = parameters_of(kind)
    except KeyError:
        raise Refusal(
            f"has a layer of the unknown kind {kind!r}; a newer nncli may support it"
        ) from None
    check_parameters(kind, expected, parameters)


def _check_order(layers: list[Layer]) -> None:
    """Raise `Refusal` unless each block is a dense layer, others, and an activation."""
    if layers[0].kind != DENSE:
        raise Refusal("does not begin with a dense layer")
    for block in blocks(layers):
        activations = [each for each in block.layers if isinstance(each, ActivationLayer)]
        if len(activations) != 1 or activations[0] is not block.layers[-1]:
            raise Refusal(f"layer {block.number} does not end with its activation")
        if len(block.between) > 1:  # their arrays would have the same names
            raise Refusal(f"layer {block.number} is normalized twice")
        if activations[0].entry.output_only and block.layers[-1] is not layers[-1]:
            raise Refusal("has an output activation in a hidden layer")


def _network(
    layers: list[Layer], arrays: dict[str, NDArray[Any]], metadata: dict[str, Any]
) -> Network:
    expected = _shapes(layers)
    _same_names(expected, arrays)
    if list(arrays) != list(expected):
        raise Refusal("has its arrays in the wrong order")
    _check_names(layers, metadata)
    checksums = get(metadata, "sha256", dict)
    if not checksums.keys() <= expected.keys():
        raise Refusal("has checksums of arrays that it does not contain")
    dtype, least = arrays["W1"].dtype, least_values(layers)
    if dtype not in _DTYPES:
        raise Refusal(f"W1 has the type {dtype}; expected float32 or float64")
    for name, array in arrays.items():
        if array.shape != expected[name] or array.dtype != dtype:
            raise Refusal(
                f"{name} is {array.dtype} of shape {array.shape}; expected {dtype} of shape "
                f"{expected[name]}"
            )
        if not np.isfinite(array).all():
            raise Refusal(f"{name} has values that are not finite numbers")
        if name in least and array.min() < least[name]:
            raise Refusal(f"{name} has values below {least[name]:g}")
        if _sha256(array) != checksums.get(name):
            raise Refusal(f"{name} does not match its SHA-256 checksum; {_AGAIN}")
    flat, state = np.empty(parameter_count(layers), dtype), np.empty(state_count(layers), dtype)
    for name, view in {**trained_views(layers, flat), **state_views(layers, state)}.items():
        view[:] = arrays[name]
    return Network(layers, flat, state)


def _shapes(layers: list[Layer]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all required arrays, by name."""
    return {
        f"{name}{number}": shape
        for number, layer in numbered(layers)
        for name, shape in {**layer.trained, **layer.state}.items()
    }


def _check_names(layers: list[Layer], metadata: dict[str, Any]) -> None:
    """Check the array names listed by the layers, which exist since format 3."""
    if metadata["format_version"] > 2:
        found = [get_texts(each, "arrays") for each in metadata["layers"]]
        if found != list(_names(layers)):
            raise Refusal("its layers list the wrong arrays")


def _same_names(expected: Iterable[str], found: Iterable[str]) -> None:
    missing, extra = set(expected) - set(found), set(found) - set(expected)
    if missing:
        raise Refusal(f"lacks {', '.join(sorted(missing))}; {_AGAIN}")
    if extra:
        raise Refusal(f"has the unexpected members {', '.join(sorted(extra))}")


def _model(network: Network, metadata: dict[str, Any], called: str) -> Model:
    preprocessing = read_preprocessing(metadata, network)
    task, output = get(metadata, "task", str), network.output.kind
    if task not in ACTIVATIONS[output].output_for:
        raise Refusal(f"has the output {output}, which does not suit the task {task!r}")
    targets, classes = _targets_and_classes(metadata, task, network.output.outputs)
    return Model(
        network=network,
        preprocessing=preprocessing,
        task=task,  # type: ignore[arg-type]  # in output_for
        targets=targets,
        classes=classes,
        objective=_objective(metadata),
        config=get(metadata, "config", dict),
        metrics=metrics_of(metadata),
        training=get(metadata, "training", dict),
        fingerprint=fingerprint_of(metadata),
        provenance={key: get(metadata, key, str) for key in ("nncli_version", "numpy_version")},
        called=called,
    )


def _targets_and_classes(
    metadata: dict[str, Any], task: str, outputs: int
) -> tuple[list[str], list[str]]:
    targets, classes = get_texts(metadata, "targets"), get_texts(metadata, "classes")
    numbers = task in ("regression", "multilabel")
    for what, names, expected in (
        ("targets", targets, outputs if numbers else 1),
        ("classes", classes, 0 if numbers else max(outputs, 2)),
    ):
        if len(names) != expected or len(set(names)) != len(names):
            raise Refusal(f"has {len(set(names))} different {what} for {outputs} outputs")
    return targets, classes


def _objective(metadata: dict[str, Any]) -> Objective:
    loss = get(metadata, "loss", str)
    if loss not in LOSSES:
        raise Refusal(f"has the unknown loss {loss!r}")
    parameters = get(metadata, "loss_parameters", dict)
    check_parameters(loss, LOSSES[loss].parameters, parameters)
    return Objective(loss, parameters, FORMER_LOSSES.get(loss) if has_former(metadata) else None)
