"""Text among numbers: messages name the first one, from a file as from standard input."""

import pytest

FEW = [["rotary" if n == 58 else n % 6, n] for n in range(60)]
MANY = [[f"odd{n}" if n % 3 == 1 else n % 40, n * 7 % 60] for n in range(60)]
CODES = [[n % 5, f"0{n % 3 + 1}"] for n in range(60)]


@pytest.mark.parametrize("rows", [FEW, MANY, CODES], ids=["few", "many", "codes"])
def test_standard_input_is_read_like_a_file(nncli, tmp_path, rows):
    rows = [[n * 7 % 13, *row] for n, row in enumerate(rows)]
    text = "a,k,y\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    arguments = ("init", "table", "--target", "y", "-o", "-", "--data")
    file = nncli(*arguments, "table.csv")
    read = nncli(*arguments, "-", stdin=text.encode())
    assert (file.code, read.code) == (0, 0)
    assert read.out.replace("source: table", "source: csv") == file.out
    lines = file.err.replace("table.csv:", "standard input:").splitlines()
    assert read.err.splitlines()[1:] == lines


def test_of_many_odd_texts_five_are_named(nncli, tmp_path):
    text = "a,k,y\n" + "".join(f"{n * 7 % 13},{k},{y}\n" for n, (k, y) in enumerate(MANY))
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = nncli("init", "table", "--data", "t.csv", "--target", "y", "-o", "-")
    assert (
        "column k: left out because 20 cells are not numbers: 'odd1' (line 3), 'odd4', 'odd7', "
        "'odd10', 'odd13' and 15 more, and it has 54 different texts; to use it, set data.columns: "
        "{k: category}" in done.err
    )
