"""Every command can use a model trained on any data that `train` accepts."""

import csv
import json

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = 12
TRAINING = ["model.hidden_layers=[2]", "training.epochs=1", "data.test=0", "data.validation=0"]
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
names = anything | st.sampled_from(["nan", "1", "True", "a=b", "a is blank", "{", "y.1", "\t", "-"])
cells = st.one_of(
    anything,
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.sampled_from(["nan", "inf", "", "01", "1.0", "1e400", "1e31", "\xa0", "null", "[1]"]),
)
types = st.sampled_from(["?", "u1", "<i8", ">i2", "f2", "f4", ">f8", "longdouble", "U", "S", "c8"])


def repeated(draw, values):
    few = draw(st.lists(values, min_size=2, max_size=3))
    return [few[row % len(few)] for row in range(ROWS)]


@st.composite
def tables(draw):
    """Return names and rows of a table."""
    header = draw(st.lists(names, min_size=2, max_size=3, unique=True))
    columns = [repeated(draw, cells) for _ in header]
    return header, [*zip(*columns, strict=True)]


@st.composite
def arrays(draw):
    """Return inputs and targets of any type."""
    inputs = np.array(repeated(draw, st.tuples(st.integers(0, 99), st.integers(0, 99))))
    targets = np.array(repeated(draw, st.integers(0, 3) | st.sampled_from([0.5, 1e5])))
    with np.errstate(over="ignore"):  # 1e5 overflows float16
        return inputs.astype(draw(types)), targets.astype(draw(types))


def check_commands(nncli, folder, data, config):
    """Check that all commands accept a run, if it can be trained."""
    run = folder / "run"
    trained = nncli("train", config, *TRAINING, "-q", "-o", run)
    if trained.code:
        assert trained.code in (1, 2), trained.err
        return
    notes = ""
    for command in (
        ["show", run],
        ["eval", run, "--split", "train"],
        ["eval", run, "--data", data],
        ["predict", run, data],
        ["trace", run],
        ["train", "--resume", run, "training.epochs=2", "-q"],
        ["show", run],
    ):
        if command[0] == "predict" and "missing target" in notes:
            continue  # training skipped the row, so it may have other missing values
        found = nncli(*command)
        assert found.code == 0, (command, found.err)
        notes += found.err


few = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@few
@given(tables())
def test_a_table_that_trains_works_with_every_command(nncli, tmp_path_factory, table):
    folder = tmp_path_factory.mktemp("table")
    header, rows = table
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    config = folder / "c.yaml"
    keys = {"path": "t.csv", "target": header[-1].strip(), "missing": "auto"}
    config.write_text(json.dumps({"data": keys}, ensure_ascii=False), encoding="utf-8")
    check_commands(nncli, folder, folder / "t.csv", config)


@few
@given(arrays())
def test_arrays_that_train_work_with_every_command(nncli, tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("arrays")
    X, y = rows
    np.savez(folder / "t.npz", X=X, y=y)
    config = folder / "c.yaml"
    config.write_text("data: {source: npz, path: t.npz}\n", encoding="utf-8")
    check_commands(nncli, folder, folder / "t.npz", config)
