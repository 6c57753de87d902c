"""The LaTeX of a trace: its tables, and that it compiles."""

import re
import subprocess
from shutil import which

import pytest

from nncli import trace
from tests.explain.test_trace_pages import THREE, config_of

needs_latex = pytest.mark.skipif(which("pdflatex") is None, reason="pdflatex is not installed")


def test_a_long_table_in_latex_repeats_its_head_and_a_short_one_is_not_broken():
    short = trace(config_of(THREE), rows=[0, 1], format="latex")
    assert "{longtable}" not in short.split("begin{document}")[1]
    (together,) = re.findall(
        r"quantity:\n\n\\begin\{beside\}(.*?)\\end\{beside\}", short, re.DOTALL
    )
    assert together.count(r"\begin{tabular}") == 3  # z, a of layer 1, a of layer 2
    long = trace(config_of(THREE), rows=[0, 1, 2, 3] * 10, format="latex")
    tables = re.findall(r"\\begin\{longtable\}.*?\n(.*?)\\end\{longtable\}", long, re.DOTALL)
    assert len(tables) > 5
    for table in tables:
        head, *lines = table.strip().splitlines()
        assert head.endswith(r"\\ \hline \endhead")
        assert len(lines) == 40
        assert [at for at, line in enumerate(lines) if line.endswith("*")] == [0, 38]


@pytest.mark.skipif(which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("rows", [[0], [0, 1, 2, 3] * 10], ids=len)
def test_latex_compiles(tmp_path, rows):
    page = trace(
        config_of({**THREE, "labels": ["a_b", "c%", "é", "c%"]}), rows=rows, format="latex"
    )
    assert pages_of(page, tmp_path) >= 1


def pages_of(page, folder):
    """Return the number of pages of LaTeX, which must have no line that is too wide."""
    (folder / "page.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=folder,
        capture_output=True,
        timeout=60,
    )
    log = done.stdout.decode("latin-1")
    assert done.returncode == 0, log
    assert "Overfull" not in log
    return int(re.search(r"Output written on page\.pdf \((\d+) page", log)[1])
