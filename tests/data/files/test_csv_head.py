"""The first rows of CSV: numeric names, other separators, and lines above the header."""

import pytest

from nncli.base.errors import DataError
from nncli.base.words import count
from nncli.data.files.hints import HintedFile, Hints
from nncli.data.files.table_file import column_names, read_table

NAMES = [
    "1100,1102,y\n1,2,3.5\n",
    "2019,2021,y\n1,2,3\n",
    "2019,2021,2023,y\n1,2,,3\n4,5,,6\n",
    "year,2019,2021\n1,2,3\n",
    "1.1,1.2,y\n1,2,3\n",
    "inf,age,y\n1,2,3\n",
    "5,7,ok\n1,2,true\n3,4,false\n",
    "5,7,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n",
    "5,7,when\n1,2,2024-01-02\n3,4,2024-01-03\n5,6,2024-01-04\n",
    '"5","7","9"\n1,2,3\n4,5,6\n',
    '5,7,"kind"\n1,2,"a"\n3,4,"a"\n5,6,"a"\n',
    "0,1,2,target\n1,2,3,4\n",
    "2019,2020,2021\n1,2,3\n",
    "a,2020\nb,1\n",
]
VALUES = [
    "5.1,3.5,setosa\n4.9,3.0,setosa\n",
    "5.1,3.5,setosa\n4.9,3.0,setosa\n6,3,virginica\n7,3,virginica\n",
    "5.1,3.5,a\n4.9,3.0,b\n6,3,c\n",
    "1,1,a\n2,2,b\n",
    "5,7\n1,2\n",
    "5,NA,7\n1,2,3\n",
    "5,$5,7\n1,2,3\n",
    "5,true,7\n1,false,3\n2,true,4\n",
    '"5","7"\n"1","2"\n',
    "5,2024-01-01,7\n1,2024-01-02,3\n4,2024-01-03,5\n6,2024-01-04,7\n",
    "5.1,1\n",
    "5" * 5000 + ",1\n2,3\n",
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "input"


def refusal(path, content):
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_table(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("content", NAMES)
def test_names_may_be_numbers_where_the_rows_below_are_of_another_kind(path, content):
    path.write_text(content, encoding="utf-8")
    expected = content.split("\n")[0].replace('"', "").split(",")
    assert column_names(path) == expected


@pytest.mark.parametrize("content", VALUES)
def test_a_first_row_of_values_is_refused(path, content):
    assert "; expected a column name; add a header line, with quoted names if all are numbers" in (
        refusal(path, content)
    )


@pytest.mark.parametrize(
    ("content", "divider"),
    [
        ("x^y^z\n1,5^2^red\n3,5^4^blue\n", "'^'"),
        ("x:y\n1:2\n", "':'"),
        ("x y\n1 2\n3 4\n", "white space"),
        ("x   color\n1   red\n10  blue\n", "white space"),
        ("x y\n1\t2\n3\t4\n", "white space"),
        ("x y\n1 2 3\n2 4 5\n", "white space"),
    ],
)
def test_other_likely_delimiters_are_named(path, content, divider):
    name = content.split("\n")[0]
    assert refusal(path, content) == (
        f"line 1: has one column, {name!r}, apparently separated by {divider}; use commas, "
        "semicolons, tabs or | instead, or quote the cells of a single column"
    )


@pytest.mark.parametrize(
    "content",
    [
        "x\n1\n2\n",
        "my name\n1\n2\n",
        "my name\nAda Lovelace\nAlan Turing\n",
        "a:b\nc\n",
        '"x|y"\n"1|2"\n',
        "x y\n1 2 3\n",
        "x y\n",
    ],
)
def test_one_column_may_have_any_name(path, content):
    path.write_text(content, encoding="utf-8")
    assert column_names(path) == [content.split("\n")[0].strip('"')]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("rows", [1, 2, 150])
@pytest.mark.parametrize("quote", ['"', ""])
def test_a_header_without_the_name_of_the_row_names_is_explained(path, delimiter, rows, quote):
    """R's write.table writes such headers."""
    lines = [[f"{quote}{name}{quote}" for name in ("x", "y", "kind")]]
    lines += [[f"{quote}{n}{quote}", f"{n / 2}", f"{n * n}", "red"] for n in range(1, rows + 1)]
    found = refusal(path, "".join(delimiter.join(line) + "\n" for line in lines))
    assert found.startswith("line 2: found 4 values; expected 3, as before; ")
    assert found.endswith(
        "; if R's write.table left the first column unnamed, write with "
        "col.names = NA or row.names = FALSE"
    )
    lines[2:] = [line[1:] for line in lines[2:]]
    if rows > 1:
        assert "write.table" not in refusal(path, "\n".join(map(delimiter.join, lines)))


@pytest.mark.parametrize(
    "content", ['"x" "y"\n"1" 1.5 2\n"2" 2.5 3\n', 'x y\n"a" 1.5 2\n"b" 2.5 3\n', '"x" "y"\n1 2\n']
)
def test_spaces_between_quoted_cells_are_named(path, content):
    assert refusal(path, content).endswith(
        "; if spaces separate the cells, use commas instead (in R: write.csv)"
    )


@pytest.mark.parametrize("names", ["x,y", "x;y", "x\ty", "x|y"])
@pytest.mark.parametrize(
    ("above", "passed"),
    [
        ("# made\n", 1),
        ("\n#made, by, me\n# today\n", 2),
        ("# a, b\n", 1),
        ('# 5" tall; "\n\n  # or | so\n', 2),
        ("sep={0}\n", 0),
        ('"SEP={0}"\n# made\n', 1),
    ],
)
def test_comments_and_sep_lines_of_excel_are_skipped(path, names, above, passed):
    above = above.format(delimiter := names[1])
    path.write_text(f"{above}{names}\n1{delimiter}2\n3{delimiter}a\n", encoding="utf-8")
    notes = []
    file = HintedFile(path, Hints(note=notes.append))
    assert column_names(file) == ["x", "y"]
    assert [note.partition(": ")[2] for note in notes] == (
        [f"skipped {count(passed, 'comment line')} above the header"] if passed else []
    )
    with pytest.raises(DataError, match=rf": line {above.count(chr(10)) + 3}, column y: found 'a'"):
        read_table(file, kinds={"y": "number"})


def test_a_sep_line_of_excel_overrides_the_inferred_delimiter(path):
    path.write_text("sep=;\na,b;c\n1,2;3\n", encoding="utf-8")
    assert column_names(path) == ["a,b", "c"]
    assert refusal(path, "sep=:\na:b\n1:2\n").startswith(
        "line 1: sets the delimiter ':'; expected one of"
    )


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("# made\n# x,y\n1,2\n", ["# x", "y"]),
        ("# city,color\nBern,red\nBasel,red\n", ["# city", "color"]),
        ("# x\n1\n2\n", ["# x"]),
        ("#x,y\n", ["#x", "y"]),
    ],
)
def test_names_may_look_like_a_comment(path, content, header):
    path.write_text(content, encoding="utf-8")
    assert column_names(path) == header


def test_a_name_may_begin_as_a_comment_does(path):
    path.write_text("#,x\n1,2\n", encoding="utf-8")
    assert column_names(path) == ["#", "x"]
    path.write_text("# of rows\n1\n2\n", encoding="utf-8")
    assert column_names(path) == ["# of rows"]
