"""The table of commands lists every command with its description."""

import inspect
import subprocess
import sys
from pathlib import Path

import click
import pytest

import nncli.cli as package
from nncli.cli.commands import COMMANDS
from nncli.cli.main import cli

FOLDER = Path(package.__file__).parent


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_has_the_first_sentence_of_the_help_of_a_command(name):
    command = COMMANDS[name].load()
    assert command.name == name
    assert inspect.cleandoc(command.help).split("\n\n")[0] == COMMANDS[name].help


def test_every_module_with_a_command_is_in_the_table():
    marks = ("@click.command", "@click.group")
    with_command = {
        f"nncli.cli.{path.stem}"
        for path in FOLDER.glob("*.py")
        if any(line.startswith(marks) for line in path.read_text("utf-8").splitlines())
    }
    assert with_command - {"nncli.cli.main"} == {place.module for place in COMMANDS.values()}


def loaded_modules(*arguments):
    """Return the modules of commands that are loaded after a command line has run."""
    code = (
        "import sys\n"
        "from nncli.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )
    return {place.module for place in COMMANDS.values()} & set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], set()),
        (["--version"], set()),
        (["trian"], set()),
        (["trace", "--help"], {"nncli.cli.trace"}),
        (["config", "--help"], {"nncli.cli.config"}),
    ],
)
def test_only_the_called_command_is_loaded(arguments, expected):
    assert loaded_modules(*arguments) == expected


def test_the_help_lists_the_commands_by_name_with_their_words(nncli):
    listed = nncli("--help").out.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in listed] == sorted(COMMANDS)
    assert "  train       Train the network described in CONFIG." in listed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'; did you mean 'train'?"),
        (["evaluate"], "No such command 'evaluate'; did you mean 'eval'?"),
        (["data", "lits"], "No such command 'lits'; did you mean 'list'?"),
        (["config", "chekc", "c.yaml"], "No such command 'chekc'; did you mean 'check'?"),
        (["zzz"], "No such command 'zzz'."),
    ],
)
def test_a_misspelled_command_gets_a_suggestion(nncli, arguments, message):
    result = nncli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith(f"\nError: {message}\n")


def test_the_program_finds_a_command_by_its_name():
    with click.Context(cli) as context:
        assert cli.resolve_command(context, ["show", "x"]) == (
            "show",
            COMMANDS["show"].load(),
            ["x"],
        )
