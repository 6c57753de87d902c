"""The formulas of findings: one style, and every symbol is said."""

import re
from importlib import import_module
from pkgutil import iter_modules

import pytest

from nncli.explain.diagnosis import rules
from nncli.explain.diagnosis.finding import Condition
from nncli.explain.diagnosis.rules import fit, gradients, start
from nncli.explain.terms.finding_pages import page_text
from tests.findings_index import PAGES

MODULES = [import_module(f"{rules.__name__}.{each.name}") for each in iter_modules(rules.__path__)]
CONDITIONS = [
    *(each for module in MODULES for each in vars(module).values() if isinstance(each, Condition)),
    start._condition(3),
    fit._condition(0.2),
    gradients._condition("W", "weights", "<", 0.03),
]

WORDS = {"for", "all", "each", "column", "of", "rows", "max", "mean", "Σ"}
OTHER_STYLE = re.compile(r"\^|sqrt|\bd[A-Z]/d| \* | · |∇|[<>]=")
DEFINED_IN_THE_FORMULA = {"error", "gain", "accuracy", "balanced", "recall"}


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.text)
def test_every_symbol_of_a_formula_is_said(condition):
    text = re.sub(r"\[\w+\]|[∂²]", "", condition.text)
    symbols = {*re.findall(r"(?!\d)[^\W_]\w*", text)}
    said = {*re.findall(r"(?!\d)[^\W_]\w*", condition.symbols)}
    assert symbols - WORDS - DEFINED_IN_THE_FORMULA <= said


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.text)
def test_a_formula_has_the_style_of_the_docs(condition):
    assert not OTHER_STYLE.search(condition.text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_formulas_of_a_page_have_the_style_of_the_docs(path):
    page = page_text(path.stem)
    formulas = [line for line in page.splitlines() if line.startswith("    ")]
    assert not OTHER_STYLE.search("\n".join(formulas))
    assert not re.search(r"\d%", page)
