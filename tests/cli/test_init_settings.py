"""``nncli init ... KEY=VALUE`` writes the settings to the config and applies them to the table."""

import pytest
import yaml

import nncli as package

LINES = ["who,u,kind,y", *(f"p{n},{n % 7}.5,{'xyz'[n % 3]},{'ab'[n % 2]}" for n in range(40))]


@pytest.fixture
def init(nncli, tmp_path):
    (tmp_path / "t.csv").write_text("\n".join(LINES), encoding="utf-8")

    def write(*settings, template="table"):
        given = ("--data", "t.csv", "--target", "y") if template == "table" else ()
        return nncli("init", template, *given, "-o", "c.yaml", *settings)

    return write


def values(tmp_path):
    return yaml.safe_load((tmp_path / "c.yaml").read_text("utf-8"))


def test_settings_are_in_the_config_which_trains(init, nncli, tmp_path):
    done = init("data.id=kind", "model.hidden_layers=[8]", "training.epochs=2", "data.test=0.25")
    assert done.code == 0, done.err
    found = values(tmp_path)
    assert (found["data"]["id"], found["data"]["test"]) == ("kind", 0.25)
    assert found["data"]["drop"] == [
        "who"
    ]  # not the id any more, as the setting names another column
    assert [*found["data"]["columns"]] == ["u"]
    assert found["model"]["hidden_layers"] == [8]
    assert found["training"]["epochs"] == 2
    assert "steps" not in found["training"]
    assert nncli("train", "c.yaml", "-q").code == 0


def test_settings_change_how_the_table_is_read(init, tmp_path):
    assert (
        init("data.drop=[u]", "data.columns={kind: {missing: auto}}", "data.positive=a").code == 0
    )
    found = values(tmp_path)["data"]
    assert found["drop"] == ["u"]
    assert found["id"] == "who"
    assert found["columns"] == {"kind": {"kind": "category", "missing": "auto"}}
    assert found["positive"] == "a"


def test_a_wrong_setting_is_reported_and_nothing_is_written(init, tmp_path):
    for setting, problem in (
        ("data.drp=[u]", "command line: data.drp: unknown key; did you mean 'drop'?"),
        ("data.drop=[x]", "t.csv: has no column 'x' for data.drop"),
        ("training.epochs=no", "command line: training.epochs: "),
        ("model", "command line: 'model': expected key.path=value"),
    ):
        done = init(setting)
        assert done.code
        assert problem in done.err
        assert not (tmp_path / "c.yaml").exists()


def test_other_templates_take_them_too(init, nncli, tmp_path):
    assert init("training.epochs=3", template="xor").code == 0
    assert values(tmp_path)["training"]["epochs"] == 3
    assert nncli("init", "training.epochs=3", "-o", "-").out.startswith("# Noisy XOR")


def test_python_takes_a_mapping(init, tmp_path):
    text = package.first_config(
        "table", {"data.id": "kind"}, data=tmp_path / "t.csv", target="y", note=lambda text: None
    ).text
    assert yaml.safe_load(text)["data"]["id"] == "kind"


def rows(classes):
    """Return a table with a row for each class in `classes`, a text."""
    shown = [f"{n % 7}.5,{'xyz'[n % 3]},{each}" for n, each in enumerate(classes)]
    return "\n".join(["u,kind,y", *shown])


@pytest.mark.parametrize(
    "classes",
    [
        "ab" * 30 + "c",
        "ab" * 30 + "cde",
        "abc" * 20 + "d",
        "ab" * 936 + "ccdd",
        "abababac",
        "ababababac",
        "ababababacd",
    ],
)
@pytest.mark.parametrize("settings", [[], ["training.folds=3"], ["data.test=0"]])
def test_a_table_without_its_rare_classes_trains(nncli, tmp_path, classes, settings):
    (tmp_path / "t.csv").write_text(rows(classes), encoding="utf-8")
    settings = [*settings, "data.rare=drop", "training.epochs=1"]
    done = nncli("init", "table", "--data", "t.csv", "--target", "y", "-o", "c.yaml", *settings)
    assert done.code == 0, done.err
    done = nncli("train", "c.yaml", "-q")
    assert done.code == 0, done.err


LAST = [
    "when,who,u,kind,y",
    *(f"{1 + n % 9:02d}.0{1 + n % 5}.2024,{line}" for n, line in enumerate(LINES[1:])),
]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (["data.time=u", "data.group=kind"], "command line: data.time"),
        (["data.time=u", "training.folds=3"], "folds split rows at random, but data.time by time"),
        (
            ["data.group=kind", "training.folds=3"],
            "3 groups; a test set and 3 folds need 4; set fewer",
        ),
        (["training.folds=3", "training.refit=true"], "a refit is one model of all rows"),
        (["training.refit=true", "data.validation=0"], "a refit needs validation rows to choose"),
        (["training.folds=30", "data.rare=error"], "fewer than the 30 folds"),
        (["data.validation=0", "training.early_stopping={monitor: validation_loss}"], "validat"),
    ],
)
def test_what_cannot_be_trained_is_refused_as_by_training(init, tmp_path, settings, problem):
    done = init(*settings)
    assert done.code in (1, 2), done.err
    assert not (tmp_path / "c.yaml").exists()
    assert problem in done.err
    assert "Warning" not in done.err


def test_untrainable_settings_of_other_templates_are_refused(init, tmp_path):
    done = init("training.folds=2", "training.refit=true", template="xor")
    assert (done.code, (tmp_path / "c.yaml").exists()) == (2, False)
    assert "a refit is one model of all rows" in done.err


def test_settings_of_columns_that_are_not_inputs_stay(init, nncli, tmp_path):
    init("data.id=who")
    (tmp_path / "c.yaml").unlink()
    (tmp_path / "t.csv").write_text("\n".join(LAST), encoding="utf-8")
    when, fill = {"kind": "date", "order": "dmy"}, {"kind": "category", "missing": "indicator"}
    done = init(
        "data.columns={when: {kind: date, order: dmy}, kind: {kind: category, missing: indicator}, "
        "y: category, who: category}",
        "data.time=when", "data.drop=[when]", "data.id=who", "training.epochs=1",
    )  # fmt: skip
    assert done.code == 0, done.err
    columns = values(tmp_path)["data"]["columns"]
    assert columns == {
        "u": "number",
        "kind": fill,
        "when": when,
        "y": "category",
        "who": "category",
    }
    done = nncli("train", "c.yaml", "-q")
    assert done.code == 0, done.err


def test_a_config_that_exists_is_refused_before_the_table_is_read(init, nncli, tmp_path):
    for name, given in (("c.yaml", ["-o", "c.yaml"]), ("t.yaml", [])):
        (tmp_path / name).write_text("mine", encoding="utf-8")
        done = nncli("init", "table", "--data", "none/t.csv", "--target", "y", *given)
        assert (done.code, done.err.count("\n")) == (2, 1)
        assert f"{name}: already exists; choose another file with -o" in done.err


@pytest.mark.parametrize(("rows_of_it", "share"), [(2400, 0.1), (2100, 0)])
def test_rows_of_a_fold_do_not_count_for_the_default_validation(nncli, tmp_path, rows_of_it, share):
    (tmp_path / "t.csv").write_text(rows("ab" * (rows_of_it // 2)), encoding="utf-8")
    given = ("--data", "t.csv", "--target", "y", "-o", "c.yaml", "training.folds=5")
    assert nncli("init", "table", *given).code == 0
    assert values(tmp_path)["data"]["validation"] == share
