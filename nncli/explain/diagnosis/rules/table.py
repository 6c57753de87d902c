"""The table of all rules, by the code of their finding."""

from nncli.explain.diagnosis.rules import structure, units
from nncli.explain.diagnosis.rules.rule import Rule

RULES: dict[str, Rule] = {
    "N023": Rule(units.same_units, "problem", "run"),
    "N051": Rule(structure.layers_in_a_row, "warning", "run"),
}
