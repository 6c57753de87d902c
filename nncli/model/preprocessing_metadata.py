"""Read the preprocessing from the metadata of a model file."""

from typing import Any

import numpy as np

from nncli.data.features import FEATURES, Feature, Features
from nncli.data.files.image_format import BACKGROUNDS, MOST_INPUTS, ImageFormat
from nncli.data.tables.column import KINDS, LARGEST, MOST_BLANKS, POLICIES, Column
from nncli.data.tables.encoding import Encoding
from nncli.data.tables.moments import PARTS
from nncli.data.tables.written import FORMS
from nncli.model.format_versions import has_features
from nncli.model.metadata import Refusal, get, get_texts, is_number
from nncli.model.preprocessing import Preprocessing
from nncli.nn.network import Network

_MOST_CHARACTERS = 1 << 24  # of all names of features


def read_preprocessing(metadata: dict[str, Any], network: Network) -> Preprocessing:
    """Return the preprocessing described by metadata. Raises `Refusal`."""
    values = get(metadata, "preprocessing", dict)
    inputs, largest = network.layers[0].inputs, float(np.finfo(np.float32).max)
    largest_scale = float(np.finfo(np.float64).max)  # for numbers that hardly differ
    columns = get_texts(values, "columns")
    features = _features(values, columns, inputs) if has_features(metadata) else None
    if features is None and len(columns) != inputs:
        raise Refusal(f"its preprocessing does not have {inputs} columns")
    numbers = ["number"] * len(columns)
    if values.get("types", numbers) != numbers:  # formats 1 and 2 had them
        raise Refusal(f"its preprocessing does not have {inputs} columns of numbers")
    offset = _one_or_each(values, "offset", inputs, largest)
    scale = _one_or_each(values, "scale", inputs, largest_scale)
    of_format_1 = not {"target_offset", "target_scale", "encoding"} & values.keys()
    if of_format_1 and features is None:
        return Preprocessing(columns, offset, scale)
    outputs = network.output.outputs
    target_scale = _one_or_each(values, "target_scale", outputs, largest_scale)
    scales = target_scale if isinstance(target_scale, list) else [target_scale]
    if min(map(abs, scales)) * largest < 1:
        raise Refusal("target_scale of its preprocessing is 0 or almost 0")
    encoding = _encoding(get(values, "encoding", object))
    if encoding is not None and not _leads_to(encoding, columns):
        raise Refusal("the encoding of its preprocessing does not match its columns")
    images = _images(values.get("images"), columns)
    if images is not None and features is not None:
        raise Refusal("has features of images")
    return Preprocessing(
        columns,
        offset,
        scale,
        _one_or_each(values, "target_offset", outputs, largest),
        target_scale,
        encoding,
        images,
        _ranges(values.get("ranges"), len(columns)),
        features,
    )


def _features(values: dict[str, Any], columns: list[str], inputs: int) -> Features:
    """Return the features, whose names repeat those of columns: their length is checked first."""
    found = [_kind_and_inputs(each, columns) for each in get(values, "features", list)]
    if len(found) != inputs:
        raise Refusal(f"its preprocessing does not have {inputs} features")
    if sum(len(columns[place]) for _, places in found for place in places) > _MOST_CHARACTERS:
        raise Refusal("the names of its features are too long")
    return Features(tuple(Feature.of(kind, places, columns) for kind, places in found))


def _kind_and_inputs(values: Any, columns: list[str]) -> tuple[str, list[int]]:
    kind, places = get(values, "kind", str), get(values, "inputs", list)
    if kind not in FEATURES:
        raise Refusal(f"has a feature of the unknown kind {kind!r}; a newer nncli may support it")
    are_places = all(type(each) is int and 0 <= each < len(columns) for each in places)
    if len(places) != FEATURES[kind].arguments or not are_places:
        raise Refusal(f"a feature of its preprocessing has the wrong inputs for {kind}")
    return kind, places


def _ranges(values: Any, inputs: int) -> list[list[float]] | None:
    if values is None:  # for bytes, or in earlier versions
        return None
    shape_fits = isinstance(values, list) and len(values) == 2
    if not shape_fits or not all(_are_numbers(each, inputs) for each in values):
        raise Refusal(f"ranges of its preprocessing are not two lists of {inputs} numbers")
    return values  # type: ignore[no-any-return]  # checked just above


def _are_numbers(values: Any, count: int) -> bool:
    is_list = isinstance(values, list) and len(values) == count
    return is_list and all(is_number(each, LARGEST) for each in values)


def _images(values: object, columns: list[str]) -> ImageFormat | None:
    if values is None:  # no images, or a model of an earlier version
        return None
    height, width, channels = (get(values, key, int) for key in ("height", "width", "channels"))
    background = get(values, "background", str)
    possible = min(height, width) > 0 and height * width <= MOST_INPUTS and channels in (1, 3)
    if not possible or background not in BACKGROUNDS:
        raise Refusal("has an unsupported image size, channel count or background")
    images = ImageFormat(height, width, channels, background)
    if images.inputs != len(columns) or images.columns != columns:
        raise Refusal("the images of its preprocessing do not match its columns")
    return images


def _one_or_each(
    values: dict[str, Any], key: str, count: int, largest: float
) -> float | list[float]:
    value = get(values, key, object)
    each = value if isinstance(value, list) and len(value) == count else [value]
    if not all(is_number(number, largest) for number in each):
        raise Refusal(f"{key} of its preprocessing is neither a number nor {count} numbers")
    return value  # type: ignore[return-value]  # checked just above


def _encoding(values: object) -> Encoding | None:
    if values is None:
        return None
    columns = tuple(_column(each) for each in get(values, "columns", list))
    name = get(values, "id", object)
    blanks = get_texts(values, "blanks")
    if len(blanks) > MOST_BLANKS:
        raise Refusal(f"its encoding has more than {MOST_BLANKS} blanks")
    if len({column.name for column in columns}) != len(columns):
        raise Refusal("its encoding has a column twice")
    if not isinstance(name, str | None):
        raise Refusal("the id of its encoding is not a column name")
    forms = values.get("forms", {})  # type: ignore[attr-defined]  # earlier versions had none
    if not isinstance(forms, dict) or not {*map(str, forms.values())} <= {*FORMS}:
        raise Refusal("its encoding has unknown text forms")
    return Encoding(columns, tuple(blanks), name, forms)


def _leads_to(encoding: Encoding, columns: list[str]) -> bool:
    """Return whether an encoding produces these inputs.

    A name is stored once but repeated for each category. To limit memory, the total length is
    checked before the names are generated.
    """
    characters = sum(len(each.name) * len(each.categories) for each in encoding.columns)
    return characters <= sum(map(len, columns)) and encoding.inputs == columns


def _column(values: Any) -> Column:
    name, kind, missing = (get(values, key, str) for key in ("name", "kind", "missing"))
    categories, fill = get_texts(values, "categories"), get(values, "fill", object)
    if kind not in KINDS or missing not in POLICIES:
        raise Refusal(
            f"the column {name!r} of its encoding has the unsupported kind {kind!r} or policy "
            f"{missing!r}"
        )
    texts = kind == "category"
    needed = missing == "constant" if texts else missing != "error"
    fits = isinstance(fill, str) and fill in categories if texts else is_number(fill, LARGEST)
    unfit = not fits if needed else fill is not None
    if unfit or len({*categories}) != len(categories) or (categories and not texts):
        raise Refusal(f"the column {name!r} of its encoding has invalid categories or fill")
    parts = get_texts(values, "parts") if "parts" in values else []  # earlier versions had none
    if bool(parts) != (kind == "date") or parts != [each for each in PARTS if each in parts]:
        raise Refusal(f"the column {name!r} of its encoding has invalid parts")
    return Column(name, kind, missing, fill, tuple(categories), tuple(parts))  # type: ignore[arg-type]  # checked
