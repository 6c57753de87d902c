"""The table of all rules, by the code of their finding."""

from nncli.explain.diagnosis.rules import capacity, comparison, fit, several, structure, units
from nncli.explain.diagnosis.rules import length, rates, start, structure, units
from nncli.explain.diagnosis.rules.rule import Rule
from nncli.explain.diagnosis.rules.several import SeveralRule

_OF_TOO_SMALL = ("N001", "N002", "N003", "N004", "N005", "N013")

AFTER_DIVERGENCE = (
    "N001",
    "N002",
    "N003",
    "N004",
    "N005",
    "N010",
    "N011",
    "N012",
    "N013",
    "N014",
    "N015",
    "N020",
    "N021",
    "N024",
    "N025",
    "N040",
    "N042",
    "N043",
)
"""What the weights of a run that diverged show, whatever else is wrong."""

RULES: dict[str, Rule] = {
    "N010": Rule(start.far_from_a_guess, "warning", "rows", explains=("N014",)),
    "N011": Rule(
        rates.too_high, "problem", "run", explains=("N001", "N002", "N003", "N010", "N014", "N021")
    ),
    "N012": Rule(rates.too_low, "problem", "rows", explains=("N001", "N002", "N003", "N014")),
    "N014": Rule(length.too_few_epochs, "warning", "run"),
    "N015": Rule(length.stopped_too_early, "warning", "run"),
    "N016": Rule(rates.diverged, "problem", "run", explains=AFTER_DIVERGENCE),
    "N023": Rule(units.same_units, "problem", "run"),
    "N040": Rule(fit.overfitting, "warning", "run", ("N044",), shown_by="unseen"),
    "N041": Rule(fit.memorized, "problem", "run", ("N040", "N044"), shown_by="unseen"),
    "N042": Rule(capacity.too_small, "problem", "rows", _OF_TOO_SMALL, shown_by="unseen"),
    "N043": Rule(comparison.better_on_validation, "warning", "run"),
    "N044": Rule(comparison.too_few_to_tell, "hint", "run"),
    "N051": Rule(structure.layers_in_a_row, "warning", "run"),
}

RULES_OF_SEVERAL: dict[str, SeveralRule] = {
    "N040": SeveralRule(several.overfitting, "warning"),
    "N045": SeveralRule(several.differing, "warning"),
}
