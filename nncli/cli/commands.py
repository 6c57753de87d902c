"""The commands of the program: name, location and help of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from nncli.base.arguments import set_options
from nncli.base.words import did_you_mean


@dataclass(frozen=True)
class Place:
    """The location and help of a command.

    Attributes
    ----------
    module, attribute : str
        What to import when the command is called.
    help : str
        The first sentence of its help.
    """

    module: str
    attribute: str
    help: str

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(import_module(self.module), self.attribute)
        return command


class Commands(click.Group):
    """A group that prints its help without a command, and suggests one for a misspelled one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; without any, print the help on standard error and exit with 2."""
        if not args and not ctx.resilient_parsing:  # versions of click differ in this
            click.echo(ctx.get_help(), err=True, color=ctx.color)
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the name and command at the start of `args`, and the other arguments."""
        name, known = args[0], self.list_commands(ctx)
        if not (name in known or ctx.resilient_parsing or name.startswith("-")):
            ctx.fail(f"No such command {name!r}{did_you_mean(name, known) or '.'}")
        found = super().resolve_command(ctx, args)
        self.name_options(found[1])
        return found

    def name_options(self, command: click.Command | None) -> None:
        """Let messages name the options of a command."""
        set_options([each for it in command.params for each in it.opts] if command else ())


class LazyCommands(Commands):
    """A group whose commands are imported when they, or their help, are called.

    The list of commands and the shell completion use empty commands with the help of the table.
    """

    def __init__(self, *, places: Mapping[str, Place], **settings: Any) -> None:
        stand_ins = {name: click.Command(name, help=each.help) for name, each in places.items()}
        super().__init__(commands=stand_ins, **settings)
        self.places = places

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the name and imported command at the start of `args`, and the other arguments."""
        name, _, rest = super().resolve_command(ctx, args)
        command = None if name is None else self.places[name].load()
        self.name_options(command)
        return name, command, rest


COMMANDS: dict[str, Place] = {
    "train": Place("nncli.cli.train", "train", "Train the network described in CONFIG."),
    "eval": Place("nncli.cli.eval", "eval_", "Evaluate a model on a split or a file."),
    "predict": Place(
        "nncli.cli.predict", "predict", "Predict the class or the targets of every row of INPUT."
    ),
    "show": Place("nncli.cli.show", "show", "Describe a model file, a config or a run directory."),
    "plot": Place("nncli.cli.plot", "plot", "Draw plots of a run, a model file or a config."),
    "report": Place("nncli.cli.report", "report", "Write a report on a run as one HTML page."),
    "diagnose": Place(
        "nncli.cli.diagnose", "diagnose", "Say why training went as it did, and what to change."
    ),
    "trace": Place("nncli.cli.trace", "trace", "Print one training step as a worked example."),
    "derive": Place("nncli.cli.derive", "derive", "Derive an expression by the chain rule."),
    "explain": Place(
        "nncli.cli.explain", "explain", "Explain a term: a config key, a choice, a metric, ..."
    ),
    "gradcheck": Place(
        "nncli.cli.gradcheck", "gradcheck", "Compare backpropagation with finite differences."
    ),
    "playground": Place(
        "nncli.cli.playground",
        "playground",
        "Build a network in the browser, and watch it learn.",
    ),
    "init": Place("nncli.cli.init", "init", "Write a commented config to start from."),
    "compare": Place(
        "nncli.cli.compare", "compare", "Compare the metrics and configs of finished runs."
    ),
    "info": Place("nncli.cli.info", "info", "Print the environment for a bug report."),
    "config": Place(
        "nncli.cli.config", "config", "Check a config, print it in full, or print the schema."
    ),
    "data": Place("nncli.cli.data", "data", "List, download, describe or export data."),
}
