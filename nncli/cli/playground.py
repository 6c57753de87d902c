"""``nncli playground``."""

from contextlib import suppress
from pathlib import Path

import click

from nncli.cli.arguments import PLAYED


@click.command()
@click.argument("what", metavar="[CONFIG|RUN|FILE]", type=PLAYED, required=False)
@click.option(
    "--target", metavar="COLUMN", help="Column of FILE to predict.  [default: the last one]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port to serve the page at; 0 is any free one.  [default: 0]",
)
@click.option("--no-open", is_flag=True, help="Only print the address; do not open a browser.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="NAME",
    help="Name or address of this computer, for a classroom; needs --token.",
)
@click.option(
    "--token",
    metavar="TEXT",
    help="Secret in the address of the page.  [default: a random one]",
)
def playground(
    what: Path | None,
    target: str | None,
    port: int,
    no_open: bool,
    host: str,
    token: str | None,
) -> None:
    """Build a network in the browser, and watch it learn.

    The page begins with a config, with the weights and config of a run, or with a table, of which
    it uses two columns of numbers; otherwise with noisy XOR. It needs no network connection, and
    only this computer can open it, unless --host says otherwise. Ctrl-C ends it.
    """
    from nncli import playground as server_of
    from nncli.cli.output import print_warning

    server = server_of(what, target=target, host=host, port=port, token=token)
    if server.notice:
        print_warning(server.notice)
    with server, suppress(KeyboardInterrupt):
        click.echo(f"The playground is at {server.url}\nCtrl-C ends it.")
        if not no_open:
            import webbrowser

            if not webbrowser.open(server.url):
                print_warning("browser: cannot be opened; open the address yourself")
        server.wait()
    if server.failure:
        raise server.failure
