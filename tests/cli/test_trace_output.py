"""``nncli trace -o``: the page in a file."""

import pytest

from tests.cli.conftest import XOR


@pytest.fixture
def config(tmp_path):
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    return "xor.yaml"


@pytest.mark.parametrize(
    ("file", "format_"),
    [("a.txt", "text"), ("a.md", "markdown"), ("a.tex", "latex"), ("A.HTML", "html")],
)
def test_a_file_has_the_page_in_the_format_of_its_name(nncli, config, tmp_path, file, format_):
    done = nncli("trace", config, "-o", file)
    assert (done.code, done.out, done.err) == (0, f"The page is in {file}.\n", "")
    page = nncli("trace", config, "--format", format_).out
    assert (tmp_path / file).read_text(encoding="utf-8") == page
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([config, file])


def test_a_given_format_goes_to_a_file_of_any_name(nncli, config, tmp_path):
    assert nncli("trace", config, "--format", "markdown", "--out", "page.txt").code == 0
    assert "\n$$\n" in (tmp_path / "page.txt").read_text(encoding="utf-8")


def test_a_minus_is_standard_output(nncli, config):
    assert nncli("trace", config, "-o", "-").out == nncli("trace", config).out


def test_an_existing_page_is_replaced_as_a_report_is(nncli, config, tmp_path):
    (tmp_path / "a.md").write_text("old", encoding="utf-8")
    assert nncli("trace", config, "-o", "a.md").code == 0
    assert "old" not in (tmp_path / "a.md").read_text(encoding="utf-8")


def test_a_file_that_is_no_page_is_kept(nncli, config, tmp_path):
    done = nncli("trace", config, "--format", "text", "-o", config)
    assert done.error == "Error: xor.yaml: already exists; choose another file with -o"
    assert (done.code, (tmp_path / config).read_text(encoding="utf-8")) == (2, XOR)


@pytest.mark.parametrize("row", ["0", "60"])
def test_a_trace_that_fails_leaves_the_old_page(nncli, config, tmp_path, row):
    (tmp_path / "a.md").write_text("old", encoding="utf-8")
    done = nncli("trace", config, "--row", row, "-o", "a.md")
    assert done.code == (0 if row == "0" else 2)
    assert ((tmp_path / "a.md").read_text(encoding="utf-8") == "old") == (done.code == 2)


@pytest.mark.parametrize(
    ("file", "code", "problem"),
    [
        (
            "page.doc",
            2,
            "-o page.doc: expected a name that ends in .txt, .md, .tex or .html; rename it, or add "
            "--format",
        ),
        ("page", 2, "-o page: expected a name that ends in .txt, .md, .tex or .html; rename it, "
         "or add --format"),
        ("nodir/page.md", 1, "nodir/page.md: the folder nodir does not exist; create it"),
        ("folder.md", 2, "folder.md: is not a regular file; choose another with -o"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_one_line(nncli, config, tmp_path, file, code, problem):
    (tmp_path / "folder.md").mkdir()
    done = nncli("trace", config, "-o", file)
    assert done.error == f"Error: {problem}"
    assert (done.code, done.out) == (code, "")
