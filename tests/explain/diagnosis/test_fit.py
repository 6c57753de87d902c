"""Findings about training and unseen rows, at their thresholds."""

from dataclasses import replace

import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.measured import Measured
from nncli.explain.diagnosis.rules import comparison, fit

CONFIG = {
    "data": {"source": "xor", "rows": 240, "noise": 0.4, "validation": 200},
    "model": {"hidden_layers": [8]},
    "training": {"epochs": 2},
}


@pytest.fixture(scope="module")
def case():
    return case_of(nncli.train(CONFIG))


def with_accuracy(case, ended="finished", history=None, **accuracies):
    """Return the case as if its splits had other rows and accuracies, with a guess of 0.5."""
    splits = {
        name: replace(
            case.splits[name],
            rows=rows,
            metrics={"accuracy": accuracy, "loss": loss},
            guess_metrics={"accuracy": 0.5},
        )
        for name, (rows, accuracy, loss) in accuracies.items()
    }
    return replace(case, splits=splits, ended=ended, history=history or case.history)


def history_of(train, validation):
    """Return a history with these losses, learned by heart at the end."""
    epochs = len(train)
    return {
        "epoch": [*range(1, epochs + 1)],
        "train_loss": train,
        "train_accuracy": [1.0] * epochs,
        "validation_loss": validation,
        "validation_accuracy": [0.7] * epochs,
    }


def test_the_interval_decides_whether_unseen_rows_lack_much(case):
    def found(rows):
        some = with_accuracy(case, train=(rows, 1.0, 0.1), test=(rows, 0.75, 0.9))
        return [*fit.overfitting(some)]

    assert not found(20)  # [0.84, 1] and [0.53, 0.89]
    [evidence] = found(1000)
    assert "lack at least 44% of the gain" in evidence.evidence
    assert str(evidence.change) == "training.l2=0.0005"
    assert evidence.severity is None


def test_a_small_loss_on_unseen_rows_is_usual(case):
    digits = with_accuracy(case, train=(1437, 1.0, 0.02), test=(360, 0.94, 0.1))
    assert not [*fit.overfitting(digits)]


def test_a_validation_loss_that_rises_clearly_is_a_hint(case):
    falling = [1 / n for n in range(1, 21)]
    rising = [0.6, 0.5, *(0.5 + 0.02 * n for n in range(18))]
    level = [0.6, *([0.5, 0.53] * 10)][:20]

    def found(validation, ended="finished"):
        history = history_of(falling, validation)
        some = with_accuracy(
            case, ended, history, train=(100, 0.8, 0.4), validation=(200, 0.76, 0.5)
        )
        return [*fit.overfitting(some)]

    [evidence] = found(rising)
    assert evidence.severity == "hint"
    assert "falls to 0.5 in epoch 2 and then rises to 0.83" in evidence.evidence
    assert str(evidence.change) == "training.l2=0.01"
    assert not found(level)
    assert not found(rising, "stopped early")


def test_rows_known_by_heart_are_memorized_only_if_unseen_rows_gain_nothing(case):
    def found(test):
        some = with_accuracy(case, train=(100, 1.0, 0.0), test=(100, test, 2.0))
        return [*fit.memorized(some)]

    assert "accuracy 0.52 [0.423, 0.615]" in found(0.52)[0].evidence
    assert not found(0.58)  # the interval includes the guess, but a sixth of the gain is there
    assert not [*fit.memorized(with_accuracy(case, train=(100, 0.9, 0), test=(100, 0.5, 2)))]


def test_rows_whose_targets_are_all_the_same_cannot_be_known_by_heart():
    rows = {"inputs": [[n / 40, n % 7] for n in range(40)], "targets": [3.5] * 40}
    config = {"data": {"source": "rows", **rows}, "training": {"epochs": 3}}
    some = case_of(nncli.train(config))
    train = some.splits["train"]
    assert train.guess_metrics["mae"] == 0
    both = replace(some, splits={"train": train, "held_out": train})
    assert not [*fit.memorized(both)]


def test_a_penalty_that_is_there_is_followed_by_dropout_and_then_by_words(case):
    def change(**training):
        config = case.config.with_training(**training)
        loaded = case.loaded.with_config(config)
        some = with_accuracy(case, train=(100, 1.0, 0.1), test=(1000, 0.6, 0.9))
        some.subject.__dict__["trained_config"] = loaded
        [evidence] = fit.overfitting(some)
        return str(evidence.change or evidence.remedy)

    before = case.loaded
    try:
        assert change() == "training.l2=0.005"
        assert change(l2=0.002) == "training.l2=0.005"
        assert change(l2=0.003) == "collect more rows, or use fewer units"  # 8 units are few
    finally:
        case.subject.__dict__["trained_config"] = before


def test_easier_validation_rows_are_found_beyond_chance_only(case):
    def found(rows, validation=0.9):
        some = with_accuracy(
            case, train=(rows, 0.8, 0.4), validation=(rows, validation, 0.3), history={"epoch": []}
        )
        return [*comparison.better_on_validation(some)]

    assert not found(50)
    assert not found(10_000, 0.81)
    assert "easier" in found(1000)[0].cause


@pytest.mark.parametrize(
    ("train", "validation", "after", "is_found"),
    [(0.5, 0.4, 0.35, True), (0.5, 0.46, 0.35, False), (0.5, 0.4, 0.48, False)],
)
def test_a_lower_validation_loss_is_explained_if_it_is_not_there_measured_alike(
    case, train, validation, after, is_found
):
    some = with_accuracy(
        case,
        history=history_of([train], [validation]),
        train=(100, 0.8, after),
        validation=(100, 0.8, validation),
    )
    found = [*comparison.better_on_validation(some)]
    assert bool(found) == is_found
    if found:
        assert "mean over an epoch" in found[0].cause
        assert found[0].severity == "hint"


def test_a_lower_validation_loss_is_left_alone_if_nothing_was_learned(case):
    def found(accuracy):
        some = with_accuracy(
            case,
            history=history_of([2.9], [0.7]),
            train=(1000, accuracy, 0.69),
            validation=(1000, accuracy, 0.7),
        )
        return [*comparison.better_on_validation(some)]

    assert found(0.8)
    assert not found(0.5)


def test_the_rows_that_choose_the_epoch_are_few_below_30(case):
    def found(rows):
        some = with_accuracy(case, train=(100, 0.9, 0.3), validation=(rows, 0.9, 0.3))
        return [*comparison.too_few_to_tell(some)]

    assert "only 29 validation rows choose the best of 2 epochs" in found(29)[0].evidence
    assert not found(30)


def test_test_rows_are_few_if_their_interval_includes_the_guess(case):
    def found(test):
        some = with_accuracy(case, train=(500, 0.9, 0.3), test=(30, test, 0.3))
        return [*comparison.too_few_to_tell(some)]

    assert "includes the guess" in found(0.6)[0].evidence
    assert not found(0.97)
    assert not found(0.5)


@pytest.mark.parametrize(
    ("train", "unseen", "is_overfitted"),
    [
        ((1.41, 0.14, 5.98), (1.66, 0.3, 3.64), False),  # solder: the test rows vary less
        ((127, 18, 852), (201, 49, 542), False),  # star98, also
        ((172, 22, 1113), (609, 140, 1324), True),  # mlb1: the test rows vary more
        ((0.978, 0.11, 2.75), (2.04, 0.4, 2.3), True),  # wages
    ],
)
def test_an_error_is_compared_with_the_guess_for_the_same_rows(train, unseen, is_overfitted):
    known, asked = (
        Measured(split, "mae", 100, value, value - distance, value + distance, guess)
        for split, (value, distance, guess) in (("train", train), ("test", unseen))
    )
    assert (fit.lost(known, asked) >= 0.2) == is_overfitted


def test_validation_rows_whose_targets_vary_less_are_not_easier():
    known = Measured("train", "mae", 500, 2.0, 1.9, 2.1, 6.0)
    asked = Measured("validation", "mae", 500, 1.2, 1.1, 1.3, 3.6)  # the same share of its guess
    assert not comparison._is_easier(known, asked)
    assert comparison._is_easier(known, replace(asked, guess=6.0))
