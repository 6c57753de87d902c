"""Write a training step of a config or model as text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nncli.base.arguments import said, unexpected
from nncli.base.errors import UsageError
from nncli.base.words import either
from nncli.config.is_config import is_config
from nncli.config.load import ConfigSource, config_name, load_config
from nncli.config.overrides import Overrides, with_setting
from nncli.explain.document.elements import Worked
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.notation import Notation
from nncli.explain.trace.forms import FORMS
from nncli.explain.trace.step import Step, take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.explain.trace.worksheet import sheet_of, worksheet
from nncli.model.model import Model
from nncli.model.model_file import read_model
from nncli.runs.job import Job
from nncli.runs.preparation import prepare, prepare_again


def trace(
    what: ConfigSource | Model,
    overrides: Overrides = (),
    *,
    rows: Sequence[int] = (0,),
    format: str = "text",  # noqa: A002 - the name of the option
    precision: int = 6,
    limit: int = 6,
    forward: bool = False,
    form: str = "scalar",
    trust_paths: bool = False,
    blank: float | None = None,
    seed: int | None = None,
    solution: bool = False,
) -> str:
    """Return one training step as a worked example.

    This is the first step from the initial weights of a config or the trained weights of a model,
    without dropout and row weights. Several rows form one batch. A config that trains for 0 epochs
    takes no step: the page has the forward and backward pass.

    Parameters
    ----------
    what : path, mapping, Config, LoadedConfig or Model
        A config; or a model, a model file or a run directory.
    overrides : mapping of str, or sequence of str
        Settings that override those of a config.
    rows : sequence of int
        Training rows, from 0.
    format : str
        ``text``, ``markdown``, ``latex`` or ``html``.
    precision : int
        The number of significant digits.
    limit : int
        The maximum number of units of a layer, and of terms of a sum, to show. If there are more,
        or more rows, one calculation of each kind is written out, and tables have the others.
    forward : bool
        Whether to write only the forward pass and the loss.
    form : str
        ``scalar`` for an equation per unit and weight; ``matrix`` for matrices of all rows and
        units; ``theta`` for matrices with the biases in the first row of the weights.
    trust_paths : bool
        Whether to read data files named by a model from any path, as for `Model.evaluate`.
    blank : float, optional
        The fraction of the computed numbers to leave out, from 0 to 1, for a worksheet.
    seed : int, optional
        The number of the worksheet; another one leaves out other numbers. Default: 0.
    solution : bool
        Whether to print the numbers that the worksheet leaves out, underlined.

    Raises
    ------
    ConfigError, DataError, ModelFileError, UsageError
        If `what` is neither a config nor a model, or does not have these rows.
    DivergenceError
        If the loss or the gradient is not finite.
    """
    _check_options(format, form, precision, limit)
    sheet = sheet_of(blank, seed, form, solution=solution)
    job = _job(what, overrides, trust_paths)
    _check_rows(rows, job)
    chosen = FORMATS[format]
    source = what.called if isinstance(what, Model) else config_name(what)
    step, write = take_step(job, rows, forward=forward), chosen.notation(precision)

    def page_of(shown: Step, notation: Notation) -> Iterator[Worked]:
        return worked_example(step, notation, source=source, limit=limit, form=form, shown=shown)

    if sheet is None:
        return chosen.write(page_of(step, write))
    return chosen.write(worksheet(page_of, step, write, sheet, format))


def _job(what: ConfigSource | Model, overrides: Overrides, trust_paths: bool) -> Job:
    if isinstance(what, str | Path) and not is_config(what):
        what = read_model(Path(what))
    if not isinstance(what, Model):
        loaded = load_config(what, with_setting(overrides, "training.engine", "numpy"))
        return prepare(loaded.selecting)
    if overrides:
        first = next(iter(overrides))
        raise UsageError(f"{first}: a model's settings are fixed; give its config instead")
    return prepare_again(what, remedy="trace your own config", trust_paths=trust_paths)


def _check_options(format_: str, form: str, precision: int, limit: int) -> None:
    for name, choice, known in (("format", format_, FORMATS), ("form", form, FORMS)):
        if not isinstance(choice, str) or choice not in known:
            raise UsageError(f"{name}: found {choice!r}; expected {either(known)}")
    for name, value, most in (("precision", precision, 17), ("limit", limit, None)):
        if not isinstance(value, int) or value < 1 or (most and value > most):
            expected = f"from 1 to {most}" if most else "of 1 or more"
            raise UsageError(f"{name}: found {value!r}; expected an integer {expected}")


def _check_rows(rows: Sequence[int], job: Job) -> None:
    if isinstance(rows, str) or not isinstance(rows, Sequence):
        raise unexpected("rows", rows, "a list of row numbers")
    if odd := [row for row in rows if isinstance(row, bool) or not isinstance(row, int)]:
        raise unexpected("rows", odd[0], "an integer such as 0")
    if not rows:
        raise unexpected("rows", rows, "one or more rows")
    place = said("--row", "rows:")
    there = len(job.dataset.splits["train"])
    if not 0 <= min(rows) <= max(rows) < there:
        found = min(rows) if min(rows) < 0 else max(rows)
        known = f"training rows are 0 to {there - 1}" if there > 1 else "only training row is 0"
        raise UsageError(f"{place} {found}: the {known}")
    layer = job.setup.network.neediest
    if len(rows) < layer.smallest_batch:
        raise UsageError(
            f"{place} {rows[0]}: {layer.kind} needs at least {layer.smallest_batch} rows in a "
            f"batch; try {said('--row', 'rows')} 0-{min(3, there - 1)}"
        )
