"""`nncli report`: where it writes, and what it refuses."""

import shutil

import pytest

from tests.cli.conftest import XOR


@pytest.fixture(autouse=True)
def run(nncli, tmp_path):
    """Train ``run``."""
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 0


def test_a_report_is_written_into_the_run(nncli, tmp_path):
    done = nncli("report", "run")
    assert (done.code, done.err) == (0, "")
    assert done.out.replace("\\", "/") == "The report is in run/report.html.\n"
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>Report on run</h1>" in page


def test_a_report_can_be_a_card_or_go_elsewhere(nncli, tmp_path):
    assert nncli("report", "run", "--card").out.replace("\\", "/") == (
        "The report is in run/model-card.md.\n"
    )
    card = (tmp_path / "run" / "model-card.md").read_text(encoding="utf-8")
    assert card.startswith("# run\n")
    assert nncli("report", "run", "--card", "-o", "-").out == card
    assert nncli("report", "run", "-o", "a page.html").out == "The report is in 'a page.html'.\n"
    assert (tmp_path / "a page.html").exists()


def test_several_runs_are_compared(nncli, tmp_path):
    shutil.copytree(tmp_path / "run", tmp_path / "runs" / "one")
    shutil.copytree(tmp_path / "run", tmp_path / "runs" / "two")
    done = nncli("report", "runs")
    assert done.out == "The report is in comparison.html.\n"
    assert "Comparison of 2 runs" in (tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert nncli("report", "run", "runs/one", "-o", "two.html").code == 0


def test_the_weights_of_a_run_name_it(nncli, tmp_path):
    assert nncli("report", "run/weights.npz", "-o", "a.html").code == 0
    assert "Report on run" in (tmp_path / "a.html").read_text(encoding="utf-8")
    done = nncli("report", "run/weights.npz")
    assert done.out.replace("\\", "/") == "The report is in run/report.html.\n"


def test_a_report_without_the_data_warns_once(nncli, tmp_path):
    rows = "".join(f"{n},{n % 2}\n" for n in range(40))
    (tmp_path / "t.csv").write_text(f"x,y\n{rows}", encoding="utf-8")
    (tmp_path / "t.yaml").write_text("data: {path: t.csv, target: y}\n", encoding="utf-8")
    assert nncli("train", "-q", "t.yaml", "-o", "table").code == 0
    (tmp_path / "t.csv").rename(tmp_path / "moved.csv")
    done = nncli("report", "table")
    assert done.code == 0
    assert done.err.count("\n") == 1
    assert done.err.startswith("Warning: table: parts that need the data are left out: t.csv: ")
    assert nncli("report", "table", "--data", "moved.csv").err == ""
    assert nncli("report", "table", "--data", "none.csv").code == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none"], "none: "),
        (["none", "--card"], "none: is not a directory; expected a run directory"),
        (
            ["run", "-o", "run/weights.npz"],
            "-o run/weights.npz: expected a name that ends in .html",
        ),
        (["run", "-o", "page.md"], "-o page.md: expected a name that ends in .html"),
        (["run", "--card", "-o", "page.html"], "-o page.html: expected a name that ends in .md"),
        (["run", "-o", "xor.yaml/a.html"], "xor.yaml/a.html: cannot be written"),
        (["run", "run2", "--card"], "a comparison of several runs has no model card"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(nncli, tmp_path, arguments, problem):
    weights = (tmp_path / "run" / "weights.npz").read_bytes()
    shutil.copytree(tmp_path / "run", tmp_path / "run2")
    done = nncli("report", *arguments)
    assert done.code in (1, 2)
    assert done.error.startswith(f"Error: {problem}"), done.error
    assert (tmp_path / "run" / "weights.npz").read_bytes() == weights


def test_an_unfinished_run_is_refused(nncli, tmp_path):
    (tmp_path / "run" / "metrics.json").unlink()
    done = nncli("report", "run")
    assert done.code in (1, 2)
    assert done.error.startswith("Error: run: has no metrics.json")
