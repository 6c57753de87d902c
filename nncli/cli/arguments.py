"""The types of command-line arguments, and their shell completion.

Completion goes by file names only and opens no file except configs.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_RUNS = "runs/"
_OF_A_RUN = ("config.yaml", "weights.npz")
_NO_MODEL = "checkpoint.npz"
_OF_CONFIGS = (".yaml", ".yml")
_OF_MODELS = (".npz",)
_OF_TABLES = (".csv", ".tsv", ".txt", ".csv.gz", ".parquet", ".feather", ".npy", ".npz", ".jsonl",
              ".ndjson", ".json", ".db", ".sqlite", ".sqlite3", ".xlsx",
              ".zip", ".bz2", ".xz")  # fmt: skip
_OF_IMAGES = ("-ubyte", "-ubyte.gz", ".png", ".jpg", ".jpeg")


class Place(click.Path):
    """A path that completes to folders, and to files that suit the command.

    Parameters
    ----------
    endings : str
        Endings of suitable file names, in lower case.
    runs : bool
        Whether run directories are suitable: those in ``runs/``, and those in the typed folder.
    """

    def __init__(self, *endings: str, runs: bool = False) -> None:
        super().__init__(path_type=Path, readable=False)  # reading reports problems itself
        self.endings = endings
        self.runs = runs

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem[str]]":
        """Return the completions of `incomplete`."""
        from click.shell_completion import CompletionItem

        found = sorted(self._paths(incomplete))
        if self.runs and incomplete != _RUNS and _RUNS.startswith(incomplete):
            runs = [path for path in sorted(self._paths(_RUNS)) if not path.endswith("/")]
            found = [path for path in found if not (runs and path == _RUNS)] + runs
        return [CompletionItem(path, is_path=True) for path in found]

    def _paths(self, incomplete: str) -> Iterator[str]:
        start = incomplete.rpartition("/")[2]
        folder = incomplete.removesuffix(start)  # as typed, with "./" or "~/"
        with suppress(OSError, RuntimeError, ValueError):  # missing folder or home, or bad name
            for entry in os.scandir(Path(folder).expanduser()):
                hidden = entry.name.startswith(".") and not start
                shown = entry.name.startswith(start) and not hidden
                if shown and (slash := self._after(entry)) is not None:
                    yield f"{folder}{entry.name}{slash}"

    def _after(self, entry: os.DirEntry[str]) -> str | None:
        """Return what follows the name: a slash for a folder; None if the entry is unsuitable."""
        try:
            if not entry.is_dir():
                fits = entry.name.lower().endswith(self.endings) and entry.name != _NO_MODEL
                return "" if fits else None
            is_run = self.runs and any(Path(entry, name).exists() for name in _OF_A_RUN)
        except OSError:  # permission denied
            return None
        return "" if is_run else "/"


class OutputFile(click.Path):
    """A file to write; all names of standard output become ``-``."""

    _NAMES = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")  # must not be replaced as files

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path, or ``-``."""
        return super().convert("-" if str(value) in self._NAMES else value, param, ctx)


OUTPUT = OutputFile()
CONFIG = Place(*_OF_CONFIGS)
FOLDER = Place()
RUN = Place(runs=True)
MODEL = Place(*_OF_MODELS, runs=True)
MODEL_OR_CONFIG = Place(*_OF_MODELS, *_OF_CONFIGS, runs=True)
DATA = Place(*_OF_TABLES, *_OF_IMAGES)
PLAYED = Place(*_OF_CONFIGS, *_OF_MODELS, *_OF_TABLES, runs=True)
MOVED_DATA = click.option(
    "--data",
    "file",
    type=DATA,
    metavar="FILE",
    help="New place of the data that the model was trained on, if it was moved.",
)
PRECISION = click.option(
    "--precision",
    type=click.IntRange(1, 17),
    default=6,
    show_default=True,
    metavar="N",
    help="Number of significant digits.",
)
TRUST_PATHS = click.option(
    "--trust-paths",
    is_flag=True,
    help="Trust WEIGHTS: read the files it names wherever they are, and report their contents.",
)


def templates(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of templates for ``nncli init``, or after ``lecture`` those of lectures."""
    from nncli import TEMPLATE_NAMES, lectures

    given = ctx.params["arguments"]
    names = {(): TEMPLATE_NAMES, ("lecture",): lectures()}.get(given, ())
    return [name for name in names if name.startswith(incomplete)]


def data_sets(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem[str]]":
    """Return the names of data sets that need no settings."""
    from click.shell_completion import CompletionItem

    from nncli import SOURCES, data_set_names

    return [
        CompletionItem(name, help=(SOURCES[name].__doc__ or "").splitlines()[0])
        for name in data_set_names()
        if name.startswith(incomplete)
    ]


def data_sets_and_configs(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem[str]]":
    """Return the names of data sets, and configs."""
    return data_sets(ctx, param, incomplete) + CONFIG.shell_complete(ctx, param, incomplete)


def config_and_settings(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem[str]]":
    """Return configs, or the settings of a given config or resumed run."""
    words = ctx.params["arguments"]
    if run := ctx.params["resume"]:
        return _settings(run / _OF_A_RUN[0], words, incomplete)
    if words:
        return _settings(Path(words[0]), words[1:], incomplete)
    return CONFIG.shell_complete(ctx, param, incomplete)


def settings(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> "list[CompletionItem[str]]":
    """Return the settings of the first argument, if it is a config."""
    from nncli import is_config

    first, others = (each.name for each in ctx.command.params if isinstance(each, click.Argument))
    config = Path(ctx.params[str(first)])
    return _settings(config, ctx.params[str(others)], incomplete) if is_config(config) else []


def _settings(config: Path, given: Sequence[str], incomplete: str) -> "list[CompletionItem[str]]":
    """Return the keys of a config, each with ``=``, or the possible values of a typed key."""
    from click.shell_completion import CompletionItem

    from nncli import keys_of_file

    keys = keys_of_file(config, given)
    name, equals, _ = incomplete.partition("=")
    if not equals:
        found = {f"{key}=": keys[key].description for key in keys}
    else:
        found = {f"{name}={word}": "" for word in (keys[name].words if name in keys else ())}
    return [
        CompletionItem(text, help=words or None)
        for text, words in found.items()
        if text.startswith(incomplete)
    ]
