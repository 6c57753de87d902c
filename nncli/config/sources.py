"""The data sources by name.

A new source is a module in ``nncli/data/``, a class with its keys, and an entry here.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from nncli.base.arguments import unexpected
from nncli.base.errors import UsageError
from nncli.base.words import did_you_mean
from nncli.config.source import Source
from nncli.data.builtin.generated import GENERATED


class Sources(Mapping[str, type[Source]]):
    """Table of classes that are imported on access: a config needs only one of them.

    Parameters
    ----------
    classes : mapping of name to ``module:class``
    """

    def __init__(self, classes: Mapping[str, str]) -> None:
        self._classes = classes

    def __getitem__(self, name: str) -> type[Source]:
        module, _, attribute = self._classes[name].partition(":")
        source: type[Source] = getattr(import_module(module), attribute)
        return source

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def __contains__(self, name: object) -> bool:
        return name in self._classes


SOURCES = Sources(
    {
        "xor": "nncli.config.builtin_sources:XorSource",
        "gate": "nncli.config.builtin_sources:GateSource",
        **{name: f"nncli.config.generated_sources:{name}" for name in GENERATED},
        "mnist": "nncli.config.builtin_sources:MnistSource",
        "rows": "nncli.config.builtin_sources:RowsSource",
        "csv": "nncli.config.table_sources:CsvSource",
        "parquet": "nncli.config.table_sources:ParquetSource",
        "table": "nncli.config.table_sources:AnyTableSource",
        "npz": "nncli.config.array_sources:NpzSource",
        "npy": "nncli.config.array_sources:NpySource",
        "idx": "nncli.config.array_sources:IdxSource",
        "images": "nncli.config.array_sources:ImagesSource",
        "frame": "nncli.config.memory_sources:FrameSource",
        "arrays": "nncli.config.memory_sources:ArraysSource",
    }
)


def data_set_names() -> list[str]:
    """Return the names of the sources that are data sets: those that need no settings."""
    named = SOURCES.items()
    return [name for name, it in named if not (it.is_own or it.is_given or it.required_keys())]


def source_called(name: str) -> type[Source]:
    """Return a source by name.

    Raises
    ------
    UsageError
        For an unknown name, and for a source whose rows are passed in Python.
    """
    if not isinstance(name, str):
        raise unexpected("name", name, "the name of a data set")
    if name in SOURCES and not SOURCES[name].is_given:
        return SOURCES[name]
    names = data_set_names()
    hint = did_you_mean(name, names) or "; expected one of " + ", ".join(names)
    raise UsageError(f"unknown data set {name!r}{hint}")


def fetch(name: str, *, progress: bool = False) -> str:
    """Download a data set into the cache if necessary; return where it is.

    Parameters
    ----------
    progress : bool
        Whether to show a progress bar on standard error.

    Raises
    ------
    UsageError
        When the data set is unknown.
    DownloadError
        When the download fails.
    """
    return source_called(name).fetch(progress=progress)
