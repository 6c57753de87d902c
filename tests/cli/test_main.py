import os
import subprocess
import sys

import click
import pytest

import nncli as package
from nncli.base.errors import ModelFileError
from nncli.cli.commands import COMMANDS

PLACES = {name: place.load() for name, place in COMMANDS.items()}


def commands(children=PLACES, names=()):
    """Yield the names of all commands and groups, starting with the program itself."""
    yield names
    for name, command in children.items():
        if isinstance(command, click.Group):
            yield from commands(command.commands, (*names, name))
        else:
            yield (*names, name)


@pytest.mark.parametrize("names", list(commands()), ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help_that_fits_80_columns(nncli, names, option):
    result = nncli(*names, option)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(" ".join(["Usage: nncli", *names]))
    assert max(map(len, result.out.splitlines())) <= 80


GROUPS = [(), *((name,) for name, each in PLACES.items() if isinstance(each, click.Group))]


@pytest.mark.parametrize("names", GROUPS, ids=" ".join)
def test_a_group_without_a_command_prints_its_help_and_exits_with_2(nncli, names):
    result = nncli(*names)
    assert (result.code, result.out) == (2, "")
    assert result.err == nncli(*names, "--help").out


def test_the_help_has_every_command_of_the_first_release(nncli):
    listed = nncli("--help").out.split("Commands:")[1]
    found = {line.split()[0] for line in listed.splitlines() if line.strip()}
    assert {"train", "eval", "predict", "show", "init", "config", "data"} <= found


def test_the_version_is_that_of_the_package(nncli):
    result = nncli("--version")
    assert result.code == 0
    assert result.out == f"nncli, version {package.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'"),
        (["data", "lits"], "No such command 'lits'"),
        (["--verbos"], "No such option"),
        (["train"], "Missing argument 'CONFIG'"),
        (["train", "xor.yaml", "--dryrun"], "--dry-run"),
        (["train", "-o"], "Option '-o' requires an argument"),
        (["eval"], "Missing argument 'WEIGHTS'"),
        (["eval", "a", "b"], "unexpected extra argument (b)"),
        (["predict", "weights.npz"], "Missing argument 'INPUT'"),
        (["show"], "Missing argument"),
        (["data", "fetch"], "Missing argument 'NAME'"),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_says_how_to_get_help(nncli, arguments, message):
    result = nncli(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert message in result.err
    assert "Try 'nncli" in result.err or result.err.count("\n") == 1
    assert "Traceback" not in result.err


def test_an_error_is_one_line_without_a_traceback_and_with_debug_has_one(nncli, process):
    assert nncli("eval", "missing.npz").error.startswith("Error: missing.npz: cannot be read")
    with pytest.raises(ModelFileError):
        nncli("--debug", "eval", "missing.npz")
    running = process("--debug", "eval", "missing.npz")
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert err.startswith("Traceback (most recent call last)")


def test_an_unexpected_exception_keeps_its_traceback(nncli, monkeypatch):
    monkeypatch.setattr("nncli.model.loading.read_model", lambda path: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        nncli("eval", "weights.npz")


def test_too_little_memory_is_one_line_with_a_remedy(nncli, monkeypatch):
    def too_much(path):
        raise MemoryError("Unable to allocate 99 TiB")

    monkeypatch.setattr("nncli.model.loading.read_model", too_much)
    result = nncli("eval", "weights.npz")
    assert result.code == 1
    assert result.error == (
        "Error: not enough memory (unable to allocate 99 TiB); free some, or run 'nncli --debug' "
        "to see what needs it"
    )


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX")
@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_standard_stream_is_not_a_failure(process, weights, tmp_path, closed):
    (tmp_path / "rows.csv").write_text("0,1\n", encoding="utf-8")
    files = [weights, "rows.csv", "-o", "predictions.csv"]
    running = process("predict", *files, preexec_fn=lambda: os.close(closed))
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    assert (tmp_path / "predictions.csv").exists()


def test_a_path_that_the_system_refuses_is_one_line_and_with_debug_a_traceback(nncli):
    result = nncli("show", "n" * 300)
    assert result.code == 1
    assert result.error == f"Error: {'n' * 300}: file name too long"
    with pytest.raises(OSError, match="File name too long"):
        nncli("--debug", "show", "n" * 300)


def test_the_line_of_an_error_has_a_maximum_length(nncli):
    result = nncli("config", "check", "x" * 100_000)
    assert result.code == 2
    assert len(result.error) == 5000


def test_ctrl_c_before_there_is_anything_to_save_is_one_line(nncli, monkeypatch):
    def interrupted(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("nncli.model.loading.read_model", interrupted)
    result = nncli("eval", "weights.npz")
    assert result.code == 130
    assert result.err.strip() == "Interrupted."


@pytest.mark.parametrize("module", ["click", "nncli.cli.commands", "nncli.base.errors"])
def test_ctrl_c_while_the_program_is_being_loaded_is_one_line(tmp_path, module):
    code = (
        "import signal, sys\n"
        # Shells start background processes with Ctrl-C ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == {module!r}: signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from nncli.__main__ import main\n"
        "main(['--version'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_the_program_is_installed_under_its_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "from importlib.metadata import entry_points as e; "
         "e(group='console_scripts', name='nncli')['nncli'].load()(['--version'])"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert done.stdout == f"nncli, version {package.__version__}\n"
