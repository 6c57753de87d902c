"""The remedies that error messages propose work."""

import os
import re

import numpy as np
import pytest

import nncli as nncli_package

CONFIG = """\
data: {path: rows.csv, target: y, missing: error}
model: {hidden_layers: [2]}
training: {epochs: 1}
"""


@pytest.fixture
def table(tmp_path):
    """Return a function that writes ``rows.csv`` and ``rows.yaml`` for a column of cells."""

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
    ["{c: {missing: median}}", "{c: {missing: indicator}}", "{c: boolean}",
     "{c: category}", "{c: {kind: boolean, missing: indicator}}"],
)  # fmt: skip
def test_a_blank_column_is_dropped_in_one_step(nncli, table, columns):
    config = table("c", [""])
    error = nncli("train", config, "-q", f"data.columns={columns}").error
    assert error.endswith("every value in the training rows is missing; add it to data.drop")
    assert nncli("train", config, "-q", "data.drop=[c]").code == 0


def test_a_blank_weight_is_named_and_0_excludes_a_row(nncli, table, tmp_path):
    config = table("c", ["1", "2", ""])
    error = nncli("train", config, "-q", "data.weight=c").error
    assert error.endswith(
        "line 4, column c: is blank; weights must be 0 or more; write 0 to ignore a row"
    )
    table("c", ["1", "2", "0"])
    assert nncli("train", config, "-q", "data.weight=c").code == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_standard_input_is_proposed_only_where_it_is_read(nncli, table, tmp_path):
    config = table("c", ["1", "2"])
    content = (tmp_path / "rows.csv").read_bytes()
    assert nncli("train", config, "-q", "-o", "run").code == 0
    os.mkfifo(tmp_path / "pipe")
    for command in (("train", config, "--data"), ("eval", "run", "--data"), ("predict", "run")):
        assert "save its content to a file (only predict, eval" in nncli(*command, "pipe").error
    error = nncli("init", "images", "--data", "-", "--target", "y", stdin=content).error
    assert error.startswith("Error: --data: found '-'; expected a folder")
    assert nncli("init", "csv", "--data", "-", "--target", "y", stdin=content).code == 0
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
            return nncli_package.MLPRegressor(hidden_layers=[2], epochs=1).fit(X, y)
        settings = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
        return nncli_package.train(settings, data=(X, y))

    with pytest.raises(
        nncli_package.NncliError, match="has masked values; drop their rows or fill"
    ):
        used(**given)
    known = ~mask.reshape(30, -1).any(axis=1)
    used(given["X"][known], given["y"][known])
    used(**{**given, which: given[which].filled(0.0)})


def test_a_run_directory_given_as_config_gets_both_remedies(nncli, table):
    assert nncli("train", table("c", ["1", "2"]), "-q", "-o", "my run").code == 0
    for command in ("train", "config check", "gradcheck"):
        result = nncli(*command.split(), "my run")
        assert result.code == 2
        assert result.error == (
            "my run: is a run directory; expected a config; resume the run with nncli train "
            "--resume 'my run', or use its config 'my run/config.yaml'"
        )
    assert nncli("train", "--resume", "my run", "training.epochs=2", "-q").code == 0
    assert nncli("train", "my run/config.yaml", "-q").code == 0


def test_a_folder_without_images_is_reported(nncli, table, tmp_path):
    assert nncli("train", table("c", ["1", "2"]), "-q", "-o", "run").code == 0
    (tmp_path / "folder").mkdir()
    for _ in range(2):
        error = nncli("predict", "run", "folder").error
        assert "folder: is a folder without images; the model takes 2 numbers per row" in error
        (tmp_path / "folder" / "rows.csv").write_text("1\n")
    (tmp_path / "folder" / "a.png").write_bytes(b"")
    assert "folder: holds images; the model" in nncli("predict", "run", "folder").error


def test_one_is_singular(nncli, tmp_path):
    (tmp_path / "one.csv").write_text("x,y\n" + "1,2\n2,4\n" * 9, encoding="utf-8")
    config = CONFIG.replace("rows.csv", "one.csv")
    (tmp_path / "one.yaml").write_text(config, encoding="utf-8")
    done = nncli("train", "one.yaml", "-q", "-o", "run", "data.task=regression")
    assert done.code == 0
    said = [nncli("train", "--resume", "run").out]
    (tmp_path / "row.csv").write_text("x\n1\n", encoding="utf-8")
    said.append(nncli("predict", "run", "row.csv", "-o", "out.csv").err)
    (tmp_path / "folder").mkdir()
    said.append(nncli("predict", "run", "folder").error)
    np.savez(tmp_path / "rows.npz", X=np.zeros((1, 2)), y=np.zeros(2))
    said.append(nncli("eval", "run", "--data", "rows.npz").error)
    X, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    settings = {"model": {"hidden_layers": [2]}, "training": {"epochs": 1}}
    result = nncli_package.train(settings, data=(X, y))
    said.append(repr(result))
    for test in ((X[:, :1], y), (X[:1], y)):
        with pytest.raises(nncli_package.DataError) as caught:
            nncli_package.train(settings, data=(X, y), test_data=test)
        said.append(str(caught.value))
    for text in said:
        assert re.search(r"\b(1|its only) \w+", text), text
        assert not re.search(r"\b1 \w*[^s\W]s\b", text), text
