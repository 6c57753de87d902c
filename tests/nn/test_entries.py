import operator

import pytest

from nncli.nn.activations import ACTIVATIONS
from nncli.nn.entries import Entry, Parameter
from nncli.nn.initializers import INITIALIZERS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.nn.schedules import SCHEDULES

TABLES = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
ENTRIES = [
    pytest.param(entry, id=f"{table}-{name}")
    for table, entries in TABLES.items()
    for name, entry in entries.items()
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_default_lies_within_its_own_bounds(entry):
    within = [
        ("at_least", operator.ge),
        ("above", operator.gt),
        ("at_most", operator.le),
        ("below", operator.lt),
    ]
    for parameter in entry.parameters.values():
        for name, compare in within:
            bound = getattr(parameter, name)
            assert bound is None or compare(parameter.default, bound)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_and_parameter_is_described_in_one_line(entry):
    for text in (entry.summary, *(each.description for each in entry.parameters.values())):
        assert text.strip()
        assert "\n" not in text


def test_every_activation_names_an_initializer_that_exists():
    assert {each.initializer for each in ACTIVATIONS.values()} <= set(INITIALIZERS)


def test_an_activation_with_learned_slopes_has_initial_ones_and_is_not_an_output():
    for entry in ACTIVATIONS.values():
        if entry.slope_gradient:
            assert list(entry.parameters) == ["slope"]
            assert not entry.output_for
            assert not entry.output_only


def test_every_output_names_a_loss_that_takes_it():
    for name, activation in ACTIVATIONS.items():
        assert not activation.output_for or name in LOSSES[activation.loss].outputs


def test_every_loss_names_outputs_that_exist():
    for loss in LOSSES.values():
        assert loss.outputs
        assert set(loss.outputs) <= set(ACTIVATIONS)


def test_a_loss_on_logits_belongs_to_one_output():
    assert all(len(loss.outputs) == 1 for loss in LOSSES.values() if loss.on_logits)


def test_complete_takes_given_values_and_fills_in_defaults():
    entry = Entry("x", parameters={"a": Parameter(1.0, "a"), "b": Parameter(True, "b")})
    assert entry.complete({}) == {"a": 1.0, "b": True}
    assert entry.complete({"b": False}) == {"a": 1.0, "b": False}
    assert Entry("without parameters").complete({}) == {}
