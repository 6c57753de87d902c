"""Print whether a model solves a logic gate, and the lines of its units."""

from typing import Any

import click

from nncli.base.words import count

_MOST_LINES = 20


def print_gate(gate: dict[str, Any]) -> None:
    """Print which of the four rows are wrong, then the line of each unit of the first layer."""
    from nncli.cli.output import WIDTH, print_pairs, shortened

    wrong, lines = gate["wrong"], gate["lines"]
    if not wrong:
        click.echo("Solves the gate: all 4 rows are right.")
    else:
        number = f"{len(wrong)} of 4 rows {'is' if len(wrong) == 1 else 'are'}"
        click.echo(f"Does not solve the gate: {number} wrong.")
        for row in wrong:
            told = f"predicts {row['prediction']} instead of {row['target']}"
            click.echo(f"  {_corner(row['inputs'])}: {shortened(told, WIDTH - 10)}")
    if not lines:
        return
    rows = "where it is at least 0" if gate["zero_is_positive"] else "for which it is above 0"
    click.echo(f"\nwhere the sum of each unit of layer 1 is 0, and the rows {rows}")
    print_pairs([(each["unit"], _line(each)) for each in lines[:_MOST_LINES]])
    if len(lines) > _MOST_LINES:
        click.echo(f"and {count(len(lines) - _MOST_LINES, 'unit')} more (--json has all)")


def _line(unit: dict[str, Any]) -> str:
    """Return the equation of a unit's line, and the rows that are positive."""
    from nncli.cli.output import WIDTH, shortened

    rows = ", ".join(map(_corner, unit["positive"])) or "none"
    if not any(unit["weights"]):
        rows = f"{rows} (no line)"
    return f"{shortened(unit['line'], WIDTH - len(rows) - 10)}  {rows}"


def _corner(inputs: list[int]) -> str:
    return f"({inputs[0]}, {inputs[1]})"
