"""On a terminal, messages are wrapped between words; elsewhere each is one line."""

import os
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.cli.output import seen_width
from nncli.cli.wrapping import wrapped

COMMAND = "nncli train --resume 'my run/xor 001'"
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(words=st.lists(WORDS, min_size=1), width=st.integers(10, 100))
def test_wrapping_changes_only_spaces_and_fits_the_width(words, width):
    line = " ".join(words)
    lines = wrapped(line, width)
    assert " ".join([lines[0], *(each.removeprefix("  ") for each in lines[1:])]) == line
    assert all(each.startswith("  ") for each in lines[1:])
    for each in lines:
        assert seen_width(each) <= width or len(each.split()) == 1 or each[2:] in line
    for each, following in pairwise(lines):  # no line ends too early
        assert seen_width(f"{each} {following.split()[0]}") > width or set("\"'{[.") & set(line)


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        (f"Error: the run stopped after 10 epochs, so resume it: {COMMAND}", COMMAND),
        (f"Error: the run stopped; resume it with {COMMAND}, or train anew", COMMAND),
        ("Error: needs plots; pip install -e '.[plot]' in /a/b", "pip install -e '.[plot]'"),
        ("Error: /a folder/of mine/t.csv: is empty", "Error: /a folder/of mine/t.csv"),
        (r"Error: C:\a folder\my t.csv: is empty", r"Error: C:\a folder\my t.csv"),
        ("c.yaml:14:3: epochs: unknown key; write training.epochs: 3", "training.epochs: 3"),
        ('Error: put it in quotes: "model.hidden_layers=[4, 5]"', '"model.hidden_layers=[4, 5]"'),
        (
            "Warning: the column has no name; set data.columns: {'': number}",
            "data.columns: {'': number}",
        ),
        ("Error: the model's data and the run's data differ in row 'a b c'", "'a b c'"),
    ],
)
def test_what_a_user_copies_stays_on_one_line(line, whole):
    for width in range(len(whole) + 3, 80):
        lines = wrapped(line, width)
        assert any(whole in each for each in lines), lines
        assert max(map(len, lines)) <= width


def test_a_command_that_is_wider_than_the_terminal_is_not_broken():
    assert wrapped(f"Error: stopped; resume it: {COMMAND}", 30) == [
        "Error: stopped; resume it:",
        f"  {COMMAND}",
    ]


def test_prose_before_a_colon_is_wrapped():
    line = "Warning: 12 rows of data/rentals.csv have no target and are left out: 4, 5"
    assert wrapped(line, 40) == [
        "Warning: 12 rows of data/rentals.csv",
        "  have no target and are left out: 4, 5",
    ]


def shown_on_terminal(columns, folder, *arguments):
    """Return what a command prints on a terminal of that many columns."""
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))
    controller, terminal = pty.openpty()
    size = (40).to_bytes(2, sys.byteorder) + columns.to_bytes(2, sys.byteorder) + bytes(4)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    command = [sys.executable, "-m", "nncli", *arguments]
    done = subprocess.run(command, stderr=terminal, stdout=subprocess.PIPE, cwd=folder, timeout=60)
    os.close(terminal)
    with os.fdopen(controller, "rb", buffering=0) as screen:
        return done.returncode, screen.read(1 << 16).decode("utf-8").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["eval", "a missing run.npz"],
            [
                "Error: a missing run.npz: cannot be read",
                "  (no such file or directory)",
            ],
        ),
        (
            ["config", "check", "c.yaml"],
            [
                "c.yaml:1:16: data.source: unknown source",
                "  \"xr\"; did you mean 'xor'?",
                "c.yaml:2:1: trainig: unknown key; did",
                "  you mean 'training'?",
            ],
        ),
        (
            ["train"],
            [
                "Usage: nncli train [OPTIONS] CONFIG [KEY=VALUE]...",
                "Try 'nncli train --help' for help.",
                "",
                "Error: Missing argument 'CONFIG'.",
            ],
        ),
    ],
)
def test_a_terminal_gets_whole_words_and_a_pipe_gets_lines(nncli, tmp_path, arguments, lines):
    text = "data: {source: xr}\ntrainig: {epochs: 1}\n"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    code, shown = shown_on_terminal(40, tmp_path, *arguments)
    as_today = shown.replace("train -h'", "train --help'")  # of click before 8.2
    assert (code, as_today.splitlines()[-len(lines) :]) == (2, lines)
    piped = nncli(*arguments)
    assert piped.err.split() == shown.split()
    assert not any(line.startswith("  ") for line in piped.err.splitlines())


def test_a_warning_is_wrapped_on_a_terminal(xor_run, tmp_path):
    code, shown = shown_on_terminal(40, tmp_path, "compare", "none", str(xor_run))
    assert (code, shown) == (
        0,
        "Warning: none: is not a directory; left\n  out; expected a run directory\n",
    )


def test_an_expression_and_the_mark_below_it_are_not_wrapped(tmp_path):
    expression = "f = (alpha + beta) * (gamma + delta + 2 $ 3)"
    code, shown = shown_on_terminal(30, tmp_path, "derive", expression)
    *_, quoted, mark = shown.splitlines()
    assert (code, quoted) == (2, f"  {expression}")
    assert mark == " " * quoted.index("$") + "^"
