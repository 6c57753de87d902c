"""``nncli train``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.arguments import DATA, FOLDER, RUN, config_and_settings
from nncli.cli.running import Options, print_result, watching_for

if TYPE_CHECKING:
    from nncli import LoadedConfig

_PHASES = (
    "preparation",
    "compilation",
    "data",
    "steps",
    "forward",
    "loss",
    "backward",
    "update",
    "validation",
    "history",
    "checkpoint",
    "results",
    "diagnosis",
)


class _Seeds(click.IntRange):
    """A number of seeds: at least two."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or tell how to set a single seed."""
        if value == "1":
            self.fail("1 trains a single model; set its seed with the key seed: seed=1", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@click.argument(
    "arguments", nargs=-1, metavar="CONFIG [KEY=VALUE]...", shell_complete=config_and_settings
)
@click.option(
    "-o",
    "--out",
    type=FOLDER,
    metavar="DIR",
    help="Run directory, which must be new or empty.  [default: runs/<name>-001, -002, ...]",
)
@click.option(
    "--resume",
    type=RUN,
    metavar="RUN",
    help="Resume an interrupted run instead of starting CONFIG. Its training.epochs and "
    "training.seeds may be raised; other settings must not change.",
)
@click.option(
    "--data",
    "file",
    type=DATA,
    metavar="FILE",
    help="Train on the rows of FILE instead of data.path.",
)
@click.option(
    "--seeds",
    type=_Seeds(2, 10_000),
    metavar="N",
    help="Train N models on the same split, with the seeds seed, seed + 1, ...; the same as "
    "training.seeds=N.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Threads for training.  [default: from the environment, else 1, or one per "
    "processor for large layers]",
)
@click.option(
    "--log-every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print a line every N epochs.  [default: training.log_every, else about 50 lines, or on a "
    "terminal at most one per second]",
)
@click.option("-q", "--quiet", is_flag=True, help="Show only the results, no progress.")
@click.option("--profile", "profiled", is_flag=True, help="Report at the end where the time went.")
@click.option(
    "--dry-run", is_flag=True, help="Show data, shapes, memory and time without training."
)
def train(
    arguments: tuple[str, ...],
    out: Path | None,
    resume: Path | None,
    file: Path | None,
    seeds: int | None,
    threads: int | None,
    log_every: int | None,
    quiet: bool,
    profiled: bool,
    dry_run: bool,
) -> None:
    """Train the network described in CONFIG.

    KEY=VALUE changes a setting of the config:

      nncli train xor.yaml training.epochs=20 "model.hidden_layers=[4,4]"

    Writes weights.npz, checkpoint.npz, config.yaml, history.csv and metrics.json to the run
    directory. Ctrl-C finishes the current step, saves and stops. An interrupted run can be resumed:

      nncli train --resume runs/xor-001
    """
    from nncli.base.clock import Clock

    options = Options(threads, log_every, quiet, Clock(*_PHASES) if profiled else None)
    if resume is not None:
        if out is not None or dry_run:
            raise click.UsageError("--resume cannot be used with --out or --dry-run.")
        if plain := [each for each in arguments if "=" not in each]:
            raise click.UsageError(
                f"--resume takes no CONFIG, as the run has its own; found {plain[0]!r}."
            )
        _resume(resume, _settings(arguments, file, seeds, resume / "config.yaml"), options)
    elif not arguments:
        raise click.UsageError("Missing argument 'CONFIG'.")
    else:
        with options.preparing():
            from nncli import load_config

            config = Path(arguments[0])
            loaded = load_config(config, _settings(arguments[1:], file, seeds, config))
        _begin(loaded, out, dry_run, options)


def _settings(
    overrides: Sequence[str], file: Path | None, seeds: int | None, config: Path
) -> Sequence[str]:
    """Return the settings, with those of ``--seeds`` and ``--data``.

    The path of the data is relative to the config.
    """
    overrides = overrides if seeds is None else (*overrides, f"training.seeds={seeds}")
    if file is None:
        return overrides
    from nncli import read_config
    from nncli.base.errors import UsageError, os_errors_as
    from nncli.base.paths import absolute, relative

    with os_errors_as(UsageError, file):
        file.stat()
    base = read_config(config, overrides, check=lambda config, meaning: []).config.base
    name = str(file) if file.is_absolute() else relative(absolute(file), base)
    return (*overrides, f"data.path={json.dumps(name, ensure_ascii=False)}")


def _begin(loaded: "LoadedConfig", out: Path | None, dry_run: bool, options: Options) -> None:
    from nncli import cross_validate, estimate, kind_of, train, train_seeds
    from nncli.cli.diagnosed import diagnosing_divergence
    from nncli.cli.several import print_folds, print_seeds

    if dry_run:
        from nncli.cli.dry_run import print_estimate

        shown = not options.quiet
        print_estimate(estimate(loaded, out=out, threads=options.threads, progress=shown))
        return
    place, kind = True if out is None else out, kind_of(loaded.config)
    findings = loaded.config.data.is_own
    with watching_for(options, findings=findings) as watching, diagnosing_divergence():
        if kind == "folds":
            print_folds(cross_validate(loaded, out=place, **watching.settings), options, watching)
        elif kind == "seeds":
            print_seeds(train_seeds(loaded, out=place, **watching.settings), options, watching)
        else:
            result = train(loaded, out=place, **watching.settings)
            print_result(result, options)
            watching.raise_if_interrupted(result)


def _resume(directory: Path, overrides: Sequence[str], options: Options) -> None:
    """Resume the run in `directory`, or report that it is finished."""
    from nncli.cli.diagnosed import diagnosing_divergence
    from nncli.cli.several import print_folds, print_seeds

    with options.preparing():
        from nncli import kind_of_run, resume, resume_cross_validation, resume_seeds
    with watching_for(options) as watching, diagnosing_divergence():
        kind = kind_of_run(directory)
        if kind == "folds":
            found = resume_cross_validation(directory, overrides, **watching.settings)
            print_folds(found, options, watching)
        elif kind == "seeds":
            print_seeds(resume_seeds(directory, overrides, **watching.settings), options, watching)
        else:
            result = resume(directory, overrides, **watching.settings)
            print_result(result, options)
            watching.raise_if_interrupted(result)
