"""Completion in real shells, with the scripts that the program writes for them."""

import os
import re
import select
import shutil
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

PROMPT = "READY:"
_CONTROLS = re.compile(rb"\x1b\[[?0-9;]*[A-Za-z]|\s+$")
# Complete like nncli; otherwise record the words that the shell passes.
PROGRAM = """\
#!/bin/sh
[ -n "$_NNCLI_COMPLETE" ] && exec {python} -m nncli "$@"
printf '<%s>' "$@" >> "{record}"
"""
BASH_WORDS = """\
eval "$(_NNCLI_COMPLETE=bash_source nncli)"
compopt() { printf '%s ' "$@" >> compopt; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_nncli_completion nncli
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path):
    """Return a folder with files, and with a program named nncli on the path."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "nncli"
    text = PROGRAM.format(python=sys.executable, record=tmp_path / "record")
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    (tmp_path / "xor.yaml").write_text("data: xor\n", encoding="utf-8")
    (tmp_path / "my folder").mkdir()
    (tmp_path / "my folder" / "a b.yaml").touch()
    for name in ("one", "two"):
        (tmp_path / "runs" / f"xor-{name}").mkdir(parents=True)
        (tmp_path / "runs" / f"xor-{name}" / "weights.npz").touch()
    return tmp_path


def shell(name):
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


def surroundings(folder):
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    return {
        **os.environ,
        "PATH": path,
        **dict.fromkeys(("HOME", "ZDOTDIR"), str(folder)),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def bash(folder):
    """Return a function that returns the completions in bash for the words of a line."""

    def run(*words):
        done = subprocess.run(
            [shell("bash"), "--norc", "-c", BASH_WORDS, "bash", *words],
            cwd=folder, env=surroundings(folder), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout.splitlines()

    return run


def test_bash_gets_replacements_for_the_last_of_its_words(bash):
    line = ("nncli", "train", "xor.yaml", "training.optimizer")
    assert bash(*line, "=", "ad") == ["adagrad", "adam", "adamw"]
    assert bash(*line, "=")[:2] == ["sgd", "adagrad"]
    assert bash(*line, "=", "adam", "training.lea") == ["training.learning_rate="]
    assert bash("nncli", "train", "--resume", "=", "runs/xor-o") == ["runs/xor-one"]


def test_bash_puts_no_space_after_a_key_and_quotes_a_path(bash, folder):
    bash("nncli", "train", "xor.yaml", "training.lea")
    assert (folder / "compopt").read_text("utf-8") == "-o nospace "
    (folder / "compopt").unlink()
    assert bash("nncli", "train", "my") == ["my folder"]
    assert (folder / "compopt").read_text("utf-8") == "-o filenames "


def test_bash_understands_what_is_quoted(bash):
    assert bash("nncli", "train", '"my') == ["my folder"]
    assert bash("nncli", "train", "my\\ folder/a") == ["my folder/a b.yaml"]
    assert bash("nncli", "train", "'training.optimizer=ad", "x") == [""]


class Terminal:
    """A shell in its own terminal that receives keys."""

    def __init__(self, command, folder, environment):
        import pty

        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.record = folder / "record"

    def wait_for_prompt(self):
        """Read the terminal's output up to a prompt."""
        shown, end = b"", time.monotonic() + 30
        while not _CONTROLS.sub(b"", shown).endswith(PROMPT.encode()):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"no prompt: {shown!r}"
            shown += os.read(self.master, 4096)

    def runs(self, keys):
        """Type keys and Enter; return the words of the resulting command."""
        self.record.unlink(missing_ok=True)
        os.write(self.master, keys.encode() + b"\r")
        while not self.record.exists():
            self.wait_for_prompt()
        return self.record.read_text("utf-8")

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


LINES = [
    ("nncli tra\tin\t x\t", "<train><xor.yaml>"),
    ("nncli train xor.yaml training.le\t0.1", "<train><xor.yaml><training.learning_rate=0.1>"),
    ("nncli train xor.yaml training.engine=n\t", "<train><xor.yaml><training.engine=numpy>"),
    ("nncli train my\ta\t", "<train><my folder/a b.yaml>"),
    ("nncli eval runs --split=v\t--js\t", "<eval><runs><--split=validation><--json>"),
]  # fmt: skip


def test_bash_in_a_terminal(folder):
    (folder / "rc").write_text(
        f"PS1='{PROMPT}'\nbind 'set enable-bracketed-paste off'\n"
        'eval "$(_NNCLI_COMPLETE=bash_source nncli)"\n',
        encoding="utf-8",
    )
    command = [shell("bash"), "--noprofile", "--rcfile", "rc", "-i"]
    terminal = Terminal(command, folder, surroundings(folder))
    try:
        terminal.wait_for_prompt()
        for keys, expected in LINES:
            assert terminal.runs(keys) == expected
        assert terminal.runs("nncli show runs/xor-o\t") == "<show><runs/xor-one/>"
    finally:
        terminal.close()


def test_zsh_in_a_terminal(folder):
    (folder / ".zshrc").write_text(
        f"PS1='{PROMPT}'\nunset zle_bracketed_paste\nunsetopt prompt_sp\nautoload -U compinit\n"
        'compinit -u -D\neval "$(_NNCLI_COMPLETE=zsh_source nncli)"\n',
        encoding="utf-8",
    )
    command = [shell("zsh"), "-d", "-i"]
    terminal = Terminal(command, folder, surroundings(folder))
    try:
        terminal.wait_for_prompt()
        for keys, expected in LINES:
            assert terminal.runs(keys) == expected
        assert terminal.runs("nncli train ~/x\tdata.ro\t5") == (
            f"<train><{folder}/xor.yaml><data.rows=5>"
        )
        assert terminal.runs("nncli train --resume=runs/xor-o\t") == (
            "<train><--resume=runs/xor-one>"
        )
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nncli tra", ["trace", "train"]),
        ("nncli config ", ["check", "schema", "show"]),
        ("nncli train ~/xor.yaml data.ro", ["data.rows="]),
        ("nncli train xor.yaml training.optimizer=adag", ["training.optimizer=adagrad"]),
        ("nncli show runs/x", ["runs/xor-one", "runs/xor-two"]),
        ("nncli train --resume=runs/xor-o", ["--resume=runs/xor-one"]),
        ("nncli train my\\ folder/", ["my folder/a b.yaml"]),
    ],
)
def test_fish_lists_what_it_may_complete(folder, line, expected):
    done = subprocess.run(
        [
            shell("fish"), "--no-config", "-c",
            "_NNCLI_COMPLETE=fish_source nncli | source; complete -C $argv[1]", line,
        ],
        cwd=folder, env=surroundings(folder), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    assert [each.split("\t")[0] for each in done.stdout.splitlines()] == expected


def test_the_first_line_for_zsh_lets_it_be_loaded_as_a_function(folder):
    done = subprocess.run(
        ["nncli"], env={**surroundings(folder), "_NNCLI_COMPLETE": "zsh_source"}, cwd=folder,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "#compdef nncli"
