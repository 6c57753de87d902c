"""What a refusal says to do is done, and works."""

import re

import numpy as np
import pytest

import nncli

CONFIG = """\
data: {path: rows.csv, target: y}
model: {hidden_layers: [2]}
training: {epochs: 1}
"""


@pytest.fixture
def table(tmp_path):
    """Return a function that writes ``rows.csv`` and ``rows.yaml`` with a column of these cells."""

    def write(name, cells, count=40):
        lines = [f"{n % 7},{cells[n % len(cells)]},{'ab'[n % 3 == 0]}\n" for n in range(count)]
        (tmp_path / "rows.csv").write_text(f"x,{name},y\n{''.join(lines)}", encoding="utf-8")
        (tmp_path / "rows.yaml").write_text(CONFIG, encoding="utf-8")
        return "rows.yaml"

    return write


@pytest.mark.parametrize("name", ["c", '"a, b"', "n: m", "5%", "Null"])
@pytest.mark.parametrize(
    ("cells", "expected"), [(["1", ""], "number"), (["true", "", "false"], "Boolean"),
                            (["u", "", "v"], "text")],
)  # fmt: skip
def test_the_remedy_for_a_blank_cell_can_be_typed(nncli, table, name, cells, expected):
    config = table(name, cells)
    error = nncli("train", config, "-q").error
    assert f"is blank; expected a {expected}; fill it, or train with " in error
    setting = re.search(r"data.columns: (\{.*\})$", error)[1]
    assert nncli("train", config, "-q", f"data.columns={setting}").code == 0


@pytest.mark.parametrize(
    "columns",
    ["{}", "{c: {missing: median}}", "{c: {missing: indicator}}", "{c: boolean}",
     "{c: category}", "{c: {kind: boolean, missing: indicator}}"],
)  # fmt: skip
def test_a_blank_column_is_to_be_dropped_at_once(nncli, table, columns):
    config = table("c", [""])
    error = nncli("train", config, "-q", f"data.columns={columns}").error
    assert error.endswith("every cell of the training rows is blank; add it to data.drop")
    assert nncli("train", config, "-q", "data.drop=[c]").code == 0


def test_a_blank_weight_is_called_so_and_0_lets_a_row_not_count(nncli, table, tmp_path):
    config = table("c", ["1", "2", ""])
    error = nncli("train", config, "-q", "data.weight=c").error
    assert error.endswith(
        "line 4, column c: is blank; a weight is a number of 0 or more; write 0 for a row that "
        "shall not count"
    )
    table("c", ["1", "2", "0"])
    assert nncli("train", config, "-q", "data.weight=c").code == 0


@pytest.mark.skipif(not hasattr(__import__("os"), "mkfifo"), reason="needs pipes")
def test_standard_input_is_proposed_only_where_it_is_read(nncli, table, tmp_path):
    import os

    config = table("c", ["1", "2"])
    content = (tmp_path / "rows.csv").read_bytes()
    assert nncli("train", config, "-q", "-o", "run").code == 0
    os.mkfifo(tmp_path / "pipe")
    for command in (("train", config, "--data"), ("eval", "run", "--data"), ("predict", "run")):
        assert "save its content as one (only predict and eval" in nncli(*command, "pipe").error
    assert nncli("eval", "run", "--data", "-", stdin=content).code == 0
    assert nncli("predict", "run", "-", stdin=content).code == 0


@pytest.mark.parametrize("which", ["X", "y"])
@pytest.mark.parametrize("act", ["fit", "train"])
def test_masked_values_can_be_left_out_or_filled(which, act):
    random = np.random.default_rng(0)
    X = random.normal(size=(30, 2))
    given = {"X": X, "y": X.sum(axis=1)}
    mask = random.random(given[which].shape) < 0.1
    given[which] = np.ma.masked_array(given[which], mask)

    def used(X, y):
        if act == "fit":
            return nncli.MLPRegressor(hidden_layers=[2], epochs=1).fit(X, y)
        settings = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
        return nncli.train(settings, data=(X, y))

    with pytest.raises(nncli.NncliError, match="has masked values; leave out their rows, or fill"):
        used(**given)
    known = ~mask.reshape(30, -1).any(axis=1)
    used(given["X"][known], given["y"][known])
    used(**{**given, which: given[which].filled(0.0)})
