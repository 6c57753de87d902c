"""The program, which turns an error into a line and an exit code."""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from errno import ENOENT
from io import StringIO
from pathlib import Path

import click

import nncli
from nncli.base.arguments import speaking_of_options
from nncli.base.errors import (
    ConfigError,
    ExpressionError,
    Interrupted,
    NncliError,
    OutputError,
    UsageError,
    is_of_memory,
    no_memory,
    reason,
)
from nncli.base.paths import absolute, joined
from nncli.base.streams import standard_streams
from nncli.base.threads import start_with_one_thread
from nncli.base.words import on_one_line, printable
from nncli.cli.commands import COMMANDS, LazyCommands

_COMPLETE = "_NNCLI_COMPLETE"
_LONGEST_LINE = 5000  # fits the longest possible path and a message


@click.group(
    cls=LazyCommands, places=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(nncli.__version__, prog_name="nncli")
@click.option("--debug", is_flag=True, help="Show the traceback of errors.")
def cli(debug: bool) -> None:
    """Train, explain and ship multilayer perceptrons from one YAML file.

    Start with:  nncli init xor  and  nncli train xor.yaml
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 failed, 2 wrong usage, 128 + N stopped by signal N.

    If called by a shell's completion script, print completions instead.
    """
    start_with_one_thread()
    with standard_streams(), speaking_of_options():
        if _COMPLETE in os.environ:
            from nncli.cli.shells import answer

            sys.exit(answer(cli, _COMPLETE))
        try:
            code = _run(list(sys.argv[1:] if arguments is None else arguments))
        finally:
            with suppress(OutputError, BrokenPipeError):  # an error was already reported
                sys.stdout.flush()
        sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        code = cli.main(arguments, prog_name="nncli", standalone_mode=False)
        sys.stdout.flush()
    except NncliError as error:
        if arguments[:1] == ["--debug"]:
            raise
        # Problems of a config start with file:line:column, which editors can jump to.
        if isinstance(error, ConfigError):
            lines = [*error.problems]
        elif isinstance(error, Interrupted):
            lines = str(error).split("\n")  # the command to resume may be on its own line
        elif isinstance(error, ExpressionError):
            lines = f"Error: {error}".split("\n")
        else:
            lines = [f"Error: {error}"]
        _print_messages(lines)
        return UsageError.exit_code if _lacks_argument(error, arguments) else error.exit_code
    except click.ClickException as error:
        return _tell_misuse(error, arguments)
    except (click.Abort, KeyboardInterrupt) as error:
        click.echo("Interrupted.", err=True)
        stopped = error.__cause__ if isinstance(error, click.Abort) else error
        return 128 + getattr(stopped, "number", signal.SIGINT)
    except BrokenPipeError:
        return 1  # the reader closed the pipe
    except (MemoryError, ImportError, OSError) as error:
        is_bug = isinstance(error, ImportError) and (error.name or "").startswith("nncli")
        if is_bug or arguments[:1] == ["--debug"]:
            raise
        _print_messages([f"Error: {_problem_of(error)}"])
        return 1
    return code if isinstance(code, int) else 0


def _tell_misuse(error: click.ClickException, arguments: Sequence[str]) -> int:
    """Print click's message with the usage of the command; return the exit code."""
    from nncli.cli.unknown_options import with_setting

    error = with_setting(error, arguments)
    vars(error)["message"] = printable(error.message)  # it quotes the command line
    shown = StringIO()
    error.show(shown)
    *usage, problem = shown.getvalue().splitlines(keepends=True)
    click.echo("".join(usage), err=True, nl=False)
    _print_messages([problem.rstrip("\n")])
    return error.exit_code


def _print_messages(lines: Sequence[str]) -> None:
    from nncli.cli.output import print_message

    for line in lines:
        print_message(on_one_line(line, _LONGEST_LINE))


def _problem_of(error: MemoryError | ImportError | OSError) -> str:
    """Return the message for an unexpected error."""
    if isinstance(error, ImportError):
        last = str(error).strip().rpartition("\n")[2].removeprefix("Original error was: ")
        return f"a library cannot be loaded ({last}); free some memory, or reinstall it"
    if not isinstance(error, OSError) or is_of_memory(error):
        return f"{no_memory(error)}; free some, or run 'nncli --debug' to see what needs it"
    if error.filename is not None:  # a path of the command line that the system rejects
        return f"{error.filename}: {reason(error)}"
    if error.errno == ENOENT and not absolute(Path()).is_absolute():
        return "the working directory was removed; change to another one"
    return f"a system call failed ({reason(error)}); run 'nncli --debug' to see which"


def _lacks_argument(error: NncliError, arguments: Sequence[str]) -> bool:
    """Return whether a file named on the command line is missing."""
    cause = error.__cause__
    if not isinstance(cause, FileNotFoundError | NotADirectoryError) or not cause.filename:
        return False
    missing, here = joined("", cause.filename), absolute(Path())
    for each in arguments:
        key, _, value = each.partition("=")  # --data=FILE, or data.path=FILE relative to the config
        is_setting = value and not key.startswith("-")
        beside = is_setting and missing.endswith(joined(os.sep, value))
        if beside or joined(here, missing) in (joined(here, each), joined(here, value)):
            return not isinstance(error, OutputError)
    return False
