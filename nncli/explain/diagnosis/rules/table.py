"""The table of all rules, by the code of their finding."""

from nncli.explain.diagnosis.rules import (
    classes,
    comparison,
    constant_target,
    fit,
    gradients,
    length,
    outputs,
    rates,
    several,
    structure,
    units,
)
from nncli.explain.diagnosis.rules.late import LateModule
from nncli.explain.diagnosis.rules.rule import Rule
from nncli.explain.diagnosis.rules.several import SeveralRule

# Modules of which every rule reads the data.
baselines = LateModule("baselines")
capacity = LateModule("capacity")
constant = LateModule("constant")
duplicates = LateModule("duplicates")
few_rows = LateModule("few_rows")
flat_units = LateModule("flat_units")
inputs = LateModule("inputs")
leaks = LateModule("leaks")
misfits = LateModule("misfits")
row_numbers = LateModule("row_numbers")
shifted = LateModule("shifted")
short_steps = LateModule("short_steps")
start = LateModule("start")
wrong_labels = LateModule("wrong_labels")

_OF_NO_GAIN = ("N001", "N002", "N003", "N004", "N005")
"""Symptoms of outputs that say nothing about the targets."""

_OF_NO_LEARNING = (*_OF_NO_GAIN, "N012", "N013", "N014", "N015", "N042", "N053")
"""Symptoms of a network whose hidden units do not learn."""

_OF_UNSCALED_INPUTS = (
    *("N001", "N002", "N003", "N004", "N005", "N010", "N011", "N012", "N013", "N014", "N015"),
    *("N016", "N020", "N021", "N022", "N024", "N025", "N042", "N043", "N053"),
)
"""What inputs with an unsuitable scale cause."""

_OF_A_CONSTANT = (*_OF_UNSCALED_INPUTS, "N033", "N040", "N041", "N044")
"""What training for a constant shows, and a column that "predicts" it."""

_OF_SHIFTED_TARGETS = (
    *("N001", "N002", "N003", "N004", "N005", "N012", "N013", "N014", "N015", "N036"),
    *("N040", "N041", "N042", "N044", "N053"),
)
"""What training with the targets of other rows shows."""

CAUSE_UNKNOWN = (*_OF_NO_GAIN, "N013", "N014")
"""Findings that little was learned: rules that read the data may know the cause, and a change."""

_NOT_SHOWN = "results are better with a column that gives the target away, but not true of new rows"
"""Why no training shows that leaving out a column that gives the target away helps."""

RULES: dict[str, Rule] = {
    "N001": Rule(outputs.constant_outputs, "problem", "rows", _OF_NO_GAIN[1:]),
    "N002": Rule(outputs.no_gain, "problem", "run", _OF_NO_GAIN[2:]),
    "N003": Rule(
        baselines.linear_model_is_better, "hint", "rows", shown_by="unseen", by_loss=False
    ),
    "N004": Rule(classes.missing_class, "warning", "run", ("N003",), by_loss=False),
    "N005": Rule(classes.only_the_largest, "warning", "run", ("N003", "N004"), by_loss=False),
    "N010": Rule(start.far_from_a_guess, "warning", "rows", (*_OF_NO_GAIN, "N014")),
    "N011": Rule(rates.too_high, "problem", "run", rates.OF_LONG_STEPS),
    "N012": Rule(short_steps.too_low, "problem", "rows", (*rates.OF_NO_PROGRESS, "N014")),
    "N013": Rule(rates.plateau, "problem", "run", rates.OF_NO_LEARNING),
    "N014": Rule(length.too_few_epochs, "warning", "run", rates.OF_NO_PROGRESS),
    "N015": Rule(length.stopped_too_early, "warning", "run", rates.OF_NO_PROGRESS),
    "N016": Rule(rates.diverged, "problem", "run", rates.AFTER_DIVERGENCE),
    "N020": Rule(flat_units.dead_units, "problem", "rows", (*_OF_NO_LEARNING, "N010")),
    "N021": Rule(flat_units.saturated_units, "problem", "rows", (*_OF_NO_LEARNING, "N010", "N024")),
    "N022": Rule(units.unused_inputs, "hint", "rows", (*_OF_NO_LEARNING, "N020")),
    "N023": Rule(
        units.same_units, "problem", "run", (*_OF_NO_LEARNING, "N020", "N024"), by_loss=False
    ),
    "N024": Rule(gradients.vanishing, "problem", "run", (*_OF_NO_LEARNING, "N020")),
    "N025": Rule(
        gradients.exploding, "problem", "rows", (*_OF_NO_LEARNING, "N010", "N011", "N020", "N021")
    ),
    "N030": Rule(inputs.not_scaled, "problem", "rows", _OF_UNSCALED_INPUTS),
    "N031": Rule(inputs.columns_apart, "problem", "rows", ("N030", *_OF_UNSCALED_INPUTS)),
    "N032": Rule(constant.constant, "hint", "rows"),
    "N033": Rule(leaks.predicts_alone, "warning", "rows", unprovable=_NOT_SHOWN),
    "N034": Rule(duplicates.same_rows, "warning", "rows", shown_by="unseen"),
    "N035": Rule(row_numbers.row_numbers, "warning", "rows", shown_by="unseen"),
    "N036": Rule(wrong_labels.wrong_labels, "warning", "rows", ("N041", "N053"), shown_by="unseen"),
    "N037": Rule(constant_target.constant_target, "problem", "run", _OF_A_CONSTANT),
    "N038": Rule(shifted.shifted_targets, "problem", "rows", _OF_SHIFTED_TARGETS),
    "N040": Rule(fit.overfitting, "warning", "run", ("N044",), shown_by="unseen"),
    "N041": Rule(fit.memorized, "problem", "run", ("N040", "N044"), shown_by="unseen"),
    "N042": Rule(
        capacity.too_small, "problem", "rows", (*_OF_NO_GAIN, "N013", "N043"), shown_by="unseen"
    ),
    "N043": Rule(comparison.better_on_validation, "warning", "run"),
    "N044": Rule(comparison.too_few_to_tell, "hint", "run"),
    "N050": Rule(misfits.misfits, "problem", "rows", (*_OF_NO_GAIN, "N040")),
    "N051": Rule(
        structure.layers_in_a_row,
        "warning",
        "run",
        ("N001", "N002", "N003", "N005", "N013", "N042"),
    ),
    "N053": Rule(few_rows.few_rows, "problem", "trial"),
}

RULES_OF_SEVERAL: dict[str, SeveralRule] = {
    "N040": SeveralRule(several.overfitting, "warning"),
    "N045": SeveralRule(several.differing, "warning"),
}
