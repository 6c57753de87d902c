"""Diagnose trainings with default settings on the tables of `tests.benchmarks.first_try`.

Each table is trained with its path and target alone, and diagnosed with its data. No finding may be
wrong. Run from the project's root:

    pip install -e '.[test]'
    python -m tests.benchmarks.first_try_findings
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

import nncli
from tests.benchmarks.first_try_contenders import TWO_KEYS, config_of
from tests.benchmarks.first_try_files import prepare
from tests.benchmarks.first_try_tables import PACKAGES, TABLES, Table


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line per table, then how many tables have each finding."""
    first, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", nargs="+", choices=TABLES, metavar="NAME", default=[*TABLES])
    parser.add_argument("--packages", nargs="+", choices=PACKAGES, default=[*PACKAGES])
    parser.add_argument("--pages", action="store_true", help="print the findings in full")
    cache = user_cache_path("nncli") / "first_try"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for packages and tables")
    options = parser.parse_args(arguments)
    found: Counter[str] = Counter()
    for name in options.tables:
        table = TABLES[name]
        if table.package in options.packages:
            codes = _report(table, options.cache.resolve(), pages=options.pages)
            found.update(codes or ["none"])
    print("\n" + "\n".join(f"{code}: {tables}" for code, tables in sorted(found.items())))


def _report(table: Table, cache: Path, *, pages: bool) -> list[str]:
    """Print a line about a table, and return the codes of its findings."""
    try:
        diagnosis = diagnosed(table, cache)
    except nncli.NncliError as error:
        print(f"{table.name:<20} refused: {error}", flush=True)
        return ["refused"]
    print(f"{table.name:<20} {', '.join(diagnosis.codes) or 'none'}", flush=True)
    if pages and diagnosis.codes:
        print(diagnosis.page())
    return diagnosis.codes


def diagnosed(table: Table, cache: Path) -> nncli.Diagnosis:
    """Train on a table with default settings, on its cleaned file where nncli refuses its own."""
    prepared = prepare(table, cache)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = nncli.train(config_of(prepared, prepared.file, TWO_KEYS))
        except nncli.NncliError:
            result = nncli.train(config_of(prepared, prepared.cleaned, TWO_KEYS))
        return result.diagnose()


if __name__ == "__main__":
    main()
