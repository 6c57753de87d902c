"""Answer an unknown option that is meant as something else, such as ``--lr 0.1``."""

from collections.abc import Sequence

import click

from nncli.base.late import import_late


def with_setting(error: click.ClickException, arguments: Sequence[str]) -> click.ClickException:
    """Return an error of the command line; for an option that is a setting, with that setting.

    An expression that begins with a minus is answered, too.

    Parameters
    ----------
    arguments : sequence of str
        The command line.
    """
    if not isinstance(error, click.NoSuchOption) or not error.ctx:
        return error
    if _takes("EXPRESSION", error.ctx) and not error.option_name.startswith("--"):
        remedy = "write -- before an expression that begins with -"
        return click.UsageError(f"No such option '{error.option_name}'; {remedy}", error.ctx)
    if not _takes("KEY=VALUE", error.ctx):
        return error
    import_late("numpy")
    from nncli import setting_of_option

    option = error.option_name
    near = error.possibilities or ()
    if any(option.replace("_", "-").startswith(each) for each in near):  # --output is --out
        return error
    if not (setting := setting_of_option(option, _value_of(option, arguments))):
        return error
    return click.UsageError(f"No such option '{option}'; write {setting}", error.ctx)


def _takes(metavar: str, context: click.Context) -> bool:
    metavars = [each.metavar for each in context.command.params]
    return any(each and metavar in each for each in metavars)


def _value_of(option: str, arguments: Sequence[str]) -> str:
    """Return the text after an option, or an empty text."""
    for each, following in zip(arguments, (*arguments[1:], ""), strict=True):
        name, equals, value = each.partition("=")
        if name == option:
            return value if equals else "" if following.startswith("--") else following
    return ""
