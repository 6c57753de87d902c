"""The benchmark of the first try: its files, scores and folds, and that it resumes."""

import io
import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import first_try
from tests.benchmarks.first_try_contenders import (
    MLP,
    TWO_KEYS,
    HeldOutRows,
    Outcome,
    fold_of_rows,
    for_rows,
    measure,
    word_of,
)
from tests.benchmarks.first_try_files import cells, converted, member, only_rows, prepare
from tests.benchmarks.first_try_results import Result, Store, summary
from tests.benchmarks.first_try_tables import PACKAGES, TABLES, Table

COLORS = Table("colors", "none", "colors.csv", "color", "classification", drop=("id",))


def colors(separator: str = ",") -> bytes:
    """Return 40 rows: two of a rare class, one without a target, one with missing values."""
    rows = [["id", "x", "size", "color"]]
    rows += [
        [str(n), f"{n % 2 + n / 100}", "SL"[n % 3 > 0], ("red", "blue")[n % 2]] for n in range(37)
    ]
    rows += [["37", "0", "S", "green"], ["38", "1", "S", ""], ["39", "", "", "red"]]
    return "".join(f"{separator.join(row)}\n" for row in rows).encode()


def test_a_table_loses_only_rare_classes_and_its_cleaned_copy_missing_values(
    tmp_path: Path,
) -> None:
    prepared = prepare(COLORS, tmp_path, colors())
    lines = colors().splitlines(keepends=True)
    assert prepared.file.read_bytes() == b"".join(lines[:38] + lines[39:])
    frame = prepared.frame()
    assert list(frame) == ["x", "size", "color"]
    assert frame["color"].value_counts().to_dict() == {"red": 20, "blue": 18}
    assert frame.iloc[-1].tolist() == [frame["x"].iloc[:-1].median(), "missing", "red"]


def test_large_tables_are_sampled_reproducibly_to_10000_rows(tmp_path: Path) -> None:
    content = b"x,y\n" + b"".join(b"%d,%d\n" % (n, n * 2) for n in range(10_100))
    table = Table("long", "none", "long.csv", "y", "regression")
    first = prepare(table, tmp_path / "a", content)
    assert len(first.frame()) == 10_000
    assert first.file.read_bytes() == prepare(table, tmp_path / "b", content).file.read_bytes()


def test_sampled_rows_stay_unchanged() -> None:
    content = b'a,b\r\n"1\n2", x\r\n\r\n3,"y ""z"""\r\n4,w\r\n'
    assert only_rows(content, np.array([0, 1])) == b'a,b\r\n"1\n2", x\r\n3,"y ""z"""\r\n'


def test_a_member_is_found_in_an_archive_within_an_archive(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as opened:
        info = tarfile.TarInfo("root/data/a.csv")
        info.size = 4
        opened.addfile(info, io.BytesIO(b"x\n1\n"))
    with zipfile.ZipFile(tmp_path / "p.whl", "w") as written:
        written.writestr("p/all.tar.gz", inner.getvalue())
    assert member(tmp_path / "p.whl", "all.tar.gz!data/a.csv") == b"x\n1\n"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("keel", b"@relation r\n@data\n1, 2.5, a\n3,4,b\n"),
        ("spaced", b"1  2.5 a\n3 4 b\n"),
        ("headerless", b"2,2,a,b\n1,2.5,a\n3,4,b\n"),
    ],
)
def test_other_formats_become_csv(form: str, content: bytes) -> None:
    table = replace(COLORS, form=form, target="last")
    assert converted(table, content) == b"x1,x2,last\n1,2.5,a\n3,4,b\n"


def test_table_names_are_unique() -> None:
    assert len({each.key for each in TABLES.values()}) == len(TABLES)
    assert {each.package for each in TABLES.values()} == {*PACKAGES}
    assert sum(each.listed for each in TABLES.values()) >= 40
    assert sum(not each.listed for each in TABLES.values()) >= 20


def test_scores_cover_all_rows() -> None:
    fold, truth = np.array([0, 1, 0]), np.array([0, 1, 1])
    found = HeldOutRows(fold, truth, np.array([0, 1, 0]), np.array([0.5, 0.25, 0.0]))
    accuracy, log_loss = found.scores("classification").values()
    assert accuracy == pytest.approx(2 / 3)
    assert log_loss == pytest.approx(-np.log([0.5, 0.25, 2.0**-23]).mean())
    numbers = HeldOutRows(fold, np.array([1.0, 2, 3]), np.array([1.0, 2, 2]))
    assert numbers.scores("regression") == {"r2": 0.5}


def test_a_setting_can_depend_on_the_number_of_rows() -> None:
    assert for_rows("training.l2=4/rows", 200) == "training.l2=0.02"
    assert for_rows("training.epochs=4", 200) == "training.epochs=4"


@pytest.mark.parametrize("separator", [",", "~"])
def test_the_folds_are_the_same_where_nncli_refuses_the_file_too(
    tmp_path: Path, separator: str
) -> None:
    table = replace(COLORS, separator=separator)
    prepared = prepare(table, tmp_path, colors(separator))
    assert len(cells(table, prepared.file)) == 39
    outcome = measure(prepared, TWO_KEYS)
    assert outcome.folds == [word_of(fold_of_rows(prepared, seed)) for seed in range(3)]
    assert 0 <= outcome.scores["accuracy"] <= 1
    assert outcome.refused or separator == ","


def test_only_missing_results_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{n % 2}.{n},{n},{n % 2}\n" for n in range(40))
    with zipfile.ZipFile(tmp_path / f"scikit_learn-{PACKAGES['scikit-learn']}-x.whl", "w") as wheel:
        wheel.writestr("sklearn/datasets/data/iris.csv", "40,2,a,b\n" + rows)
    arguments = ["--cache", str(tmp_path), "--json", str(tmp_path / "found.jsonl")]
    arguments += ["--tables", "sk-iris", "--markdown", "--contenders"]
    first_try.main([*arguments, MLP])
    assert capsys.readouterr().err.startswith("1/1 sk-iris: MLP: accuracy")
    first_try.main([*arguments, MLP, TWO_KEYS])
    output = capsys.readouterr()
    assert output.err.startswith("1/1 sk-iris: two keys: accuracy")
    assert "| sk-iris | 40×2 | accuracy / log loss | " in output.out
    assert "two keys, listed tables (1):\n  accuracy reached: " in output.out


def results(name: str, task: str, **scores: dict[str, float]) -> dict[str, Result]:
    """Return the results of contenders on a table; underscores in their names become spaces."""
    table = replace(COLORS, name=name, task=task)
    return {
        each.replace("_", " "): Result(table, each, "", 100, 2, Outcome(found))
        for each, found in scores.items()
    }


def test_the_summary_says_how_often_the_better_network_is_reached() -> None:
    tables = [
        results("a", "regression", two_keys={"r2": 0.89}, MLP={"r2": 0.1})
        | {"MLP, scaled target": results("a", "regression", x={"r2": 0.9})["x"]},
        results(
            "b",
            "classification",
            two_keys={"accuracy": 0.8, "log_loss": 0.5},
            MLP={"accuracy": 0.9, "log_loss": 0.6},
            HistGradientBoosting={"accuracy": 0.7, "log_loss": 1.0},
        ),
    ]
    lines = [*summary(tables, "two keys")]
    assert lines[:3] == [
        "accuracy reached: 0 of 1 (within 0.005)",
        "log loss reached: 1 of 1 (within 0.005)",
        "R² reached: 1 of 1 (within 0.01)",
    ]
    assert lines[3].startswith("accuracy and R² reached: 50%")
    assert "b 0.100, a 0.010" in lines[4]
    assert lines[5] == "mean difference: -0.0550"
    assert "1.00, HistGradientBoosting 2.00" in lines[6]


def test_a_truncated_line_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    result = results("a", "regression", MLP={"r2": 0.5})["MLP"]
    path.write_text('{"table": "a", "contend', encoding="utf-8")
    Store(path).add(result)
    store = Store(path)
    store.read([result.table])
    assert store.results == {result.key: result}
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["rows"] == 100
