"""Warnings before training about inputs that the scale `unit` shrinks to nearly 0."""

import warnings

import numpy as np
import pytest

import nncli
from nncli.base.storage import mapping
from nncli.base.storage.mapping import Memory

SETTINGS = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
TYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def notes_of(X, **data):
    y = np.arange(len(X)) % 2
    notes = []
    data = {"source": "arrays", "scale": "unit", **data}
    nncli.train({"data": data, **SETTINGS}, data=(X, y), note=notes.append)
    return [note for note in notes if "unit" in note]


def pixels(dtype, low, high):
    X = np.arange(80).reshape(40, 2) % 7
    X[::2, 0], X[1::2, 0] = low, high
    return X.astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
def test_using_a_small_part_of_a_types_range_is_warned_of(dtype):
    largest = int(np.iinfo(dtype).max)
    part = largest // 256
    assert notes_of(pixels(dtype, 0, part + 1)) == []
    found = notes_of(pixels(dtype, 0, part)) if part > 6 else notes_of(pixels(dtype, 0, 1))
    expected = (
        f"the inputs are whole numbers from 0 to {part} of type {dtype}, but data.scale: unit "
        f"divides by the maximum of the type, {largest}, so all are nearly 0; set data.scale: "
        "minmax or standard"
    )
    assert found == ([expected] if part > 6 else [])


def test_negative_numbers_count_too():
    (note,) = notes_of(pixels("int32", -300, 254))
    assert note.startswith("the inputs are whole numbers from -300 to 254 of type int32, but")
    assert notes_of(pixels("int32", -(2**31), 254)) == []


@pytest.mark.parametrize("scale", ["none", "standard", "minmax", "robust"])
def test_no_other_scale_is_warned_of(scale):
    assert notes_of(pixels("int32", 0, 254), scale=scale) == []


def test_fractions_and_zeros_are_not_warned_of():
    assert notes_of(pixels("float32", 0, 254)) == []
    assert notes_of(np.zeros((40, 2), np.int32)) == []


@pytest.mark.parametrize("form", ["npz", "npy"])
def test_files_are_scanned_block_by_block(tmp_path, monkeypatch, form):
    monkeypatch.setattr(mapping, "MEMORY", Memory(large_bytes=100, pass_bytes=64, pool_bytes=4000))
    X, y = pixels("int64", 3, 254), np.arange(40) % 2
    X[:, 1] = np.arange(40) + 3
    if form == "npz":
        np.savez(tmp_path / "rows.npz", X=X, y=y)
        data = {"path": str(tmp_path / "rows.npz"), "scale": "unit"}
    else:
        np.save(tmp_path / "x.npy", X)
        np.save(tmp_path / "y.npy", y)
        data = {"inputs": str(tmp_path / "x.npy"), "targets": str(tmp_path / "y.npy")}
        data["scale"] = "unit"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nncli.train({"data": data, **SETTINGS})
    (note,) = [str(each.message) for each in caught]
    assert note.startswith(
        "the inputs are whole numbers from 3 to 254 of type int64, but data.scale"
    )
