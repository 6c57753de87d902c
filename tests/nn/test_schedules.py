"""Schedules against their formulas, in plain numbers, and in the training loop."""

import csv
from itertools import count, pairwise, repeat
from math import cos, pi

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.metrics.scores import ACCURACY
from nncli.nn.entries import Entry
from nncli.nn.schedules import SCHEDULES, Plateau, plateau_of, rate_function
from nncli.training.loop import EpochReport, train
from nncli.training.plan import Plan
from nncli.training.progress import Progress
from tests.training.scripted import ScriptedEngine, numbered

EPOCHS = 5
# Factors of the learning rate in ten steps, two per epoch.
TIMES = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]
FACTORS = [
    ("constant", {}, [1.0] * 10),
    ("step", {"every": 2.0, "factor": 0.1}, [1] * 4 + [0.1] * 4 + [0.1**2] * 2),
    ("step", {"every": 0.5, "factor": 0.5}, [0.5**n for n in range(10)]),
    ("exponential", {"decay": 0.8}, [0.8**t for t in TIMES]),
    ("inverse_time", {"decay": 0.5}, [1 / (1 + t / 2) for t in TIMES]),
    ("cosine", {"final": 0.0}, [(1 + cos(pi * t / 5)) / 2 for t in TIMES]),
    ("cosine", {"final": 0.2}, [0.2 + 0.8 * (1 + cos(pi * t / 5)) / 2 for t in TIMES]),
    ("plateau", {"factor": 0.5, "patience": 3}, [1.0] * 10),
]
every_schedule = pytest.mark.parametrize("name", SCHEDULES)
every_case = pytest.mark.parametrize(
    ("name", "parameters", "factors"),
    FACTORS,
    ids=["-".join([name, *map(str, parameters.values())]) for name, parameters, _ in FACTORS],
)


def engine_with(evaluations):
    """Return an engine whose loss falls with every step."""
    return ScriptedEngine(((1 / n, 0) for n in count(1)), evaluations)


def rates_of(
    name, parameters, *, evaluations=(), progress=None, epochs=EPOCHS, monitor="train_loss"
):
    """Return the learning rates of all steps, two per epoch, starting from 0.5.

    `evaluations` are the losses and scores of the validation rows, by epoch.
    """
    engine = engine_with(evaluations or repeat((1.0, 0.0)))
    complete = SCHEDULES[name].complete(parameters)
    plan = Plan(
        epochs=epochs,
        rate=rate_function(name, complete, 0.5, epochs),
        monitor=monitor,
        plateau=plateau_of(name, complete),
        validates=True,
    )
    reports = list(train(engine, numbered(3, 2), ACCURACY, plan, progress or Progress()))
    by_epoch = [each.learning_rate for each in reports if isinstance(each, EpochReport)]
    assert by_epoch == engine.rates[1::2]
    return engine.rates


def test_every_schedule_and_each_of_its_parameters_is_tested():
    for name, entry in SCHEDULES.items():
        tried = {key for each, parameters, _ in FACTORS if each == name for key in parameters}
        assert tried | {"warmup"} == set(entry.parameters)


def test_steps_that_are_too_short_to_count_are_taken():
    """The number of drops is then infinite."""
    factor = SCHEDULES["step"].factor
    assert factor(1.0, 10, every=5e-324, factor=0.5) == 0
    assert factor(1.0, 10, every=5e-324, factor=1.0) == 1
    assert factor(0.0, 10, every=5e-324, factor=0.5) == 1


@every_case
def test_the_rates_of_ten_steps_follow_the_formula(name, parameters, factors):
    expected = [0.5 * factor for factor in factors]
    np.testing.assert_allclose(rates_of(name, parameters), expected, rtol=1e-12)


@every_case
def test_warm_up_rises_linearly_from_the_first_step_to_the_full_rate(name, parameters, factors):
    rising = [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1]
    expected = [0.5 * share * factor for share, factor in zip(rising, factors, strict=True)]
    found = rates_of(name, {**parameters, "warmup": 2.5})
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@every_schedule
def test_a_warm_up_within_the_first_step_changes_nothing(name):
    assert rates_of(name, {"warmup": 0.5}) == rates_of(name, {})


@every_schedule
def test_every_schedule_starts_from_the_learning_rate_and_never_rises(name):
    rates = rates_of(name, {}, epochs=40)
    assert rates[0] == 0.5
    assert all(0 < after <= before for before, after in pairwise(rates))


@every_schedule
def test_the_rate_does_not_depend_on_where_training_was_resumed(name):
    progress = Progress(epoch=2, best_epoch=2, best_value=2.0)
    assert rates_of(name, {}, progress=progress) == rates_of(name, {})[4:]


@every_schedule
def test_the_defaults_of_a_schedule_do_not_conflict(name):
    entry = SCHEDULES[name]
    assert isinstance(entry, Entry)
    assert entry.conflict is None or entry.conflict(entry.complete({})) is None


def test_cosine_ends_at_its_final_factor_and_stays_there():
    rate = rate_function("cosine", {"final": 0.1, "warmup": 0.0}, 2.0, 10)
    assert rate(10, 0.1) == pytest.approx(0.2, rel=1e-12)
    assert rate(12, 0.1) == pytest.approx(0.2, rel=1e-12)


def test_only_the_plateau_depends_on_evaluations():
    for name, entry in SCHEDULES.items():
        found = plateau_of(name, entry.complete({}))
        assert found == (Plateau(0.5, 3) if name == "plateau" else None)


# Epochs:  1    2    3    4    5    6    7    8    9   10
LOSSES = [1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.8, 0.8, 0.81, 0.7]
# The second epoch is the best, so the rate falls two epochs later, and again after two more. Then
# the seventh is the best, and the rate falls after the ninth.
FALLS = [0, 0, 0, 0, 1, 1, 2, 2, 2, 3]


def with_no_score(losses):
    return [(loss, 0.0) for loss in losses]


def test_a_plateau_falls_after_epochs_without_improvement_and_counts_again():
    progress, parameters = Progress(), {"factor": 0.1, "patience": 2}
    options = {"epochs": 10, "progress": progress, "monitor": "validation_loss"}
    rates = rates_of("plateau", parameters, evaluations=with_no_score(LOSSES), **options)
    np.testing.assert_allclose(rates[::2], [0.5 * 0.1**falls for falls in FALLS], rtol=1e-12)
    assert rates[::2] == rates[1::2]
    assert (progress.falls, progress.last_fall, progress.best_epoch) == (3, 9, 10)


def test_a_plateau_of_accuracy_falls_when_it_no_longer_rises():
    shares = [(1.0, correct / 2) for correct in (0, 1, 2, 1, 2, 2)]
    parameters = {"factor": 0.5, "patience": 1}
    options = {"epochs": 6, "evaluations": shares, "monitor": "validation_accuracy"}
    rates = rates_of("plateau", parameters, **options)
    assert rates[::2] == [0.5, 0.5, 0.5, 0.5, 0.25, 0.125]


def test_a_plateau_continues_from_earlier_falls():
    progress = Progress(epoch=6, best_epoch=2, best_value=0.9, falls=2, last_fall=6)
    options = {"epochs": 10, "progress": progress, "monitor": "validation_loss"}
    options["evaluations"] = with_no_score(LOSSES[6:])
    rates = rates_of("plateau", {"factor": 0.1, "patience": 2}, **options)
    np.testing.assert_allclose(rates[::2], [0.5 * 0.1**falls for falls in FALLS[6:]], rtol=1e-12)


def test_the_other_schedules_do_not_fall_without_improvement():
    progress = Progress()
    rates = rates_of("constant", {}, progress=progress, monitor="validation_loss")
    assert rates == [0.5] * 10
    assert progress.best_epoch == 1
    assert progress.falls == 0


@every_case
def test_a_runs_history_shows_the_rate_of_every_epochs_last_step(
    name, parameters, factors, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    settings = "".join(f", {key}: {value}" for key, value in parameters.items())
    (tmp_path / "c.yaml").write_text(
        "data: {source: xor, rows: 20, test: 4}\n"
        "model: {hidden_layers: [2]}\n"
        "training: {learning_rate: 0.002, batch_size: 10, epochs: 5, "
        f"schedule: {{name: {name}{settings}}}}}\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["train", "c.yaml", "-o", "run", "--quiet"])
    assert ended.value.code == 0
    with (tmp_path / "run" / "history.csv").open(newline="") as stream:
        found = [float(row["learning_rate"]) for row in csv.DictReader(stream)]
    np.testing.assert_allclose(found, [0.002 * factor for factor in factors[1::2]], rtol=1e-8)
