import json

from nncli import explanation, names_by_kind
from tests.test_imports import modules_loaded_by


def test_a_term_is_explained_in_80_columns(nncli):
    result = nncli("explain", "learning_rate")
    assert (result.code, result.err) == (0, "")
    assert result.out == explanation("learning_rate")
    assert result.out == (
        "learning rate\n"
        "=============\n\n"
        "The factor that sets the size of a step. If it is too large, training diverges;\n"
        "if it is too small, training is slow.\n\n"
        "Config key training.learning_rate\n"
        "  Step size. Default: depends on the number of rows.\n\n"
        "Column learning_rate of history.csv\n"
        "  The learning rate of the last step of the epoch, after the schedule.\n\n"
        "Related: step, epoch, schedule.\n"
    )


def test_a_term_of_several_words_needs_no_quotes(nncli):
    assert nncli("explain", "weight", "decay").out == nncli("explain", "weight_decay").out


def test_without_a_term_all_are_listed_in_columns(nncli):
    result = nncli("explain")
    assert result.code == 0
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    for kind, names in names_by_kind().items():
        block = lines[lines.index(kind) + 1 :]
        block = block[: block.index("")] if "" in block else block
        found = [word for line in block for word in line.strip().split("  ") if word]
        assert sorted(map(str.strip, found)) == sorted(names)


def test_an_unknown_term_is_a_usage_error(nncli):
    result = nncli("explain", "momentun")
    assert result.code == 2
    assert result.error == "Error: explain: unknown term 'momentun'; did you mean 'momentum'?"


def test_the_meanings_are_printed_as_json(nncli):
    key = json.loads(nncli("explain", "--json", "l2").out)[0]
    assert (key["kind"], key["name"]) == ("config key", "training.l2")
    assert json.loads(nncli("explain", "--json").out) == names_by_kind()


def test_explaining_loads_neither_numpy_nor_data_readers():
    loaded = modules_loaded_by("explain", "softmax")
    assert not loaded & {"numpy._core", "requests", "tqdm", "pyarrow", "PIL", "matplotlib"}
