import bz2
import gzip
import io
import struct
import sys
import zipfile
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import DataError
from nncli.data.rows.blocks import Asked
from nncli.data.rows.reading import Taken, labelled_rows, read_rows
from nncli.data.tables.targets import Targets

COLUMNS = ["x1", "x2"]
ROWS = np.array([[0.5, 1.0], [-2.0, 3.25], [4.0, 5.0]])

with_files = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)


def read_all(path, columns, note=print):
    """Return the rows of all blocks."""
    blocks = read_rows(Taken(columns), path, Asked(note, rows=2))
    return np.concatenate([block.inputs for block in blocks])


def read_labelled(path, columns, targets, classes):
    """Return rows with class indices or with numbers as targets."""
    task = ("binary" if len(classes) == 2 else "multiclass") if classes else "regression"
    return labelled_rows(Taken(columns), Targets(task, targets, classes), path, note=print)


@pytest.fixture
def path(tmp_path):
    """Return a path for the test's file, with a name that is independent of the format."""
    return tmp_path / "input"


@pytest.fixture
def rows_of(path):
    """Return a function that reads rows from file content."""

    def read(content, columns=COLUMNS):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_all(path, columns)

    return read


@pytest.fixture
def refusal_of(rows_of, path):
    """Return a function that returns the error for some content, without the file name."""

    def refuse(content, columns=COLUMNS):
        with pytest.raises(DataError) as caught:
            rows_of(content, columns)
        return words(caught, path)

    return refuse


def words(caught, path):
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def npy(array, **options):
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(save=np.savez, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def idx(array):
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def zip_of(members, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


# CSV


@pytest.mark.parametrize(
    "text",
    [
        "x1,x2\n0.5,1\n-2,3.25\n4,5\n",
        "0.5,1\n-2,3.25\n4,5\n",
        "\ufeffx1,x2\n0.5,1\n-2,3.25\n4,5\n",
        "\ufeff0.5,1\n-2,3.25\n4,5\n",
        "x1,x2\r\n0.5,1\r\n-2,3.25\r\n4,5\r\n",
        "x1,x2\r0.5,1\r-2,3.25\r4,5\r",
        "x1,x2\n0.5,1\n-2,3.25\n4,5",
        "\n\nx1,x2\n\n0.5,1\n  \n-2,3.25\n4,5\n\n\n",
        ' x1 , x2 \n 0.5 ,  1\n-2,3.25 \n"4","5"\n',
        '"x1","x2"\n"0.5",1\n-2,"3.25"\n4,5\n',
        "x1,x2\n5e-1,1.\n-20E-1,+3.25\n.4e1,500e-2\n",
        "x2,x1\n1,0.5\n3.25,-2\n5,4\n",
        "id,x2,name,x1\n7,1,a,0.5\n8,3.25,,-2\n9,5,nan,4\n",
        'note,x1,x2\n"a, b",0.5,1\n"c ""d""",-2,3.25\n,4,5\n',
        'note,x1,x2\n"two\nlines",0.5,1\n,-2,3.25\n,4,5\n',
        "width,height\n0.5,1\n-2,3.25\n4,5\n",
    ],
)
def test_a_csv_file_is_read_whatever_its_form(rows_of, text):
    rows = rows_of(text)
    np.testing.assert_array_equal(rows, ROWS)
    assert rows.dtype == np.float64


def test_whole_numbers_stay_whole(rows_of):
    assert rows_of("9007199254740992,2\n3,-4\n").tolist() == [[9007199254740992, 2], [3, -4]]


def test_whole_numbers_of_more_than_64_bits_are_read_as_floats(rows_of):
    assert rows_of("99999999999999999999,2\n").tolist() == [[1e20, 2.0]]


def test_one_row_and_one_column_are_enough(rows_of):
    assert rows_of("1,2").tolist() == [[1, 2]]
    assert rows_of("1\n2\n", ["x"]).tolist() == [[1], [2]]
    assert rows_of("x\n1\n", ["x"]).tolist() == [[1]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1,2,3\n", "has 3 columns and no header; the model takes 2 (x1, x2)"),
        ("x1,y,z\n1,2,3\n", "has 3 columns and lacks x2; the model takes 2 (x1, x2)"),
        ("x2,y1\n1,2\n", "has 2 columns and lacks x1; the model takes 2 (x1, x2)"),
        ("1\n2\n", "has 1 column and no header; the model takes 2 (x1, x2), separated by commas"),
        ("1^2\n3^4\n", "has 1 column and lacks x1, x2; the model takes 2 (x1, x2), separated by"),
        ("1,2\n3,4\n5,6,7\n", "line 3: found 3 values; expected 2, as before"),
        ("x1,x2\n\n1,2\n3\n", "line 4: found 1 values; expected 2, as before"),
        ("x1,x2,z\n1,2\n", "line 2: found 2 values; expected 3, as before"),
        ('x1,x2,z\n1,2,3\n1,2,"3,4",5\n', "line 3: found 4 values; expected 3, as before"),
        ("1,2\n3,four\n", "line 2, column x2: found 'four'; expected a finite number"),
        ("x2,x1\n1,2\n3,four\n", "line 3, column x1: found 'four'; expected a finite number"),
        ("four,2\n", "line 1, column x1: found 'four'; expected a finite number"),
        ("1,2\n3,\n", "line 2, column x2: is empty; expected a finite number"),
        ("1,2\n ,4\n", "line 2, column x1: is empty; expected a finite number"),
        ("1,2\n,\n3,4\n", "line 2, column x1: is empty; expected a finite number"),
        ("1,2\n3,4\n,\n", "line 3, column x1: is empty; expected a finite number"),
        ("1,2\n3,nan\n", "line 2, column x2: found 'nan'; expected a finite number"),
        ("nan,2\n", "line 1, column x1: found 'nan'; expected a finite number"),
        ("1,-inf\n", "line 1, column x2: found '-inf'; expected a finite number"),
        ("1,Infinity\n", "line 1, column x2: found 'Infinity'; expected a finite number"),
        ("1,2\n1e400,2\n", "line 2, column x1: found '1e400'; expected a finite number"),
        ("1_000,2\n", "line 1, column x1: found '1_000'; expected a finite number"),
        ("1,0x10\n", "line 1, column x2: found '0x10'; expected a finite number"),
        ("1,1j\n", "line 1, column x2: found '1j'; expected a finite number"),
        ("1,1 2\n", "line 1, column x2: found '1 2'; expected a finite number"),
        ("1,- 2\n", "line 1, column x2: found '- 2'; expected a finite number"),
        ("1,2\n3,\uff11\uff12\n", "line 2, column x2: found '\uff11\uff12'; expected a finite"),
        ("1,2\n3," + "z" * 99, "line 2, column x2: found '" + "z" * 40 + "'; expected a finite"),
        ("1,2\n3,\0\n", "has a NUL byte at offset 6; not CSV"),
        ("x1,x2\n", "has no rows below its header"),
        ("x1,x2", "has no rows below its header"),
        ("", "is empty; expected rows of numbers"),
        ("\n \n", "has no rows; expected rows of numbers"),
        ('1,"2\n3,4\n', "line 1: unclosed quotation mark"),
        ('x1,x2\n1,2\n3,"4', "line 3: unclosed quotation mark"),
        ('1,"2"3\n', "line 1: expected ',' after '\"'"),
        (
            'x1,x2\n"' + "9" * 200_000 + '",1\n1,a\n',
            "line 2, column x1: found '9999999999999999999999999999999999999999'; expected a",
        ),
        (b"x1,x2\n1,\xff\n", "line 2, column x2: found 'ÿ'; expected a finite number"),
        ("x1,x2\n1,a\n".encode("utf-16"), "line 2, column x2: found 'a'; expected a finite"),
        (b"\x89PNG\r\n\x1a\n", "holds images; the model takes 2 numbers per row: 'x1', 'x2'"),
        (
            b"\xd0\xcf\x11\xe0",
            "is an old Office document, such as .xls or .doc; expected a table: CSV",
        ),
    ],
    ids=count(),
)
def test_a_wrong_csv_file_is_refused_with_the_place_and_what_is_expected(refusal_of, text, problem):
    assert refusal_of(text).startswith(problem)


def test_only_the_first_names_of_many_columns_are_listed(refusal_of):
    names = [f"pixel{n}" for n in range(784)]
    assert refusal_of("1,2\n", names) == (
        "has 2 columns and no header; the model takes 784 (pixel0, pixel1, ... pixel783)"
    )


def test_an_error_in_a_column_that_is_not_used_does_not_matter(rows_of):
    assert rows_of("x1,note,x2\n1,nan,2\n3,,4\n").tolist() == [[1, 2], [3, 4]]


# Arrays


IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
PIXELS = [f"pixel{n}" for n in range(12)]


@pytest.mark.parametrize(
    "content",
    [
        npy(ROWS),
        npy(np.asfortranarray(ROWS)),
        npz(rows=ROWS),
        npz(X=ROWS, y=np.zeros(3)),
        npz(np.savez_compressed, X=ROWS),
    ],
    ids=["npy", "Fortran order", "npz of one array", "npz with X", "compressed npz"],
)
def test_an_array_is_read_from_npy_and_npz(rows_of, content):
    np.testing.assert_array_equal(rows_of(content), ROWS)


def test_an_array_of_one_dimension_is_one_row(rows_of):
    assert rows_of(npy(np.array([3, 4]))).tolist() == [[3, 4]]


@pytest.mark.parametrize(
    "content",
    [npy(IMAGES), npz(X=IMAGES), idx(IMAGES), gzip.compress(idx(IMAGES), mtime=0)],
    ids=["npy", "npz", "IDX", "IDX.gz"],
)
def test_images_become_rows_and_stay_bytes(rows_of, content):
    rows = rows_of(content, PIXELS)
    assert rows.dtype == np.uint8
    np.testing.assert_array_equal(rows, IMAGES.reshape(2, 12))


def test_truth_values_become_0_and_1(rows_of):
    rows = rows_of(npy(np.array([[True, False]])))
    assert (rows.dtype, rows.tolist()) == (np.uint8, [[1, 0]])


@pytest.mark.parametrize("dtype", [">f4", "<f2", ">i8", "<u2"])
def test_every_type_of_number_is_read(rows_of, dtype):
    np.testing.assert_array_equal(rows_of(npy(np.array([[1, 2]], dtype))), [[1, 2]])


def with_damage(content):
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :]


def with_bz2_damaged():
    content = zip_of({"X.npy": npy(ROWS)}, zipfile.ZIP_BZIP2)
    place = content.index(bz2.compress(npy(ROWS))[:4])
    return content[: place + 4] + bytes(40) + content[place + 44 :]


def far_away():
    """Return a zip file with a member offset beyond any possible file size."""
    content = bytearray(zip_of({"X.npy": npy(ROWS)}))
    central, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    struct.pack_into("<I", content, central + 42, 2**32 - 1)
    struct.pack_into("<H", content, central + 30, len(extra))
    struct.pack_into("<I", content, end + 12, end - central + len(extra))
    content[end:end] = extra
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (npy(np.array([["a", "b"]])), "holds values of type <U1; expected numbers"),
        (npy(np.array([[1j, 2]])), "holds values of type complex128; expected numbers"),
        (npy(np.zeros((1, 2), "M8[s]")), "holds values of type datetime64[s]; expected numbers"),
        (npy(np.zeros((1, 2), "f4,f4")), "holds values of type [('f0', '<f4'), ('f1', '<f4')]"),
        (npy(np.array([[{}, 1]], object), allow_pickle=True), "holds Python objects"),
        (npy(ROWS)[:-1], "has 47 bytes of values, which do not match its shape (3, 2)"),
        (npy(ROWS)[:50], "has a damaged .npy header"),
        (npy(np.zeros((0, 2))), "has no rows"),
        (npy(np.zeros((0, 3, 4))), "has no rows"),
        (npy(np.zeros(0)), "has shape (0,), 0 numbers per row; the model takes 2"),
        (npy(np.zeros((3, 0))), "has shape (3, 0), 0 numbers per row; the model takes 2"),
        (npy(np.array(5)), "has shape (), 1 number per row; the model takes 2 (x1, x2)"),
        (npy(ROWS.T), "has shape (2, 3), 3 numbers per row; the model takes 2 (x1, x2)"),
        (npy(np.zeros((2, 1, 3))), "has shape (2, 1, 3), 3 numbers per row"),
        (npy(ROWS * [1, np.nan]), "row 0, column x2: found nan; expected a finite number"),
        (npy(ROWS - [[0, 0], [np.inf, 0], [0, 0]]), "row 1, column x1: found -inf; expected a"),
        (npz(a=ROWS, b=ROWS), "has the arrays a, b; expected one array, or one named X"),
        (zip_of({}), "has no arrays; expected one array, or one named X"),
        (npz(X=ROWS)[:-1], "is not an .npz file, or is truncated or damaged"),
        (b"PK\3\4", "is not an .npz file, or is truncated or damaged"),
        (with_damage(npz(np.savez_compressed, X=np.random.default_rng(0).random((9, 2)))), "is no"),
        (zip_of({"X.npy": npy(ROWS)}, zipfile.ZIP_LZMA), "X has a compression that"),
        (with_bz2_damaged(), "X has a compression that NumPy does not use"),
        (far_away(), "is not an .npz file, or is truncated or damaged"),
        (zip_of({"notes/": b""}), "has no arrays; expected one array, or one named X"),
        (zip_of({"notes.txt": b"hello"}), "has 1 column and lacks x1, x2"),
        (idx(IMAGES), "has shape (2, 3, 4), 12 numbers per row; the model takes 2"),
        (idx(IMAGES)[:-1], "the header declares 24 bytes of values, but the file has only 23"),
        (gzip.compress(idx(IMAGES), mtime=0)[:-9], "the gzip data is truncated or damaged"),
        (gzip.compress(idx(IMAGES)[:-1], mtime=0), "the header declares 24 bytes of values"),
        (
            gzip.compress(b"x1,x2\n1,b\n", mtime=0),
            "line 2, column x2: found 'b'; expected a finite number",
        ),
        (b"\0\0\0\0", "is not an IDX file"),
    ],
    ids=count(),
)
def test_a_wrong_array_is_refused_with_the_reason(refusal_of, content, problem):
    assert refusal_of(content).startswith(problem)


def test_a_missing_file_and_a_directory_are_refused(path):
    for problem in (
        "cannot be read (no such file or directory)",
        "is a folder without images; the model takes 2 numbers per row: 'x1', 'x2'",
    ):
        with pytest.raises(DataError) as caught:
            read_all(path, COLUMNS)
        assert words(caught, path) == problem
        path.mkdir(exist_ok=True)


# Standard input


def give(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        b"x2,x1\n1,2\n3,4\n",
        npy(np.array([[2, 1], [4, 3]])),
        npz(X=np.array([[2, 1], [4, 3]])),
        idx(np.array([[2, 1], [4, 3]])),
        gzip.compress(idx(np.array([[2, 1], [4, 3]])), mtime=0),
    ],
    ids=["CSV", "npy", "npz", "IDX", "IDX.gz"],
)
def test_a_dash_is_standard_input(monkeypatch, content):
    give(monkeypatch, content)
    assert read_all(Path("-"), COLUMNS).tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "standard input: is empty; expected rows of numbers"),
        (b"1,a\n", "standard input: line 1, column x2: found 'a'; expected a finite number"),
    ],
)
def test_an_error_names_standard_input(monkeypatch, content, message):
    give(monkeypatch, content)
    with pytest.raises(DataError) as caught:
        read_all(Path("-"), COLUMNS)
    assert str(caught.value) == message


# Arbitrary content


def check_that_content_is_read_or_refused(path, content):
    path.write_bytes(content)
    try:
        rows = read_all(path, COLUMNS)
    except DataError:
        return
    assert rows.shape[1] == 2
    assert len(rows) > 0
    assert np.isfinite(rows).all()


@given(st.binary(max_size=200))
@with_files
def test_any_bytes_are_read_or_refused(path, content):
    check_that_content_is_read_or_refused(path, content)


cells = st.text('019.eE+-_x"\t n\xa0\x0b\x1c\x85\u2028\uff11', max_size=6)
tables = st.lists(st.lists(cells, min_size=1, max_size=3).map(",".join), max_size=4)


@given(tables, st.sampled_from(["\n", "\r\n", "\r"]))
@example(["1,2", '"3,4', '5,6"'], "\n")
@with_files
def test_any_table_is_read_or_refused(path, lines, end):
    check_that_content_is_read_or_refused(path, end.join(lines).encode("utf-8"))


@pytest.mark.parametrize(
    "content",
    [
        npy(ROWS),
        npz(X=ROWS),
        npz(np.savez_compressed, X=ROWS),
        gzip.compress(idx(IMAGES), mtime=0),
    ],
    ids=["npy", "npz", "compressed npz", "IDX.gz"],
)
@given(data=st.data())
@with_files
def test_an_array_with_any_changed_byte_is_read_or_refused(path, content, data):
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check_that_content_is_read_or_refused(path, changed)


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), st.integers(-(2**62), 2**62)), min_size=1))
@with_files
def test_any_numbers_are_read_back_as_they_are(path, rows):
    path.write_text("".join(f"{a!r},{b}\n" for a, b in rows), encoding="utf-8")
    np.testing.assert_array_equal(read_all(path, COLUMNS), np.array(rows, np.float64))


# Rows with classes


@pytest.fixture
def labelled(path):
    def read(content, classes=("0", "1")):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_labelled(path, COLUMNS, ["kind"], list(classes))

    return read


def test_classes_are_read_from_the_column_named_as_the_target(labelled):
    found = labelled("kind,x2,x1\n red ,1,2\nblue,3,4\n", ["blue", "red"])
    assert found.inputs.tolist() == [[2, 1], [4, 3]]
    assert found.targets.tolist() == [1, 0]


def test_a_class_may_have_commas_and_quotes(labelled):
    found = labelled('x1,x2,kind\n1,2,"a, ""b"""\n', ["c", 'a, "b"'])
    assert found.targets.tolist() == [1]


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, 0, 1]),
        np.array([1.0, 0.0, 1.0]),
        np.array([True, False, True]),
        np.array(["1", "0", "1"]),
        np.array([[1], [0], [1]], np.uint8),
    ],
    ids=str,
)
def test_classes_are_read_from_y_in_an_npz_file(labelled, y):
    found = labelled(npz(X=ROWS, y=y))
    np.testing.assert_array_equal(found.inputs, ROWS)
    assert found.targets.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("x1,x2,kind\n1,2,0\n3,4,2\n", "line 3: the class '2' is not one of the model's: 0, 1"),
        ("x1,x2,kind\n1,2,\n", "column kind: every value is missing"),
        ("x1,x2,kinds\n1,2,0\n", "has no column 'kind' to compare with; did you mean 'kinds'?"),
        (
            "x1,x2,class\n1,2,0\n",
            "has no column 'kind' to compare with; add it, or predict without it",
        ),
        ("1,2,0\n", "has 3 columns and no header; the model takes 2 (x1, x2)"),
        ("x1,kind\n1,0\n", "has 2 columns and lacks x2; the model takes 2 (x1, x2)"),
        ("a,b\n1,2\n", "has 2 columns and lacks x1, x2; the model takes 2 (x1, x2)"),
        ("x1,x2,kind\n1,2,0\n3,4\n", "line 3: found 2 values; expected 3, as before"),
        ('x1,x2,kind\n1,"2,3"\n', "line 2: found 2 values; expected 3, as before"),
        ("x1,x2,kind\n1,a,0\n", "line 2, column x2: found 'a'; expected a finite number"),
        (npz(X=ROWS, y=np.array([0, 1])), "3 rows in X, 2 in y; expected equal numbers"),
        (npz(X=ROWS, y=np.array([0, 1, 0.5])), "y[2]: the class '0.5' is not one of the model's"),
        (npz(X=ROWS, y=np.array([0, 1, np.nan])), "y[2]: the class 'nan' is not one of the"),
        (npz(X=ROWS, y=np.array([0, 1, 2])), "y[2]: the class '2' is not one of the model's"),
        (npz(X=ROWS, z=np.zeros(3)), "has the arrays X, z; expected the arrays X and y"),
        (npz(X=ROWS[:, :1], y=np.zeros(3)), "has shape (3, 1), 1 number per row"),
        (npy(ROWS), "has no labels; give a CSV file with a column 'kind', or an npz with X and y"),
        (idx(IMAGES), "has no labels; give a CSV file with a column 'kind', or an npz with X an"),
        ("", "is empty; expected rows of numbers"),
    ],
    ids=count(),
)
def test_rows_with_wrong_classes_are_refused_with_the_reason(labelled, path, content, problem):
    with pytest.raises(DataError) as caught:
        labelled(content)
    assert words(caught, path).startswith(problem)


@given(tables)
@with_files
def test_any_table_with_classes_is_read_or_refused(path, lines):
    path.write_bytes("\n".join(["x1,x2,kind", *lines]).encode("utf-8"))
    try:
        found = read_labelled(path, COLUMNS, ["kind"], ["0", "1"])
    except DataError:
        return
    assert len(found.inputs) == len(found.targets)
    assert set(found.targets.tolist()) <= {0, 1}


# Rows with numbers to predict


@pytest.fixture
def measured(path):
    def read(content, targets=("a", "b")):
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return read_labelled(path, COLUMNS, list(targets), [])

    return read


def test_numbers_are_read_from_the_columns_named_as_the_targets(measured):
    found = measured("b,x2,a,x1,other\n1,2,3,4,x\n5,6.5,7,8e1,y\n")
    assert found.inputs.tolist() == [[4, 2], [80, 6.5]]
    assert found.targets.tolist() == [[3, 1], [7, 5]]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_one_target_may_be_a_vector_in_an_npz_file(measured, shape):
    y = np.array([0.5, 1.5, -2]).reshape(shape)
    found = measured(npz(X=ROWS, y=y), ["a"])
    np.testing.assert_array_equal(found.inputs, ROWS)
    assert found.targets.tolist() == [[0.5], [1.5], [-2]]


def test_several_targets_are_the_columns_of_y(measured):
    y = np.arange(6, dtype=np.int16).reshape(3, 2)
    assert measured(npz(X=ROWS, y=y)).targets.tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("x1,x2,a,c\n1,2,3,4\n", "has no column 'b' to compare with"),
        ("x1,x2,a,bb\n1,2,3,4\n", "has no column 'b' to compare with; did you mean 'bb'?"),
        ("x1,x2,a,b\n1,2,3,one\n", "line 2, column b: found 'one'; expected a finite number"),
        ("x1,x2,a,b\n1,2,nan,1\n", "line 2, column a: found 'nan'; expected a finite number"),
        ("x1,x2,a,b\n1,2,,1\n", "column a: every value is missing"),
        ("x1,x2,a,b\n1,2,3\n", "line 2: found 3 values; expected 4, as before"),
        ("x1,x2,a,b\n", "has no rows below its header"),
        ("x1,a,b\n1,2,3\n", "has 3 columns and lacks x2; the model takes 2 (x1, x2)"),
        ("1,2,3,4\n", "has 4 columns and no header; the model takes 2 (x1, x2)"),
        (npz(X=ROWS, y=np.zeros((2, 2))), "3 rows in X, 2 in y"),
        (npz(X=ROWS[:1], y=np.zeros((2, 2))), "1 row in X, 2 in y"),
        (
            npz(X=ROWS, y=np.zeros((3, 3))),
            "y: has shape (3, 3), 3 numbers per row; the model predicts 2 (a, b)",
        ),
        (
            npz(X=ROWS, y=np.zeros(3)),
            "y: has shape (3,), 1 number per row; the model predicts 2 (a, b)",
        ),
        (
            npz(X=ROWS, y=np.zeros((3, 1))),
            "y: has shape (3, 1), 1 number per row; the model predicts 2 (a, b)",
        ),
        (
            npz(X=ROWS, y=np.array([[0, 1], [2, np.inf], [0, 0]])),
            "y: row 1, column b: found inf; expected a finite number",
        ),
        (npz(X=ROWS, y=np.array(["1", "2", "3"])), "y: holds values of type <U1; expected numbers"),
        (npz(X=ROWS, z=np.zeros(3)), "has the arrays X, z; expected the arrays X and y"),
        (
            npy(ROWS),
            "has no targets; give a CSV file with columns a, b, or an npz with X and y",
        ),
        ("", "is empty; expected rows of numbers"),
    ],
    ids=count(),
)
def test_rows_with_wrong_numbers_are_refused_with_the_reason(measured, path, content, problem):
    with pytest.raises(DataError) as caught:
        measured(content)
    assert words(caught, path).startswith(problem)


@given(tables)
@with_files
def test_any_table_with_numbers_is_read_or_refused(path, lines):
    path.write_bytes("\n".join(["x1,x2,a", *lines]).encode("utf-8"))
    try:
        found = read_labelled(path, COLUMNS, ["a"], [])
    except DataError:
        return
    assert found.targets.shape == (len(found.inputs), 1)
    assert np.isfinite(found.targets).all()


def test_names_in_a_header_may_differ_in_case(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("X2,X1\n5,0\n", encoding="utf-8")
    assert read_all(path, ["x1", "x2"]).tolist() == [[0, 5]]


@pytest.mark.parametrize(("header", "notes"), [("a,b", 1), ("x1,x2", 0), ("1,2", 0)])
def test_a_header_of_other_names_is_noted(tmp_path, header, notes):
    path = tmp_path / "rows.csv"
    path.write_text(f"{header}\n5,0\n", encoding="utf-8")
    told = []
    assert read_all(path, ["x1", "x2"], note=told.append)[-1].tolist() == [5, 0]
    assert len(told) == notes
    assert all("the header has none of the model's names (x1, x2)" in text for text in told)
