"""The results of `tests.benchmarks.first_try`: their file, summary and table."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tests.benchmarks.first_try_contenders import (
    BOOSTING,
    FEW_ROWS,
    MLP,
    OF_NNCLI,
    SCALED_MLP,
    Outcome,
)
from tests.benchmarks.first_try_tables import Table

# A score at most this far behind the better MLP counts as reached.
TOLERANCES = {"accuracy": 0.005, "log_loss": 0.005, "r2": 0.01}
WANTED_PERCENT, WANTED_GAP = 92, 0.03


@dataclass(frozen=True)
class Result:
    """A contender's outcome on a table.

    Attributes
    ----------
    contender : str
        Name of the contender, with the settings that were tried.
    version : str
        Version of its code.
    rows, inputs : int
        Size of the cleaned table.
    """

    table: Table
    contender: str
    version: str
    rows: int
    inputs: int
    outcome: Outcome

    @property
    def key(self) -> tuple[str, str, str]:
        """Key of the work that gave this result."""
        return self.table.key, self.contender, self.version

    def score(self, name: str) -> float | None:
        """Return a score for which larger is better; None where it failed."""
        found = self.outcome.scores.get(name)
        return -found if found is not None and name == "log_loss" else found


class Store:
    """A file with one result per line; several processes may append to it at once."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.results: dict[tuple[str, str, str], Result] = {}

    def read(self, tables: Sequence[Table]) -> None:
        """Read the results of some tables; skip a truncated line."""
        if self.path is None or not self.path.exists():
            return
        known = {each.key: each for each in tables}
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                saved = json.loads(line)
            except json.JSONDecodeError:
                continue
            table = known.get(saved.pop("key"))
            if table is not None:
                saved |= {"table": table, "outcome": Outcome(**saved["outcome"])}
                result = Result(**saved)
                self.results[result.key] = result

    def add(self, result: Result) -> None:
        """Append a result."""
        self.results[result.key] = result
        if self.path is not None:
            saved = {**vars(result), "table": result.table.name, "key": result.table.key}
            saved["outcome"] = asdict(result.outcome)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(f"\n{json.dumps(saved, ensure_ascii=False)}\n")


OfTable = dict[str, Result]


def metrics_of(table: Table) -> tuple[str, ...]:
    """Return the names of a table's scores; the first one decides."""
    return ("r2",) if table.task == "regression" else ("accuracy", "log_loss")


def better_mlp(results: OfTable, metric: str) -> float | None:
    """Return the better score of scikit-learn's networks."""
    scores = [results[each].score(metric) for each in (MLP, SCALED_MLP) if each in results]
    return max((each for each in scores if each is not None), default=None)


def boosting(results: OfTable, metric: str) -> float | None:
    """Return the score of HistGradientBoosting."""
    return results[BOOSTING].score(metric) if BOOSTING in results else None


def _gaps(
    tables: Sequence[OfTable],
    contender: str,
    metric: str,
    other: Callable[[OfTable, str], float | None],
) -> dict[str, float]:
    """Return the lead of the other contender by table, without tables on which one failed."""
    found = {}
    for each in tables:
        if contender not in each or metric not in metrics_of(each[contender].table):
            continue
        own, others = each[contender].score(metric), other(each, metric)
        if own is not None and others is not None:
            found[each[contender].table.name] = round(others - own, 9)
    return found


def summary(tables: Sequence[OfTable], contender: str) -> Iterator[str]:
    """Yield lines that compare a contender with the better MLP and HistGradientBoosting."""
    gaps = {name: _gaps(tables, contender, name, better_mlp) for name in TOLERANCES}
    for name, label in (("accuracy", "accuracy"), ("log_loss", "log loss"), ("r2", "R²")):
        reached = sum(gap <= TOLERANCES[name] for gap in gaps[name].values())
        if gaps[name]:
            yield f"{label} reached: {reached} of {len(gaps[name])} (within {TOLERANCES[name]})"
    deciding = gaps["accuracy"] | gaps["r2"]
    if deciding:
        reached = sum(
            gap <= TOLERANCES[name] for name in ("accuracy", "r2") for gap in gaps[name].values()
        )
        worst = sorted(deciding, key=lambda name: -deciding[name])[:5]
        yield f"accuracy and R² reached: {reached / len(deciding):.0%} (target {WANTED_PERCENT} %)"
        yield f"worst gaps (target {WANTED_GAP}): " + ", ".join(
            f"{name} {deciding[name]:.3f}" for name in worst
        )
        yield f"mean difference: {-fmean(deciding.values()):+.4f}"
    yield from _rank(tables, contender)
    yield from _refusals(tables, contender)


def _rank(tables: Sequence[OfTable], contender: str) -> Iterator[str]:
    """Yield the mean ranks of a contender and HistGradientBoosting on tables with few rows."""
    few = [each for each in tables if contender in each and each[contender].rows <= FEW_ROWS]
    ranks = [
        1.5 if gap == 0 else 1.0 + (gap > 0)
        for metric in ("accuracy", "r2")
        for gap in _gaps(few, contender, metric, boosting).values()
    ]
    if ranks:
        mean = fmean(ranks)
        yield (
            f"mean rank on {len(ranks)} tables of up to {FEW_ROWS} rows: {mean:.2f}, "
            f"{BOOSTING} {3 - mean:.2f}"
        )


def _refusals(tables: Sequence[OfTable], contender: str) -> Iterator[str]:
    own = [each[contender] for each in tables if contender in each]
    refused = [each for each in own if each.outcome.refused]
    failed = [each.table.name for each in own if not each.outcome.scores]
    if own and contender.startswith(OF_NNCLI):
        yield f"refused without cleaning: {len(refused)} of {len(own)}"
    if failed:
        yield f"no score at all: {', '.join(failed)}"
    others = [each[contender].table.name for each in tables if _has_other_folds(each, contender)]
    if others:
        yield f"folds differ from those of {MLP}: {', '.join(others)}"


def _has_other_folds(results: OfTable, contender: str) -> bool:
    pair = [results[each].outcome for each in (contender, MLP) if each in results]
    return len(pair) == 2 and all(each.scores for each in pair) and pair[0].folds != pair[1].folds


def markdown(tables: Sequence[OfTable], contenders: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table; a star marks files that nncli refused without cleaning."""
    names = [each for each in contenders if each != SCALED_MLP]
    yield f"| table | rows × inputs | score | {' | '.join(names)} | refused without cleaning |"
    yield "|---|---|---|" + "---|" * (len(names) + 1)
    for each in tables:
        one = next(iter(each.values()))
        mark = "" if one.table.listed else " (held out)"
        metric = "R²" if one.table.task == "regression" else "accuracy / log loss"
        cells = [f"{one.table.name}{mark}", f"{one.rows}×{one.inputs}", metric]
        cells += [_cell(each, name) for name in names]
        refused = [said for name in names if name in each for said in each[name].outcome.refused]
        said = refused[0].replace("|", "\\|") if refused else "-"
        yield f"| {' | '.join(cells)} | {said if len(said) <= 80 else said[:79] + '…'} |"


def _cell(results: OfTable, contender: str) -> str:
    if contender not in results:
        return ""
    outcome = results[contender].outcome
    shown = _scores(outcome.scores) + ("*" if outcome.refused and outcome.scores else "")
    if contender == MLP and SCALED_MLP in results:
        shown += f" ({_scores(results[SCALED_MLP].outcome.scores)})"
    return shown


def _scores(scores: dict[str, Any]) -> str:
    digits = {"accuracy": 3, "log_loss": 2, "r2": 2}
    return (
        " / ".join(f"{scores[name]:.{digits[name]}f}" for name in digits if name in scores) or "-"
    )


def report(
    tables: Sequence[OfTable], contenders: Sequence[str], *, with_table: bool
) -> Iterator[str]:
    """Yield the lines of the final report."""
    if with_table:
        yield from markdown(tables, contenders)
        yield ""
    parts: dict[str, list[OfTable]] = {"listed": [], "held-out": []}
    for each in tables:
        parts["listed" if next(iter(each.values())).table.listed else "held-out"].append(each)
    if all(parts.values()):
        parts["all"] = list(tables)
    for contender in contenders:
        if contender.startswith(OF_NNCLI):
            for name, some in parts.items():
                if some:
                    yield f"{contender}, {name} tables ({len(some)}):"
                    yield from (f"  {line}" for line in summary(some, contender))
