"""Names in a model file that would control a terminal are shown escaped."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys

import pytest

from nncli import load_config, train
from nncli.base.words import is_printable, printable
from nncli.cli.main import main
from nncli.model.model_file import write_model
from tests.conftest import NAMES_IN_UTF8
from tests.model.test_model_file import make_model

TITLE, COLOR, LINE, TURNED = "\x1b]0;pwned\x07", "\x9b31m", "a\nError: b", "\u202egpj"


@pytest.fixture
def weights(tmp_path):
    """Return a model file with such a name in every possible place."""
    path = tmp_path / "weights.npz"
    model = make_model(
        targets=[TITLE],
        classes=[COLOR, LINE],
        config={TITLE: TURNED},
        metrics={COLOR: {"loss": 0.5, "accuracy": 1.0}, LINE: {"loss": 0.5}},
        training={TITLE: COLOR, LINE: [TURNED, "x" * 500], "x" * 500: None},
    )
    write_model(path, model)
    return path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code, *capsys.readouterr()


def assert_harmless(text):
    assert all(line.isprintable() and len(line) <= 80 for line in text.split("\n"))


def test_show_escapes_every_name(weights, capsys):
    code, out, err = run(capsys, "show", weights)
    assert (code, err) == (0, "")
    assert_harmless(out)
    assert r"\x1b]0;pwned\x07" in out


def test_json_on_the_terminal_escapes_every_name_without_loss(weights, capsys):
    _, out, _ = run(capsys, "show", weights, "--json")
    assert all(line.isprintable() for line in out.split("\n"))
    assert json.loads(out)["classes"] == [COLOR, LINE]


def test_an_error_with_such_a_name_is_one_harmless_line(weights, capsys, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("x0,x1,x2,y\n1,2,3,neither\n", encoding="utf-8")
    code, out, err = run(capsys, "eval", weights, "--data", rows)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()


# Each moves the cursor, ends a line, reverses the following text, or is invisible.
UNSAFE = [
    *"\0\b\r\n\x0b\x0c\x1b\x7f\x85\x9b\xa0\xad\u034f\u061c\u115f\u180e\u200b\u200d\u200e\u200f\u2028\u2029",
    *"\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\u2800\u3164\ufe0f\ufeff\uffa0\ufff9\U000e0041",
]


def nasty(each):
    return f"a{each}b"


@pytest.fixture(scope="module")
def nasty_run(tmp_path_factory):
    """Return a folder with table, config, run and rows, all with nasty names and categories."""
    folder = tmp_path_factory.mktemp("nasty")
    names = [nasty(each) for each in UNSAFE if each not in "\0"]
    columns = [f"x{at}{name}" for at, name in enumerate(names)]
    with (folder / "d.csv").open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow([*columns, "kind", "y"])
        for number in range(12 * len(names)):
            name = names[number % len(names)]
            lines.writerow([*(number % (3 + at) for at in range(len(columns))), name, name])
    text = "data: {path: d.csv, target: y, test: 0.3, id: kind}\nmodel: {hidden_layers: [2]}\n"
    (folder / "c.yaml").write_text(text + "training: {epochs: 1}\n", encoding="utf-8")
    train(load_config(folder / "c.yaml"), out=folder / "R", note=lambda text: None)
    return folder


def on_terminal(folder, *command):
    """Return the output of a command on a terminal."""
    pty = pytest.importorskip("pty", reason="pseudo-terminals are missing")
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    controller, terminal = pty.openpty()
    # A terminal without rows, or a "dumb" one, gets no progress bar.
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    shown = bytearray()
    with os.fdopen(controller, "rb", buffering=0) as screen:
        running = subprocess.Popen(
            command,
            stdout=terminal,
            stderr=terminal,
            cwd=folder,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(terminal)
        with contextlib.suppress(OSError):  # on Linux, the other end is closed
            while part := screen.read(1 << 16):
                shown += part
        running.wait()
    return shown.decode("utf-8").replace("\r\n", "\n")


# One process for all, as each would import the same modules first.
EACH = """\
import json, sys
from nncli.cli.main import main
for words in json.loads(sys.argv[1]):
    try:
        main(words)
    except SystemExit:
        print("END OF ONE", flush=True)
"""


PROGRAM = [sys.executable, "-m", "nncli"]
ANY = [
    ("eval", "R"),
    ("eval", "R", "--json"),
    ("eval", "R", "--data", "nowhere\r\u202e.csv"),
    ("show", "R"),
    ("show", "R", "--json"),
    ("predict", "R", "d.csv", "--proba"),
    ("predict", "R", "d.csv", "--proba", "--format", "json"),
    ("predict", "R", "d.csv", "--format", "jsonl"),
    ("config", "show", "c.yaml", 'data.target="y\\u202e"'),
    ("config", "check", "c.yaml", "data.tar\r\u2067get=3"),
    ("data", "show", "c.yaml"),
    ("train", "c.yaml", "--dry-run"),
    ("train", "c.yaml", "-o", "S\u202e\r"),
    ("init", "csv", "--data", "d.csv", "--target", "y", "-o", "-"),
    ("sh\u202eow", "R"),
    ("show", "--js\u2066on", "R"),
    ("show", "R", "a\rb"),
    ("trace", "T\u202e\r/weights.npz"),
]


def assert_seen(shown):
    # A progress bar returns to the start of its line.
    shown = re.sub(r"\r(?=(?:epoch |  0% |\|)[^\r\n]| *[\r\n])", "\n", shown)
    assert not {each for each in shown if each != "\n" and not is_printable(each)}, shown


@NAMES_IN_UTF8
def test_a_terminal_gets_no_invisible_characters(nasty_run):
    shutil.copytree(nasty_run / "R", nasty_run / "T\u202e\r")
    shown = on_terminal(nasty_run, sys.executable, "-c", EACH, json.dumps(ANY)).split(
        "END OF ONE\n"
    )
    assert len(shown) == len(ANY) + 1
    for text in shown[:-1]:
        assert text
        assert_seen(text)


@NAMES_IN_UTF8
def test_a_traceback_has_no_invisible_characters(tmp_path):
    shown = on_terminal(tmp_path, *PROGRAM, "--debug", "show", "a\r\u202eb")
    assert shown.startswith("Traceback")
    assert_seen(shown)


def test_rows_stay_rows_on_a_terminal_and_bytes_in_a_pipe(nasty_run):
    command = [*PROGRAM, "predict", "R", "d.csv"]
    shown = on_terminal(nasty_run, *command).splitlines()
    exact = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=nasty_run).stdout
    rows = list(csv.reader(io.StringIO(exact.decode("utf-8"), newline="")))
    assert list(csv.reader(shown)) == [[printable(cell) for cell in row] for row in rows]
    assert {row[1] for row in rows} - {"kind"} <= {nasty(each) for each in UNSAFE}


def test_predictions_are_harmless_on_a_terminal_and_exact_in_a_pipe(weights, tmp_path):
    pty = pytest.importorskip("pty", reason="pseudo-terminals are missing")
    (tmp_path / "rows.csv").write_text("1,2,3\n-3,2,1\n-1,-2,-3\n", encoding="utf-8")
    command = [sys.executable, "-m", "nncli", "predict", str(weights), str(tmp_path / "rows.csv")]
    exact = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    assert COLOR.encode() in exact or b"\nError: b" in exact
    controller, terminal = pty.openpty()
    with os.fdopen(controller, "rb", buffering=0) as screen:
        subprocess.run([*command, "--proba"], stdout=terminal, check=True)
        os.close(terminal)
        shown = screen.read(1 << 16)
    assert shown
    assert b"\x1b" not in shown
    assert COLOR.encode() not in shown
