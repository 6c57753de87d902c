"""Names in a model file that would command a terminal are shown, not obeyed."""

import json
import os
import subprocess
import sys

import pytest

from nncli.cli.main import main
from nncli.model.model_file import write_model
from tests.model.test_model_file import make_model

TITLE, COLOR, LINE, TURNED = "\x1b]0;pwned\x07", "\x9b31m", "a\nError: b", "\u202egpj"


@pytest.fixture
def weights(tmp_path):
    """Return a model file with such a name wherever one may stand."""
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


def test_json_on_the_terminal_escapes_them_and_has_them_all_the_same(weights, capsys):
    _, out, _ = run(capsys, "show", weights, "--json")
    assert all(line.isprintable() for line in out.split("\n"))
    assert json.loads(out)["classes"] == [COLOR, LINE]


def test_an_error_that_names_them_is_one_harmless_line(weights, capsys, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("x0,x1,x2,y\n1,2,3,neither\n", encoding="utf-8")
    code, out, err = run(capsys, "eval", weights, "--data", rows)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()


def test_predictions_are_harmless_on_a_terminal_and_exact_in_a_pipe(weights, tmp_path):
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
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
