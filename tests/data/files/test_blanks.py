"""Words for missing values, in columns of numbers and Booleans, in every reader."""

import json

import numpy as np
import pytest

from nncli.base.errors import DataError
from nncli.data.files.blanks import Blanks, MixedColumnError
from nncli.data.files.table import BLANK_BOOLEAN
from nncli.data.files.table_file import read_table
from nncli.data.memory.forms import form_of

WORDS = ["NA", "N/A", "n/a", "nan", "NaN", "NULL", "null", "None", "?", "-", "--", ".", "#N/A"]
KNOWN = {"number": ["1", "2.5"], "boolean": ["true", "False"]}


def read(cells, form, folder, blanks=()):
    """Return the column read from these texts, and the words that are blank in it."""
    missing = Blanks(blanks)
    if form == "csv":
        (folder / "t").write_text("x,y\n" + "".join(f"{each},1\n" for each in cells), "utf-8")
        source = folder / "t"
    else:
        known = [*KNOWN["number"], *KNOWN["boolean"]]
        values = [json.loads(each.lower()) if each in known else each for each in cells]
        rows = [{"x": None if each == "" else each, "y": 1} for each in values]
        source = form_of(rows)
        if form == "json lines":
            source = folder / "t"
            source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return read_table(source, missing=missing).columns["x"], missing.words


@pytest.mark.parametrize("form", ["csv", "json lines", "dicts"])
@pytest.mark.parametrize("kind", KNOWN)
@pytest.mark.parametrize("word", WORDS)
def test_a_word_for_missing_values_is_blank_among_numbers_and_booleans(tmp_path, form, kind, word):
    cells = [word, word, word, *KNOWN[kind], "", word]
    found, words = read(cells, form, tmp_path)
    assert (found.dtype == BLANK_BOOLEAN) == (kind == "boolean")
    expected = [1, 0] if kind == "boolean" else [1, 2.5]
    np.testing.assert_array_equal(found, [*[np.nan] * 3, *expected, np.nan, np.nan])
    if not (kind == "boolean" and word.lower() == "nan"):  # NaN in a Boolean column is never text
        assert words == {"x": {word: None}}


@pytest.mark.parametrize("form", ["csv", "json lines", "dicts"])
@pytest.mark.parametrize("first", [True, False])
def test_words_may_be_in_the_first_block_of_a_file_alone_or_in_the_last(tmp_path, form, first):
    cells = [*["NA"] * 9000, *["1"] * 9000]
    found, words = read(cells if first else cells[::-1], form, tmp_path)
    assert (np.isnan(found) == [each == "NA" for each in (cells if first else cells[::-1])]).all()
    assert words == {"x": {"NA": None}}


@pytest.mark.parametrize("form", ["csv", "json lines", "dicts"])
def test_a_word_in_text_is_text_unless_set_otherwise(tmp_path, form):
    cells = ["NA", "EU", "NA", "AS"]
    found, words = read(cells, form, tmp_path)
    assert ([*found], words) == (cells, {})
    assert [*read(cells, form, tmp_path, ["NA"])[0]] == [None, "EU", None, "AS"]


@pytest.mark.parametrize("form", ["csv", "json lines", "dicts"])
def test_other_text_among_numbers_is_reported_with_its_column(tmp_path, form):
    with pytest.raises(MixedColumnError) as caught:
        read(["1", "2", "rotary", "NA"], form, tmp_path)
    assert (caught.value.column, caught.value.text) == ("x", "rotary")
    for text, is_mixed in (("5%", True), ("1_000", True), ("-inf", False)):
        with pytest.raises(DataError) as refused:
            read(["1", "2", "2", text], form, tmp_path)
        assert isinstance(refused.value, MixedColumnError) is is_mixed
