"""What starts the program, as ``nncli`` and as ``python -m nncli``.

It imports next to nothing at its top, so that Ctrl-C is answered while all else is being loaded.
"""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit, as `nncli.cli.main.main` says."""
    try:
        from nncli.cli.main import main as program

        program(arguments)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)  # noqa: T201 - click may not be there yet
        sys.exit(130)


if __name__ == "__main__":
    main()
