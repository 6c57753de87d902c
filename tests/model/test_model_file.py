"""The model file: it can be used without nncli, and files that differ in any way are refused."""

import hashlib
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import nncli
from nncli.base.errors import ModelFileError
from nncli.cli.main import main
from nncli.data.files.array_file import read_array
from nncli.data.files.image_format import ImageFormat
from nncli.data.tables.column import Column
from nncli.data.tables.encoding import Encoding
from nncli.model.model import Model
from nncli.model.model_file import read_model, write_model
from nncli.model.prediction import predict_rows
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, parameter_count
from nncli.nn.objective import Objective
from tests.attacks.packing import npy, overwrite, packed, unzipped, zipped
from tests.model.old_formats import as_format_1, as_format_2, in_format_2
from tests.model.wrong_metadata import WRONG_METADATA, set_to, without

IMAGES = Path(__file__).parents[2].parent / "shared" / "mnist" / "t10k-images-idx3-ubyte.gz"

with_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)


def make_model(layers=None, dtype=np.float32, seed=0, **changes):
    layers = layers or [*block(3, 4, "tanh"), *block(4, 1, "sigmoid")]
    parameters = np.random.default_rng(seed).normal(size=parameter_count(layers)).astype(dtype)
    inputs, outputs = layers[0].inputs, layers[-1].outputs
    values = {
        "network": Network(layers, parameters),
        "preprocessing": Preprocessing([f"x{n}" for n in range(inputs)], 0.5, 2.0),
        "task": "binary" if outputs < 3 else "multiclass",
        "targets": ["y"],
        "classes": [f"class {n}" for n in range(max(outputs, 2))],
        "objective": Objective("sigmoid_cross_entropy", {}),
        "config": {"seed": 0, "data": {"source": "xor"}},
        "metrics": {"test": {"loss": 0.25, "accuracy": 1}},
        "training": {"epochs": 3, "monitor": None},
        "fingerprint": {"columns": "3 0badcafe", "train rows": "<i8 (5,) 00000000"},
    }
    return Model(**{**values, **changes})


@cache
def written(**changes):
    """Return the bytes of a model file."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "weights.npz"
        write_model(path, make_model(**changes))
        return path.read_bytes()


def sloped_model():
    """Return a model with learned slopes in its first layer."""
    return make_model([*block(3, 4, "prelu", {"slope": 0.25}), *block(4, 1, "sigmoid")])


@cache
def sloped():
    """Return the bytes of the model file of `sloped_model`."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "weights.npz"
        write_model(path, sloped_model())
        return path.read_bytes()


@pytest.fixture
def path(tmp_path):
    """Return the path for a test's model file, which does not exist yet."""
    return tmp_path / "weights.npz"


def arrays_in(content):
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return dict(file)


def metadata_in(content):
    return json.loads(str(arrays_in(content)["metadata"]))


def sha256(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def with_metadata(change, content=None):
    """Return a model file after `change` has modified its metadata in place or returned a text."""
    arrays = arrays_in(content or written())
    metadata = json.loads(str(arrays["metadata"]))
    text = change(metadata)
    arrays["metadata"] = np.array(json.dumps(metadata) if text is None else text)
    return packed(arrays)


def with_arrays(content=None, **changes):
    """Return a model file with other arrays (None removes one) and matching checksums."""
    arrays = {**arrays_in(content or written()), **changes}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    if "metadata" in arrays and "metadata" not in changes:
        metadata = json.loads(str(arrays["metadata"]))
        metadata["sha256"] = {
            name: sha256(array) for name, array in arrays.items() if name != "metadata"
        }
        arrays["metadata"] = np.array(json.dumps(metadata))
    return packed(arrays)


def with_members(change):
    """Return a model file after `change` has modified its members, a dict of bytes."""
    members = unzipped(written())
    change(members)
    return zipped(members)


def assert_same_models(one, other):
    assert one.network.layers == other.network.layers
    assert one.network.dtype == other.network.dtype
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)
    for key in ("preprocessing", "task", "targets", "classes", "config", "metrics"):
        assert getattr(one, key) == getattr(other, key), key
    assert one.objective.name == other.objective.name
    assert one.objective.parameters == other.objective.parameters
    assert one.training == other.training
    assert one.fingerprint == other.fingerprint


# Writing and reading


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.floats(-1e30, 1e30)


objectives = st.one_of(
    st.sampled_from([name for name, entry in LOSSES.items() if not entry.parameters]).map(
        lambda name: Objective(name, {})
    ),
    st.floats(1e-3, 1e3).map(lambda delta: Objective("huber", {"delta": delta})),
)


@st.composite
def models(draw):
    sizes = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    slope = draw(st.floats(0, 1, exclude_max=True))
    activation = st.sampled_from(["identity", "sigmoid", "tanh", "relu"])
    output = st.sampled_from(["sigmoid", "softmax"])
    layers = []
    for inputs, outputs in pairwise(sizes[:-1]):
        if draw(st.booleans()):
            sloping = draw(st.sampled_from(["leaky_relu", "prelu"]))
            layers += block(inputs, outputs, sloping, {"slope": slope})
        else:
            layers += block(inputs, outputs, draw(activation))
    layers += block(sizes[-2], sizes[-1], draw(output))
    inputs, classes = sizes[0], max(sizes[-1], 2)
    each = numbers | st.lists(numbers, min_size=inputs, max_size=inputs)
    columns = draw(st.lists(names, min_size=inputs, max_size=inputs))
    return make_model(
        layers,
        draw(st.sampled_from([np.float32, np.float64])),
        draw(st.integers(0, 9)),
        preprocessing=Preprocessing(columns, draw(each), draw(each)),
        targets=[draw(names)],
        classes=draw(st.lists(names, min_size=classes, max_size=classes, unique=True)),
        objective=draw(objectives),
        config={"name": draw(names), "deep": {"er": [1, None, draw(numbers)]}},
    )


@given(models())
@with_files
def test_what_is_written_is_read_back(path, model):
    write_model(path, model)
    found = read_model(path)
    assert_same_models(found, model)
    assert found.provenance == {
        "nncli_version": nncli.__version__,
        "numpy_version": np.__version__,
    }


REGRESSION = {"task": "regression", "targets": ["a", "b"], "classes": []}


@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh"])
def test_a_regression_is_read_back(path, output):
    model = make_model(block(3, 2, output), **REGRESSION)
    write_model(path, model)
    assert_same_models(read_model(path), model)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"targets": ["a"]}, "has 1 different targets for 2 outputs"),
        ({"targets": ["a", "a"]}, "has 1 different targets for 2 outputs"),
        ({"targets": []}, "has 0 different targets for 2 outputs"),
        ({"classes": ["0", "1"]}, "has 2 different classes for 2 outputs"),
    ],
)
def test_a_regression_of_other_targets_than_outputs_is_refused(path, changes, problem):
    write_model(path, make_model(block(3, 2, "identity"), **(REGRESSION | changes)))
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    assert problem in str(caught.value)


def test_softmax_is_not_an_output_of_a_regression(path):
    write_model(path, make_model(block(3, 2, "softmax"), **REGRESSION))
    with pytest.raises(
        ModelFileError, match="has the output softmax, which does not suit the task 'regression'"
    ):
        read_model(path)


def test_the_file_holds_the_arrays_and_the_metadata_and_needs_no_pickle():
    arrays = arrays_in(written())
    assert list(arrays) == ["metadata", "W1", "b1", "W2", "b2"]
    assert {name: arrays[name].shape for name in list(arrays)[1:]} == {
        "W1": (3, 4),
        "b1": (4,),
        "W2": (4, 1),
        "b2": (1,),
    }
    assert {arrays[name].dtype for name in ("W1", "b1", "W2", "b2")} == {np.dtype("<f4")}
    assert (arrays["metadata"].shape, arrays["metadata"].dtype.kind) == ((), "U")
    np.testing.assert_array_equal(arrays["W2"], make_model().network.arrays["W2"])


def test_only_layers_that_learn_slopes_store_them(path):
    layers = [
        *block(3, 4, "prelu", {"slope": 0.25}),
        *block(4, 4, "leaky_relu", {"slope": 0.25}),
        *block(4, 2, "prelu", {"slope": 0.0}),
        *block(2, 1, "sigmoid"),
    ]
    model = make_model(layers)
    write_model(path, model)
    arrays = arrays_in(path.read_bytes())
    names = ["W1", "b1", "slope1", "W2", "b2", "W3", "b3", "slope3", "W4", "b4"]
    assert list(arrays) == ["metadata", *names]
    np.testing.assert_array_equal(arrays["slope1"], model.network.arrays["slope1"])
    assert len(set(arrays["slope1"].tolist())) == 4
    assert metadata_in(path.read_bytes())["sha256"].keys() == set(names)
    assert_same_models(read_model(path), model)


def test_the_metadata_has_every_documented_key(path):
    layers = [*block(3, 4, "leaky_relu", {"slope": 0.25}), *block(4, 2, "softmax")]
    write_model(path, make_model(layers))
    metadata = metadata_in(path.read_bytes())
    promised = {"format_version", "layers", "preprocessing", "task", "classes", "config"}
    promised |= {
        "data_fingerprint",
        "metrics",
        "sha256",
        "nncli_version",
        "numpy_version",
        "loss",
        "loss_parameters",
    }
    assert promised <= metadata.keys()
    assert metadata["format_version"] == 3
    assert (metadata["loss"], metadata["loss_parameters"]) == ("sigmoid_cross_entropy", {})
    assert metadata["layers"] == [
        {"kind": "dense", "parameters": {"inputs": 3, "outputs": 4}, "arrays": ["W1", "b1"]},
        {"kind": "leaky_relu", "parameters": {"slope": 0.25}, "arrays": []},
        {"kind": "dense", "parameters": {"inputs": 4, "outputs": 2}, "arrays": ["W2", "b2"]},
        {"kind": "softmax", "parameters": {}, "arrays": []},
    ]
    assert metadata["preprocessing"] == {
        "columns": ["x0", "x1", "x2"],
        "offset": 0.5,
        "scale": 2.0,
        "target_offset": 0.0,
        "target_scale": 1.0,
        "encoding": None,
        "images": None,
        "ranges": None,
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_checksums_are_those_of_the_arrays(dtype):
    arrays = arrays_in(written(dtype=dtype))
    metadata = json.loads(str(arrays.pop("metadata")))
    assert metadata["sha256"] == {name: sha256(array) for name, array in arrays.items()}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_model_that_could_not_be_read_again_is_not_written(path, value):
    with pytest.raises(ValueError, match="not JSON"):
        write_model(path, make_model(metrics={"test": {"loss": value}}))
    assert not path.exists()


def test_a_file_whose_class_name_is_half_a_character_is_refused(path):
    path.write_bytes(with_metadata(set_to("classes", 0, value="\ud800")))
    assert_refused(path, "not valid JSON")


# Running it without nncli


@pytest.fixture
def ten_digits():
    if not IMAGES.exists():
        pytest.skip(f"the files of MNIST are not in {IMAGES.parent}")
    return read_array(IMAGES)[:10].reshape(10, 784)


def run_with_numpy_alone(path, x):
    """Run a saved network on rows, using only the documented file format."""
    with np.load(path, allow_pickle=False) as file:
        metadata = json.loads(str(file["metadata"]))
        a = (x - metadata["preprocessing"]["offset"]) * metadata["preprocessing"]["scale"]
        for layer in metadata["layers"]:
            arrays = [file[name] for name in layer["arrays"]]
            a = FUNCTIONS[layer["kind"]](a, *arrays, **layer["parameters"])
    return a


FUNCTIONS = {
    "dense": lambda x, W, b, inputs, outputs: x @ W + b,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z, slope: np.where(z > 0, z, slope * z),
    "prelu": lambda z, slopes, slope: np.where(z > 0, z, slopes * z),
    "tanh": np.tanh,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numpy_alone_gives_the_same_probabilities_for_ten_digits(
    ten_digits, path, tmp_path, capsys, dtype
):
    layers = [
        *block(784, 20, "relu"),
        *block(20, 15, "leaky_relu", {"slope": 0.125}),
        *block(15, 13, "prelu", {"slope": 0.25}),
        *block(13, 12, "tanh"),
        *block(12, 10, "softmax"),
    ]
    model = make_model(
        layers,
        dtype,
        preprocessing=Preprocessing([f"pixel{n}" for n in range(784)], 33.0, 1 / 255),
        objective=Objective("cross_entropy", {}),
    )
    write_model(path, model)
    expected = run_with_numpy_alone(path, ten_digits.astype(np.float64))
    assert len(set(expected.argmax(axis=1))) > 1
    found = predict_rows(read_model(path), ten_digits)
    np.testing.assert_allclose(found.probabilities, expected, rtol=0, atol=3e-6)
    assert found.chosen.tolist() == expected.argmax(axis=1).tolist()

    np.save(tmp_path / "digits.npy", ten_digits)
    with pytest.raises(SystemExit):
        main(["predict", str(path), str(tmp_path / "digits.npy"), "--proba"])
    printed = np.loadtxt(
        capsys.readouterr().out.splitlines()[1:], delimiter=",", usecols=range(2, 12)
    )
    np.testing.assert_array_equal(printed.astype(dtype), found.probabilities)


# Refusals


def assert_refused(path, words=""):
    """Check that reading `path` fails with one line that names it and contains `words`."""
    with pytest.raises(ModelFileError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def png():
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(100)


def plain_zip(name="notes.txt"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "hello")
    return stream.getvalue()


def with_pickled_objects():
    objects = npy(np.array([{"a": 1}, None]))
    return with_members(lambda members: members.update({"W1.npy": objects}))


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def with_a_pickle_alone():
    return pickle.dumps(Bomb())


def with_a_member_twice():
    return zipped([*unzipped(written()).items(), ("b1.npy", unzipped(written())["b1.npy"])])


def saved_by_numpy(save):
    stream = io.BytesIO()
    save(stream, **arrays_in(written()))
    return stream.getvalue()


def with_lzma():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("metadata.npy", bytes(100))
    return stream.getvalue()


def npy_header(text, body=b""):
    text = text.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def with_header(text):
    """Return a model file whose W1 has another .npy header before its 48 bytes."""
    return with_members(lambda members: members.update({"W1.npy": npy_header(text, bytes(48))}))


def encrypted():
    content = bytearray(written())
    place = content.index(b"PK\1\2")
    content[place + 8] |= 1
    return bytes(content)


W1 = np.ones((3, 4), np.float32)
SLOPES = np.ones(4, np.float32)

WRONG_FILES = {
    "empty": (lambda: b"", "is empty"),
    "cut in half": (lambda: written()[: len(written()) // 2], "is truncated in metadata"),
    "without its end": (lambda: written()[:-1], "or is truncated"),
    "text": (lambda: b"data: mnist\n", "not an .npz file"),
    "a picture": (png, "not an .npz file"),
    "a pickle": (with_a_pickle_alone, "not an .npz file"),
    "a plain zip": (plain_zip, "unexpected member 'notes.txt'"),
    "a zip without members": (lambda: b"PK\5\6" + bytes(18), "not an .npz file"),
    "somebody else's npz": (lambda: packed({"X": np.zeros(3)}), "no metadata"),
    "encrypted": (encrypted, "a zip directory that nncli does not write"),
    "packed by NumPy": (lambda: saved_by_numpy(np.savez), "a zip header of metadata that"),
    "compressed": (
        lambda: saved_by_numpy(np.savez_compressed),
        "is compressed",
    ),
    "compressed with lzma": (with_lzma, "is compressed"),
    "an extra array": (lambda: with_arrays(W3=W1), "unexpected members W3"),
    "an extra file": (
        lambda: with_members(lambda members: members.update(readme=b"hello")),
        "unexpected member 'readme'",
    ),
    "a checkpoint": (lambda: with_arrays(parameters=W1), "is a checkpoint, not a model"),
    "no b2": (lambda: with_arrays(b2=None), "lacks b2"),
    "no metadata": (lambda: with_arrays(metadata=None), "no metadata"),
    "a member twice": (with_a_member_twice, "has the member b1 twice"),
    "W1 transposed": (lambda: with_arrays(W1=W1.T.copy()), "shape (4, 3); expected"),
    "W1 in Fortran order": (
        lambda: with_arrays(W1=np.asfortranarray(W1)),
        "W1 is in Fortran order",
    ),
    "b1 as a row": (lambda: with_arrays(b1=np.ones((1, 4), np.float32)), "shape (1, 4)"),
    "b1 with a NaN": (
        lambda: with_arrays(b1=np.array([0, 1, np.nan, 0], np.float32)),
        "b1 has values that are not finite",
    ),
    "W1 with an infinity": (
        lambda: with_arrays(W1=np.full((3, 4), np.inf, np.float32)),
        "W1 has values that are not finite",
    ),
    "one float64": (lambda: with_arrays(b1=np.ones(4)), "b1 is float64"),
    "float16": (lambda: with_arrays(W1=W1.astype(np.float16)), "W1 has the type '<f2'"),
    "integers": (lambda: with_arrays(W1=W1.astype(int)), "expected float32 or float64"),
    "complex": (lambda: with_arrays(W1=W1.astype(complex)), "W1 has the type '<c16'"),
    "big-endian": (lambda: with_arrays(W1=W1.astype(">f4")), "W1 has the type '>f4'"),
    "text for W1": (lambda: with_arrays(W1=np.array(["a"])), "expected float32 or float64"),
    "objects": (with_pickled_objects, "W1 has the type '|O'"),
    "other numbers in W1": (
        lambda: packed({**arrays_in(written()), "W1": W1}),
        "W1 does not match its SHA-256 checksum",
    ),
    "no slope1": (lambda: with_arrays(sloped(), slope1=None), "lacks slope1"),
    "slopes that nothing learns": (lambda: with_arrays(slope1=SLOPES), "unexpected members slope1"),
    "slopes of the output": (
        lambda: with_arrays(sloped(), slope2=SLOPES[:1]),
        "unexpected members slope2",
    ),
    "a slope too few": (lambda: with_arrays(sloped(), slope1=SLOPES[:3]), "shape (3,); expected"),
    "slopes as a row": (lambda: with_arrays(sloped(), slope1=SLOPES[None]), "shape (1, 4)"),
    "slopes in float64": (
        lambda: with_arrays(sloped(), slope1=SLOPES.astype(float)),
        "slope1 is float64",
    ),
    "a slope that is no number": (
        lambda: with_arrays(sloped(), slope1=SLOPES * np.float32(np.nan)),
        "slope1 has values that are not finite",
    ),
    "other slopes": (
        lambda: packed({**arrays_in(sloped()), "slope1": SLOPES}),
        "slope1 does not match its SHA-256 checksum",
    ),
    "metadata as a list": (lambda: with_arrays(metadata=np.array(["{}"])), "not a string"),
    "metadata as a number": (lambda: with_arrays(metadata=np.array(1)), "not a string"),
    "metadata as bytes": (
        lambda: with_arrays(metadata=np.array(b"{}")),
        "metadata has the type '|S2'",
    ),
    "an object's header": (
        lambda: with_header("{'descr': '|O', 'fortran_order': False, 'shape': (6,), }"),
        "W1 has the type '|O'",
    ),
    "a shape below zero": (
        lambda: with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, -4), }"),
        "damaged .npy header",
    ),
    "a shape of bools": (
        lambda: with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (True, 12), }"),
        "damaged .npy header",
    ),
    "more dimensions than there are": (
        lambda: with_header(
            "{'descr': '<f4', 'fortran_order': False, 'shape': (12," + "1," * 99 + ")}"
        ),
        "W1 ",
    ),
    "no type": (
        lambda: with_header("{'descr': (), 'fortran_order': False, 'shape': (3, 4)}"),
        "damaged .npy header",
    ),
    "an open header": (lambda: with_header("{'descr': ("), "damaged .npy header"),
    "a deep header": (lambda: with_header("-" * 9000 + "1"), "damaged .npy header"),
    "a header of rubbish": (lambda: with_header("\0\xff'''"), "damaged .npy header"),
    "an unknown npy version": (
        lambda: with_members(lambda members: members.update({"W1.npy": b"\x93NUMPY\x09\x00"})),
        "damaged .npy header",
    ),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_a_wrong_file_is_refused_with_its_name_and_the_reason(name, path):
    make, words = WRONG_FILES[name]
    path.write_bytes(make())
    assert_refused(path, words)


@pytest.mark.parametrize("name", WRONG_METADATA)
def test_wrong_metadata_is_refused_with_the_name_of_the_file_and_the_reason(name, path):
    change, words = WRONG_METADATA[name]
    path.write_bytes(with_metadata(change))
    assert_refused(path, words)


def test_the_wrong_files_start_from_a_valid_one(path):
    for content in (written(), with_arrays(), with_metadata(lambda _: None)):
        path.write_bytes(content)
        assert_same_models(read_model(path), make_model())
    for content in (sloped(), with_arrays(sloped())):
        path.write_bytes(content)
        assert_same_models(read_model(path), sloped_model())
    path.write_bytes(with_members(lambda members: None))
    assert_same_models(read_model(path), make_model())
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }".ljust(117)
    path.write_bytes(with_header(text))
    assert_refused(path, "W1 does not match its SHA-256 checksum")  # only its values reveal it


def test_a_run_directory_stands_for_its_weights(path):
    write_model(path, make_model())
    assert_same_models(read_model(path.parent), make_model())


def test_a_missing_file_and_a_directory_are_refused(path):
    assert_refused(path, "cannot be read (no such file or directory)")
    path.mkdir()
    with pytest.raises(ModelFileError, match=r"cannot be read \(no such file"):
        read_model(path)  # in a directory, its weights.npz is read


@pytest.mark.parametrize(
    "words", ["is truncated in metadata", "W1 does not match its SHA-256 checksum"]
)
def test_a_damaged_file_comes_with_a_remedy(path, words):
    by_words = {each: make for make, each in WRONG_FILES.values()}
    path.write_bytes(by_words[words]())
    assert_refused(path, "; get or train the model again")


@pytest.mark.parametrize("make", [with_a_pickle_alone, with_pickled_objects])
def test_nothing_is_unpickled(path, make, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    path.write_bytes(make())
    assert_refused(path)
    assert not Path("unpickled").exists()


@pytest.mark.parametrize("command", ["eval", "show"])
@pytest.mark.parametrize("name", ["empty", "text", "a plain zip", "other numbers in W1"])
def test_a_command_with_a_wrong_file_prints_one_line_and_exits_with_1(command, name, path, capsys):
    path.write_bytes(WRONG_FILES[name][0]())
    with pytest.raises(SystemExit) as ended:
        main([command, str(path)])
    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert out == ""
    assert err.startswith(f"Error: {path}: ")
    assert err.count("\n") == 1


def giant_header():
    return with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({2**40}, 4)}}")


def giant_layer():
    return with_metadata(set_to("layers", 0, "parameters", "inputs", value=2**40))


def giant_layer_of_format_2():
    return with_metadata(in_format_2(set_to("layers", 0, "inputs", value=2**40)))


def giant_member():
    content = bytearray(written())
    place = content.index(b"PK\1\2")
    content[place + 24 : place + 28] = struct.pack("<I", 2**31)  # uncompressed size
    return bytes(content)


def place_beyond_all():
    content = bytearray(plain_zip("W1.npy"))
    central = content.index(b"PK\1\2")
    end = content.index(b"PK\5\6")
    extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)  # zip64: the offset of the member
    struct.pack_into("<I", content, central + 42, 2**32 - 1)
    struct.pack_into("<H", content, central + 30, len(extra))
    struct.pack_into("<I", content, end + 12, end - central + len(extra))
    content[end:end] = extra
    return bytes(content)


GIANTS = [giant_header, giant_layer, giant_layer_of_format_2, giant_member, place_beyond_all]


@pytest.mark.parametrize("make", GIANTS)
def test_false_giant_sizes_are_refused_with_little_memory(make, path):
    path.write_bytes(make())
    read_nothing = path.with_name("missing.npz")
    assert_refused(read_nothing)  # exclude one-time imports
    tracemalloc.start()
    assert_refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


# Damage


@pytest.fixture(
    params=[(written, make_model), (sloped, sloped_model)], ids=["without slopes", "with slopes"]
)
def intact(request):
    """Return the bytes of a model file and the model."""
    content, model = request.param
    return content(), model()


def test_a_flipped_bit_in_any_byte_is_refused(path, intact):
    content, _ = intact
    path.touch()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        overwrite(path, damaged)
        assert_refused(path)


@given(place=st.integers(0, 10_000), mask=st.integers(1, 255))
@with_files
def test_any_changed_byte_is_refused(path, intact, place, mask):
    content, _ = intact
    damaged = bytearray(content)
    damaged[place % len(content)] ^= mask
    path.write_bytes(damaged)
    assert_refused(path)


@given(st.integers(1, 10_000))
@with_files
def test_any_truncated_file_is_refused(path, intact, length):
    content, _ = intact
    path.write_bytes(content[: -(length % len(content)) or -1])
    assert_refused(path)


@given(st.data())
@with_files
def test_zip_records_with_any_other_values_are_refused(path, intact, data):
    content, _ = intact
    damaged = bytearray(content)
    where = data.draw(st.sampled_from([b"PK\1\2", b"PK\3\4", b"PK\5\6"]))
    start = content.index(where) + 4
    offset = data.draw(st.integers(0, 40))
    values = data.draw(st.binary(min_size=1, max_size=8))
    damaged[start + offset : start + offset + len(values)] = values
    assume(damaged != content)
    path.write_bytes(damaged)
    assert_refused(path)


@given(st.binary(max_size=200))
@with_files
def test_any_bytes_are_refused(path, content):
    path.write_bytes(content)
    assert_refused(path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
TOP = ["layers", "preprocessing", "classes", "metrics", "sha256", "loss", "loss_parameters"]
IN_A_LAYER = [("kind",), ("parameters",), ("arrays",), ("parameters", "inputs"), ("arrays", 0)]
IN_A_LAYER_OF_FORMAT_2 = [("inputs",), ("activation",), ("activation_parameters",)]


def assert_refused_or_read(path, change):
    path.write_bytes(with_metadata(change))
    with suppress(ModelFileError):
        assert isinstance(read_model(path), Model)


@given(VALUES, st.sampled_from(TOP))
@with_files
def test_any_value_in_the_metadata_is_refused_or_read(path, value, key):
    assert_refused_or_read(path, set_to(key, value=value))
    assert_refused_or_read(path, in_format_2(set_to(key, value=value)))


@given(VALUES, st.sampled_from([(), *IN_A_LAYER]), st.sampled_from([0, 2]))
@with_files
def test_any_value_in_a_layer_is_refused_or_read(path, value, place, index):
    assert_refused_or_read(path, set_to("layers", index, *place, value=value))


@given(VALUES, st.sampled_from([(), *IN_A_LAYER_OF_FORMAT_2]), st.sampled_from([0, 1]))
@with_files
def test_any_value_in_a_layer_of_format_2_is_refused_or_read(path, value, place, index):
    assert_refused_or_read(path, in_format_2(set_to("layers", index, *place, value=value)))


KINDS = ["dense", "tanh", "prelu", "sigmoid", "softmax", "dropout"]
PARTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "parameters": st.dictionaries(
            st.sampled_from(["inputs", "outputs", "slope"]), st.sampled_from([0, 1, 3, 4, 0.5])
        ),
        "arrays": st.lists(st.sampled_from(["W1", "b1", "slope1", "W2", "b2"]), max_size=3),
    }
)


@given(st.data())
@with_files
def test_any_order_and_choice_of_layers_is_refused_or_read(path, data):
    real = metadata_in(written())["layers"]
    parts = data.draw(st.lists(st.sampled_from(real) | PARTS, max_size=6))
    assert_refused_or_read(path, set_to("layers", value=parts))


ENCODING = Encoding(
    (
        Column("age", "number", "median", 40.0),
        Column("city", "category", "constant", "no", ("Bern", "no")),
        Column("member", "boolean", "indicator", 0.5),
    ),
    ("NA",),
    "customer",
)


def model_of_a_table():
    inputs = len(ENCODING.inputs)
    return make_model(
        block(inputs, 2, "identity"),
        task="regression",
        targets=["a", "b"],
        classes=[],
        objective=Objective("mean_squared_error", {}),
        preprocessing=Preprocessing(ENCODING.inputs, 0.0, 1.0, [5.0, 6.0], [0.5, 2.0], ENCODING),
    )


def test_the_encoding_of_a_table_is_read_back(path):
    write_model(path, model_of_a_table())
    assert read_model(path).preprocessing == model_of_a_table().preprocessing


@pytest.mark.parametrize("change", [as_format_1, as_format_2])
@pytest.mark.parametrize(("write", "model"), [(written, make_model), (sloped, sloped_model)])
def test_a_model_of_an_earlier_format_is_read(path, change, write, model):
    path.write_bytes(with_metadata(change, write()))
    assert_same_models(read_model(path), model())
    assert read_model(path).preprocessing.encoding is None


def test_a_table_of_format_2_is_read(path):
    write_model(path, model_of_a_table())
    path.write_bytes(with_metadata(as_format_2, path.read_bytes()))
    assert_same_models(read_model(path), model_of_a_table())


PICTURES = ImageFormat(1, 2, 3, "light")


def model_of_images():
    return make_model(
        block(6, 3, "softmax"),
        preprocessing=Preprocessing(PICTURES.columns, 0.0, 1 / 255, images=PICTURES),
    )


def test_the_format_of_images_is_read_back(path):
    write_model(path, model_of_images())
    assert read_model(path).preprocessing == model_of_images().preprocessing


def test_a_model_from_before_there_were_images_is_read(path):
    without_images = in_format_2(without("preprocessing", "images"))
    path.write_bytes(with_metadata(without_images))
    assert read_model(path).preprocessing == make_model().preprocessing


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"height": 0}, "an unsupported image size, channel count or background"),
        ({"channels": 2, "width": 3}, "an unsupported image size, channel count or background"),
        ({"height": 1 << 40}, "an unsupported image size, channel count or background"),
        ({"height": 1.0}, "height in its metadata is not of type int"),
        ({"background": "green"}, "an unsupported image size, channel count or background"),
        ({"height": 2}, "do not match its columns"),
        ({"height": 6, "width": 1, "channels": 1}, "do not match its columns"),
    ],
)
def test_a_wrong_format_of_images_is_refused(path, changes, problem):
    write_model(path, model_of_images())
    change = lambda metadata: metadata["preprocessing"]["images"].update(changes)  # noqa: E731
    path.write_bytes(with_metadata(change, path.read_bytes()))
    assert_refused(path, problem)


def of_encoding(key, value):
    return lambda metadata: metadata["preprocessing"]["encoding"].update({key: value})


def of_column(index, **values):
    return lambda metadata: metadata["preprocessing"]["encoding"]["columns"][index].update(values)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (of_encoding("columns", []), "does not match its columns"),
        (of_encoding("columns", [3]), "has no name"),
        (of_encoding("id", 3), "the id of its encoding is not a column name"),
        (of_encoding("blanks", [3]), "not a list of strings"),
        (
            of_column(0, kind="moment"),
            "the column 'age' of its encoding has the unsupported kind 'moment'",
        ),
        (of_column(0, kind="date"), "the column 'age' of its encoding has invalid parts"),
        (
            of_column(0, missing="mode"),
            "the column 'age' of its encoding has the unsupported kind 'number' or",
        ),
        (
            of_column(0, fill=None),
            "the column 'age' of its encoding has invalid categories or fill",
        ),
        (
            of_column(0, fill="40"),
            "the column 'age' of its encoding has invalid categories or fill",
        ),
        (
            of_column(0, fill=1e300),
            "the column 'age' of its encoding has invalid categories or fill",
        ),
        (of_column(0, missing="error"), "the column 'age' of its encoding has invalid categories"),
        (of_column(0, categories=["a"]), "the column 'age' of its encoding has invalid categories"),
        (of_column(1, fill="other"), "the column 'city' of its encoding has invalid categories"),
        (of_column(1, categories=["no", "no"]), "the column 'city' of its encoding has invalid"),
        (of_column(1, categories=["no"]), "does not match its columns"),
        (of_column(2, name="age"), "has a column twice"),
        (lambda metadata: metadata["preprocessing"].update(target_scale=0), "target_scale"),
        (lambda metadata: metadata["preprocessing"].update(target_scale=[1]), "target_scale"),
        (lambda metadata: metadata["preprocessing"].update(target_offset="0"), "target_offset"),
        (lambda metadata: metadata["preprocessing"].pop("encoding"), "has no encoding"),
    ],
)
def test_a_wrong_encoding_is_refused(path, change, problem):

    def quietly(metadata):
        change(metadata)  # discard its return value

    write_model(path, model_of_a_table())
    path.write_bytes(with_metadata(quietly, path.read_bytes()))
    assert_refused(path, problem)
