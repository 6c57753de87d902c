"""Eight threads use one model at once, and each gets the same results as alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from tests.data.memory.frames import as_csv
from tests.model.models import people, trained

THREADS, TIMES = 8, 12
PEOPLE = people(200)
RANDOM = np.random.default_rng(6)
IMAGES = RANDOM.integers(0, 256, (200, 6, 6), np.uint8)
X = RANDOM.normal(size=(200, 4))


def at_once(act):
    """Return the results of `act(number)` for each thread, with repeated calls at the same time."""
    barrier = Barrier(THREADS)

    def work(number):
        barrier.wait(timeout=60)
        return [act(number) for _ in range(TIMES)]

    with ThreadPoolExecutor(THREADS) as pool:
        return [*pool.map(work, range(THREADS))]


def check(model, parts, targets):
    """Compare the results of threads, of which half raise on overflow, with sequential ones."""
    expected = [
        (model.predict(part).tolist(), model.evaluate(part, known).metrics)
        for part, known in zip(parts, targets, strict=True)
    ]

    def act(number):
        with np.errstate(all="raise" if number % 2 else "ignore"):
            part, known = parts[number], targets[number]
            return model.predict(part).tolist(), model.evaluate(part, known).metrics

    for number, found in enumerate(at_once(act)):
        assert found == [expected[number]] * TIMES


def slices(rows):
    """Return a part of a different length for each thread."""
    return [rows[20 * number : 20 * number + 21 + number] for number in range(THREADS)]


@pytest.mark.parametrize(
    "layers",
    [
        "",
        ", normalization: layer_norm",
        ", normalization: batch_norm",
        ", activation: prelu",
        ", activation: gelu",
        ", activation: elu",
    ],
)
def test_arrays_with_layers_of_any_kind(tmp_path, layers):
    y = (X.sum(axis=1) > 0).astype(int) + (X[:, 0] > 1)
    np.savez(tmp_path / "t.npz", X=X, y=y)
    check(trained(tmp_path, "{path: t.npz}", layers), slices(X), slices(y))


def test_images(tmp_path):
    y = IMAGES[:, 0, 0] > 127
    np.savez(tmp_path / "t.npz", X=IMAGES, y=y)
    check(trained(tmp_path, "{path: t.npz, scale: unit}"), slices(IMAGES), slices(y))


def test_tables_with_text(tmp_path):
    (tmp_path / "t.csv").write_text(as_csv(PEOPLE), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: kind, missing: auto}")
    check(model, slices(PEOPLE), slices([row["kind"] for row in PEOPLE]))


def test_a_regression_of_a_frame(tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    (tmp_path / "t.csv").write_text(as_csv(PEOPLE), encoding="utf-8")
    model = trained(tmp_path, "{path: t.csv, target: income, missing: auto, drop: [kind]}")
    frame = pandas.DataFrame(PEOPLE)
    check(model, slices(frame), slices(frame["income"]))
