"""Column names that YAML reads as numbers."""

import pytest

import nncli
from nncli.base.errors import ConfigError


@pytest.fixture
def data_of(tmp_path):
    """Return a function that returns the ``data`` section of a config with the given lines."""
    (tmp_path / "rows.csv").write_text("0,1,2\n1,2,3\n", encoding="utf-8")

    def read(lines, source="csv"):
        path = tmp_path / "config.yaml"
        text = "".join(f"  {line}\n" for line in lines)
        path.write_text(f"data:\n  source: {source}\n  path: rows.csv\n{text}", encoding="utf-8")
        return nncli.load_config(path).config.data

    return read


@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_integers_are_names_in_their_spelling(data_of, source):
    data = data_of(
        ["target: 2", "drop: [0, a]", "id: -5", "weight: 1", "columns: {3: number}"], source
    )
    assert (data.target, data.drop, data.id, data.weight) == ("2", ["0", "a"], "-5", "1")
    assert data_of(["target: [2, b, 10]"], source).target == ["2", "b", "10"]
    assert list(data.columns) == ["3"]


@pytest.mark.parametrize(
    ("line", "place", "found"),
    [
        ("target: 1.10", "4:11: data.target", "1.1"),
        ("target: true", "4:11: data.target", "true"),
        ("target: [a, 1e3]", "4:15: data.target[1]", "1000.0"),
        ("drop: [0.5]", "4:10: data.drop[0]", "0.5"),
        ("id: false", "4:7: data.id", "false"),
        ("weight: 2.5", "4:11: data.weight", "2.5"),
    ],
)
def test_other_values_must_be_quoted(data_of, line, place, found):
    lines = [line] if line.startswith("target") else ["target: y", line]
    with pytest.raises(ConfigError) as caught:
        data_of(lines)
    message = str(caught.value)
    where = place if len(lines) == 1 else f"5{place[1:]}"
    assert message.endswith(
        f"{where}: found {found}; expected a name; put it in quotes, spelled as in the file"
    )
    name, value = line.split(": ", 1)
    inner = value.strip("[]").split(", ")[-1]
    data_of([*lines[:-1], f"{name}: {value.replace(inner, repr(inner))}"])


def test_invalid_names_are_refused(data_of):
    for value in ("{a: 1}", "[[a]]"):
        with pytest.raises(ConfigError, match=r"expected a name$"):
            data_of(["target: y", f"drop: [{value}]"])


@pytest.mark.parametrize("word", ["Null", "null", "~"])
def test_a_quoted_word_for_null_is_a_name(data_of, word):
    with pytest.raises(ConfigError, match="put a name such as Null in quotes"):
        data_of([f"target: {word}"])
    assert data_of([f"target: '{word}'"]).target == word


def test_columns_of_numbers_are_trained_on_by_their_names(tmp_path):
    rows = "".join(f"{n},{n % 3},{2 * n}\n" for n in range(20))
    (tmp_path / "rows.csv").write_text("1100,7,y\n" + rows, encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "rows.csv"), "target": 1100, "drop": [7]}
    run = nncli.train({"data": data, "model": {"hidden_layers": [2]}, "training": {"epochs": 1}})
    assert (run.model.targets, run.model.preprocessing.columns) == (["1100"], ["y"])


def test_a_header_of_numbers_alone_is_known_by_the_model(tmp_path):
    rows = [f"{n % 5},{n % 3},{2 * n}\n" for n in range(20)]
    (tmp_path / "rows.csv").write_text("1100,7,y\n" + "".join(rows), encoding="utf-8")
    data = {"source": "csv", "path": str(tmp_path / "rows.csv"), "target": "y"}
    run = nncli.train({"data": data, "model": {"hidden_layers": [2]}, "training": {"epochs": 1}})
    for header in ("7,1100", "9,7,1100"):
        width = header.count(",") + 1
        row = ",".join(str(n) for n in range(width))
        (tmp_path / "new.csv").write_text(f"{header}\n{row}\n{row}\n", encoding="utf-8")
        assert len(run.model.predict(tmp_path / "new.csv")) == 2
