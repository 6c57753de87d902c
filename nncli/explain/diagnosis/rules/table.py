"""The table of all rules, by the code of their finding."""

from nncli.explain.diagnosis.rules import capacity, comparison, fit, several, structure, units
from nncli.explain.diagnosis.rules.rule import Rule
from nncli.explain.diagnosis.rules.several import SeveralRule

_OF_TOO_SMALL = ("N001", "N002", "N003", "N004", "N005", "N013")

RULES: dict[str, Rule] = {
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
