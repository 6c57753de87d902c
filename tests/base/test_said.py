"""Messages name options on the command line, and arguments in Python."""

from click.testing import CliRunner

from nncli.base.arguments import has_option, said, set_options, speaking_of_options
from nncli.cli.main import cli


def test_options_are_named_only_while_a_command_runs():
    assert said("--id", "id") == "id"
    with speaking_of_options():
        assert (said("--id", "id"), has_option("--id")) == ("--id", False)
        set_options(["--id"])
        assert has_option("--id")
    assert (said("--id", "id"), has_option("--id")) == ("id", False)


def test_a_command_that_another_program_calls_leaves_python_its_words():
    set_options(["--id"])
    assert said("--id", "id") == "id"
    CliRunner().invoke(cli, ["show", "--help"])
    assert said("--id", "id") == "id"
