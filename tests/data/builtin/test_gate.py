import pytest

from nncli.data.builtin.gate import TABLES, load_gate

RULES = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "nand": lambda a, b: not (a and b),
    "nor": lambda a, b: not (a or b),
    "xor": lambda a, b: a != b,
}


@pytest.mark.parametrize("gate", TABLES)
def test_a_gate_is_its_truth_table(gate):
    dataset = load_gate(gate=gate)
    rows = dataset.splits["train"]
    assert len(rows) == 4
    for (a, b), label in zip(rows.inputs.tolist(), rows.targets.tolist(), strict=True):
        assert label == RULES[gate](bool(a), bool(b))
    assert dataset.splits["test"] is rows
    assert (dataset.task, dataset.targets, dataset.classes) == ("binary", (gate,), ("0", "1"))
