from dataclasses import replace

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.files.table_blocks import compacted
from nncli.data.tables.column import Column
from nncli.data.tables.described import described
from nncli.data.tables.encoding import Encoding, Unseen, constant_columns, fit
from tests.data.tables.tables import table

ALL = np.arange(4)


def encoded(columns, rows, training=ALL):
    return fit(columns, rows, training).encode(rows)[0].tolist()


def refusal(function, *arguments):
    with pytest.raises(DataError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


MIXED = table(
    size=[1, 2, 3, 4],
    color=["red", "blue", "red", "green"],
    member=[True, False, False, True],
)


def test_each_kind_becomes_its_inputs():
    encoding = fit(described(MIXED, ["size", "color", "member"], {}), MIXED, ALL)
    assert encoding.inputs == ["size", "color=blue", "color=green", "color=red", "member"]
    assert encoding.scaled == [True, False, False, False, False]
    matrix, notes = encoding.encode(compacted(MIXED))
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[1, 0, 0, 1, 1], [2, 1, 0, 0, 0], [3, 0, 0, 1, 0], [4, 0, 1, 0, 1]]
    assert notes == []


def test_columns_may_come_in_any_order_and_with_others_among_them():
    encoding = fit(described(MIXED, ["size", "color"], {}), MIXED, ALL)
    other = table(
        junk=["a", "b", "c", "d"], color=["green", "red", "red", "blue"], size=[9, 8, 7, 6]
    )
    assert encoding.encode(other)[0].tolist() == [
        [9, 0, 1, 0],
        [8, 0, 0, 1],
        [7, 0, 0, 1],
        [6, 1, 0, 0],
    ]


@pytest.mark.parametrize(
    ("missing", "fill", "expected"),
    [
        ("mean", None, [[1], [3], [5], [3]]),
        ("constant", -1.0, [[1], [-1], [5], [3]]),
        ("indicator", None, [[1, 0], [3, 1], [5, 0], [3, 0]]),
    ],
)
def test_a_blank_number_is_filled_by_policy(missing, fill, expected):
    rows = table(x=[1, None, 5, 3])
    assert encoded([Column("x", "number", missing, fill)], rows) == expected


def test_the_median_is_that_of_the_known_values():
    rows = table(x=[1, None, 2, 9])
    assert encoded([Column("x", "number", "median")], rows) == [[1], [2], [2], [9]]


def test_blanks_are_filled_from_the_training_rows_only():
    rows = table(x=[1, 3, None, 100])
    assert encoded([Column("x", "number", "mean")], rows, ALL[:2])[2] == [2]


def test_a_blank_text_can_be_a_category_or_an_input_of_its_own():
    rows = table(c=["a", None, "b", "a"])
    column = Column("c", "category", "constant", "none")
    assert fit([column], rows, ALL).inputs == ["c=a", "c=b", "c=none"]
    assert encoded([column], rows)[1] == [0, 0, 1]
    column = Column("c", "category", "indicator")
    assert fit([column], rows, ALL).inputs == ["c=a", "c=b", "c is blank"]
    assert encoded([column], rows) == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]


def test_a_blank_boolean_can_be_filled():
    rows = table(b=[1, 0, None, 1])
    assert encoded([Column("b", "boolean", "constant", 0.0)], rows)[2] == [0]
    assert encoded([Column("b", "boolean", "indicator")], rows, ALL[:2])[2] == [0.5, 1]


def test_a_blank_cell_is_an_error_unless_said_otherwise():
    message = refusal(encoded, [Column("x", "number")], table(x=[1, 2, None, 4]))
    assert message.startswith("t.csv: line 4, column x: is blank; expected a number")
    message = refusal(encoded, [Column("c", "category")], table(c=["a", None, "b", "a"]))
    assert message.startswith("t.csv: line 3, column c: is blank; expected a text")


def test_an_unseen_category_is_all_zeros_and_reported():
    encoding = fit([Column("color", "category")], MIXED, ALL)
    matrix, notes = encoding.encode(table(color=["red", "mauve", "mauve", "pink"]))
    assert matrix.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert notes == [
        "t.csv: 3 cells have categories that are not in the training rows: color 'mauve' (line 3) "
        "and others; their inputs are all 0"
    ]


def test_unseen_categories_of_later_rows_are_added():
    encoding, unseen = fit([Column("color", "category")], MIXED, ALL), Unseen()
    for colors in (["mauve"], ["red", "mauve"]):
        encoding.encode_block(table(color=colors), (), unseen)
    (note,) = unseen.notes("t.csv")
    assert note.startswith("t.csv: 2 cells have categories that")
    assert "color 'mauve' (line 2); their" in note
    encoding.encode_block(table(color=["pink", "pink"]), (), unseen)
    (note,) = unseen.notes("t.csv")
    assert note.startswith("t.csv: 4 cells have categories that")
    assert "color 'mauve' (line 2) and others; their" in note


def test_categories_are_those_of_the_training_rows():
    assert fit([Column("color", "category")], MIXED, ALL[:2]).inputs == ["color=blue", "color=red"]


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-05", "2024-02-01"],
        ["5.1.2024", "31.12.2023"],
        ["1/5/24", "12/31/23"],
        ["2024-01-05T10:00:00Z", "2024-01-05 11:30"],
        ["10:30", "23:59:59"],
    ],
)
def test_dates_are_refused_with_a_hint(cells):
    message = refusal(described, table(when=[None, *cells]), ["when"], {})
    assert message.startswith(f"t.csv: column when: line 3: found '{cells[0]}', a date or time; ")
    assert "data.drop" in message
    chosen = {"when": {"kind": "category", "missing": "indicator"}}
    assert described(table(when=[None, *cells]), ["when"], chosen)[0].kind == "category"


def test_a_text_column_of_row_names_is_refused_with_a_remedy():
    names = table(who=[f"customer {n}" for n in range(12)])
    assert refusal(described, names, ["who"], {}) == (
        "t.csv: column who: 12 different texts in 12 rows, like names or free text; add it to "
        "data.drop, or set data.id: who to keep it next to the predictions"
    )
    assert described(names, ["who"], {"who": {"kind": "category"}})[0].kind == "category"
    assert described(table(who=["a", "b", "c"]), ["who"], {})[0].kind == "category"


@pytest.mark.parametrize("large", [1e308, -1e31, np.inf])
def test_numbers_too_large_are_refused(large):
    message = refusal(encoded, [Column("x", "number")], table(x=[1, 2, large, 4]))
    assert message == (
        f"t.csv: line 4, column x: found {large:g}; expected a number from -1e+30 to 1e+30"
    )


def test_a_constant_column_is_named():
    rows = table(a=[1, 1, 1, 1], b=[1, 2, 3, 4], c=["x", "x", "x", "x"])
    encoding = fit(described(rows, ["a", "b", "c"], {}), rows, ALL)
    assert [*constant_columns(encoding, encoding.encode(rows)[0], np.arange(len(rows)))] == [
        "a",
        "c",
    ]


def test_numbers_far_from_zero_keep_their_digits():
    rows = table(time=[1.6e9, 1.6e9 + 1, 1.6e9 + 2, 1.6e9 + 3])
    encoding = fit([Column("time", "number")], rows, ALL)
    for found, _ in (encoding.encode(rows), encoding.encode(compacted(rows))):
        assert found[:, 0].tolist() == rows.columns["time"].tolist()


@pytest.mark.parametrize("fill", [0.1, 3.0])
def test_what_fills_blanks_keeps_its_digits(fill):
    rows = compacted(table(x=[1, None, 2, 5]))
    encoding = fit([Column("x", "number", "constant", fill)], rows, ALL)
    assert rows.columns["x"].dtype == np.float32
    assert encoding.encode(rows)[0].tolist() == [[1], [fill], [2], [5]]


def test_the_type_of_a_matrix_is_the_smallest_that_holds_its_numbers():
    rows = table(x=[1, 0.5, 2, None], c=["a", "b", "a", "b"])
    encoding = fit(described(rows, ["x", "c"], {"x": {"missing": "median"}}), rows, ALL)
    assert encoding.encode(compacted(rows))[0].dtype == np.float32
    tenths = table(x=[1, 0.1, 2, 5], c=["a", "b", "a", "b"])
    assert encoding.encode(compacted(tenths))[0].dtype == np.float64
    assert encoding.encode_block(compacted(rows), (), Unseen()).dtype == np.float64


def test_all_differences_of_columns_are_reported_at_once():
    encoding = fit(described(MIXED, ["size", "color", "member"], {}), MIXED, ALL)
    other = table(Size=[1, 2, 3], color=["red", "red", "red"], member=["no", "maybe", "yes"])
    assert refusal(encoding.encode, other) == (
        "t.csv: columns do not match the model: missing 'size' (did you mean 'Size'?); unexpected "
        "'Size'; member: found 'no' (line 2); expected Booleans; add or correct these columns"
    )


def test_a_number_for_a_boolean_is_another_kind_unless_0_or_1():
    encoding = fit([Column("member", "boolean")], MIXED, ALL)
    assert encoding.encode(table(member=[0, 1]))[0].tolist() == [[0], [1]]
    message = refusal(encoding.encode, table(member=[0, 2]))
    assert message.endswith(
        "member: found numbers; expected Booleans; add or correct these columns"
    )


@pytest.mark.parametrize(
    ("column", "settings", "problem"),
    [
        ("color", {"missing": "mean"}, "text has no mean"),
        ("color", {"missing": "constant", "fill": 1.0}, "found the constant 1.0; expected a text"),
        ("size", {"missing": "constant", "fill": "no"}, "found the constant 'no'; expected a num"),
    ],
)
def test_a_policy_that_does_not_suit_is_refused(column, settings, problem):
    assert problem in refusal(described, MIXED, [column], {column: settings})


def test_a_column_of_blanks_has_no_mean():
    message = refusal(encoded, [Column("x", "number", "mean")], table(x=[None] * 4))
    assert message.startswith("t.csv: column x: every value in the training rows is missing")


def test_an_encoding_survives_json():
    encoding = fit(described(MIXED, ["size", "color"], {}), MIXED, ALL)
    values = encoding.as_json()
    columns = tuple(
        replace(Column(**each), categories=tuple(each["categories"])) for each in values["columns"]
    )
    assert Encoding(columns) == encoding


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int64, np.uint64])
@pytest.mark.parametrize("rows", [1, 2, 7, 8])
def test_the_median_of_any_type_is_that_of_double_precision(dtype, rows):
    cells = (np.random.default_rng(rows).normal(size=rows) * 1000 + 9000).astype(dtype)
    column = Column("x", "number", "auto").fit(table(x=cells), np.arange(rows))
    assert column.fill == np.median(cells.astype(np.float64))
