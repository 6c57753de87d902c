"""The table of rules: codes, what explains what, and rules that need no data."""

from dataclasses import replace

import numpy as np
import pytest

import nncli
from nncli.config.finding_codes import FINDINGS
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.diagnose import diagnosis_of
from nncli.explain.diagnosis.finding import SEVERITIES
from nncli.explain.diagnosis.rules.late import LateRule
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.plots.subject import Subject
from tests.explain.diagnosis.runs import BROKEN, TRAINED, expected_codes, trained
from tests.timing import in_less_than

SHOWN = {code for path in BROKEN for code in expected_codes(path)}
SHOWN_BY_TRIALS = {"N053"}  # in test_few_rows.py: a broken config is not trained again
OF_RUN = [code for code, rule in RULES.items() if rule.needs == "run"]


def test_every_rule_has_a_title_and_the_order_is_that_of_the_codes():
    assert [*RULES] == [code for code in FINDINGS if code in RULES]
    assert [*FINDINGS] == sorted(FINDINGS)


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_complete(code):
    rule = RULES[code]
    assert rule.severity in SEVERITIES
    assert rule.needs in ("run", "rows", "trial")
    assert rule.shown_by in ("train", "unseen")
    check = getattr(rule.check, "function", rule.check)
    assert (check.__doc__ or "").startswith("Find ")
    assert {*rule.explains} <= {*FINDINGS} - {code}


def test_no_finding_explains_itself_through_others():
    def explained(code, above):
        assert code not in above, [*above, code]
        for each in RULES[code].explains if code in RULES else ():
            explained(each, [*above, code])

    for code in RULES:
        explained(code, [])


@pytest.mark.parametrize("code", RULES)
def test_a_broken_config_shows_every_rule(code):
    assert code in SHOWN | SHOWN_BY_TRIALS


class WithoutData(Subject):
    """A subject whose data must not be read."""

    @property
    def job(self):
        raise AssertionError("a rule reads the data")


def without_data(case):
    """Return the same case, of which data must not be read."""
    of_run = ("name", "known", "directory", "recorded")
    subject = WithoutData(**{name: getattr(case.subject, name) for name in of_run})
    return replace(case, subject=subject)


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
def test_rules_of_the_run_need_no_data(path):
    case = case_of(trained(path))
    found = diagnosis_of(without_data(case), ("run",))
    assert found.unchecked == {}
    assert found.checked == OF_RUN


def test_only_rules_that_the_end_of_a_training_does_not_check_are_imported_late():
    late = [rule for rule in RULES.values() if isinstance(rule.check, LateRule)]
    assert len(late) > 10
    assert {rule.needs for rule in late} == {"rows", "trial"}


def large_case():
    """Return the case of a run with the sizes of MNIST, of a thousand epochs."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 784)).astype(float)
    result = nncli.train(
        {"model": {"hidden_layers": [100]}, "training": {"epochs": 1}},
        data=(pixels, np.arange(300) % 10),
        note=lambda text: None,
    )
    case = case_of(result)
    return replace(case, history={name: [*each] * 1000 for name, each in case.history.items()})


def test_rules_of_the_run_take_less_than_50_ms_together():
    case = without_data(large_case())
    in_less_than(0.05, lambda: diagnosis_of(case, ("run",)))
