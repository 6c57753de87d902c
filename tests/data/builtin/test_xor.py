import numpy as np
import pytest

from nncli.data.builtin.xor import load_xor


def load(*, rows=200, noise=0.25, balanced=True, test=100, validation=0, seed=0):
    return load_xor(
        rows=rows, noise=noise, balanced=balanced, test=test, validation=validation, seed=seed
    )


def values(dataset, name):
    split = dataset.splits[name]
    return split.inputs[split.rows], split.targets[split.rows]


def corner_counts(inputs):
    _, counts = np.unique(np.round(inputs), axis=0, return_counts=True)
    return counts


def test_the_data_set_is_described():
    dataset = load(validation=50)
    assert dataset.task == "binary"
    assert list(dataset.columns) == ["x1", "x2"]
    assert list(dataset.classes) == ["0", "1"]
    assert {name: len(each) for name, each in dataset.splits.items()} == {
        "train": 150,
        "validation": 50,
        "test": 100,
    }
    for name in dataset.splits:
        inputs, labels = values(dataset, name)
        assert inputs.dtype == np.float32
        assert inputs.shape[1] == 2
        assert labels.dtype == np.uint8


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_without_noise_every_row_is_a_corner_with_the_exclusive_or_as_label(split):
    inputs, labels = values(load(noise=0.0, validation=0.25), split)
    bits = inputs.astype(int)
    np.testing.assert_array_equal(inputs, bits)
    np.testing.assert_array_equal(labels, bits[:, 0] ^ bits[:, 1])


@pytest.mark.parametrize("rows", [4, 5, 6, 7, 200])
def test_every_corner_has_the_same_number_of_rows_give_or_take_one(rows):
    counts = corner_counts(values(load(noise=0.0, rows=rows), "train")[0])
    assert len(counts) == 4
    assert counts.max() - counts.min() == (rows % 4 != 0)


@pytest.mark.parametrize("split", ["train", "test"])
def test_unbalanced_corners_have_the_counts_of_random_draws(split):
    sizes = {"rows": 400, "test": 400}
    counts = np.array(
        [
            corner_counts(values(load(noise=0.0, balanced=False, seed=seed, **sizes), split)[0])
            for seed in range(200)
        ]
    )
    # Each count is binomial: mean n / 4, variance 3 n / 16.
    np.testing.assert_allclose(counts.mean(axis=0), 100, atol=5 * (75 / 200) ** 0.5)
    np.testing.assert_allclose(counts.var(axis=0), 75, rtol=0.5)


def test_unbalanced_rows_are_corners_with_their_labels_and_noise():
    quiet, labels = values(load(rows=4000, noise=0.0, balanced=False), "train")
    bits = quiet.astype(int)
    np.testing.assert_array_equal(labels, bits[:, 0] ^ bits[:, 1])
    loud, again = values(load(rows=4000, noise=0.5, balanced=False), "train")
    np.testing.assert_array_equal(labels, again)
    np.testing.assert_allclose((loud - quiet).std(axis=0), 0.5, rtol=0.1)


def test_labels_are_balanced_in_every_split():
    dataset = load(rows=400, validation=100)
    for name in ("train", "validation", "test"):
        _, labels = values(dataset, name)
        assert labels.mean() == 0.5


def test_rows_come_in_random_order():
    corners, _ = values(load(rows=1000, noise=0.0), "train")
    same_again = (np.diff(corners, axis=0) == 0).all(axis=1).mean()
    assert same_again == pytest.approx(0.25, abs=0.07)


@pytest.mark.parametrize("noise", [0.05, 0.25, 2.0])
def test_the_noise_has_the_standard_deviation_asked_for_around_every_corner(noise):
    quiet, _ = values(load(rows=20_000, noise=0.0), "train")
    loud, _ = values(load(rows=20_000, noise=noise), "train")
    deviations = loud - quiet
    for corner in np.unique(quiet, axis=0):
        around = deviations[(quiet == corner).all(axis=1)]
        np.testing.assert_allclose(around.mean(axis=0), 0, atol=5 * noise / 5000**0.5)
        np.testing.assert_allclose(around.std(axis=0), noise, rtol=0.05)
    assert abs(np.corrcoef(deviations.T)[0, 1]) < 0.05


def test_the_best_possible_accuracy_is_the_one_documented():
    inputs, labels = values(load(rows=40_000, noise=0.25), "train")
    best = (inputs[:, 0] > 0.5) ^ (inputs[:, 1] > 0.5)
    assert (best == labels).mean() == pytest.approx(0.9555, abs=0.005)


def test_the_same_seed_gives_the_same_rows():
    first, again = load(seed=3, validation=20), load(seed=3, validation=20)
    for name in first.splits:
        for one, other in zip(values(first, name), values(again, name), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("split", ["train", "test"])
def test_another_seed_gives_other_rows(split):
    one, other = (values(load(seed=seed), split)[0] for seed in (3, 4))
    assert (one != other).all()


def test_the_test_rows_are_not_the_training_rows():
    dataset = load(rows=100, test=100)
    train, test = (values(dataset, name)[0] for name in ("train", "test"))
    assert not set(map(tuple, train.tolist())) & set(map(tuple, test.tolist()))


def test_the_test_rows_do_not_depend_on_the_training_rows():
    few, many = load(rows=20, validation=4), load(rows=300)
    np.testing.assert_array_equal(values(few, "test")[0], values(many, "test")[0])


def test_splits_without_rows_are_left_out():
    assert set(load(test=0).splits) == {"train"}
    assert set(load(validation=40).splits) == {"train", "validation", "test"}


def test_validation_may_be_a_fraction_of_the_training_rows():
    dataset = load(rows=200, validation=0.1)
    assert len(dataset.splits["validation"]) == 20
    assert len(dataset.splits["train"]) == 180
