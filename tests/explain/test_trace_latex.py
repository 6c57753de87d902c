"""The LaTeX of a trace: short tables are not broken, and MNIST takes at most four pages."""

import re
import subprocess
from shutil import which

import numpy as np
import pytest

from nncli import trace
from nncli.explain.document.elements import Paragraph
from nncli.explain.document.latex import as_latex
from nncli.explain.document.notation import Latex
from tests.explain.test_trace_pages import THREE, config_of
from tests.test_lectures import LECTURES, MNIST

FOUR_PAGES = 310  # lines of LaTeX; 294 lines are three and a half printed pages
needs_mnist = pytest.mark.skipif(
    not MNIST.is_dir(), reason="the MNIST files are not next to the project"
)
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


@needs_latex
@pytest.mark.parametrize("rows", [[0], [0, 1, 2, 3] * 10], ids=len)
def test_latex_compiles(tmp_path, rows):
    page = trace(
        config_of({**THREE, "labels": ["a_b", "c%", "é", "c%"]}), rows=rows, format="latex"
    )
    assert pages_of(page, tmp_path) <= (4 if rows == [0] else 12)


@needs_latex
def test_every_character_of_a_name_compiles(tmp_path):
    characters = [*map(chr, range(0x20, 0x180)), *"αΘ…日\N{ZERO WIDTH SPACE}"]
    names = ["".join(characters[at : at + 16]) for at in range(0, len(characters), 16)]
    page = [Paragraph(Latex(6).name(each)) for each in names]
    assert pages_of(as_latex(page), tmp_path) == 1
    assert r"\texttt{aé?}" in as_latex([Paragraph(Latex(6).name("aéą"))])


@needs_latex
def test_the_sign_of_a_number_between_bars_takes_no_space_of_an_operator(tmp_path):
    random = np.random.default_rng(1)
    data = {**THREE, "inputs": random.normal(size=(4, 2)).tolist()}
    model = {"hidden_layers": [3, 2], "activation": "softsign"}
    page = trace(
        config_of(data, model, l1=0.1, loss="mean_absolute_error"), rows=[0, 1], format="latex"
    )
    assert re.search(r"\\lvert -\d", page)
    assert "|" not in page.partition("begin{document}")[2]
    pages_of(page, tmp_path)  # every line fits


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


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """Return a function that traces a lecture's network on a row of MNIST."""
    (tmp_path / "mnist").mkdir()
    for file in MNIST.glob("*.gz"):
        (tmp_path / "mnist" / file.name).symlink_to(file)
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))

    def trace_row(row, loss="softmax"):
        return trace(LECTURES / f"mnist_15_{loss}.yaml", rows=[row], format="latex")

    return trace_row


@needs_mnist
@pytest.mark.parametrize("loss", ["softmax", "squared_error", "sigmoid_cross_entropy"])
def test_a_trace_of_mnist_is_short(mnist, loss):
    for row in (0, 1):
        page = mnist(row, loss)
        assert page.count("\n") <= FOUR_PAGES
        assert r"\begin{longtable}" not in page


@needs_latex
@needs_mnist
@pytest.mark.parametrize("row", [0, 1])
def test_a_trace_of_mnist_has_at_most_four_printed_pages(mnist, tmp_path, row):
    assert pages_of(mnist(row), tmp_path) <= 4


@needs_latex
@needs_mnist
@pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext is not installed")
def test_no_page_of_mnist_ends_with_the_head_of_a_table(mnist, tmp_path):
    for row in (0, 1):
        pages_of(mnist(row), tmp_path)
        done = subprocess.run(
            ["pdftotext", "-layout", "page.pdf", "-"], cwd=tmp_path, capture_output=True, timeout=60
        )
        for page in done.stdout.decode("utf-8").split("\f")[:-1]:
            *_, last, _number = (line for line in page.splitlines() if line.strip())
            assert not re.search(r"unit|input|row |class|step:$|layer:$|[a-z]:$", last), last
