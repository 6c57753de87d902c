"""The pages of docs/ do what they say: their blocks run, and their links lead somewhere.

Blocks of a page run in order, in one namespace and one new directory, which has `configs/` and
`data/` as a clone has. A block of ``text`` right behind another is what that one prints, with
``...`` for what varies.
"""

import ast
import difflib
import doctest
import os
import re
import shlex
import shutil
import warnings
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

import nncli
from nncli.cli.main import main
from tests.offline import go_offline

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block of a page: its language, its text, its first line, and what it is to print."""

    language: str
    text: str
    line: int
    printed: str | None


def blocks_of(page):
    """Return the blocks of Python and of commands."""
    found = [*FENCE.finditer(page)]
    blocks = []
    for each, following in zip_longest(found, found[1:]):
        if each[1] not in ("python", "sh"):
            continue
        right_behind = following and not page[each.end() : following.start()].strip()
        printed = following[2] if right_behind and following[1] == "text" else None
        line = page.count("\n", 0, each.start()) + 2
        blocks.append(Block(each[1], each[2], line, printed))
    return blocks


def modules_of(blocks):
    """Return the packages that blocks of Python import."""
    for block in blocks:
        if block.language == "python":
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.Import):
                    yield from (each.name.partition(".")[0] for each in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield (node.module or "").partition(".")[0]


def commands_of(text):
    """Return the commands of a block: all are nncli's, or none is and the block is not run."""
    lines = [shlex.split(line, comments=True) for line in text.replace("\\\n", "").splitlines()]
    lines = [line for line in lines if line]
    ours = [line[1:] for line in lines if line[0] == "nncli"]
    assert len(ours) in (0, len(lines)), "nncli's commands stand among others"
    return ours


def run_command(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0, f"nncli {' '.join(arguments)}: exit code {ended.value.code}"


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Return a function that runs a page in a new directory, without network."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNCLI_CACHE", os.fspath(tmp_path / "cache"))
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # no power fails in these tests
    go_offline(monkeypatch)

    def run_page(page, name="page.md"):
        names = {"__name__": "__main__"}
        for block in blocks_of(page):
            capfd.readouterr()
            place = f"{name}:{block.line}"
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                if block.language == "python":
                    code = "\n" * (block.line - 1) + block.text  # lines are those of the page
                    exec(compile(code, name, "exec"), names)
                else:
                    for arguments in commands_of(block.text):
                        run_command(arguments)
            if block.printed is not None:
                compare(place, block.printed, capfd.readouterr().out)

    return run_page


def compare(place, expected, found):
    found = "".join(line.rstrip() + "\n" for line in found.splitlines())
    if not doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS):
        lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "page", "printed")
        pytest.fail(f"{place}: prints something else\n" + "\n".join(lines))


RUN = [path for path in PAGES if blocks_of(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.name)
def test_the_blocks_of_a_page_run(path, run):
    page = path.read_text(encoding="utf-8")
    blocks = blocks_of(page)
    for module in modules_of(blocks):
        if not find_spec(module):
            pytest.skip(f"{module} is not installed")
    run(page, f"docs/{path.name}")


PRINTS = "```python\nx = 1\n```\n\n```python\nprint(x, 0.123)\n```\n\n```text\n{}\n```\n"


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```python\n1 / 0\n```\n", "division by zero"),
        ("```python\nimport warnings\nwarnings.warn('careful')\n```\n", "careful"),
        (PRINTS.format("2 0.1..."), r"page.md:6: prints something else"),
        ("```python\n```\n\n```text\nmore\n```\n", "prints something else"),
        ("```sh\nnncli show none.npz\n```\n", "exit code 2"),
        ("```sh\nnncli info\npip list\n```\n", "stand among others"),
        ("```python\nimport nncli\nnncli.fetch('mnist')\n```\n", "cannot be reached|127.0.0.1"),
    ],
)
def test_a_page_that_is_wrong_fails(page, problem, run):
    with pytest.raises((Exception, pytest.fail.Exception), match=problem):
        run(page)


def test_a_page_that_is_right_passes(run):
    run(PRINTS.format("1 0.1..."))
    run("```sh\npip install nothing\n```\n")
    run("```sh\nnncli config check \\\n  configs/xor.yaml  # valid\n```\n")


def test_a_page_without_its_extra_is_known():
    assert [*modules_of(blocks_of("```python\nimport a.b, c\nfrom d.e import f\n```\n"))] == [
        "a",
        "c",
        "d",
    ]


def prose_of(path):
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors_of(path):
    """Return what headings are called in links, as GitHub does it."""
    headings = re.findall(r"^#+ (.*)$", prose_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(path)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


@pytest.mark.parametrize("path", [*sorted(ROOT.glob("*.md")), *PAGES], ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    assert [*broken_links(path)] == []


def test_a_broken_link_is_found(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# One, two\n[a](#one-two) [b](#three) [c](none.md) [d](https://e.org)\n")
    assert [*broken_links(path)] == ["#three", "none.md"]


def test_the_page_about_python_has_every_public_name():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    table = page.partition("\n## All names\n")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == nncli.__all__
