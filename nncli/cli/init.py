"""``nncli init``."""

from pathlib import Path

import click


@click.command()
@click.argument("template", default="xor")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write; - for standard output.  [default: TEMPLATE.yaml]",
)
def init(template: str, out: Path | None) -> None:
    """Write a commented config to start from.

    TEMPLATE is xor, the default, or mnist.
    """
    from nncli.config.templates import TEMPLATES, template_text
    from nncli.errors import UsageError, did_you_mean
    from nncli.files import checked_output, write_text

    if template not in TEMPLATES:
        hint = did_you_mean(template, list(TEMPLATES)) or "; there are " + ", ".join(TEMPLATES)
        raise UsageError(f"unknown template {template!r}{hint}")
    path = out or Path(f"{template}.yaml")
    if str(path) == "-":
        click.echo(template_text(template), nl=False)
        return
    write_text(checked_output(path), template_text(template))
    click.echo(f"Wrote {path}. Next:\n  nncli train {path}")
