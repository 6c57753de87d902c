"""``python -m nncli`` is the same program as ``nncli``."""

from nncli.cli.main import main

if __name__ == "__main__":
    main()
