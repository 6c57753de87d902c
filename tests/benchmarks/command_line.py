"""The command line of the benchmark."""

import argparse
from functools import partial
from pathlib import Path

from tests.benchmarks.cases import CASES
from tests.benchmarks.registry import PEERS, installed_peers

SCALING = "scaling"


def command_line(description: str) -> argparse.Namespace:
    """Return `cases`, `peers`, `repeats`, `quick` and `output`; exit on a wrong value."""
    parser = _parser(description)
    options = parser.parse_args()
    options.repeats = options.repeats or (1 if options.quick else 5)
    if options.output is not None and not options.output.absolute().parent.is_dir():
        parser.error(f"no such folder: {options.output.parent}")  # now, not after an hour
    missing = {PEERS[name].package for name in options.peers if not PEERS[name].is_installed}
    if missing:
        parser.error(f"missing: pip install {' '.join(sorted(missing))}")
    return options


def _parser(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.compare",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cases = [*CASES, SCALING]
    parser.add_argument(
        "--cases",
        type=partial(_names, cases),
        default=cases,
        metavar="NAME,...",
        help=f"cases to measure, from {', '.join(cases)}; default: all",
    )
    parser.add_argument(
        "--peers",
        type=partial(_names, [*PEERS]),
        default=installed_peers(),
        metavar="NAME,...",
        help=f"libraries to compare, from {', '.join(PEERS)}, or none; default: the installed ones",
    )
    parser.add_argument(
        "--repeats", type=_count, metavar="N", help="number of repeats; default: 5, with --quick 1"
    )
    parser.add_argument("--quick", action="store_true", help="only try the cases, on few rows")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="Markdown file; default: the terminal"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number, at least 1; found {text}")
    return int(text)


def _names(known: list[str], text: str) -> list[str]:
    chosen = [] if text == "none" else text.split(",")
    for name in chosen:
        if name not in known:
            raise argparse.ArgumentTypeError(f"unknown: {name}; known: {', '.join(known)}")
    return chosen
