"""A worksheet is the page of a step with blanks, and its solution is the page with marks."""

import re

import pytest

import nncli

XOR = {"data": {"source": "gate", "gate": "xor"}}
TABLE = {"source": "rows", "inputs": [[0.5, -1], [1, 2], [-0.3, 0]], "targets": [1, -0.5, 0]}
CASES = {
    "sigmoid": "configs/lectures/backpropagation.yaml",
    "gates": {
        **XOR,
        "model": {
            "hidden_layers": [2], "activation": "step", "output": "step",
            "initial_weights": [[[1, -1], [1, -1]], [[-1], [-1]]],
            "initial_biases": [[-2, 0], [0]],
        },
        "training": {"epochs": 0},
    },
    "zeros": {
        **XOR,
        "model": {"hidden_layers": [2], "activation": "relu", "initializer": "zeros"},
        "training": {"optimizer": {"name": "sgd", "momentum": 0.5}},
    },
    "softmax": {
        **XOR,
        "model": {"hidden_layers": [3], "activation": "prelu", "output": "softmax"},
        "training": {"loss": "cross_entropy", "optimizer": "adam", "l2": 0.1, "clip_norm": 0.1},
    },
    "coupled": {
        **XOR,
        "model": {"hidden_layers": [2, 2], "activation": ["elu", "sqlu"], "output": "softmax"},
        "training": {"loss": "squared_error", "optimizer": "rmsprop", "max_norm": 0.1},
    },
    "hinge": {
        **XOR,
        "model": {"hidden_layers": [2], "activation": "tanh", "output": "identity"},
        "training": {"loss": "hinge", "clip_value": 0.1, "l1": 0.1},
    },
    "huber": {
        "data": TABLE,
        "model": {"hidden_layers": [2], "activation": "gelu"},
        "training": {"loss": "huber", "optimizer": "nadam"},
    },
    "layer_norm": {
        **XOR,
        "model": {"hidden_layers": [4], "activation": "leaky_relu", "normalization": "layer_norm"},
        "training": {},
    },
    "batch_norm": {
        **XOR,
        "model": {"hidden_layers": [2], "activation": "selu", "normalization": "batch_norm"},
        "training": {},
    },
}  # fmt: skip
ROWS = {"gates": range(4), "zeros": range(4), "huber": range(3), "batch_norm": range(4)}
LOOKS = {  # a blank, and a number that was blank
    "text": (r"____", r"_([\d.]+(?:e[-+]\d+)?)_"),
    "markdown": (r"\\underline\{\\qquad\}", r"\\underline\{([^{}]*(?:\{[^{}]*\})?)\}"),
    "latex": (r"\\underline\{\\qquad\}", r"\\underline\{([^{}]*(?:\{[^{}]*\})?)\}"),
}
every_case = pytest.mark.parametrize("case", CASES)
every_format = pytest.mark.parametrize("format_", LOOKS)


def page(case, **others):
    return nncli.trace(CASES[case], rows=[*ROWS.get(case, [0])], **others)


def on_one_line(text):
    """Return a page without spaces, line breaks, and the paragraph on the worksheet."""
    text = re.sub(r"(Worksheet|Solution of worksheet) \d+, with .*?\n\n", "", text, flags=re.DOTALL)
    return re.sub(r"\\\\|\s|&|(?<!q)\\quad", "", text)


@every_format
@every_case
@pytest.mark.parametrize("limit", [2, 6])
def test_the_solution_is_the_page_apart_from_its_marks(case, format_, limit):
    plain = page(case, format=format_, limit=limit)
    for blank in (0.4, 1.0):
        solution = page(case, format=format_, limit=limit, blank=blank, solution=True)
        bare = re.sub(LOOKS[format_][1], r"\1", on_one_line(solution))
        assert bare == on_one_line(plain) != on_one_line(solution)


@every_format
@every_case
@pytest.mark.parametrize("blank", [0.1, 0.5, 1.0])
def test_the_solution_is_the_sheet_with_its_blanks_filled_in(case, format_, blank):
    empty, filled = LOOKS[format_]
    settings = {"format": format_, "blank": blank, "seed": 4}
    sheet = re.split(empty, on_one_line(page(case, **settings)))
    solution = re.split(filled, on_one_line(page(case, **settings, solution=True)))[::2]
    assert len(sheet) == len(solution) > 1
    closed = ""
    for before, found in zip(sheet, solution, strict=True):
        # A blank has the sign of its number in it, with parentheses if it is a factor.
        ways = {before: "", f"{before}-": "", f"{before}(-": ")", f"{before}(": ")"}
        ways |= {f"{before[:-1]}-": ""} if before.endswith("+") else {}
        assert found.startswith(closed)
        found = found.removeprefix(closed)
        closed = ways[found]
    assert found == sheet[-1]


@every_case
def test_a_missing_number_is_printed_nowhere_on_the_sheet(case):
    settings = {"blank": 0.5, "seed": 2}
    missing = re.findall(LOOKS["text"][1], page(case, **settings, solution=True))
    sheet, empty = page(case, **settings), page(case, blank=1.0)  # with all that is given
    shown, given = (re.findall(r"\d+(?:\.\d+)?(?:e[-+]\d+)?", text) for text in (sheet, empty))
    missing, shown, given = ({each for each in found if digits(each) > 3}
                             for found in (missing, shown, given))  # fmt: skip
    assert missing or case in ("gates", "zeros")
    assert missing & shown <= given


def digits(number):
    return len(number.partition("e")[0].replace(".", "").lstrip("0"))


@every_case
def test_every_result_is_missing_with_a_share_of_1_and_all_that_is_given_remains(case):
    sheet, plain = page(case, blank=1.0), page(case)
    text = re.sub(r"\n {4,}", " ", sheet.partition("So no parameter changes")[0])
    results = re.findall(r"^  \S+ (?:=|←) .*?(\S+)$", text, flags=re.MULTILINE)
    assert set(results) == {"____"}
    given = re.compile(r"^(?:Row .*|.*?learning rate .*|[a-z_]+: .*)$", re.MULTILINE)
    assert given.findall(sheet) == given.findall(plain) != []
    for symbols in re.findall(r"= (w1\[1,1\].*?) =", re.sub(r"\n {4,}", " ", plain)):
        assert f"= {symbols} =" in text


def test_inputs_remain_in_tables_and_sums_where_results_have_the_same_value():
    sheet = page("gates", blank=1.0)
    assert "  row  x[1]  x[2]  z1[1]  z1[2]  z2[1]\n    0     0     0   ____   ____" in sheet
    assert "= -1 × 1 - 1 × 1 + 0 = ____\n  a1[2] = ____\n" in sheet
    assert "= -1 × ____ - 1 × ____ + 0\n        = ____\n  a2[1] = ____\n" in sheet
    assert "a = 1 if z ≥ 0, else 0" in sheet


def test_the_losses_of_the_rows_are_results():
    _, head, sheet = page("gates", blank=1.0).partition("The loss of each row")
    table = sheet.partition("3 Backward")[0]
    assert head
    assert [line.split()[-1] for line in table.splitlines()[2:7]] == ["L", *["____"] * 4]


def test_a_blank_hides_the_sign_too():
    sheet, solution = page("sigmoid", blank=1.0), page("sigmoid", blank=1.0, solution=True)
    assert "=0.4×_0.125997_+0.45×(-_0.0541162_)=_0.0260464_" in on_one_line(solution)
    assert "=0.4×____+0.45×____=____" in on_one_line(sheet)
    assert "-____" not in sheet.replace("e^-____", "")


def test_another_seed_leaves_out_other_numbers_and_the_same_seed_the_same():
    sheets = [page("sigmoid", blank=0.3, seed=seed) for seed in (0, 1, 2, 0)]
    assert sheets[0] == sheets[3]
    assert len(set(sheets)) == 3
    assert sheets[1].count("Worksheet 1, with ") == 1
    counts = {re.search(r"with (\d+) missing", sheet)[1] for sheet in sheets}
    assert len(counts) == 1
    more = page("sigmoid", blank=0.6)
    assert more.count("____") > sheets[0].count("____")


def test_the_formats_of_a_sheet_leave_out_the_same_numbers():
    numbers = [
        re.findall(filled, page("sigmoid", blank=0.5, solution=True, format=format_))
        for format_, (_, filled) in LOOKS.items()
    ]
    assert numbers[0] == numbers[1] == numbers[2]


@pytest.mark.parametrize("solution", [False, True])
def test_the_braces_of_latex_are_balanced(solution):
    for case in CASES:
        text = page(case, format="latex", blank=0.5, solution=solution)
        assert text.count("{") == text.count("}")
        assert text.count("$") % 2 == 0
        for line in text.splitlines():
            assert line.count("{") == line.count("}")


@pytest.mark.parametrize("solution", [False, True])
def test_a_sheet_can_be_a_page_for_the_browser(solution):
    pytest.importorskip("latex2mathml", reason="the extra 'html' is not installed")
    text = page("gates", format="html", blank=0.5, solution=solution)
    assert ("<mtext>____</mtext>" in text) != solution
    assert ("<munder><mrow><mn>" in text) == solution


@every_case
def test_a_sheet_fits_80_columns(case):
    for solution in (False, True):
        text = page(case, blank=0.5, solution=solution)
        assert max(map(len, text.splitlines())) <= 80


def test_the_smallest_share_leaves_out_one_number():
    assert "Worksheet 0, with 1 missing number. " in page("sigmoid", blank=1e-9)


def test_without_blanks_the_page_is_the_plain_one():
    assert page("sigmoid", blank=0, seed=7) == page("sigmoid")
    assert not re.search("[\ue000-\uf8ff]", page("batch_norm", blank=0.5))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"blank": 1.5}, "blank: found 1.5; expected a number from 0 to 1"),
        ({"blank": True}, "blank: found True; expected a number from 0 to 1"),
        ({"blank": float("nan")}, "blank: found nan; expected a number from 0 to 1"),
        ({"blank": 0.5, "seed": -1}, "seed: found -1; expected an integer of 0 or more"),
        ({"blank": 0.5, "seed": "a"}, "seed: found 'a'; expected an integer of 0 or more"),
        ({"blank": 0.5, "solution": 1}, "solution: found 1; expected true or false"),
        (
            {"blank": 0.5, "form": "matrix"},
            "blank: a worksheet has no matrices; leave out form",
        ),
        ({"solution": True}, "solution: no number is left out; set blank"),
        (
            {"seed": 3},
            "seed: is the number of a worksheet; set blank, or write seed=3 for the seed of the "
            "config",
        ),
    ],
)
def test_invalid_settings_are_named(settings, problem):
    with pytest.raises(nncli.UsageError) as raised:
        page("sigmoid", **settings)
    assert str(raised.value) == problem
