"""Numbers in other notations are distinguished from text and never silently become categories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.files.numerals import FORMS, other_form, remedy_for
from nncli.data.files.table import NUMBER
from nncli.data.files.table_file import read_table

EXAMPLES = {
    "\u22125": "write its minus sign as -: -5",
    "\u20131.5": "write its minus sign as -: -1.5",
    "0x1F": "write it with decimal digits: 31",
    "-0b101": "write it with decimal digits: -5",
    "1.5D+01": "write its exponent with E: 1.5E+01",
    "2d-3": "write its exponent with E: 2E-3",
    "(5)": "write it with a minus sign: -5",
    "(1,004.5)": "write it with a minus sign: -1004.5",
    '="5"': "write it without = and quotation marks: 5",
    '"5"': "write it without = and quotation marks: 5",
    "=5": "write it without =: 5",
    "'5": "write it without the apostrophe: 5",
    "5-": "write its minus sign in front: -5",
    "1.5 \u2212": "write its minus sign in front: -1.5",
    "- 5": "write it without a space after its sign: -5",
    "$5": "write it without the currency: 5",
    "-$5.50": "write it without the currency: -5.50",
    "($1,004)": "write it with a minus sign: -1004",
    "US$ 1,004": "write it without the currency: 1004",
    "5 \u20ac": "write it without the currency: 5",
    "5,50\u00a0\u20ac": "write it without the currency: 5.50",
    "EUR 5": "write it without the currency: 5",
    "5%": "write it without the percent sign: 5",
    "5,5 %": "write it without the percent sign: 5.5",
    "1 000": "write it without separators between its digits: 1000",
    "1\u202f000,5": "write it without separators between its digits: 1000.5",
    "1'000": "write it without separators between its digits: 1000",
    "1_000.5": "write it without separators between its digits: 1000.5",
    "1.234.567": "write it without separators between its digits: 1234567",
    "1.234,5": "write it without separators between its digits: 1234.5",
    "1,004": "write it without thousands separators: 1004",
    "-1,004,000.25": "write it without thousands separators: -1004000.25",
    "1,00,000": "write it without thousands separators: 100000",
    "2,5": "write the decimal comma as a point: 2.5",
    "0,004": "write the decimal comma as a point: 0.004",
    "1004,125": "write the decimal comma as a point: 1004.125",
}
NO_NUMERALS = [
    *("", "a", "5", "-1.5e3", "nan", "2024-01-02", "01.02.2024", "12:30", "1.2.3", "5 kg", "x5"),
    *(
        "5a",
        "1/2",
        "(a)",
        "$",
        "%",
        "()",
        "-",
        "--",
        "A-1",
        "5-6",
        "1 2",
        "10.0.0.1",
        "B2",
        "1,2,3",
    ),
    *("=A1", "='x'", "0xyz", "\uff11\uff12", "5" * 100 + "%"),
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_another_notation_is_reported_with_the_right_one(text):
    assert other_form(text) == EXAMPLES[text]
    assert remedy_for(text) == f"; {EXAMPLES[text]}"


@pytest.mark.parametrize("text", NO_NUMERALS)
def test_numbers_and_text_are_not_other_notations(text):
    assert other_form(text) is None


def test_every_notation_has_an_example():
    for form in FORMS:
        assert any(other_form(text) and form.pattern.fullmatch(text) for text in EXAMPLES)


@given(st.text("0123456789.,-+()$%eEdDx='_ \u2212\u20ac", max_size=12))
def test_the_proposed_notation_is_a_number(text):
    how = other_form(text)
    assert how is None or NUMBER.fullmatch(how.split()[-1])


@pytest.mark.parametrize("other", ["2,5", "0,125", "12,3456"])
def test_a_column_shows_what_a_comma_means(other):
    assert other_form("1,004", [other]) == "write the decimal comma as a point: 1.004"
    assert other_form("1,004", ["12,345", "free"]) == (
        "write it without thousands separators: 1004"
    )


# In a file


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "input"

    def read_cells(cells, **options):
        quoted = (f'"{cell}"' for cell in (each.replace('"', '""') for each in cells))
        text = "x;z\n" + "".join(f"{cell};1\n" for cell in quoted)
        path.write_text(text, encoding="utf-8")
        return read_table(path, **options)

    return read_cells


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("others", [[], ["", "1"], ["a", "7", "8"]], ids=["", "one", "three"])
def test_a_column_of_numerals_keeps_its_text(read, text, others):
    cells = [text, *others, text, text]
    assert read(cells).columns["x"].tolist() == [each or None for each in cells]


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_numeral_among_numbers_is_refused_with_both_remedies(read, text):
    with pytest.raises(DataError, match=r"line 5, .*; or set data.columns: {x: category}$"):
        read(["1", "2", "3", text])


@pytest.mark.parametrize("text", EXAMPLES)
def test_texts_of_which_few_look_like_numbers_are_categories(read, text):
    cells = ["small", "large", text, "5", "small", "large"]
    assert read(cells).columns["x"].tolist() == cells


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_column_that_is_chosen_as_category_stays_text(read, text):
    assert read([text] * 3, kinds={"x": "category"}).columns["x"].tolist() == [text] * 3
    assert read([text] * 3, used=["z"]).columns["z"].tolist() == [1, 1, 1]


def test_a_column_that_is_blank_at_first_can_be_set_to_text(read):
    blank = [""] * 40_000
    with pytest.raises(DataError) as caught:
        read([*blank, "late"])
    assert str(caught.value).endswith(
        "line 40002, column x: found 'late'; expected a finite number; or set data.columns: "
        "{x: category}"
    )


def test_a_name_in_the_remedy_is_valid_yaml(tmp_path):
    path = tmp_path / "input"
    path.write_text('"a: b",y\n5%,1\n6,2\n7,2\n', encoding="utf-8")
    with pytest.raises(DataError, match=r'set data.columns: {"a: b": category}$'):
        read_table(path)
