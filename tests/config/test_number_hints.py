import pytest

from nncli.config.number_hints import list_hint, number_hint

CSV = "data: {path: t.csv, target: y}\n"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30%", "write the fraction 0.3"),
        (" 12.5 % ", "write the fraction 0.125"),
        ("12,5%", "write the fraction 0.125"),
        (".5%", "write the fraction 0.005"),
        ("100%", "write the fraction 1.0"),
        ("20 percent", "write the fraction 0.2"),
        ("1/3", "write the fraction 0.333"),
        ("1 / 4", "write the fraction 0.25"),
        ("0,3", "write 0.3, with a decimal point"),
        ("-,5", "write -0.5, with a decimal point"),
    ],
)
def test_a_text_that_means_a_number_is_translated(text, hint):
    assert number_hint(text) == hint


@pytest.mark.parametrize(
    "value", ["t.csv", "30%.csv", "1/0", "1,2,3", "%", "", "9" * 99 + "%", 3, 0.3, None, [1]]
)
def test_anything_else_has_no_hint(value):
    assert number_hint(value) is None


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (4, "write the list [4]"),
        ("(100, 50)", "write the list [100, 50]"),
        ("(100,)", "write the list [100]"),
        (" 8,4 ", "write the list [8, 4]"),
        ("8 4", "write the list [8, 4]"),
    ],
)
def test_a_number_or_a_tuple_is_translated_to_a_list(value, hint):
    assert list_hint(value) == hint


@pytest.mark.parametrize("value", [True, None, {}, -1, 0.5, "w.npz", "", "()", ",", "9" * 99])
def test_what_is_no_list_of_integers_has_no_hint(value):
    assert list_hint(value) is None


def test_an_integer_that_python_does_not_write_has_no_hint():
    assert list_hint(10**5000) is list_hint(-(10**5000)) is None


def test_a_number_in_place_of_a_row_of_weights_has_no_hint(problems):
    assert problems("data: gate\nmodel: {initial_weights: [[1]]}\n") == [
        "c.yaml:2:28: model.initial_weights[0][0]: found 1; expected a list"
    ]


def test_a_layer_or_a_tuple_of_layers_has_the_hint(problems):
    assert problems("data: xor\nmodel: {hidden_layers: 8}\n") == [
        "c.yaml:2:24: model.hidden_layers: found 8; write the list [8]"
    ]
    assert problems("data: xor\n", "model.hidden_layers=(8,4)") == [
        'command line: model.hidden_layers: found "(8,4)"; write the list [8, 4]'
    ]


@pytest.mark.parametrize("key", ["data.test", "data.validation"])
@pytest.mark.parametrize("data", [CSV, "data: {inputs: x.npy, targets: y.npy}\n"])
def test_a_percentage_of_rows_is_not_a_file_name(problems, data, key):
    assert problems(data, f"{key}=30%") == [
        f'command line: {key}: found "30%"; write the fraction 0.3'
    ]


def test_a_percentage_of_built_in_rows_and_of_any_number_has_the_hint(problems):
    assert problems("data: {source: mnist, validation: 5%}\n", "training.l2=1%") == [
        'c.yaml:1:35: data.validation: found "5%"; write the fraction 0.05',
        'command line: training.l2: found "1%"; write the fraction 0.01',
    ]


def test_weights_may_be_in_a_file_with_any_name(load):
    config = load("data: xor\n", "model.initial_weights=30%").config
    assert config.model.initial_weights.endswith("30%")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "data:\n  source:gate\n",
            'c.yaml:2:3: data: unknown source "source:gate"; '
            "write a space after the colon: source: gate",
        ),
        (
            "data: gate\ntraining:\n  learning_rate:0.5\n",
            'c.yaml:3:3: training: found "learning_rate:0.5"; '
            "write a space after the colon: learning_rate: 0.5",
        ),
        (
            "data: gate\ntraining: C:/runs\n",
            'c.yaml:2:11: training: found "C:/runs"; expected a mapping of keys',
        ),
    ],
)
def test_a_colon_without_a_space_is_named(problems, text, problem):
    assert problems(text) == [problem]
