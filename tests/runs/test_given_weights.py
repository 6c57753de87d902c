"""Initial weights and biases from the config."""

import os

import numpy as np
import pytest

from nncli.base.errors import ConfigError, DataError
from nncli.config.load import load_config
from nncli.runs.preparation import prepare

CONFIG = """
data: {source: gate}
model:
  hidden_layers: [3]
  initial_weights: [[[1, 2, 3], [4, 5, 6]], [[7], [8], [9]]]
  initial_biases: [[0.1, 0.2, 0.3], [0.4]]
"""


@pytest.fixture
def arrays_of(tmp_path):
    def load(*overrides, text=CONFIG):
        path = tmp_path / "c.yaml"
        path.write_text(text, encoding="utf-8")
        return prepare(load_config(path, overrides)).setup.network.arrays

    return load


def test_weights_have_one_row_per_input(arrays_of):
    arrays = arrays_of()
    assert arrays["W1"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert arrays["W2"].tolist() == [[7], [8], [9]]
    assert arrays["b1"] == pytest.approx([0.1, 0.2, 0.3])
    assert arrays["b2"] == pytest.approx([0.4])


def test_biases_alone_keep_the_random_weights(arrays_of):
    drawn = arrays_of("model.initial_weights=null", "model.initial_biases=null")
    given = arrays_of("model.initial_weights=null")
    np.testing.assert_array_equal(given["W1"], drawn["W1"])
    assert given["b2"] == pytest.approx([0.4])


def test_biases_are_drawn_unless_they_are_given(arrays_of):
    drawn = ("model.bias_initializer={name: normal, scale: 1}", "model.initial_biases=null")
    plain = arrays_of("model.initial_biases=null")
    assert not plain["b1"].any()
    for weights in ((), ("model.initial_weights=null",)):
        arrays = arrays_of(*drawn, *weights)
        assert all(arrays["b1"] != 0)
        assert len({*arrays["b1"].tolist()}) == 3
    given = arrays_of(drawn[0])
    assert given["b1"] == pytest.approx([0.1, 0.2, 0.3])


def test_each_layer_has_its_own_initializer_of_biases(arrays_of):
    arrays = arrays_of(
        "model.bias_initializer=[{name: constant, value: 2}, zeros]", "model.initial_biases=null"
    )
    assert arrays["b1"].tolist() == [2, 2, 2]
    assert arrays["b2"].tolist() == [0]


def test_an_npz_next_to_the_config_is_read(arrays_of, tmp_path):
    W1, W2 = np.arange(6).reshape(2, 3), np.ones((3, 1))
    np.savez(tmp_path / "w.npz", W1=W1, W2=W2, b2=np.array([5.0]), other=np.array([{}]))
    arrays = arrays_of("model.initial_weights=w.npz", "model.initial_biases=null")
    np.testing.assert_array_equal(arrays["W1"], W1)
    assert arrays["b1"].tolist() == [0, 0, 0]
    assert arrays["b2"].tolist() == [5]


GIVEN = {"W1": np.arange(6).reshape(2, 3), "W2": np.ones((3, 1))}
FROM_NPZ = ("model.initial_weights=w.npz", "model.initial_biases=null")


def test_slopes_in_the_npz_are_used_and_may_be_missing(arrays_of, tmp_path):
    np.savez(tmp_path / "w.npz", **GIVEN)
    arrays = arrays_of(*FROM_NPZ, "model.activation={name: prelu, slope: 0.5}")
    assert arrays["slope1"].tolist() == [0.5] * 3
    assert "slope2" not in arrays
    np.savez(tmp_path / "w.npz", **GIVEN, slope1=np.array([-1.0, 0.125, 2.0]))
    arrays = arrays_of(*FROM_NPZ, "model.activation=prelu")
    assert arrays["slope1"].tolist() == [-1, 0.125, 2]
    np.testing.assert_array_equal(arrays["W1"], GIVEN["W1"])


@pytest.mark.parametrize(
    ("slopes", "activation", "problem"),
    [
        ({"slope1": np.ones(2)}, "prelu", "slope1: found 2; expected 3 numbers, one per unit"),
        ({"slope1": np.ones(3)}, "relu", "slope1: layer 1 has no slope"),
        ({"slope2": np.ones(1)}, "prelu", "slope2: layer 2 has no slope"),
        ({"slope3": np.ones(1)}, "prelu", "has slope3, but the network has 2 layers"),
    ],
)
def test_slopes_that_do_not_fit_are_refused(arrays_of, tmp_path, slopes, activation, problem):
    np.savez(tmp_path / "w.npz", **GIVEN, **slopes)
    with pytest.raises(ConfigError) as caught:
        arrays_of(*FROM_NPZ, f"model.activation={activation}")
    assert str(caught.value).startswith(f"command line: model.initial_weights: {problem}")


@pytest.mark.parametrize(
    ("name", "array", "problem"),
    [
        ("W1", np.array([[1, 2, 3], [4, np.nan, 6]]), "found nan at [1, 1]; expected finite"),
        ("b2", np.array([-np.inf]), "found -inf at [0]; expected finite numbers"),
        ("slope1", np.array([0, 0, np.nan]), "found nan at [2]; expected finite numbers"),
        (
            "W2",
            np.array([[1], [1e39], [1]]),
            "found 1e+39 at [1, 0]; expected numbers that float32",
        ),
        ("b1", np.ones(2), "found 2; expected 3 numbers, one per unit"),
        ("b1", np.float64(1), "found a single number; expected 3 numbers"),
        (
            "W2",
            np.ones(3),
            "found 3; expected 3 x 1 numbers, one row per input and one column per unit",
        ),
        ("W2", np.ones((3, 0)), "found 3 x 0; expected 3 x 1 numbers"),
        ("b1", np.array(["1", "2", "3"]), "found text; expected 3 numbers"),
        ("W1", np.ones((2, 3), complex), "found complex128; expected 2 x 3 numbers"),
    ],
)
def test_arrays_of_an_npz_that_do_not_fit_are_refused(arrays_of, tmp_path, name, array, problem):
    np.savez(tmp_path / "w.npz", **{**GIVEN, name: array})
    with pytest.raises(ConfigError) as caught:
        arrays_of(*FROM_NPZ, "model.activation=prelu")
    expected = f"command line: model.initial_weights: {name}: {problem}"
    assert str(caught.value).startswith(expected)


def test_arrays_of_other_numeric_types_are_accepted(arrays_of, tmp_path):
    types = {"W1": np.int8, "W2": np.float16}
    np.savez(tmp_path / "w.npz", **{name: GIVEN[name].astype(each) for name, each in types.items()})
    arrays = arrays_of(*FROM_NPZ)
    np.testing.assert_array_equal(arrays["W1"], GIVEN["W1"])
    np.testing.assert_array_equal(arrays["W2"], GIVEN["W2"])


def test_units_with_different_slopes_are_not_reported_to_start_alike(tmp_path, arrays_of):
    arrays_of()  # writes the config
    alike = {"W1": np.ones((2, 3)), "W2": np.ones((3, 1))}
    overrides = (*FROM_NPZ, "model.activation=prelu")
    for slopes, warnings in ((np.full(3, 0.25), 1), (np.array([0.1, 0.2, 0.3]), 0)):
        np.savez(tmp_path / "w.npz", **alike, slope1=slopes)
        assert len(prepare(load_config(tmp_path / "c.yaml", overrides)).warnings) == warnings


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("model.initial_weights=[[[1, 2, 3], [4, 5, 6]]]", "initial_weights: W2 is missing"),
        ("model.initial_biases=[[1, 2, 3]]", "initial_biases: b2 is missing"),
        (
            "model.initial_biases=[[1, 2, 3], [1], [1]]",
            "initial_biases: has b3, but the network has 2",
        ),
        (
            "model.initial_weights=[[[1, 2], [3, 4]], [[1], [1], [1]]]",
            "initial_weights: W1: found 2 x 2; expected 2 x 3 numbers, one row per input",
        ),
        (
            "model.initial_weights=[[[1, 2, 3], [4, 5]], [[1], [1], [1]]]",
            "initial_weights: W1: found rows of length 2 and 3; expected 2 x 3 numbers, one row "
            "per input",
        ),
        (
            "model.initial_biases=[[1, 2, 3, 4], [1]]",
            "initial_biases: b1: found 4; expected 3 numbers, one per unit",
        ),
        (
            "model.initial_biases=[[1, 2, 3], [1e300]]",
            "initial_biases: b2: found 1e+300 at [0]; expected numbers that float32 can hold",
        ),
        ("model.initial_weights=[[[.nan, 2, 3], [4, 5, 6]]]", "expected a finite number"),
        ("model.initial_weights=5", "initial_weights: "),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_their_place(arrays_of, override, problem):
    with pytest.raises(ConfigError) as caught:
        arrays_of(override)
    assert str(caught.value).startswith("command line: model.")
    assert problem in str(caught.value)


def test_a_missing_file_is_named(arrays_of):
    with pytest.raises(DataError, match=r"nope\.npz: cannot be read"):
        arrays_of("model.initial_weights=nope.npz")


def test_a_hidden_step_can_be_given_but_not_trained(arrays_of):
    arrays_of("model.activation=step", "training.epochs=0")
    with pytest.raises(ConfigError, match="cannot train through step: its derivative is 0"):
        arrays_of("model.activation=step")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_or_a_device_instead_of_a_file_is_not_read(arrays_of, tmp_path):
    os.mkfifo(tmp_path / "w.npz")
    for path in ("w.npz", "/dev/zero"):
        with pytest.raises(DataError, match="is a pipe or a device"):
            arrays_of(f"model.initial_weights={path}", "model.initial_biases=null")


def test_an_impossible_path_is_an_error(arrays_of):
    with pytest.raises(ConfigError, match="a path cannot contain a NUL character"):
        arrays_of('model.initial_weights="a\\0b"', "model.initial_biases=null")
