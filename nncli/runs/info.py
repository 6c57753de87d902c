"""Describe the installation and the environment, for bug reports."""

import locale
import os
import platform
import sys
import warnings
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

import nncli
from nncli.base.environment import numpy_build
from nncli.base.errors import NncliError
from nncli.base.extras import EXTRAS
from nncli.base.threads import AUTOMATIC, VARIABLES, processors, threads_in_use
from nncli.base.words import on_one_line
from nncli.data.builtin.cache import cache_directory
from nncli.data.builtin.mnist import in_cache, mnist_directory
from nncli.engines.choice import ENGINES, choose_engine, matrix_product, why_not_kept

_PACKAGES = (
    "click",
    "narwhals",
    "platformdirs",
    "pydantic",
    "pyyaml",
    "requests",
    "threadpoolctl",
    "tqdm",
)
_PACKAGE_OF_ENGINE = {"numpy": "numpy", "compiled": "numba", "plain": "numpy"}


def info() -> dict[str, Any]:
    """Return versions, BLAS, threads, extras, engines, cache and settings as JSON values.

    Every extra is imported to check that it works. Nothing is private, except that paths may
    contain a user name.
    """
    return {
        "nncli": {"version": nncli.__version__, "path": str(Path(nncli.__file__).parent)},
        "python": {
            "version": platform.python_version(),
            "implementation": platform.python_implementation(),
            "path": sys.executable,
        },
        "platform": {"system": platform.platform(), "machine": platform.machine()},
        "processors": {"all": os.cpu_count(), "usable": processors()},
        "numpy": _numpy(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "extras": {name: _extra(name) for name in EXTRAS},
        "engines": {name: _engine(name) for name in ENGINES},
        "cache": _cache(),
        "environment": _environment(),
        "terminal": {
            "encoding": os.device_encoding(1),
            "locale": locale.setlocale(locale.LC_CTYPE),
            "locale_encoding": locale.getencoding(),
        },
    }


def _numpy() -> dict[str, Any]:
    """Return the version of NumPy, its BLAS, and the number of threads."""
    built = numpy_build().get("Build Dependencies", {}).get("blas", {})
    loaded = _loaded_blas()
    return {
        "version": np.__version__,
        "blas": {
            "name": built.get("name"),
            "version": loaded.get("version") or built.get("version"),
            "architecture": loaded.get("architecture"),
            "threads": loaded.get("num_threads") or threads_in_use(),
            "threads_by": _who_set_threads(),
        },
    }


def _loaded_blas() -> dict[str, Any]:
    """Return what is known about the first BLAS in this process, if anything."""
    with suppress(Exception):  # a report must work even with a broken installation
        from threadpoolctl import threadpool_info

        return next((each for each in threadpool_info() if each["user_api"] == "blas"), {})
    return {}


def _who_set_threads() -> str:
    """Return what set the number of threads: nncli, an environment variable, or the BLAS."""
    if AUTOMATIC in os.environ:
        return "nncli"
    return next((name for name in VARIABLES if os.environ.get(name, "").isdecimal()), "BLAS")


def _version(package: str) -> str | None:
    with suppress(Exception):  # damaged package files can raise any error
        return metadata.version(package)
    return None


def _extra(name: str) -> dict[str, Any]:
    """Return the purpose of an extra, and whether it is installed and can be imported."""
    extra = EXTRAS[name]
    package = extra.package.partition(">=")[0]
    problem = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(extra.module)
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and error.name == extra.module
        problem = "not installed" if missing else f"cannot be imported: {_first_line(error)}"
    return {
        "purpose": extra.purpose,
        "package": package,
        "version": _version(package),
        "problem": problem,
    }


def _engine(name: str) -> dict[str, Any]:
    """Return the package of an engine, and the problem if it does not run.

    For the compiled one, also return the matrix product that it calls, and why its code is not kept
    in the cache, if so.
    """
    package = _PACKAGE_OF_ENGINE[name]
    problem = found = not_kept = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            choose_engine(name, steps=1, parameters=1)
            found, not_kept = matrix_product(name), why_not_kept(name)
    except Exception as error:
        problem = _first_line(error)
    return {
        "package": package,
        "version": _version(package),
        "problem": problem,
        "matrix_product": found,
        "not_kept": not_kept,
    }


def _cache() -> dict[str, Any]:
    """Return the cache directory, whether MNIST is in it, and the bytes of MNIST."""
    try:
        directory = mnist_directory()
        files = list(directory.iterdir()) if directory.is_dir() else []
        size = sum(file.stat().st_size for file in files if file.is_file())
        return {"path": str(cache_directory()), "mnist": in_cache(), "bytes": size, "problem": None}
    except (OSError, ValueError, NncliError) as error:  # it is unknown or not accessible
        return {"path": None, "mnist": False, "bytes": 0, "problem": _first_line(error)}


def _environment() -> dict[str, str | None]:
    """Return the environment variables that nncli reads, as set by the user."""
    names = ("NNCLI_CACHE", *VARIABLES)
    by_nncli = VARIABLES if AUTOMATIC in os.environ else ()
    return {name: None if name in by_nncli else os.environ.get(name) for name in names}


def _first_line(error: Exception) -> str:
    return on_one_line(str(error).partition("\n")[0] or type(error).__name__)
