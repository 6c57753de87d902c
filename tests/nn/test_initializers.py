import numpy as np
import pytest

from nncli.base.random_streams import Stream, generator
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.layers.kinds import block
from nncli.nn.network import initial_parameters, trained_views

INPUTS, OUTPUTS = 300, 500
NORMAL = [
    ("normal", {"scale": 0.05}, 0.05**2),
    ("normal", {"scale": 2.0}, 4.0),
    ("xavier_normal", {}, 2 / (INPUTS + OUTPUTS)),
    ("he_normal", {}, 2 / INPUTS),
    ("lecun_normal", {}, 1 / INPUTS),
]
UNIFORM = [
    ("uniform", {"scale": 0.05}, 0.05),
    ("uniform", {"scale": 3.0}, 3.0),
    ("xavier_uniform", {}, (6 / (INPUTS + OUTPUTS)) ** 0.5),
    ("he_uniform", {}, (6 / INPUTS) ** 0.5),
    ("lecun_uniform", {}, (3 / INPUTS) ** 0.5),
]
CONSTANT = [("constant", {"value": 0.25}, 0.25), ("constant", {"value": 0.0}, 0), ("zeros", {}, 0)]
ORTHOGONAL = [("orthogonal", {"gain": gain}, gain) for gain in (1.0, 0.5, 2.0**0.5)]
EVERY_CASE = NORMAL + UNIFORM + CONSTANT + ORTHOGONAL
SAMPLES = INPUTS * OUTPUTS


def draw(name, parameters, seed=0):
    return INITIALIZERS[name].draw(np.random.default_rng(seed), INPUTS, OUTPUTS, **parameters)


def test_every_initializer_is_tested():
    assert {name for name, _, _ in EVERY_CASE} == set(INITIALIZERS)


@pytest.mark.parametrize(("name", "parameters", "variance"), NORMAL)
def test_normal_draws_have_the_mean_variance_and_shape_of_the_formula(name, parameters, variance):
    weights = draw(name, parameters)
    deviation = variance**0.5
    assert abs(weights.mean()) < 5 * deviation / SAMPLES**0.5
    assert weights.var() == pytest.approx(variance, rel=5 * (2 / SAMPLES) ** 0.5)
    for width, share in [(1, 0.6827), (2, 0.9545), (3, 0.9973)]:
        assert (np.abs(weights) < width * deviation).mean() == pytest.approx(share, abs=0.007)


@pytest.mark.parametrize(("name", "parameters", "bound"), UNIFORM)
def test_uniform_draws_fill_the_interval_of_the_formula(name, parameters, bound):
    weights = draw(name, parameters)
    assert abs(weights.mean()) < 5 * bound / (3 * SAMPLES) ** 0.5
    assert weights.var() == pytest.approx(bound**2 / 3, rel=0.02)
    assert 0.999 * bound < np.abs(weights).max() <= bound
    counts, _ = np.histogram(weights, bins=10, range=(-bound, bound))
    np.testing.assert_allclose(counts / SAMPLES, 0.1, atol=0.005)


@pytest.mark.parametrize(("name", "parameters", "value"), CONSTANT)
def test_constants_are_the_same_everywhere(name, parameters, value):
    assert (draw(name, parameters) == value).all()


@pytest.mark.parametrize(("name", "parameters", "gain"), ORTHOGONAL)
@pytest.mark.parametrize(("inputs", "outputs"), [(7, 4), (4, 7), (5, 5), (1, 6), (6, 1), (1, 1)])
def test_orthogonal_columns_or_rows_are_orthonormal_times_the_gain(
    name, parameters, gain, inputs, outputs
):
    W = INITIALIZERS[name].draw(np.random.default_rng(5), inputs, outputs, **parameters)
    assert W.shape == (inputs, outputs)
    products = W.T @ W if inputs >= outputs else W @ W.T
    np.testing.assert_allclose(products, gain**2 * np.eye(min(inputs, outputs)), atol=1e-14)


def test_orthogonal_draws_prefer_no_direction():
    random, count = np.random.default_rng(6), 4000
    drawn = np.array(
        [INITIALIZERS["orthogonal"].draw(random, 3, 2, gain=1.0) for _ in range(count)]
    )
    # Each weight is a coordinate of a point on the sphere: mean 0, variance 1/3.
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=5 * (1 / 3 / count) ** 0.5)
    np.testing.assert_allclose(drawn.var(axis=0), 1 / 3, atol=0.03)


@pytest.mark.parametrize(("name", "parameters", "_expected"), EVERY_CASE)
def test_every_draw_is_float64_of_the_right_shape(name, parameters, _expected):
    weights = draw(name, parameters)
    assert weights.shape == (INPUTS, OUTPUTS)
    assert weights.dtype == np.float64


LAYERS = [*block(4, 4, "tanh"), *block(4, 4, "tanh"), *block(4, 4, "tanh")]
CHOICES = [("he_normal", {})] * 3


def initial(layers=LAYERS, choices=CHOICES, seed=0, dtype=np.float64):
    return initial_parameters(layers, choices, seed, dtype)


def test_the_same_seed_gives_the_same_parameters():
    np.testing.assert_array_equal(initial(seed=3), initial(seed=3))


def test_another_seed_gives_other_weights_in_every_layer():
    one, other = (trained_views(LAYERS, initial(seed=seed)) for seed in (3, 4))
    assert all((one[name] != other[name]).all() for name in ("W1", "W2", "W3"))


def test_layers_of_the_same_size_get_different_weights():
    views = trained_views(LAYERS, initial())
    first, second, third = (views[name] for name in ("W1", "W2", "W3"))
    assert (first != second).all()
    assert (second != third).all()
    assert (first != third).all()


def test_an_added_layer_does_not_change_the_earlier_ones():
    for count in (1, 2):
        shorter = initial(LAYERS[: 2 * count], CHOICES[:count])
        np.testing.assert_array_equal(shorter, initial()[: len(shorter)])


def test_another_initializer_or_size_in_one_layer_does_not_change_the_others():
    sizes, unchanged = [(4, 4), (4, 9), (9, 2), (4, 4)], ("normal", {"scale": 1.0})
    layers = [layer for each in sizes for layer in block(*each, "tanh")]
    plain = trained_views(layers, initial(layers, [unchanged] * 4))
    changed = [unchanged, ("zeros", {}), ("he_uniform", {}), unchanged]
    others = trained_views(layers, initial(layers, changed))
    np.testing.assert_array_equal(others["W1"], plain["W1"])
    assert not others["W2"].any()
    np.testing.assert_array_equal(others["W4"], plain["W4"])


def test_biases_start_at_zero():
    views = trained_views(LAYERS, initial())
    assert not any(views[name].any() for name in ("b1", "b2", "b3"))


def test_slopes_start_from_the_parameter_of_the_activation():
    first, last = block(4, 3, "prelu", {"slope": 0.125}), block(4, 2, "prelu", {"slope": 0.0})
    layers = [*first, *LAYERS[:2], *last]
    found = trained_views(layers, initial(layers, [("normal", {"scale": 1.0})] * 3))
    assert list(found) == ["W1", "b1", "slope1", "W2", "b2", "W3", "b3", "slope3"]
    assert found["slope1"].tolist() == [0.125] * 3
    assert found["slope3"].tolist() == [0, 0]


def test_float32_parameters_are_the_rounded_float64_ones():
    rounded = initial(dtype=np.float32)
    assert rounded.dtype == np.float32
    np.testing.assert_array_equal(rounded, initial().astype(np.float32))


def test_parameters_of_an_initializer_are_passed_on():
    flat = initial(LAYERS[:2], [("constant", {"value": 0.5})])
    np.testing.assert_array_equal(flat, [0.5] * 16 + [0] * 4)


def test_each_seed_stream_and_index_gives_other_random_numbers():
    keys = [(seed, stream, index) for seed in (0, 1) for stream in Stream for index in (0, 1, 2)]
    first_numbers = {generator(*key).integers(2**63) for key in keys}
    assert len(first_numbers) == len(keys)
    assert first_numbers == {generator(*key).integers(2**63) for key in keys}


def test_the_number_of_a_stream_never_changes():
    numbers = {"WEIGHTS": 1, "VALIDATION_SPLIT": 2, "SHUFFLE": 3, "TRAIN_ROWS": 4, "TEST_ROWS": 5}
    assert {name: int(Stream[name]) for name in numbers} == numbers
