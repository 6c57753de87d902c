"""Broken configs: each has the findings that it was made for, and no other."""

import pytest

from tests.explain.diagnosis.runs import BROKEN, diagnosed_once, expected_codes


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_config_has_exactly_its_findings(path):
    found = diagnosed_once(path)
    assert sorted(found.codes) == expected_codes(path), found.page()
