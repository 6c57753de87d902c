"""The README and the pages of docs/ are correct: their code blocks run, their links resolve.

The blocks of a page run in order, in one namespace and one new directory with the `configs/` and
`data/` of a clone. A block of ``text`` right after another block is its output, with ``...`` for
parts that vary. A block below ``<!-- needs MNIST -->`` runs only if the MNIST files exist, one
below ``<!-- needs tensorboard -->`` only if that package is installed. A block below
``<!-- file: NAME -->`` is written to that file. A comment ``<!-- setup`` holds Python code
that readers do not see and that runs before all blocks, such as code that makes data. A ``console``
block below ``<!-- fails -->`` has commands that fail, each with its messages; below
``<!-- warns -->``, commands that succeed with warnings. They run after the other blocks.
"""

import ast
import difflib
import doctest
import os
import re
import shlex
import shutil
import warnings
from fnmatch import fnmatch
from importlib.resources import files
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import nncli
from nncli.cli.main import main
from nncli.config.reference import config_reference
from nncli.data.builtin.mnist import PARTS
from nncli.metrics.names import METRICS
from nncli.model.model import Model
from nncli.model.model_file import write_model
from nncli.model.prediction import predict_rows
from nncli.model.preprocessing import Preprocessing
from nncli.nn.layers import kinds
from nncli.nn.network import Network, parameter_count
from nncli.nn.objective import Objective
from tests.offline import go_offline

ROOT = Path(__file__).parents[1]
MNIST = ROOT.parent / "shared" / "mnist"
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEEDS_MNIST, NEEDS_TENSORBOARD = "<!-- needs MNIST -->", "<!-- needs tensorboard -->"
FAILS, WARNS = "<!-- fails -->", "<!-- warns -->"
FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SETUP = re.compile(r"^<!-- setup\n(.*?)^-->$", re.DOTALL | re.MULTILINE)
MESSAGES = re.compile(f"^({FAILS}|{WARNS})\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SET_UP = ("python3", ".", "pip")  # commands that set up the environment of others


def text_of(path):
    return path.read_text(encoding="utf-8")


class Block(NamedTuple):
    """A block of a page: language, text, first line, output, what it needs."""

    language: str
    text: str
    line: int
    printed: str | None
    needs_mnist: bool
    needs_tensorboard: bool


def blocks_of(page):
    """Return the blocks with Python code and commands."""
    found = [*FENCE.finditer(page)]
    blocks = []
    for each, following in zip_longest(found, found[1:]):
        if each[1] not in ("python", "sh"):
            continue
        right_behind = following and not page[each.end() : following.start()].strip()
        printed = following[2] if right_behind and following[1] == "text" else None
        line = page.count("\n", 0, each.start()) + 2
        above = page[: each.start()].rstrip()
        needs = (above.endswith(marker) for marker in (NEEDS_MNIST, NEEDS_TENSORBOARD))
        blocks.append(Block(each[1], each[2], line, printed, *needs))
    return blocks


def messages_of(page):
    """Yield the commands below FAILS and WARNS: arguments, messages, whether they fail."""
    for marker, block in MESSAGES.findall(page):
        for each in block.split("$ nncli ")[1:]:
            command, _, messages = each.partition("\n")
            yield shlex.split(command), messages, marker == FAILS


def modules_of(blocks):
    """Yield the packages that Python blocks import."""
    for block in blocks:
        if block.language == "python":
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.Import):
                    yield from (each.name.partition(".")[0] for each in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield (node.module or "").partition(".")[0]


def commands_of(text):
    """Return the nncli commands of a block; others may only set up the environment."""
    lines = text.replace("\\\n", "").replace("&&", "\n").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines]
    commands = [line for line in commands if line]
    ours = [line[1:] for line in commands if line[0] == "nncli"]
    others = [line for line in commands if line[0] not in ("nncli", *SET_UP)]
    assert not ours or not others, "a block mixes nncli's commands with others"
    return ours


def run_command(arguments, fails=False):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    code = ended.value.code
    assert bool(code) == fails, f"nncli {' '.join(arguments)}: exit code {code}"


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Return a function that runs a page in a new directory, without network access."""
    for name in ("configs", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNCLI_CACHE", os.fspath(tmp_path / "cache"))
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # only slows down tests
    go_offline(monkeypatch)

    def run_page(page, name="page.md", mnist=False):
        for file, content in FILE.findall(page):
            (tmp_path / file).write_text(content, encoding="utf-8")
        for code in SETUP.findall(page):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(code, f"{name}: setup", "exec"), {})
        names = {"__name__": "__main__"}
        for block in blocks_of(page):
            if block.needs_mnist and not mnist:
                continue
            if block.needs_tensorboard and not find_spec("tensorboard"):
                continue
            capfd.readouterr()
            place = f"{name}:{block.line}"
            with warnings.catch_warnings():  # what a block changes; pytest's filters apply
                if block.language == "python":
                    code = "\n" * (block.line - 1) + block.text  # line numbers of the page
                    exec(compile(code, name, "exec"), names)
                else:
                    for arguments in commands_of(block.text):
                        run_command(arguments)
            if block.printed is not None:
                compare(place, block.printed, capfd.readouterr().out)
        for arguments, messages, fails in messages_of(page):
            capfd.readouterr()
            run_command(arguments, fails)
            compare(f"{name}: nncli {' '.join(arguments)}", messages, capfd.readouterr().err)

    return run_page


def compare(place, expected, found):
    found = "".join(line.rstrip() + "\n" for line in found.splitlines())
    if not doctest.OutputChecker().check_output(expected, found, doctest.ELLIPSIS):
        lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "page", "printed")
        pytest.fail(f"{place}: the output differs\n" + "\n".join(lines))


RUN = [path for path in PAGES if blocks_of(text_of(path)) or MESSAGES.search(text_of(path))]
RUN_WITH_MNIST = [
    path for path in RUN if any(each.needs_mnist for each in blocks_of(text_of(path)))
]


@pytest.mark.parametrize("path", RUN, ids=lambda path: path.name)
def test_the_blocks_of_a_page_run(path, run):
    page = text_of(path)
    for module in modules_of(blocks_of(page)):
        if not find_spec(module):
            pytest.skip(f"{module} is not installed")
    run(page, path.name)


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not next to the project")
@pytest.mark.parametrize("path", RUN_WITH_MNIST, ids=lambda path: path.name)
def test_the_blocks_of_a_page_run_with_mnist(path, run, tmp_path):
    pytest.importorskip("PIL", reason="Pillow is not installed")
    shutil.copytree(MNIST, tmp_path / "cache" / "mnist")
    run(text_of(path), path.name, mnist=True)


PRINTS = "```python\nx = 1\n```\n\n```python\nprint(x, 0.123)\n```\n\n```text\n{}\n```\n"


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ("```python\n1 / 0\n```\n", "division by zero"),
        ("```python\nimport warnings\nwarnings.warn('careful')\n```\n", "careful"),
        (PRINTS.format("2 0.1..."), r"page.md:6: the output differs"),
        ("```python\n```\n\n```text\nmore\n```\n", "the output differs"),
        ("```sh\nnncli show none.npz\n```\n", "exit code 2"),
        ("```sh\npip install -e . && nncli show none.npz\n```\n", "exit code 2"),
        ("```sh\nnncli info\ndu -sh .venv\n```\n", "mixes nncli's commands"),
        ("```python\nimport nncli\nnncli.fetch('mnist')\n```\n", "cannot be reached|127.0.0.1"),
        (f"{FAILS}\n```console\n$ nncli show no.npz\nError: a.\n```\n", "the output differs"),
        (f"{FAILS}\n```console\n$ nncli info\n```\n", "exit code 0"),
        (f"{WARNS}\n```console\n$ nncli show no.npz\n```\n", "exit code 2"),
        (f"{WARNS}\n```console\n$ nncli info\nWarning: a.\n```\n", "the output differs"),
        ("<!-- setup\n1 / 0\n-->\n", "division by zero"),
    ],
)
def test_a_wrong_page_fails(page, problem, run):
    with pytest.raises((Exception, pytest.fail.Exception), match=problem):
        run(page)


def test_a_correct_page_passes(run):
    run(PRINTS.format("1 0.1..."))
    run("```sh\npip install nothing\n```\n")
    run("```sh\nnncli config check \\\n  configs/xor.yaml  # valid\n```\n")
    run(f"{NEEDS_MNIST}\n```python\n1 / 0\n```\n")
    file = "<!-- file: a.yaml -->\n```yaml\ndata: {source: xr}\n```\n"
    run(f"{file}\n{FAILS}\n```console\n$ nncli config check a.yaml\na.yaml:1:16: ...\n```\n")
    setup = "<!-- setup\nopen('b.csv', 'w').write('a,b\\n' + '0.5,1.5\\n' * 9)\n-->\n"
    command = "nncli init table --data b.csv --target b -o -"
    run(f"{setup}\n{WARNS}\n```console\n$ {command}\n...\n```\n")


def test_a_page_that_needs_an_extra_is_recognized():
    assert [*modules_of(blocks_of("```python\nimport a.b, c\nfrom d.e import f\n```\n"))] == [
        "a",
        "c",
        "d",
    ]


# Links, sizes, pictures


WRITES = re.compile(r"""(?:-o |\bout=f?["'])([^\s"']+)""")
NAMED = re.compile(r"init (?:table|images) --data (\S+)(?!.* -o )")
COMPARED = re.compile(r"""compare(?:\(| )["']([^"'*]*[^"'*/]\*)["']""")


def written_by(path):
    """Return the files and run directories that the blocks of a page write under a given name."""
    blocks = "".join(block.text for block in blocks_of(text_of(path)))
    names = WRITES.findall(blocks) + [f"{Path(each).stem}.yaml" for each in NAMED.findall(blocks)]
    return {re.sub(r"\{.*?\}", "*", each) for each in names}


def test_pages_can_be_followed_in_one_clone():
    """No page writes the files of another, or compares its runs; all runs are any page's.

    Only the commands of the README are also in tables.md.
    """
    outputs = {path.name: written_by(path) for path in PAGES}
    assert outputs.pop("README.md") <= outputs["tables.md"]
    found = [(page, name) for page, names in outputs.items() for name in names]
    for page, name in found:
        assert not [each for each, other in found if each != page and fnmatch(name, other)], name
    for path in PAGES:
        for pattern in COMPARED.findall(text_of(path)):
            runs = {page for page, name in found if fnmatch(name, pattern)}
            assert runs in ({path.name}, set()), pattern


def prose_of(path):
    return FENCE.sub("", text_of(path))


def anchors_of(path):
    """Return the anchors of headings as GitHub names them."""
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


@pytest.mark.parametrize(
    "path", sorted({*ROOT.glob("*.md"), *PAGES}), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_links_resolve(path):
    assert [*broken_links(path)] == []


def test_a_broken_link_is_found(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# One, two\n[a](#one-two) [b](#three) [c](none.md) [d](https://e.org)\n")
    assert [*broken_links(path)] == ["#three", "none.md"]


def test_the_index_has_every_page():
    links = re.findall(r"\]\(([\w-]+\.md)\)", text_of(DOCS / "README.md"))
    assert sorted(links) == [
        path.name for path in PAGES[1:] if path.parent == DOCS and path.name != "README.md"
    ]


def test_the_readme_is_short():
    assert README.stat().st_size <= 12_000


def test_the_picture_of_the_readme_is_small_and_animated():
    picture = DOCS / "pictures" / "training.gif"
    assert f"({picture.relative_to(ROOT).as_posix()})" in text_of(README)
    assert picture.stat().st_size < 300_000
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    with image.open(picture) as opened:
        assert opened.n_frames > 20


@pytest.mark.parametrize(
    "path", sorted((DOCS / "pictures").glob("*.png")), ids=lambda path: path.name
)
def test_pictures_of_plots_are_small(path):
    assert path.stat().st_size < 60_000


# Facts about the program that pages repeat


def test_ci_runs_the_readme_test_command():
    command = re.search(r"<!-- test command -->\n```sh\n(.*?)\n```", text_of(README), re.DOTALL)
    assert command is not None
    assert command[1].endswith("-m pytest -n auto")
    assert "test command" in text_of(ROOT / ".ci" / "run")


def test_the_config_reference_is_made_from_the_schema():
    page = text_of(DOCS / "configuration.md")
    found = page.partition("<!-- generated: nncli config schema --markdown -->\n\n")[2]
    assert found == config_reference()


def test_the_glossary_is_the_one_that_nncli_explains():
    shipped = files("nncli.explain.terms").joinpath("glossary.md").read_text("utf-8")
    assert text_of(DOCS / "glossary.md") == shipped


def test_the_files_of_mnist_are_named_with_size_and_checksum():
    page = text_of(DOCS / "images.md")
    for part in PARTS.values():
        file = part.compressed
        assert f"| `{file.name}` | {file.size_bytes} | `{file.sha256}` |" in page


@pytest.mark.parametrize("task", METRICS)
def test_every_metric_is_explained(task):
    section = text_of(DOCS / "evaluation.md").partition("\n## Metrics\n")[2].partition("\n## ")[0]
    assert all(f"`{name}`" in section for name in METRICS[task])


def test_the_page_about_python_has_every_public_name():
    table = text_of(DOCS / "python.md").partition("\n## All names\n")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == nncli.__all__


def test_the_five_lines_predict_as_nncli_does(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    layers = [*kinds.block(784, 16, "relu"), *kinds.block(16, 10, "softmax")]
    parameters = random.normal(size=parameter_count(layers)).astype(np.float32)
    model = Model(
        network=Network(layers, parameters),
        preprocessing=Preprocessing([f"pixel{n}" for n in range(784)], 0.0, 1 / 255),
        task="multiclass",
        targets=["digit"],
        classes=list("abcdefghij"),
        objective=Objective("cross_entropy", {}),
        config={},
        metrics={},
        training={},
    )
    (tmp_path / "runs" / "relu-001").mkdir(parents=True)
    write_model(tmp_path / "runs" / "relu-001" / "weights.npz", model)
    monkeypatch.chdir(tmp_path)
    rows = random.integers(0, 256, (50, 784)).astype(np.float32)
    blocks = blocks_of(text_of(DOCS / "model-file.md"))
    (code,) = [each.text for each in blocks if "np.load(" in each.text]
    assert len(code.splitlines()) == 5
    names = {"X": rows}
    exec(code, names)
    names["model"].close()
    np.testing.assert_array_equal(names["chosen"], predict_rows(model, rows).chosen)
