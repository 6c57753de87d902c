"""Start the program, as ``nncli`` or ``python -m nncli``.

The top level imports almost nothing, so that Ctrl-C works while everything else is loading.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit, as described in `nncli.cli.main.main`."""
    try:
        from nncli.base.signals import stop_at_signals

        stop_at_signals()
        from nncli.base.streams import print_traceback

        sys.excepthook = print_traceback
        from nncli.cli.main import main as program

        program(arguments)
    except KeyboardInterrupt as error:
        from nncli.base.streams import standard_streams

        with standard_streams():
            print("Interrupted.", file=sys.stderr)  # noqa: T201 - click may not be loaded yet
        sys.exit(128 + getattr(error, "number", 2))


if __name__ == "__main__":
    main()
