"""Draw the rows of data sets that are generated from the seed."""

from collections.abc import Callable, Sequence

import numpy as np

from nncli.base.random_streams import Stream, generator
from nncli.data.builtin.generated import GENERATED, Settings
from nncli.data.dataset import Dataset
from nncli.data.division import Fold
from nncli.data.splits import Split, in_order
from nncli.data.splitting import divide


def sampled(
    sample: Callable[[int, np.random.Generator], Split],
    name: str,
    classes: Sequence[str],
    *,
    rows: int,
    test: int,
    validation: int | float,
    seed: int,
    fold: Fold | None = None,
) -> dict[str, Split]:
    """Return the splits of a generated data set.

    Parameters
    ----------
    sample : function
        Returns a number of random rows.
    rows, test : int
        Numbers of training rows (including validation rows) and of test rows, which are drawn
        independently.
    """
    train = sample(rows, generator(seed, Stream.TRAIN_ROWS))
    divided = divide(train, {"validation": validation}, seed, classes, name, fold)
    splits = {part: train.part(which) for part, which in divided.items()}
    splits["test"] = sample(test, generator(seed, Stream.TEST_ROWS))
    return in_order(splits)


def load_generated(
    name: str,
    settings: Settings,
    *,
    rows: int,
    test: int,
    validation: int | float,
    seed: int,
    fold: Fold | None = None,
) -> Dataset:
    """Generate a data set of `GENERATED`; `settings` has a value for each of its parameters."""
    data = GENERATED[name]
    classes = data.class_names(settings)
    splits = sampled(
        lambda count, random: data.sample(count, random, settings),
        name,
        classes,
        rows=rows,
        test=test,
        validation=validation,
        seed=seed,
        fold=fold,
    )
    return Dataset(
        task=data.shape(settings).task,
        columns=("x1", "x2"),
        targets=(name if classes else "y",),
        classes=classes,
        splits=splits,
    )
