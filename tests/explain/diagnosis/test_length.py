"""Training that is too short, or stopped too early, and training that is not."""

from dataclasses import replace

import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules import length
from tests.explain.diagnosis.runs import found_in

SHORT = {
    "data": {"source": "xor", "rows": 400},
    "model": {"hidden_layers": [16]},
    "training": {"epochs": 2, "optimizer": "sgd", "learning_rate": 0.5},
}


def with_losses(losses, rows=400, validation=(), at_the_end=None, **training):
    """Return a finished case with the losses of a history; the other numbers are of a run."""
    case = case_of(nncli.train(SHORT, training))
    history = {"epoch": list(range(1, len(losses) + 1)), "train_loss": list(losses)}
    if validation:
        history["validation_loss"] = list(validation)
    train = case.splits["train"]
    metrics = train.metrics | {"loss": losses[-1] if at_the_end is None else at_the_end}
    splits = {"train": replace(train, rows=rows, metrics=metrics)}
    return replace(case, history=history, splits=splits)


def too_few(*args, **settings):
    """Return the evidence and the change that the rule finds; None if nothing."""
    found = next(length.too_few_epochs(with_losses(*args, **settings)), None)
    return found and (found.evidence, str(found.change))


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ((0.69, 0.58), True),  # 16 %
        ((0.69, 0.6), False),  # 13 %
        ((0.69, 0.66, 0.6), True),  # 9 % in a third of training
        ((0.69, 0.64, 0.6), False),  # 6 %
        ((1.4, 1.2), True),  # 14 %, and worse than a guess
        ((0.69, 0.5, 0.55, 0.4), False),  # it also rises
        ((0.6, 0.3, 0.1), False),  # solved
        ((0.69, float("nan")), False),
    ],
)
def test_a_clear_fall_in_a_few_epochs_is_too_few(losses, found):
    assert (too_few(losses) is not None) is found


def test_a_single_epoch_is_compared_with_its_end():
    evidence, change = too_few((0.6,), at_the_end=0.45)
    assert evidence == (
        "the training loss is 0.6 on average in the only epoch, and 0.45 at its end: it falls by "
        "25%"
    )
    assert change == "training.epochs=20"  # ten times those of the config
    assert too_few((0.6,), at_the_end=0.55) is None
    assert too_few((0.6,), at_the_end=0.1) is None  # solved


def test_dropout_makes_the_end_of_an_epoch_another_loss():
    dropped = {"training.dropout": 0.2}
    case = with_losses((0.6,), at_the_end=0.45)
    assert next(length.too_few_epochs(case))
    case = replace(case, subject=case_of(nncli.train(SHORT, dropped)).subject)
    assert next(length.too_few_epochs(case), None) is None


def test_a_lecture_with_a_few_steps_or_rows_is_not_too_short():
    assert too_few((0.69, 0.5), rows=19) is None
    assert too_few((0.69, 0.5), rows=32) is None  # one step each


def test_overfitting_is_not_too_short():
    assert too_few((0.69, 0.5), validation=(0.6, 0.62)) is None
    assert too_few((0.69, 0.5), validation=(0.62, 0.6)) is not None


def test_interrupting_is_no_finding():
    case = with_losses((0.69, 0.5))
    assert next(length.too_few_epochs(replace(case, ended="interrupted")), None) is None


def test_three_epochs_of_a_run_are_too_few():
    found = found_in(SHORT, "N014")
    assert found is None  # in two epochs, the loss falls by 14 %
    found = found_in({**SHORT, "training": {**SHORT["training"], "epochs": 3}}, "N014")
    assert str(found.change) == "training.epochs=30"


def stopped(validation, train=None, monitor="validation_loss", **stopping):
    """Return the change that the rule finds after an early stop; None if nothing."""
    config = {**SHORT, "data": {**SHORT["data"], "validation": 0.2}}
    settings = {"monitor": monitor, **stopping}
    case = case_of(nncli.train(config, {"training.early_stopping": settings}))
    epochs = len(validation)
    losses = train or [0.6 - 0.01 * epoch for epoch in range(epochs)]
    history = {"epoch": [*range(1, epochs + 1)], "train_loss": losses, monitor: list(validation)}
    case = replace(case, history=history, ended="stopped early")
    found = next(length.stopped_too_early(case), None)
    return found and str(found.change)


@pytest.mark.parametrize(
    ("validation", "found"),
    [
        ((0.4, 0.3, 0.25, 0.2, 0.21), True),
        ((0.4, 0.3, 0.25, 0.2, 0.31), False),  # worse than two epochs ago
        ((0.4, 0.3, 0.25, 0.245, 0.25), False),  # 2 % in the last epoch: near a minimum
        ((0.4, 0.3, 0.25, 0.26), False),  # only two gains
    ],
)
def test_a_worse_epoch_after_large_gains_does_not_end_learning(validation, found):
    learned = [0.3, 0.25, 0.2, 0.15, 0.1][: len(validation)]
    more = stopped(validation, learned, patience=1)
    assert more == ("training.early_stopping.patience=20" if found else None)
    assert stopped(validation, learned, patience=3) is None
    rising = [0.1, 0.15, 0.2, 0.25, 0.3][: len(validation)]
    assert stopped(validation, rising, patience=1) is None
    solved = [each / 100 for each in learned]
    assert stopped(validation, solved, patience=1) is None


def test_min_change_hides_clear_gains_only():
    none = "training.early_stopping.min_change=0.0"
    learned = [0.2, 0.15, 0.1]
    assert stopped([0.4, 0.37, 0.33], learned, patience=2, min_change=0.1) == none  # 17 %
    assert stopped([0.4, 0.38, 0.35], learned, patience=2, min_change=0.1) is None  # 13 %
    assert stopped([0.6, 0.59, 0.58], patience=2, min_change=0.1) == none  # far from solved
    flat = [0.6, 0.598, 0.596]
    assert stopped(flat, [0.55, 0.56, 0.57], patience=2, min_change=0.1) is None


def test_a_rising_metric_gains_by_its_errors():
    accuracy = {"monitor": "validation_accuracy", "patience": 2, "min_change": 0.2}
    learned = [0.2, 0.15, 0.1]
    assert stopped([0.8, 0.82, 0.85], learned, **accuracy) is not None  # 20 % errors, then 15 %
    assert stopped([0.8, 0.81, 0.82], learned, **accuracy) is None


FULL_BATCHES = {
    "data": {"source": "xor", "rows": 400},
    "model": {"hidden_layers": [16]},
    "training": {"epochs": 12, "batch_size": "full"},
}


@pytest.mark.parametrize(("rate", "found"), [(0.003, True), (0.03, False), (0.0001, False)])
def test_a_few_steps_along_a_line_are_too_few(rate, found):
    """Long steps come far, and very short ones need another rate rather than more of them."""
    config = {**FULL_BATCHES, "training": {**FULL_BATCHES["training"], "learning_rate": rate}}
    evidence = found_in(config, "N014")
    assert (evidence is not None) is found
    if evidence:
        assert (
            "in 12 steps, which change the weights of layer 2 by at most 0.14" in evidence.evidence
        )
        assert str(evidence.change) == "training.epochs=120"
