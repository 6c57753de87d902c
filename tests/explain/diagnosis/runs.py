"""Train broken and good configs for tests of diagnoses."""

import re
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.rules.table import RULES

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.yaml"))
_EXPECTED = re.compile(r"^# Expected: (N\d{3}(?:, N\d{3})*|none)$", re.MULTILINE)


def expected_codes(path):
    """Return the codes that the second comment of a config names."""
    found = _EXPECTED.search(path.read_text(encoding="utf-8"))
    assert found, f"{path.name}: expected a line such as # Expected: N023"
    return [] if found[1] == "none" else found[1].split(", ")


TRAINED = [path for path in BROKEN if "N016" not in expected_codes(path)]
"""Those whose training does not diverge."""


@cache
def trained(path):
    """Return the result of training a broken config; all tests share it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        return nncli.train(path)


@cache
def diagnosed_once(path):
    """Train a broken config and return its diagnosis; all tests share it."""
    return trained(path).diagnose() if path in TRAINED else diagnosed(path)


def diagnosed(path, overrides=(), **settings):
    """Train a config and return the diagnosis of its run; of a diverged one, of its directory."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        try:
            return nncli.train(path, overrides).diagnose(**settings)
        except nncli.DivergenceError as error:
            if error.result:
                return error.result.diagnose(**settings)
        run = Path(folder) / "run"
        with suppress(nncli.DivergenceError):
            nncli.train(path, overrides, out=run)
        return nncli.diagnose(run, **settings)


def evidence_in(path, codes, overrides=()):
    """Train a config and return what the rules of `codes` find, with or without other findings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        case = case_of(nncli.train(path, overrides))
    return {code: found for code in codes for found in RULES[code].check(case)}


def found_in(config, code, *, trains=True):
    """Return what a rule finds first, after training or in the config alone; None if nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nncli.NncliWarning)
        case = case_of(nncli.train(config) if trains else config)
    return next(RULES[code].check(case), None)
