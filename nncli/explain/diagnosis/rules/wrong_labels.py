"""A rule about labels that look wrong: networks that have not seen a row are sure of another one.

Rows near the border of two classes are hard: a network is wrong about some, and unsure. So its
errors become fewer where it is surer of its answer. Wrong labels are as frequent where it is sure
as elsewhere. The rule compares the errors of the quarter of the rows about which networks are
surest with those of the next quarter.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import comb, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.errors import DivergenceError
from nncli.base.threads import limited_threads
from nncli.base.words import count
from nncli.config.schema import Config, ModelSection
from nncli.config.training_section import TrainingSection
from nncli.data.dataset import OF_CLASSES, Dataset
from nncli.data.splits import Split
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Condition, Evidence
from nncli.model.evaluation import run_rows
from nncli.runs.preparation import prepare
from nncli.training.loop import train

_FEWEST_ROWS, _MOST_ROWS = 100, 3000
_ROWS_PER_INPUT = 2  # with fewer, networks are sure of anything
_MOST_CELLS = 2_000_000  # inputs of all rows: below three seconds

_FOLDS, _REPEATS = 3, 2
_HIDDEN, _BATCH, _STEPS, _RATE = 32, 32, 600, 0.005

# On iris, wine, breast cancer and digits, at most 0.4 % of the surer half are wrong. With a tenth
# of the labels changed, there and on three generated tables, the first quarter has 0.8 times the
# errors of the second or more. Of generated classes that overlap, it had 0.1 to 0.5 times as many,
# but 0.4 to 0.7 on tables like that of the Titanic. These also fail the test of each class: 53 % to
# 65 % of the smaller one are right, and 78 % or more with a tenth of the labels changed.
_LEAST, _MOST = 0.02, 0.25  # share of wrong rows in the surer half
_FEWEST_WRONG, _FEWEST_OF_SUREST = 5, 2
_AS_MANY = 0.7  # of the share in the second quarter, in the first
# Of 50 more tables of noisy classes, 150 to 2500 rows, four came as far as this test: 51 % to 73 %
# were right. One standard error is taken off the share, as it is 0.02 to 0.06 for such tables.
_RIGHT_OF_CLASS = 0.75  # with fewer, the rows of the class may just look like others
# Classes drawn from a logistic model passed these tests in 4 of 49 tables of 300 to 800 rows. A
# quarter had 4 to 11 errors, so few that their ratio says little; in the surer half, they were at
# most 0.5 times as frequent as in all rows. With a tenth of the labels changed, it was 0.7 times,
# or the errors were enough, except in 3 of 12 tables of such classes.
_ONCE_IN = 20  # by chance
_MOST_NAMED = 5

_ERRORS = Condition(
    "e₁ ≥ 0.7·e₂",
    r"e_1 \ge 0.7 e_2",
    "e₁, e₂: shares of errors in the surest and in the second quarter of the rows",
)


@dataclass(frozen=True)
class _Answers:
    """What networks answer to rows (N,) that they have not seen.

    Attributes
    ----------
    given, answers : arrays of class indices
    margin : array
        Difference of the log probabilities of the two most likely classes: how sure they are.
    """

    given: NDArray[np.intp]
    answers: NDArray[np.intp]
    margin: NDArray[np.float64]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Whether the answer is not the given class."""
        return np.not_equal(self.given, self.answers)

    @property
    def surest(self) -> NDArray[np.intp]:
        """Places of the surer half of the rows, the surest first."""
        return np.argsort(-self.margin, kind="stable")[: len(self.margin) // 2]


def wrong_labels(case: Case) -> Iterator[Evidence]:
    """Find classes of training rows that look wrong."""
    data = case.dataset
    places = _sample(data)
    if data.task not in OF_CLASSES or len(places) < _FEWEST_ROWS:
        return
    try:
        found = _answers(case, places)
    except DivergenceError:
        return
    if not _are_errors_of_labels(found):
        return
    suspects = found.surest[found.wrong[found.surest]]
    share = len(suspects) / len(found.surest)
    numbers = data.row_numbers("train")[places]
    first, second = _quarters(found)
    yield Evidence(
        f"networks trained on other rows are sure of another class for {len(suspects)} of the "
        f"{count(len(found.surest), 'training row')} about which they are surest ({first:.1%} of "
        f"the surest quarter of all rows, {second:.1%} of the next), so about {share:.0%} of all "
        "labels look wrong: "
        + "; ".join(
            f"row {numbers[place]} (from 0) is labeled {data.classes[found.given[place]]}, but "
            f"looks like {data.classes[found.answers[place]]}"
            for place in suspects[:_MOST_NAMED]
        ),
        "labels were confused, shifted or typed wrong: with right labels, networks make fewer "
        "errors where they are surer",
        remedy="look at the named rows, and correct or leave out those with a wrong label",
        formula=_ERRORS,
    )


def _sample(data: Dataset) -> NDArray[np.intp]:
    """Return places of training rows, in order; none if there are too few for the inputs."""
    rows, inputs = len(data.splits["train"]), len(data.columns)
    most = min(_MOST_ROWS, _MOST_CELLS // inputs)
    places = np.sort(np.random.default_rng(0).permutation(rows)[:most])
    return places if len(places) >= _ROWS_PER_INPUT * inputs else places[:0]


def _are_errors_of_labels(found: _Answers) -> bool:
    wrong = found.wrong[found.surest]
    first, second = _quarters(found)
    suspects = found.surest[wrong]
    return (
        wrong.sum() >= _FEWEST_WRONG
        and wrong[: len(wrong) // 2].sum() >= _FEWEST_OF_SUREST
        and _LEAST <= wrong.mean() <= _MOST
        and first >= _AS_MANY * second
        and (wrong.mean() >= _AS_MANY * found.wrong.mean() or _are_enough(found))
        and all(
            _is_mostly_right(~found.wrong[found.given == each])
            for each in np.unique(found.given[suspects])
        )
    )


def _is_mostly_right(right: NDArray[np.bool_]) -> bool:
    """Return whether the answers to the rows of a class are mostly right, beyond chance."""
    share = float(right.mean())
    return share - sqrt(share * (1 - share) / len(right)) >= _RIGHT_OF_CLASS


def _are_enough(found: _Answers) -> bool:
    """Return whether the surest quarter hardly has so many errors by chance.

    By chance, each error is in the surest quarter once in three times, rather than in the second:
    the quarter would have half of the errors of the second.
    """
    wrong = found.wrong[found.surest]
    total, first = int(wrong.sum()), int(wrong[: len(wrong) // 2].sum())
    ways = sum(comb(total, many) << (total - many) for many in range(first, total + 1))
    return _ONCE_IN * ways <= int(3**total)


def _quarters(found: _Answers) -> tuple[float, float]:
    """Return the share of wrong rows in the surest quarter of all rows, and in the second."""
    wrong = found.wrong[found.surest]
    middle = len(wrong) // 2
    return float(wrong[:middle].mean()), float(wrong[middle:].mean())


def _answers(case: Case, places: NDArray[np.intp]) -> _Answers:
    """Return the answers of several networks, each trained on the other folds of some rows."""
    split = replace(case.dataset.splits["train"], weights=None)
    rows = split.rows[places]
    sums = np.zeros((len(rows), len(case.dataset.classes)))
    for repeat in range(_REPEATS):
        fold = np.random.default_rng(repeat).permutation(len(rows)) % _FOLDS
        for number in range(_FOLDS):
            asked, known = fold == number, fold != number
            sums[asked] += _answered(case, split.part(rows[known]), split.part(rows[asked]), repeat)
    ordered = np.sort(sums, axis=1)
    return _Answers(
        split.targets[rows].astype(np.intp), sums.argmax(axis=1), ordered[:, -1] - ordered[:, -2]
    )


@limited_threads(1)  # so that the numbers do not depend on the machine's processors
def _answered(case: Case, known: Split, asked: Split, seed: int) -> NDArray[np.float64]:
    """Return the log probabilities (N, classes) of rows by a network trained on others."""
    data = replace(case.dataset, splits={"train": known, "held_out": asked})
    loaded = case.loaded.with_config(_small(case.config, len(known), seed))
    job = prepare(loaded, dataset=data, engine="numpy", warnings=())
    for _ in train(job.engine, job.order, job.score, job.plan, job.progress):
        pass
    batches = run_rows(
        job.trained_network(), asked, job.scaling, job.target_scaling, len(data.classes)
    )
    return _log_probabilities(np.concatenate([passes.logits.copy() for _, _, passes in batches]))


def _small(config: Config, rows: int, seed: int) -> Config:
    """Return a config that trains a small network briefly, with the scaling of another."""
    epochs = -(-_STEPS * _BATCH // rows)
    training = TrainingSection(learning_rate=_RATE, batch_size=_BATCH, epochs=epochs)
    model = ModelSection(hidden_layers=[_HIDDEN])
    return config.model_copy(update={"model": model, "training": training, "seed": seed})


def _log_probabilities(Z: NDArray[Any]) -> NDArray[np.float64]:
    """Return the log probabilities of classes from the logits of a sigmoid or a softmax."""
    Z = Z.astype(np.float64)
    if Z.shape[1] == 1:
        Z = np.column_stack([np.zeros(len(Z)), Z])
    Z = Z - Z.max(axis=1, keepdims=True)
    return np.asarray(Z - np.log(np.exp(Z).sum(axis=1, keepdims=True)))
