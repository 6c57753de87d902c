"""File and folder names that are not UTF-8, move the cursor, or are special to a shell."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nncli.base.words import shell_word
from tests.conftest import NAMES_IN_UTF8

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux", reason="needs names of arbitrary bytes, as on Linux"
    ),
    NAMES_IN_UTF8,
]

ODD = [
    b"d\xe9", b"a\nb", b"a\tb", b"a'b", b'a"b', b"a b", b"-x", "😀".encode(), b"a\\b", b"$a`c`",
    b"a: b #c", b"\x1b[31m", "a\u2028b".encode(), b"~", b"%s{}", b"*", b"a\rb", b"\x7f", b"--json",
]  # fmt: skip
NAMES = [os.fsdecode(name) for name in ODD]
UNDECODABLE = NAMES[0]
CONFIG = (
    "data: {path: line.csv, target: y}\nmodel: {hidden_layers: [2]}\ntraining: {epochs: 1}\n"
    "diagnose: {ignore: [N002, N014]}\n"
)
ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(12))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "line.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "line.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def commands_of(out):
    """Return the words of each command that a message proposes, as bash splits them."""
    lines = [line for line in out.splitlines() if line.startswith("  nncli ")]
    assert lines
    words = [
        subprocess.run(
            ["bash", "-c", f"printf '%s\\0' {line.removeprefix('  nncli ')}"],
            capture_output=True, check=True,
        ).stdout.split(b"\0")[:-1]
        for line in lines
    ]  # fmt: skip
    return [[os.fsdecode(word) for word in each] for each in words]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_run_directory_of_any_name_works(folder, nncli, name):
    done = nncli("train", "-q", "line.yaml", "-o", f"./{name}")
    assert done.code == 0, done.err
    assert sum(line.startswith("Saved in ") for line in done.out.splitlines()) == 1
    assert len(done.out.splitlines()) == 9
    for words in commands_of(done.out):
        words = ["line.csv" if word == "INPUT" else word for word in words]
        assert nncli(*words).code == 0, words
    for line in (done := nncli("train", "-q", "--resume", f"./{name}")).out.splitlines():
        assert line.isprintable()
    assert nncli(*commands_of(done.out)[0]).code == 0
    assert nncli("train", "-q", f"./{name}/config.yaml").code == 0
    json.loads(Path(name, "metrics.json").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_config_of_any_name_works(folder, nncli, name):
    shutil.copy("line.yaml", f"{name}.yaml")
    assert nncli("train", "-q", f"./{name}.yaml", "-o", "R").code == 0
    for command in (("config", "check"), ("config", "show"), ("data", "show"), ("trace",)):
        assert nncli(*command, f"./{name}.yaml").code == 0
    written = nncli("init", "xor", "-o", f"./{name}.xor.yaml")
    assert len(written.out.splitlines()) == 2
    assert [Path(*words[1:]) for words in commands_of(written.out)] == [Path(f"{name}.xor.yaml")]
    missing = nncli("train", f"./{name}.none.yaml")
    assert missing.code == 2
    assert missing.error.isprintable()
    Path(f"{name}.yaml").write_text("data: xor\nmodel: 3\ntraining: 3\n", encoding="utf-8")
    wrong = nncli("config", "check", f"./{name}.yaml")
    assert wrong.code == 2
    assert len(wrong.err.splitlines()) == 2
    assert all(line.isprintable() for line in wrong.err.splitlines())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "a\u2028b"], ids=ascii)
def test_a_table_of_any_name_works_or_is_refused(folder, nncli, name):
    nncli("train", "-q", "line.yaml", "-o", "R")
    shutil.copy("line.csv", f"{name}.csv")
    written = nncli("init", "csv", "--data", f"./{name}.csv", "--target", "y", "-o", "i.yaml")
    trained = nncli("train", "-q", "line.yaml", "--data", f"./{name}.csv", "-o", "S")
    if name == UNDECODABLE or name == "\x7f":
        assert trained.code == 2
        assert trained.error.isprintable()
        assert not Path("S").exists()
    else:
        assert trained.code == 0, trained.err
    if name == UNDECODABLE:
        assert written.code == 2
        assert "not UTF-8 text" in written.error
    else:
        assert written.code == 0, written.err
        assert nncli("train", "-q", "i.yaml").code == 0
    assert nncli("eval", "R", "--data", f"./{name}.csv").code == 0
    assert nncli("predict", "R", f"./{name}.csv").code == 0
    for ending in ("csv", "json", "npy"):
        done = nncli("predict", "R", f"./{name}.csv", "-o", f"./{name}.out.{ending}")
        assert (done.code, done.err.count("\n")) == (0, 1), done.err
        assert done.err.rstrip("\n").isprintable()
        done = nncli("predict", "R", f"./{name}.csv", "-o", f"./{name}.out.{ending}")
        assert done.code == 2
        assert done.error.isprintable()
    missing = nncli("predict", "R", f"./{name}.none")
    assert missing.code == 2
    assert missing.error.isprintable()


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_project_of_any_name_works(folder, nncli, monkeypatch, name):
    Path(f"p{name}").mkdir()
    for file in ("line.csv", "line.yaml"):
        shutil.copy(file, f"p{name}")
    monkeypatch.chdir(f"p{name}")
    assert nncli("train", "-q", "line.yaml").code == 0
    assert nncli("train", "-q", "--resume", "runs/line-001", "training.epochs=2").code == 0
    assert nncli("eval", "runs/line-001").code == 0
    monkeypatch.chdir(folder)
    elsewhere = nncli("train", "-q", f"./p{name}/line.yaml", "-o", "R")
    if name == UNDECODABLE:
        assert elsewhere.code == 2
        assert elsewhere.err == (
            "pd\\udce9: the path is not UTF-8 text, so the run cannot save it; rename the file or "
            "folder\n"
        )
    else:
        assert elsewhere.code == 0, elsewhere.err
        assert nncli("eval", "R").code == 0


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_images_of_any_name_work_or_are_refused(folder, nncli, name):
    image = pytest.importorskip("PIL.Image")
    for place, classes in (("files", ("one", "two")), ("classes", ("one", f"c{name}"))):
        for number, each in enumerate(classes):
            Path(place, each).mkdir(parents=True)
            for n in range(5):
                file = Path(place, each, f"{name if place == 'files' else ''}{n}.png")
                pixels = np.full((2, 2), 200 * number + n, np.uint8)
                with file.open("wb") as stream:
                    image.fromarray(pixels).save(stream, "png")
        text = CONFIG.replace("path: line.csv, target: y", f"path: {place}")
        Path(f"{place}.yaml").write_text(text, encoding="utf-8")
    assert nncli("train", "-q", "files.yaml", "-o", "R").code == 0
    single = nncli("predict", "R", f"files/one/{name}0.png")
    assert single.code == 0
    for kind in ("csv", "json", "jsonl"):
        assert nncli("predict", "R", "files", "--format", kind).code == 0
    found = json.loads(nncli("predict", "R", "files", "--format", "json").out)[0]["file"]
    assert found == (r"one/d\xe90.png" if name == UNDECODABLE else f"one/{name}0.png")
    done = nncli("train", "-q", "classes.yaml", "-o", "S")
    if name == UNDECODABLE:
        assert done.code == 1
        assert "has a name that is not UTF-8" in done.error
        assert done.error.isprintable()
    else:
        assert done.code == 0, done.err
        assert nncli("eval", "S").code == 0
        assert nncli("predict", "S", "classes").code == 0


@given(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name))
@example(b"\xe9a'\\1")
@example(b"-n")
def test_a_quoted_word_is_read_back_by_bash(name):
    word = shell_word(os.fsdecode(name))
    assert word.isprintable()
    if word.startswith("$"):
        command = ["bash", "-c", f"printf %s {word}"]
        found = subprocess.run(command, capture_output=True, check=True).stdout
    else:
        (found,) = map(os.fsencode, shlex.split(word))
    assert found == (b"./" + name if name.startswith(b"-") else name)


@pytest.mark.parametrize("setting", [{"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, {}])
def test_messages_are_printed_in_any_encoding(folder, process, setting):
    environment = {**os.environ, **setting}
    name = f"{UNDECODABLE}😀"
    done = process("train", "-q", "line.yaml", "-o", name, env=environment)
    out, err = done.communicate(timeout=60)
    assert (done.returncode, err) == (0, "")
    assert "\\udce9" in out
    done = process("eval", f"{name}none", env=environment)
    assert "Traceback" not in done.communicate(timeout=60)[1]
    assert done.returncode == 2
