"""User tables: from a file to predictions, and errors of one line."""

import csv
import json
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from nncli.model.model_file import read_model

ROOT = Path(__file__).parents[2]
TRAINING = "model: {hidden_layers: [4]}\ntraining: {epochs: 2}\n"


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def shop(rows=60, seed=1):
    """Return the lines of a table with id, number, category, Boolean, class and price."""
    random.seed(seed)
    lines = ["id,age,city,member,kind,price"]
    for n in range(rows):
        age, city = random.randint(18, 80), random.choice(["Bern", "Basel", "Genf"])
        member = random.random() < 0.5
        kind = "old" if age > 45 else "young"
        price = 10 * age + 100 * (city == "Bern") + 50 * member
        lines.append(f"C{n:03},{age},{city},{str(member).lower()},{kind},{price}")
    return lines


@pytest.fixture
def write(tmp_path):
    """Return a function that writes lines to ``t.csv`` and a config for it to ``c.yaml``."""

    def do(lines, data="target: price, drop: [kind], id: id", rest=TRAINING):
        (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (tmp_path / "c.yaml").write_text(f"data: {{path: t.csv, {data}}}\n{rest}", encoding="utf-8")

    return do


def readme_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.partition("<!-- own table -->\n```sh\n")[2].partition("```")[0]
    return [line.split("#")[0].split()[1:] for line in block.splitlines()]


def test_the_four_commands_of_the_readme_lead_to_predictions(nncli, tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    commands = readme_commands()
    assert len(commands) == 4
    for command in commands:
        result = nncli(*command)
        assert result.code == 0, result.err
    found = rows_of((tmp_path / "charges.csv").read_text(encoding="utf-8"))
    assert list(found[0]) == ["row", "ride", "prediction"]
    assert [row["ride"] for row in found] == [f"N-{n}" for n in range(1, 7)]
    metrics = json.loads((tmp_path / "runs/rentals-001/metrics.json").read_bytes())
    assert metrics["test"]["metrics"]["r2"] > 0.9
    new = rows_of((tmp_path / "data/new_rentals.csv").read_text(encoding="utf-8"))
    assert list(new[0]) != list(rows_of((tmp_path / "data/rentals.csv").read_text())[0])


def test_the_config_of_init_trains_to_the_same_weights(nncli, write, tmp_path):
    write([line.partition(",")[2] for line in shop()], "target: price")
    assert nncli("init", "csv", "--data", "t.csv", "--target", "price", "-o", "i.yaml").code == 0
    settings = ["training.epochs=3", "training.early_stopping=null"]
    assert nncli("train", "-q", "i.yaml", *settings, "-o", "written").code == 0
    text = (tmp_path / "i.yaml").read_text(encoding="utf-8")
    start, end = text.index("data:\n"), text.index("# the network")
    short = text[:start] + "data: {path: t.csv, target: price}\n" + text[end:]
    (tmp_path / "i.yaml").write_text(short, encoding="utf-8")
    assert nncli("train", "-q", "i.yaml", *settings, "-o", "short").code == 0
    written, short = (read_model(tmp_path / run) for run in ("written", "short"))
    assert (written.network.parameters == short.network.parameters).all()


def test_init_proposes_what_the_cells_show(nncli, tmp_path):
    lines = shop()
    lines[3] = lines[3].replace(lines[3].split(",")[1], "", 1)
    lines[5] = re.sub(r",(Bern|Basel|Genf),", ",,", lines[5])
    dated = [
        f"{line},{'when' if not n else f'2024-01-{n % 28 + 1:02}'}" for n, line in enumerate(lines)
    ]
    (tmp_path / "t.csv").write_text("\n".join(dated) + "\n", encoding="utf-8")
    result = nncli("init", "csv", "--data", "t.csv", "--target", "kind")
    assert (result.code, result.out) == (0, "Wrote t.yaml. Next:\n  nncli train t.yaml\n")
    text = (tmp_path / "t.yaml").read_text(encoding="utf-8")
    assert "  path: t.csv\n" in text
    assert "  task: binary\n" in text
    assert "  id: id\n" in text
    assert "  drop: []\n" in text
    assert "    when: date  # 2024-01-01 to 2024-01-28\n" in text
    assert "    age: {kind: number, missing: median}  # " in text
    assert "; 1 missing value\n" in text
    assert "    city: {kind: category, missing: indicator}  # Basel, Bern, Genf; 1 missing" in text
    assert "    member: boolean\n" in text
    assert nncli("train", "-q", "t.yaml", "training.epochs=1").code == 0


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["csv"], "Error: csv needs --data with the file, and --target with the column"),
        (
            ["csv", "--data", "t.csv"],
            "Error: csv needs --target with a column of t.csv: 'id', 'age', 'city', 'member', "
            "'kind', 'price'",
        ),
        (
            ["xor", "--target", "a"],
            "Error: xor has built-in data; --data and --target are for table and images",
        ),
    ],
)
def test_init_says_what_it_needs(nncli, write, tmp_path, arguments, error):
    write(shop())
    result = nncli("init", *arguments)
    assert (result.code, result.error) == (2, error)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml", "t.csv"]


def test_data_alone_names_the_columns_to_choose_a_target_from(nncli, write, tmp_path):
    write(shop())
    (tmp_path / "c.yaml").write_text("data: t.csv\n", encoding="utf-8")
    result = nncli("train", "c.yaml")
    assert (result.code, result.error) == (
        2,
        "c.yaml:1:7: data.target: missing required key; choose from the columns 'id', "
        "'age', 'city', 'member', 'kind', 'price'",
    )


def test_every_interpretation_is_printed(nncli, write):
    lines = shop()
    lines[4] = lines[4].rpartition(",")[0] + ","
    write(lines, "target: price, drop: [kind], id: id")
    expected = """\
task        regression of price
rows        47 train, 12 test
left out    t.csv: 1 row with a missing target (line 5)
not inputs  kind (dropped), id (id)

column      kind  inputs  if missing         categories
age       number       1          50
city    category       3       all 0  Basel, Bern, Genf
member   boolean       1      0.4681
"""
    assert nncli("data", "show", "c.yaml").out == expected
    assert nncli("train", "c.yaml", "--dry-run").out.startswith(expected)
    assert nncli("train", "c.yaml").err.startswith(f"{expected}\n4 steps: 2 epochs of 2\n\n")
    assert nncli("train", "-q", "c.yaml").err == ""


def test_dates_are_filled_with_dates_and_several_missing_targets_have_a_first(nncli, tmp_path):
    rows = [
        f"{'' if n == 3 else f'2023-07-{n:02}'},"
        f"{'' if n == 4 else f'2023-07-02 {n % 24:02}:30'},{'' if n in (5, 9) else n % 7}"
        for n in range(1, 31)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["day,moment,y", *rows]), encoding="utf-8")
    (tmp_path / "c.yaml").write_text("data: {path: t.csv, target: y}\n", encoding="utf-8")
    lines = [line.split() for line in nncli("train", "c.yaml", "--dry-run").out.splitlines()]
    filled = {line[0]: line[3:] for line in lines if line[1:2] == ["date"]}
    assert [each[:8] for each in filled["day"]] == ["2023-07-"]
    assert filled["moment"][0] == "2023-07-02"
    assert filled["moment"][1].count(":") == 1
    found = nncli("data", "show", "c.yaml").out
    assert "left out  t.csv: 2 rows with a missing target (first: line 6)\n" in found


@pytest.fixture
def model(nncli, write):
    """Return the run directory of a model for the shop that allows blanks in `age`."""
    write(shop(), "target: price, drop: [kind], id: id, columns: {age: {missing: mean}}")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    return "run"


def test_before_training_fewer_columns_are_printed_than_by_a_dry_run(nncli, tmp_path):
    numbers = [[(row * place) % 7 for place in range(1, 61)] for row in range(1, 31)]
    lines = [",".join(map(str, [*row, "ab"[row[0] > 3]])) for row in numbers]
    header = ",".join([*(f"x{place}" for place in range(1, 61)), "y"])
    (tmp_path / "wide.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    config = "data: {path: wide.csv, target: y}\ntraining: {epochs: 1}\n"
    (tmp_path / "wide.yaml").write_text(config, encoding="utf-8")
    trained = nncli("train", "wide.yaml").err
    assert "\nx16 " in trained
    assert "\nx17 " not in trained
    assert "\nand 44 more: 44 number\n" in trained
    assert "\nand 20 more: 20 number\n" in nncli("train", "wide.yaml", "--dry-run").out


def test_prediction_takes_columns_by_name_in_any_order(nncli, model, tmp_path):
    first = nncli("predict", model, "t.csv")
    assert (first.code, first.err) == (0, "")
    rows = rows_of((tmp_path / "t.csv").read_text(encoding="utf-8"))
    names = ["city", "junk", "id", "age", "member"]
    with (tmp_path / "new.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**row, "junk": "free text"} for row in rows)
    assert nncli("predict", model, "new.csv").raw == first.raw
    assert [row["id"] for row in rows_of(first.out)] == [row["id"] for row in rows]


def test_prediction_takes_columns_of_parquet_and_of_standard_input_by_name_too(
    nncli, model, tmp_path
):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import parquet

    first = nncli("predict", model, "t.csv")
    rows = rows_of((tmp_path / "t.csv").read_text(encoding="utf-8"))
    parquet.write_table(
        pyarrow.table(
            {
                "when": pyarrow.nulls(len(rows)),
                "city": [row["city"] for row in rows],
                "id": [row["id"] for row in rows],
                "age": [int(row["age"]) for row in rows],
                "member": [row["member"] == "true" for row in rows],
            }
        ),
        "new.parquet",
    )
    assert nncli("predict", model, "new.parquet").raw == first.raw
    assert nncli("predict", model, "-", stdin=Path("t.csv").read_bytes()).raw == first.raw
    result = nncli("predict", model, "-", stdin=b"age,cities\n1,Bern\n")
    assert result.error == (
        "Error: standard input: columns do not match the model: missing 'city', 'member' (did you "
        "mean 'cities'?); unexpected 'cities'; add or correct these columns"
    )


def test_unseen_categories_of_a_long_file_are_reported_once(nncli, model, tmp_path):
    lines = ["age,city,member"] + ["30,Bern,true"] * 20_000 + ["30,Zug,true", "30,Chur,true"] * 9000
    (tmp_path / "new.csv").write_text("\n".join(lines), encoding="utf-8")
    result = nncli("predict", model, "new.csv", "-o", "p.csv")
    assert (result.code, result.err) == (
        0,
        "Warning: new.csv: 18000 cells have categories that are not in the training rows: city "
        "'Zug' (line 20002) and others; their inputs are all 0\n38000 predictions in p.csv\n",
    )


def test_a_column_to_keep_may_be_chosen(nncli, model):
    lines = nncli("predict", model, "t.csv", "--id", "kind", "--format", "jsonl").out.splitlines()
    assert list(json.loads(lines[0])) == ["row", "kind", "prediction"]
    result = nncli("predict", model, "t.csv", "--id", "kin", "-o", "p.csv")
    assert result.code == 1
    assert result.error == "Error: t.csv: has no column 'kin' to keep; did you mean 'kind'?"
    assert not Path("p.csv").exists()


def test_an_unseen_category_is_reported_and_a_blank_filled(nncli, model, tmp_path):
    text = "age,city,member\n30,Zug,true\n,Bern,false\n"
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    result = nncli("predict", model, "new.csv")
    assert result.code == 0
    assert result.err == (
        "Warning: new.csv: 1 cell has a category that is not in the training rows: city 'Zug' "
        "(line 2); its inputs are all 0\n"
    )
    assert [row["prediction"] != "" for row in rows_of(result.out)] == [True, True]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "Age,city,member,x\n1,Bern,true,2\n",
            "columns do not match the model: missing 'age' (did you mean 'Age'?); unexpected "
            "'Age', 'x'; add or correct these columns",
        ),
        (
            "age,city,member\nold,Bern,3\n",
            "columns do not match the model: age: found 'old' (line 2); expected numbers; member: "
            "found numbers; expected Booleans; add or correct these columns",
        ),
        ("age,city,member\n1e308,Bern,true\n", "line 2, column age: found 1e+308; expected a num"),
    ],
)
def test_other_columns_than_the_models_are_refused(nncli, model, tmp_path, text, problem):
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    result = nncli("predict", model, "new.csv", "-o", "p.csv")
    assert result.code == 1
    assert result.error.startswith(f"Error: new.csv: {problem}")
    assert not (tmp_path / "p.csv").exists()


def test_eval_of_a_file_has_the_metrics_of_its_rows_in_the_units_of_the_user(
    nncli, model, tmp_path
):
    found = json.loads(nncli("eval", model, "--data", "t.csv", "--json").out)
    predicted = rows_of(nncli("predict", model, "t.csv").out)
    truth = rows_of((tmp_path / "t.csv").read_text(encoding="utf-8"))
    errors = [
        float(a["prediction"]) - float(b["price"]) for a, b in zip(predicted, truth, strict=True)
    ]
    assert found["metrics"]["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-6)
    assert nncli("eval", model, "--split", "train").code == 0


def test_an_unseen_label_in_evaluation_is_named(nncli, write, tmp_path):
    write(shop(), "target: kind, drop: [id]")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    lines = shop()
    lines[7] = re.sub(",(old|young),", ",ancient,", lines[7])
    (tmp_path / "other.csv").write_text("\n".join(lines), encoding="utf-8")
    result = nncli("eval", "run", "--data", "other.csv")
    assert (result.code, result.error) == (
        1,
        "Error: other.csv: line 8, column kind: the class 'ancient' is not one of the training "
        "classes: 'old', 'young'",
    )
    result = nncli("train", "c.yaml", "data.test=other.csv", "-o", "run2")
    assert result.code == 1
    assert "line 8, column kind: the class 'ancient'" in result.error
    assert not (tmp_path / "run2").exists()


def column(name, cells, lines):
    """Return the lines with another column."""
    return [f"{line},{cell}" for line, cell in zip(lines, [name, *cells], strict=True)]


PLAIN = [line.partition(",")[2] for line in shop(20)]


@pytest.mark.parametrize(
    ("lines", "data", "problem"),
    [
        (PLAIN, "target: pric", "has no column 'pric' for data.target; did you mean 'price'?"),
        (PLAIN, "target: price, drop: [kin]", "has no column 'kin' for data.drop; did you mean"),
        (PLAIN, "target: price, columns: {ag: number}", "has no column 'ag' for data.columns"),
        (
            column("y", ["a"] * 20, PLAIN),
            "target: y",
            "column y: every row has the class 'a'; expected two or more classes",
        ),
        (
            column("y", ["a"] * 18 + ["b"] * 2, PLAIN),
            "target: y, validation: 0.1, rare: error",
            "class 'b' has 2 rows, too few to test, validate and train with",
        ),
        (
            column("y", [1.5, 2] * 10, PLAIN),
            "target: y, task: multiclass",
            "line 2, column y: found 1.5; a class must be a name or a whole number; set data.task: "
            "regression, or data.columns: {y: category}",
        ),
        (
            column("y", ["a", "b"] * 10, PLAIN),
            "target: y, task: regression",
            "line 2, column y: found 'a'; a regression needs a number in every target",
        ),
        (
            column("y", ["a", "b", "c", "a"] * 5, PLAIN),
            "target: y, task: binary",
            "column y: 3 classes ('a', 'b', 'c'); a binary task has two",
        ),
        (
            column("y", [0, 1, 2, 1] * 5, PLAIN),
            "target: [y, age], task: multilabel",
            "line 4, column y: found 2; labels of a multilabel task must be 0 or 1",
        ),
        (
            column("big", [1e308, *range(19)], PLAIN),
            "target: price",
            "line 2, column big: found 1e+308; expected a number from -1e+30 to 1e+30",
        ),
        (
            column("y", [1e308, *range(19)], PLAIN),
            "target: y",
            "line 2, column y: found 1e+308; expected a number from",
        ),
        (
            column("x", ["", *range(19)], PLAIN),
            "target: price, missing: error",
            "line 2, column x: is blank; expected a number; fill it, or train with data.columns: "
            "{x: {missing: median}}",
        ),
        (
            column("w", [-1, *range(19)], PLAIN),
            "target: price, weight: w",
            "line 2, column w: found -1; weights must be 0 or more",
        ),
        (
            PLAIN,
            "target: price, test: 20",
            "has 20 rows; data.test: 20 leave none for training",
        ),
        (
            PLAIN,
            "target: kind, class_weight: {yung: 2.0}",
            "'yung' is not one of the classes 'old', 'young'; did you mean 'young'?",
        ),
        (PLAIN, "target: price, class_weight: balanced", "data.class_weight is for classes; a reg"),
    ],
)
def test_what_is_wrong_with_a_table_is_one_line(nncli, write, tmp_path, lines, data, problem):
    write(lines, data)
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 1
    assert problem in result.error
    assert result.error.startswith(("Error: t.csv: ", "Error: data.class_weight: "))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml", "t.csv"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            "target: price, columns: {price: date}",
            "c.yaml:1:45: data.columns: the target 'price' is a date, which cannot be predicted",
        ),
        ("target: price, id: price", "c.yaml:1:7: data: the column 'price' is used more than once"),
        ("target: price, columns: {age: numer}", "unknown kind \"numer\"; did you mean 'number'?"),
        ("target: price, columns: {age: {mising: mean}}", "unknown key; did you mean 'missing'?"),
        ("target: price, columns: {age: {missing: constant}}", "missing: constant needs a value"),
        (
            "target: price, columns: {age: {missing: constant, value: [1]}}",
            "age.value: found a list; expected a finite number, true or false, or text",
        ),
        ("target: price, columns: [age]", "data.columns: found a list; expected a mapping"),
        ("target: price, class_weight: fair", "expected 'balanced' or a mapping"),
        ("target: price, class_weight: [1]", "class_weight: found a list; expected a mapping"),
        ("target: price, test: 1.5", "found 1.5; expected an integer of 0 or more, or a fraction"),
    ],
)
def test_what_is_wrong_with_the_keys_is_told_with_its_place(nncli, write, data, problem):
    write(PLAIN, data)
    result = nncli("train", "c.yaml")
    assert result.code == 2
    assert problem in result.error


def test_a_constant_column_is_warned_of_and_stays_finite(nncli, write):
    write(column("same", [7] * 20, PLAIN), "target: price")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 0
    assert "Warning: " in result.err
    assert "t.csv: 'same' never changes in the training rows; nothing can be learned" in result.err
    assert np.isfinite(read_model(Path("run")).preprocessing.scale).all()


def test_splits_can_be_separate_files(nncli, write, tmp_path):
    write(shop(), "target: kind, drop: [id], test: test.csv, validation: 0")
    (tmp_path / "test.csv").write_text("\n".join(shop(15, seed=2)), encoding="utf-8")
    shown = nncli("data", "show", "c.yaml").out
    assert "rows        60 train, 15 test\n" in shown
    text = (tmp_path / "c.yaml").read_text(encoding="utf-8").replace("path:", "train:")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    assert nncli("data", "show", "c.yaml").out == shown


def test_paths_are_relative_to_the_config(nncli, write, tmp_path):
    write(shop())
    (tmp_path / "sub").mkdir()
    for name in ("t.csv", "c.yaml"):
        (tmp_path / name).rename(tmp_path / "sub" / name)
    assert nncli("train", "-q", "sub/c.yaml", "-o", "run").code == 0
    assert nncli("eval", "run").code == 0
    assert nncli("train", "-q", "run/config.yaml", "-o", "again").code == 0
    assert (
        read_model(tmp_path / "run").network.parameters
        == read_model(tmp_path / "again").network.parameters
    ).all()


def test_several_targets_and_labels_are_columns_of_the_predictions(nncli, write):
    labels = [
        f"{line},{n % 2 if n else 'odd'},{n % 3 // 2 if n else 'third'}"
        for n, line in enumerate(shop())
    ]
    write(labels, "target: [odd, third], drop: [id, kind]")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    assert nncli("data", "show", "c.yaml").out.startswith("task        multilabel of odd, third\n")
    first = rows_of(nncli("predict", "run", "t.csv", "--proba").out)[0]
    assert list(first) == ["row", "prediction_odd", "prediction_third", "p_odd", "p_third"]
    write(labels, "target: [price, age], drop: [id, kind]")
    assert nncli("train", "-q", "c.yaml", "-o", "run2").code == 0
    first = rows_of(nncli("predict", "run2", "t.csv").out)[0]
    assert list(first) == ["row", "prediction_price", "prediction_age"]


def test_row_weights_decide_what_is_learned(nncli, write, tmp_path):
    lines = ["x,y,w", *(f"{n % 2},{10 * (n % 4 > 1)},{9 if n % 4 > 1 else 1}" for n in range(80))]
    write(
        lines,
        "target: y, weight: w, task: regression, validation: 0",
        "model: {hidden_layers: []}\n"
        "training: {epochs: 200, learning_rate: 0.05, batch_size: full}\n",
    )
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    predicted = [float(row["prediction"]) for row in rows_of(nncli("predict", "run", "t.csv").out)]
    assert predicted == pytest.approx([9.0] * 80, abs=0.5)


def test_balanced_classes_count_alike(nncli, write):
    lines = ["x,y", *(f"{n % 2},{'rare' if n % 10 == 0 else 'often'}" for n in range(200))]
    rest = "model: {hidden_layers: []}\ntraining: {epochs: 150, learning_rate: 0.05}\n"
    probabilities = {}
    for name, data in (("plain", "target: y"), ("balanced", "target: y, class_weight: balanced")):
        write(lines, data + ", drop: []", rest)
        assert nncli("train", "-q", "c.yaml", "-o", name).code == 0
        row = rows_of(nncli("predict", name, "t.csv", "--proba").out)[0]
        probabilities[name] = float(row["p_rare"])
    assert probabilities["plain"] == pytest.approx(0.2, abs=0.06)
    assert probabilities["balanced"] == pytest.approx(0.68, abs=0.1)


def test_booleans_may_lack_blanks_that_the_training_rows_had(nncli, write, tmp_path):
    lines = shop()
    lines[1:9] = [re.sub("true|false", "", each) for each in lines[1:9]]
    write(lines, "target: price, drop: [kind, id], columns: {member: {missing: indicator}}")
    assert nncli("train", "c.yaml", "-o", "run").code == 0
    (tmp_path / "new.csv").write_text("age,city,member\n20,Bern,true\n", encoding="utf-8")
    result = nncli("predict", "run/weights.npz", "new.csv")
    assert (result.code, result.err) == (0, "")


def test_a_file_with_none_of_the_columns_is_refused_for_that(nncli, model, tmp_path):
    (tmp_path / "new.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    result = nncli("predict", "run/weights.npz", "new.csv")
    assert result.code == 1
    assert "columns do not match the model: missing 'age', 'city'" in result.error


def test_blank_cells_of_all_columns_are_filled(nncli, write):
    lines = shop()
    lines[1:9] = [re.sub("true|false", "", each) for each in lines[1:9]]
    lines[10] = re.sub("Bern|Basel|Genf", "", lines[10])
    write(lines, "target: price, drop: [kind, id], missing: auto")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    shown = nncli("data", "show", "c.yaml").out.splitlines()
    assert [line.split()[:3] for line in shown[-3:]] == [
        ["age", "number", "1"],
        ["city", "category", "4"],
        ["member", "boolean", "2"],
    ]
    assert [line.endswith("indicator") or "indicator  " in line for line in shown[-3:]] == [
        *(False, True, True)
    ]
    assert nncli("eval", "run", "--data", "t.csv").code == 0
    assert nncli("predict", "run", "t.csv").code == 0
