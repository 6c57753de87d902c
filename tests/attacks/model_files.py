"""Untrusted model files, made by code: valid except for one thing.

Checksums and hashes are correct where possible; otherwise the first check would stop the file, and
later checks would not be tested.
"""

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from nncli.model.model import Model
from nncli.model.model_file import write_model
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network
from nncli.nn.objective import Objective
from tests.attacks.configs import NOT_FILES
from tests.attacks.packing import npy, packed, unzipped, zipped
from tests.model.old_formats import as_format_2

LONG = 1 << 20


@cache
def model_file() -> bytes:
    """Return a valid model file."""
    layers = [*block(3, 4, "tanh"), *block(4, 1, "sigmoid")]
    parameters = np.random.default_rng(0).normal(size=21).astype(np.float32)
    model = Model(
        network=Network(layers, parameters),
        preprocessing=Preprocessing(["a", "b", "c"], 0.5, 2.0),
        task="binary",
        targets=["y"],
        classes=["no", "yes"],
        objective=Objective("sigmoid_cross_entropy", {}),
        config={"data": {"source": "xor"}},
        metrics={"test": {"loss": 0.25, "accuracy": 1.0}},
        training={"epochs": 3},
    )
    with TemporaryDirectory() as directory:
        path = Path(directory) / "weights.npz"
        write_model(path, model)
        return path.read_bytes()


def members() -> dict[str, bytes]:
    """Return the members of the valid file."""
    return unzipped(model_file())


def metadata() -> dict[str, Any]:
    """Return the metadata of the valid file."""
    content = members()["metadata.npy"]
    start = 10 + struct.unpack("<H", content[8:10])[0]
    found: dict[str, Any] = json.loads(content[start:].decode("utf-32-le"))
    return found


def with_text(text: str) -> bytes:
    """Return a model file with `text` as its metadata."""
    return zipped({**members(), "metadata.npy": npy(np.array(text))})


def said(**changes: Any) -> bytes:
    """Return a model file with changed metadata."""
    return with_text(json.dumps({**metadata(), **changes}, ensure_ascii=False))


def with_values(old: str, new: str) -> bytes:
    """Return a model file with `old` replaced by `new` in the text of its metadata."""
    text = json.dumps(metadata(), ensure_ascii=False)
    assert old in text
    return with_text(text.replace(old, new))


def with_arrays(**arrays: Any) -> bytes:
    """Return a model file with other arrays and matching hashes."""
    names = ["W1", "b1", "W2", "b2"]
    real = {name: np.frombuffer(members()[f"{name}.npy"][128:], np.float32) for name in names}
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 1), "b2": (1,)}
    found = {name: array.reshape(shapes[name]) for name, array in real.items()} | arrays
    text = json.dumps({**metadata(), "sha256": {k: sha256(v) for k, v in found.items()}})
    return packed({"metadata": np.array(text), **found})


def sha256(array: Any) -> str:
    """Return the hash of an array's values."""
    return hashlib.sha256(np.asarray(array).tobytes()).hexdigest()


def of_format_2(**changes: Any) -> bytes:
    """Return a model file with metadata of format 2, except for `changes`."""
    found = metadata()
    as_format_2(found)
    return with_text(json.dumps({**found, **changes}, ensure_ascii=False))


def part(kind: str, arrays: Sequence[str] = (), **parameters: Any) -> dict[str, Any]:
    """Return the description of a layer."""
    return {"kind": kind, "parameters": parameters, "arrays": [*arrays]}


def dense(number: int, inputs: int = 1, outputs: int = 1) -> dict[str, Any]:
    """Return the description of a dense layer."""
    return part("dense", [f"W{number}", f"b{number}"], inputs=inputs, outputs=outputs)


def parts(*first: dict[str, Any]) -> bytes:
    """Return a model file with other first layers."""
    return said(layers=[*first, *metadata()["layers"][len(first) :]])


def layers(count: int) -> bytes:
    """Return a model file that claims `count` layers, counting activations."""
    numbers = range(1, count // 2 + 1)
    return said(layers=[each for n in numbers for each in (dense(n), part("tanh"))])


def layers_of_format_2(count: int) -> bytes:
    """Return a model file of format 2 that claims `count` layers."""
    layer = {"inputs": 1, "outputs": 1, "activation": "tanh", "activation_parameters": {}}
    return of_format_2(layers=[layer] * count)


def with_npy(descr: str = "'<f4'", order: str = "False", shape: str = "(3, 4)") -> bytes:
    """Return a model file whose W1 has another ``.npy`` header."""
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    text = text.ljust(117 + max(0, -(-(len(text) - 117) // 64)) * 64) + b"\n"
    content = b"\x93NUMPY\1\0" + struct.pack("<H", len(text) & 0xFFFF) + text + bytes(48)
    return zipped({**members(), "W1.npy": content})


def put(place: int, value: bytes) -> bytes:
    """Return a model file with other bytes at an offset; a negative one counts from the end."""
    content = bytearray(model_file())
    place %= len(content)
    content[place : place + len(value)] = value
    return bytes(content)


def overlapping(count: int) -> bytes:
    """Return a zip whose directory lists one compressed gigabyte many times."""
    data = zlib.compress(bytes(LONG), 9)[2:-4] * 1
    crc = zlib.crc32(bytes(LONG))
    sizes = (crc, len(data), LONG, 6, 0)
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, *sizes) + b"W1.npy" + data
    central = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, *sizes, 0, 0, 0, 0, 0)
    directory = (central + b"W1.npy") * count
    end = (b"PK\5\6", 0, 0, count, count, len(directory), len(local), 0)
    return local + directory + struct.pack("<4s4H2LH", *end)


def zip64() -> bytes:
    """Return the model file with the end records of a zip larger than 4 GiB."""
    content = model_file()
    end = content.rindex(b"PK\5\6")
    start = content.index(b"PK\1\2")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 5, 5, end - start, 2**63)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 5, 5, end - start, 2**32 - 1, 0)
    return content[:end] + record + locator + last


def numbers() -> list[str]:
    """Return a hundred thousand distinct texts."""
    return [str(number) for number in range(100_000)]


OLD_LAYER = {"inputs": 3, "outputs": 4, "activation": "tanh", "activation_parameters": {}}
W1 = np.ones((3, 4), np.float32)
ONE_MORE = {"W9": np.zeros(1, np.float32)}

MODEL_FILES: dict[str, Callable[[], bytes]] = {
    # Files that are not zip files, or that other programs wrote.
    "nothing": lambda: b"",
    "a byte": lambda: b"P",
    "a signature": lambda: b"PK\3\4",
    "the end of a zip": lambda: b"PK\5\6" + bytes(18),
    "a pickle": lambda: b"cos\nsystem\n(S'touch pwned'\ntR.",
    "a script before it": lambda: b"#!/bin/sh\ntouch pwned\n" + model_file(),
    "another zip behind it": lambda: model_file() + model_file(),
    "a zip before it": lambda: zipped({"a.npy": npy(W1)}) + model_file(),
    "a megabyte of zeros": lambda: bytes(LONG),
    "a megabyte of signatures": lambda: b"PK\3\4" * (LONG // 4),
    "a megabyte of ends": lambda: b"PK\5\6" * (LONG // 4),
    "a comment of 64 KiB": lambda: put(-2, b"\xff\xff") + bytes(65535),
    "deflated zeros": lambda: zipped({"W1.npy": bytes(4 * LONG)}, compress_type=8),
    "deflated with bzip2": lambda: zipped({"W1.npy": bytes(4 * LONG)}, compress_type=12),
    "deflated with LZMA": lambda: zipped({"W1.npy": bytes(LONG)}, compress_type=14),
    "a deflated model": lambda: zipped(members(), compress_type=8),
    "an unknown method": lambda: put(8, b"\x63"),
    "a zip in a zip": lambda: zipped({"W1.npy": model_file()}),
    "one bomb named 60,000 times": lambda: overlapping(60_000),
    "the records of a large zip": zip64,
    "ten thousand arrays": lambda: zipped({f"W{n}.npy": npy(W1) for n in range(10_000)}),
    # Names.
    "a path to the parent": lambda: zipped({**members(), "../../etc/W1.npy": npy(W1)}),
    "a path from the root": lambda: zipped({**members(), "/etc/W1.npy": npy(W1)}),
    "a path of Windows": lambda: zipped({**members(), "..\\W1.npy": npy(W1)}),
    "a name with a NUL": lambda: zipped(members()).replace(b"W1.npy", b"W1\0npy"),
    "a name with an escape": lambda: zipped({**members(), "\x1b[2J.npy": npy(W1)}),
    "a name of 60,000 letters": lambda: zipped({**members(), "W" * 60_000 + ".npy": npy(W1)}),
    "a name in another alphabet": lambda: zipped({**members(), "\uff371.npy": npy(W1)}),
    "W1 twice": lambda: zipped([*members().items(), ("W1.npy", npy(W1))]),
    "metadata twice": lambda: zipped([*members().items(), *list(members().items())[:1]]),
    "the metadata last": lambda: zipped(dict(reversed(members().items()))),
    "the biases first": lambda: zipped(
        dict(sorted(members().items(), key=lambda each: "mbW".index(each[0][0])))
    ),
    "an array too many": lambda: with_arrays(**ONE_MORE),
    # Headers of zip members.
    "encrypted": lambda: put(6, b"\1"),
    "sizes behind the data": lambda: put(6, b"\x08"),
    "a name in UTF-8": lambda: put(7, b"\x08"),
    "a date": lambda: zipped(members(), date_time=(2026, 1, 1, 0, 0, 0)),
    "an extra field": lambda: zipped(members(), extra=struct.pack("<2H4x", 0x7075, 4)),
    "an extra field that lies": lambda: zipped(members(), extra=b"\1\0\xff\xff"),
    "a comment of a member": lambda: zipped(members(), comment=b"x" * 65535),
    "a symbolic link": lambda: zipped(members(), external_attr=0o120777 << 16),
    "a size of 4 GiB": lambda: put(18, b"\xff" * 8),
    "a size of 2 GiB": lambda: put(18, b"\0\0\0\x80" * 2),
    "a name length of 64 KiB": lambda: put(26, b"\xff\xff"),
    "an extra length of 64 KiB": lambda: put(28, b"\xff\xff"),
    "sixty thousand members promised": lambda: put(-14, b"\xff\xff\xff\xff"),
    "a directory before the file": lambda: put(-6, b"\xff\xff\xff\xff"),
    # Headers of .npy members.
    "objects": lambda: with_arrays(W1=np.array([{}])),
    "objects by the header": lambda: with_npy("'|O'"),
    "records": lambda: with_npy("[('a', '<f4')]"),
    "records in records": lambda: with_npy("[" * 50 + "('a', '<f4')" + "]" * 50),
    "a call in the header": lambda: with_npy("__import__('os').system('touch pwned')"),
    "a deep header": lambda: with_npy("(" * 30_000),
    "a long number in the header": lambda: with_npy(shape="(" + "9" * 30_000 + ",)"),
    "a long sum in the header": lambda: with_npy(shape="(" + "1+" * 20_000 + "1,)"),
    "a header of 64 KiB of blanks": lambda: with_npy(shape="(3, 4)" + " " * 60_000),
    "a shape beyond memory": lambda: with_npy(shape=f"({2**33 - 1}, {2**33 - 1})"),
    "a shape that comes to 0": lambda: with_npy(shape=f"({2**32}, {2**32}, 0)"),
    "a shape that overflows to 12": lambda: with_npy(shape=f"({2**32}, {2**32}, 12)"),
    "a shape below 0": lambda: with_npy(shape="(-3, -4)"),
    "a shape of 33 lengths": lambda: with_npy(shape="(12, " + "1, " * 31 + "1)"),
    "Fortran order": lambda: with_arrays(W1=np.asfortranarray(W1)),
    "float16": lambda: with_arrays(W1=W1.astype(np.float16)),
    "long double": lambda: with_arrays(W1=W1.astype(np.longdouble)),
    "complex numbers": lambda: with_arrays(W1=W1.astype(np.complex64)),
    "big-endian": lambda: with_arrays(W1=W1.astype(">f4")),
    "dates": lambda: with_arrays(W1=np.zeros((3, 4), "<M8[s]")),
    "raw bytes": lambda: with_arrays(W1=np.zeros((3, 4), "V4")),
    "an array of no numbers": lambda: with_arrays(b1=np.zeros((0,), np.float32)),
    # Numbers.
    "a NaN": lambda: with_arrays(b1=np.array([0, 1, np.nan, 2], np.float32)),
    "an infinity": lambda: with_arrays(b1=np.array([0, 1, np.inf, 2], np.float32)),
    "numbers of another kind": lambda: with_arrays(b1=np.zeros(4)),
    "the largest numbers": lambda: with_arrays(W1=W1 * np.finfo(np.float32).max),
    "the smallest numbers": lambda: with_arrays(W1=W1 * np.float32(1e-45)),
    "other numbers": lambda: zipped({**members(), "W1.npy": npy(W1)}),
    "a hash too many": lambda: said(sha256={**metadata()["sha256"], "x": ""}),
    # Metadata.
    "no text": lambda: with_text(" "),
    "metadata as bytes": lambda: zipped({**members(), "metadata.npy": npy(np.bytes_("{}"))}),
    "invalid code points": lambda: zipped(
        {**members(), "metadata.npy": npy(np.array("xxxx"))[:-4] + b"\xff" * 4}
    ),
    "half a character": lambda: with_values("yes", "\\ud800"),
    "an escaped letter": lambda: with_values("yes", "y\\u0065s"),
    "a blank more": lambda: with_values('"task": ', '"task":  '),
    "a key twice": lambda: with_values('"task"', '"classes": [], "task"'),
    "a key twice, far inside": lambda: with_values('"epochs": 3', '"a": {"b": 1, "b": 2}'),
    "not a number": lambda: with_values("0.25", "NaN"),
    "infinity by its size": lambda: with_values("0.25", "1e999"),
    "infinity": lambda: with_values("0.25", "-Infinity"),
    "an integer of 4,000 digits": lambda: with_values("0.25", "9" * 4000),
    "an integer of 5,000 digits": lambda: with_values("0.25", "9" * 5000),
    "a size of 4,000 digits": lambda: with_values('"inputs": 3', '"inputs": ' + "9" * 4000),
    "a size below 0": lambda: with_values('"inputs": 3', '"inputs": -3'),
    "a size of true": lambda: with_values('"inputs": 3', '"inputs": true'),
    "a version of 4,000 digits": lambda: said(format_version=10**4000),
    "a version below 1": lambda: said(format_version=0),
    "half a million brackets": lambda: with_text("[" * LONG),
    "half a million braces": lambda: with_text('{"a":' * LONG),
    "as many lists as there may be": lambda: said(training={"x": [[]] * 250_000}),
    "as many mappings as there may be": lambda: said(training={"x": [{"": 0}] * 250_000}),
    "as many numbers as there may be": lambda: said(training={"x": [5] * 1_000_000}),
    "as many texts as there may be": lambda: said(training={"x": ["texts"] * 1_000_000}),
    "too many lists": lambda: said(training={"x": [[]] * 300_000}),
    "too many numbers": lambda: said(training={"x": [0] * 1_100_000}),
    "as long a text as there may be": lambda: said(training={"x": "é" * 12_000_000}),
    "a text of escapes": lambda: said(training={"x": "\n" * 6_000_000}),
    "a text that does not end": lambda: with_text('"' + '\\"' * 4_000_000),
    "too long a text": lambda: said(training={"x": "x" * (3 << 22)}),
    "a name of a million letters": lambda: said(classes=["no", "y" * LONG]),
    "names for a terminal": lambda: said(classes=["\x1b[2J\x07", "\u202e\n"]),
    "an activation of a million letters": lambda: with_values("tanh", "t" * LONG),
    "an activation for a terminal": lambda: with_values("tanh", "\\u001b[2J"),
    "an activation by its module": lambda: with_values("tanh", "os.system"),
    "ten thousand layers": lambda: layers(10_000),
    "as many layers as there may be": lambda: layers(86_000),
    "a layer beyond memory": lambda: with_values('"outputs": 4', '"outputs": 1099511627776'),
    "a kind of a million letters": lambda: parts(part("d" * LONG)),
    "a kind for a terminal": lambda: parts(part("\x1b[2J\n")),
    "a kind by its module": lambda: parts(part("nncli.nn.layers.dense.Dense")),
    "a kind that is a mapping": lambda: said(layers=[{"kind": {"dense": 1}}]),
    "no kind": lambda: said(layers=[{"parameters": {}, "arrays": []}]),
    "a hundred thousand parameters": lambda: parts(part("dense", **dict.fromkeys(numbers(), 1))),
    "a parameter for a terminal": lambda: parts(part("dense", **{"\x1b[2J": 1})),
    "a slope of a hundred digits": lambda: parts(dense(1, 3, 4), part("prelu", slope=10**99)),
    "a million arrays of a layer": lambda: parts({**dense(1, 3, 4), "arrays": ["W1"] * 1_000_000}),
    "an array of a million letters": lambda: parts({**dense(1, 3, 4), "arrays": ["W" * LONG]}),
    "an array for a terminal": lambda: parts({**dense(1, 3, 4), "arrays": ["W1", "\x1b[2J"]}),
    "arrays that are paths": lambda: parts({**dense(1, 3, 4), "arrays": ["../W1", "/b1"]}),
    "arrays of nobody": lambda: parts({**dense(1, 3, 4), "arrays": ["W9", "b9"]}),
    "arrays that are lists": lambda: parts({**dense(1, 3, 4), "arrays": [[["W1"]], []]}),
    "layers of other arrays": lambda: parts({**dense(2, 3, 4)}, part("tanh"), dense(1, 4, 1)),
    "an activation before all": lambda: said(layers=[part("tanh"), *metadata()["layers"]]),
    "activations alone": lambda: said(layers=[part("tanh")] * 10_000),
    "a dense layer and activations": lambda: said(layers=[dense(1), *[part("tanh")] * 9_999]),
    "dense layers alone": lambda: said(layers=[dense(n) for n in range(1, 10_001)]),
    "a hidden softmax": lambda: parts(dense(1, 3, 4), part("softmax")),
    "dropout": lambda: parts(dense(1, 3, 4), part("dropout", rate=0.5)),
    "sizes whose product is beyond memory": lambda: parts(dense(1, 2**62, 2**62)),
    "sizes that overflow to 12": lambda: parts(dense(1, 3 * 2**32, 2**34)),
    "a size of a hundred digits": lambda: parts(dense(1, int("9" * 100), 4)),
    # Metadata of earlier formats.
    "layers of format 2 in format 3": lambda: of_format_2(format_version=3),
    "layers of format 3 in format 2": lambda: said(format_version=2),
    "layers of format 3 in format 1": lambda: said(format_version=1),
    "ten thousand layers of format 2": lambda: layers_of_format_2(10_000),
    "as many layers of format 2 as there may be": lambda: layers_of_format_2(130_000),
    "an activation of a million letters in format 2": lambda: of_format_2(
        layers=[{**OLD_LAYER, "activation": "t" * LONG}]
    ),
    "an activation for a terminal in format 2": lambda: of_format_2(
        layers=[{**OLD_LAYER, "activation": "\x1b[2J"}]
    ),
    "a dense layer for an activation in format 2": lambda: of_format_2(
        layers=[
            {
                **OLD_LAYER,
                "activation": "dense",
                "activation_parameters": {"inputs": 4, "outputs": 4},
            }
        ]
    ),
    "a layer beyond memory in format 2": lambda: of_format_2(
        layers=[{**OLD_LAYER, "inputs": 2**62, "outputs": 2**62}]
    ),
    "a size of true in format 2": lambda: of_format_2(layers=[{**OLD_LAYER, "inputs": True}]),
    "a size of 4,000 digits in format 2": lambda: of_format_2(
        layers=[{**OLD_LAYER, "inputs": 10**4000}]
    ),
    "a model of format 2": of_format_2,
    "a config for a terminal": lambda: said(config={"\x1b[2J": "\x9b31m"}),
    "a deep config": lambda: with_values('{"source": "xor"}', "[" * 60 + "]" * 60),
    "a fingerprint of a hundred thousand parts": lambda: said(
        data_fingerprint=dict.fromkeys(numbers(), "0")
    ),
    "a fingerprint of a million letters": lambda: said(data_fingerprint={"test rows": "0" * LONG}),
    "a fingerprint for a terminal": lambda: said(data_fingerprint={"test \x1b[2J": "\x9b31m"}),
    "a fingerprint that is a list": lambda: said(data_fingerprint=["test rows"] * 100_000),
    "metrics that are none": lambda: said(metrics=[1]),
    "no preprocessing": lambda: said(preprocessing=None),
}


def sparse(size: int) -> Callable[[Path], None]:
    """Return a function that makes a model file consisting mostly of a hole."""

    def make(path: Path) -> None:
        path.write_bytes(put(18, struct.pack("<2L", *[min(size, 2**32 - 1)] * 2)))
        os.truncate(path, size)

    return make


NO_MODELS: dict[str, Callable[[Path], None]] = {
    **NOT_FILES,
    "a hole of 3 GiB": sparse(3 << 30),
    "a hole of a terabyte": sparse(1 << 40),
}
