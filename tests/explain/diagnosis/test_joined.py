"""Findings of the same kind in several layers are one finding."""

import nncli
from nncli.explain.diagnosis.finding import joined

CONFIG = {
    "data": {"source": "xor", "rows": 60},
    "model": {"hidden_layers": [3] * 5, "activation": "tanh", "initializer": "zeros"},
}


def test_equal_units_in_many_layers_are_one_finding_that_names_the_first_layers():
    found = nncli.diagnose(CONFIG)
    assert found.codes == ["N023"]
    assert len(found.findings) == 1
    evidence = found.findings[0].found.evidence
    assert all(f"layer {number}" in evidence for number in (1, 2, 3))
    assert "layer 4" not in evidence
    assert evidence.endswith("; and so in 2 more")


def test_different_changes_are_different_findings():
    some = nncli.Evidence("a", "cause", nncli.Change("seed", 1))
    others = [nncli.Evidence("b", "cause", nncli.Change("seed", 2)), some]
    assert [each.evidence for each in joined([some, *others])] == ["a; a", "b"]
