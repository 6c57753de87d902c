"""The commands of the program: the name of each, where it is, and what the help says of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from nncli.base.words import did_you_mean


@dataclass(frozen=True)
class Place:
    """Where a command is.

    Attributes
    ----------
    module, attribute : str
        What to import once it is called.
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
    """A group that says which command a misspelled one may stand for."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return name and command that `args` begin with, and the rest of them."""
        name, known = args[0], self.list_commands(ctx)
        if not (name in known or ctx.resilient_parsing or name.startswith("-")):
            ctx.fail(f"No such command {name!r}{did_you_mean(name, known) or '.'}")
        return super().resolve_command(ctx, args)


class LazyCommands(Commands):
    """A group whose commands are imported when they are called, or asked for their own help.

    Until then, in the list of commands and in the shell's completions, an empty command with the
    words of the table stands for each.
    """

    def __init__(self, *, places: Mapping[str, Place], **settings: Any) -> None:
        stand_ins = {name: click.Command(name, help=each.help) for name, each in places.items()}
        super().__init__(commands=stand_ins, **settings)
        self.places = places

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return name and command that `args` begin with, imported now, and the rest of them."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else self.places[name].load(), rest


COMMANDS: dict[str, Place] = {
    "train": Place("nncli.cli.train", "train", "Train a network as CONFIG describes it."),
    "eval": Place("nncli.cli.eval", "eval_", "Print how well a model does."),
    "predict": Place(
        "nncli.cli.predict",
        "predict",
        "Predict the class, or the targets, of every row of INPUT with WEIGHTS.",
    ),
    "show": Place("nncli.cli.show", "show", "Describe a model file, a config or a run directory."),
    "trace": Place("nncli.cli.trace", "trace", "Print one training step as a worked example."),
    "gradcheck": Place(
        "nncli.cli.gradcheck", "gradcheck", "Compare backpropagation with differences of the loss."
    ),
    "init": Place("nncli.cli.init", "init", "Write a commented config to start from."),
    "info": Place("nncli.cli.info", "info", "Print what a bug report needs."),
    "config": Place(
        "nncli.cli.config", "config", "Check a config, show it complete, or print the schema."
    ),
    "data": Place("nncli.cli.data", "data", "List, download or describe data."),
}
