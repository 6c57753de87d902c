"""The table of all rules, by the code of their finding."""

from nncli.explain.diagnosis.rules import (
    baselines,
    capacity,
    classes,
    comparison,
    constant,
    constant_target,
    duplicates,
    few_rows,
    fit,
    flat_units,
    gradients,
    inputs,
    leaks,
    length,
    misfits,
    outputs,
    rates,
    row_numbers,
    several,
    short_steps,
    shifted,
    start,
    structure,
    units,
    wrong_labels,
)
from nncli.explain.diagnosis.rules.rule import Rule
from nncli.explain.diagnosis.rules.several import SeveralRule

_OF_NO_GAIN = ("N001", "N002", "N003", "N004", "N005")
"""Symptoms of outputs that say nothing about the targets."""

_OF_NO_LEARNING = (*_OF_NO_GAIN, "N012", "N013", "N014", "N015", "N042", "N053")
"""Symptoms of a network whose hidden units do not learn."""

CAUSE_UNKNOWN = (*_OF_NO_GAIN, "N013", "N014")
"""Findings that little was learned: rules that read the data may know the cause, and a change."""

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
    "N030": Rule(inputs.not_scaled, "problem", "rows", inputs.SYMPTOMS),
    "N031": Rule(inputs.columns_apart, "problem", "rows", ("N030", *inputs.SYMPTOMS)),
    "N032": Rule(constant.constant, "hint", "rows"),
    "N033": Rule(leaks.predicts_alone, "warning", "rows", unprovable=leaks.UNPROVABLE),
    "N034": Rule(duplicates.same_rows, "warning", "rows", shown_by="unseen"),
    "N035": Rule(row_numbers.row_numbers, "warning", "rows", shown_by="unseen"),
    "N036": Rule(wrong_labels.wrong_labels, "warning", "rows", ("N041", "N053"), shown_by="unseen"),
    "N037": Rule(constant_target.constant_target, "problem", "run", constant_target.OF_A_CONSTANT),
    "N038": Rule(shifted.shifted_targets, "problem", "rows", shifted.SYMPTOMS),
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
