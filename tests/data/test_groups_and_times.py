"""``data.group``, ``data.time`` and ``data.stratify`` decide which rows stay together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli.data import whole_groups
from nncli.data.division import DivisionError, Fold
from nncli.data.drawing import Rules, hold_out, strata_of
from nncli.data.splits import whole
from nncli.data.splitting import divide

FEW = {"training": {"epochs": 1}, "model": {"hidden_layers": [2]}}
SHARES = {"test": 0.2, "validation": 0.1}


def rows_of(targets):
    return whole(np.zeros((len(targets), 1)), np.asarray(targets))


@given(sizes=st.lists(st.integers(1, 9), min_size=3, max_size=25), seed=st.integers(0, 99))
def test_no_group_is_split_and_sizes_are_as_close_as_possible(sizes, seed):
    groups = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = rows_of(np.zeros((len(groups), 1)))
    parts = divide(rows, SHARES, seed, (), "t", None, Rules(groups=groups))
    assert sorted(np.concatenate([*parts.values()])) == rows.rows.tolist()
    found = [{*groups[each].tolist()} for each in parts.values()]
    assert len(set().union(*found)) == sum(map(len, found)) == len(sizes)
    sums = {0}
    for size in sizes:
        sums |= {each + size for each in sums}
    wanted = round(0.2 * len(groups))
    parts = divide(rows, {"test": 0.2}, seed, (), "t", None, Rules(groups=groups))
    if wanted:
        nearest = min(abs(each - wanted) for each in sums - {0, len(groups)})
        assert abs(len(parts["test"]) - wanted) == nearest


@given(
    sizes=st.lists(st.integers(1, 9), min_size=6, max_size=25),
    folds=st.integers(2, 5),
    classes=st.integers(1, 3),
)
def test_no_group_is_in_two_folds(sizes, folds, classes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.random.default_rng(0).integers(0, classes, len(groups))
    labels[:classes] = np.arange(classes)
    rows, names = rows_of(labels), [*map(str, range(classes))]
    rules = Rules(rare="keep", groups=groups, note=lambda text: None)
    held = [
        divide(rows, {}, 0, names, "t", Fold(number, folds), rules)["held_out"]
        for number in range(1, folds + 1)
    ]
    assert sorted(np.concatenate(held)) == rows.rows.tolist()
    assert all(map(len, held))
    found = [{*groups[each].tolist()} for each in held]
    assert sum(map(len, found)) == len(sizes)


def test_sizes_are_exact_and_fast_with_many_groups():
    groups = np.random.default_rng(0).integers(0, 20_000, 100_000)
    rows = rows_of(np.random.default_rng(1).integers(0, 2, 100_000))
    parts = divide(rows, SHARES, 0, ["a", "b"], "t", None, Rules(groups=groups))
    assert {part: len(each) for part, each in parts.items()} == {
        "train": 70_000,
        "test": 20_000,
        "validation": 10_000,
    }
    assert abs(rows.targets[parts["test"]].mean() - rows.targets.mean()) < 0.01


@given(sums=st.sets(st.integers(0, 60), min_size=1), wanted=st.integers(0, 70))
def test_the_nearest_sum_is_found_among_the_bits(sums, wanted):
    found = whole_groups._nearest_sum(sum(1 << each for each in sums), wanted)
    assert found == min(sums, key=lambda each: (abs(each - wanted), each))


def test_large_groups_take_no_longer_than_small_ones():
    groups = np.repeat([0, 1], 1_000_000)
    rows = rows_of(np.tile(np.array([0, 1], np.uint8), 1_000_000))
    parts = divide(rows, {"test": 0.2}, 0, ["a", "b"], "t", None, Rules(groups=groups))
    assert len(parts["test"]) == 1_000_000


def test_a_class_of_only_one_group_trains_if_possible():
    groups, labels = np.repeat(np.arange(10), 10), np.repeat([0, 1] * 5, 10)
    labels[groups == 3] = 2
    for seed in range(20):
        rules, names = Rules(groups=groups), ["a", "b", "c"]
        train = divide(rows_of(labels), {"test": 0.2}, seed, names, "t", None, rules)["train"]
        assert {*labels[train]} == {0, 1, 2}
    with pytest.raises(DivisionError, match="no training row has the class 'b'"):
        divide(rows_of([0, 1]), {"test": 1}, 0, ["a", "b"], "t", None, Rules(times=np.arange(2)))


def test_the_latest_rows_test_and_earlier_ones_validate():
    times = np.array([5, 1, 9, 3, 7, 2, 8, 4, 6, 0])
    rows = rows_of(np.zeros((10, 1)))
    parts = divide(rows, {"test": 2, "validation": 3}, 0, (), "t", None, Rules(times=times))
    assert [sorted(times[parts[part]]) for part in ("train", "validation", "test")] == [
        [0, 1, 2, 3, 4],
        [5, 6, 7],
        [8, 9],
    ]
    with pytest.raises(DivisionError, match=r"data.time splits rows by time, but folds"):
        divide(rows, {}, 0, (), "t", Fold(1, 2), Rules(times=times))


@given(rows=st.integers(20, 300), share=st.floats(0.1, 0.5), seed=st.integers(0, 9))
def test_numbers_are_stratified_by_deciles(rows, share, seed):
    targets = np.random.default_rng(seed).lognormal(size=(rows, 1))
    bins = strata_of(targets, stratify=True)
    sizes = np.bincount(bins)
    assert len(sizes) == min(10, rows // 10)
    assert sizes.max() - sizes.min() <= 2
    wanted = round(share * rows)
    held = hold_out(rows_of(targets), wanted, seed, strata=bins)[1]
    assert len(held) == wanted
    found = np.bincount(bins[held.rows], minlength=len(sizes))
    assert (abs(found - sizes * wanted / rows) < 1).all()


def test_without_settings_rows_are_drawn_as_before():
    rows = rows_of(np.random.default_rng(0).normal(size=(50, 1)))
    for fold in (None, Fold(2, 4)):
        before = divide(rows, SHARES, 3, (), "t", fold)
        after = divide(rows, SHARES, 3, (), "t", fold, Rules(rare="keep"))
        assert all((before[part] == after[part]).all() for part in before)


TABLE = [
    {"who": f"p{n % 8}", "day": f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", "u": n % 7, "y": n / 3}
    for n in range(48)
]


def trained(data, settings=(), rows=TABLE):
    said = []
    result = nncli.train(
        {"data": {"target": "y", **data}, **FEW}, list(settings), data=rows, note=said.append
    )
    return result, said


def test_the_group_is_not_an_input_and_the_time_is_unchanged():
    no_inputs = {"drop": ["day"], "group": "who"}
    assert trained(no_inputs)[0].model.preprocessing.columns == ["u"]
    assert trained({**no_inputs, "id": "who"})[0].model.preprocessing.columns == ["u"]
    rows = [
        {**each, "day": n}
        for n, each in enumerate([{**row, "u": n % 5} for n, row in enumerate(TABLE)])
    ]
    data = {"drop": ["who"], "time": "u"}
    assert "u" in trained(data)[0].model.preprocessing.columns
    dropped = {"drop": ["who", "u"], "time": "u", "columns": {"day": "number"}}
    assert trained(dropped, rows=rows)[0].model.preprocessing.columns == ["day"]


@pytest.mark.parametrize(
    ("form", "column"),
    [
        ("{y}-{m:02}-{d:02}", "ISO"),
        ("{y}-{m:02}-{d:02}T10:00:00", "ISO with a time"),
        ("{d:02}.{m:02}.{y}", "German"),
        ("{m}/{d}/{y}", "American"),
        ("{y}{m:02}{d:02}", "digits"),
    ],
)
def test_dates_of_one_form_are_in_order(form, column):
    dates = [(2023 + n % 2, n % 12 + 1, n % 28 + 1) for n in range(40)]
    rows = [
        {"t": form.format(y=y, m=m, d=d), "u": n % 7, "v": (y * 12 + m) * 31 + d, "y": n / 3}
        for n, (y, m, d) in enumerate(dates)
    ]
    result = nncli.load_config({"data": {"target": "y", "time": "t"}, **FEW}, data=rows)
    data = result.config.load_data()
    at = [*data.columns].index("v")
    inputs = {part: each.inputs[each.rows, at] for part, each in data.splits.items()}
    assert inputs["train"].max() <= inputs["test"].min()


@pytest.mark.parametrize(
    ("data", "change", "problem"),
    [
        ({"group": "wo"}, {}, "has no column 'wo' for data.group; did you mean 'who'"),
        ({"time": "dy"}, {}, "has no column 'dy' for data.time; did you mean 'day'"),
        ({"group": "who"}, {"who": None}, "column who: is blank; data.group needs a group"),
        ({"time": "day"}, {"day": None}, "column day: is blank; data.time needs a time"),
        ({"time": "who"}, {}, "column who: found 'p0'; data.time needs numbers, or dates"),
        ({"time": "day"}, {"day": "soon"}, "column day: found 'soon'; data.time needs numbers"),
        ({"group": "y"}, {}, "data.group: the column 'y' is also the target or weight"),
        ({"group": "who", "time": "day"}, {}, "data.time: data.group is set, too"),
        (
            {"group": "who", "test": "f.csv"},
            {},
            "data.group: splits the rows of one file, but data.test names",
        ),
        (
            {"time": "day", "stratify": True},
            {},
            "data.stratify: data.time splits the rows by time only",
        ),
        ({"group": "who", "rare": "drop"}, {}, "data.rare: found drop with data.group"),
    ],
)
def test_impossible_settings_are_refused(data, change, problem):
    rows = [{**TABLE[0], **change}, *TABLE[1:]]
    with pytest.raises(nncli.NncliError) as caught:
        trained(data, rows=rows)
    assert problem in str(caught.value)


def test_one_group_and_too_few_groups_are_refused():
    rows = [{**each, "who": "p"} for each in TABLE]
    with pytest.raises(
        nncli.DataError, match=r"every row is in the group 'p'; data.group needs two"
    ):
        trained({"group": "who"}, rows=rows)
    rows = [{**each, "who": n % 2} for n, each in enumerate(TABLE)]
    with pytest.raises(
        nncli.DataError,
        match=(
            r"^\S+: data\.group has 2 groups; a test set, a validation set and training rows need "
            r"3; set data\.test: 0 or data\.validation: 0, or add groups$"
        ),
    ):
        trained({"group": "who", "validation": 0.1}, rows=rows)
    with pytest.raises(nncli.ConfigError, match=r"training.folds: folds split rows at random, but"):
        nncli.cross_validate(
            {"data": {"target": "y", "time": "u"}, **FEW}, {"training.folds": 3}, data=TABLE
        )
    with pytest.raises(nncli.DataError, match=r"data.group: .* but test rows are given"):
        nncli.train({"data": {"target": "y", "group": "who"}, **FEW}, data=TABLE, test_data=TABLE)


@pytest.mark.parametrize(("targets", "names"), [([0, 1] * 1250, ("a", "b")), ([[0.0]] * 2500, ())])
def test_by_default_as_many_rows_validate_in_groups_as_otherwise(targets, names):
    shares, rows = {"test": None, "validation": None}, rows_of(targets)
    alone = Rules(groups=np.arange(len(rows)), note=lambda text: None)
    found, expected = (divide(rows, shares, 0, names, "t", None, each) for each in (alone, None))
    assert {name: len(each) for name, each in found.items()} == {
        name: len(each) for name, each in expected.items()
    }


SAID = [None, "category", {"kind": "category", "missing": "indicator"}, "date"]


@pytest.mark.parametrize("drop", [[], ["t"]])
@pytest.mark.parametrize("said", SAID)
def test_ambiguous_dates_are_refused_for_splitting(said, drop):
    rows = [
        {"t": f"{1 + n % 12:02}.{1 + n % 7:02}.2024", "u": n % 5, "y": n / 7} for n in range(40)
    ]
    data = {"target": "y", "time": "t", "drop": drop, "columns": {"t": said} if said else {}}
    with pytest.raises(nncli.DataError, match="column t: the order of day and month is ambig"):
        nncli.load_config({"data": data, **FEW}, data=rows).config.load_data()
    for order, key in (("dmy", (3, 4, 0, 1)), ("mdy", (0, 1, 3, 4))):
        columns = {"t": {"kind": "date", "order": order}}
        loaded = nncli.load_config({"data": {**data, "columns": columns}, **FEW}, data=rows)
        times = np.array([int("".join(each["t"][at] for at in key)) for each in rows])
        last = loaded.config.load_data().splits["test"].rows
        assert times[last].min() >= np.delete(times, last).max()


def test_a_resumed_run_keeps_the_given_date_order_of_a_dropped_column(tmp_path):
    lines = [f"{1 + n % 12:02}.{1 + n % 7:02}.2024,{n % 5},{n / 7:.3f}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["t,u,y", *lines]), encoding="utf-8")
    columns = {"t": {"kind": "date", "order": "mdy"}}
    data = {"path": str(tmp_path / "t.csv"), "target": "y", "time": "t", "drop": ["t"]}
    config = {"data": {**data, "columns": columns}, **FEW}
    section = nncli.load_config(config).config.data
    before = section.load(0)
    after = section.knowing(before.classes, before.encoding).load(0)
    for part, split in before.splits.items():
        assert split.rows.tolist() == after.splits[part].rows.tolist()
