"""The extras: optional packages, their purposes, and how to install them."""

from dataclasses import dataclass
from pathlib import Path

import nncli
from nncli.base.words import shell_word


@dataclass(frozen=True)
class Extra:
    """A package that is installed for one purpose.

    Attributes
    ----------
    purpose : str
    package : str
        Requirement for pip, with the minimum version.
    module : str
        Name of the module to import.
    """

    purpose: str
    package: str
    module: str


def install_command(name: str) -> str:
    """Return the command that installs an extra, and where to run it.

    A checkout installs its own extras. Otherwise the command names the package, because nncli on
    the public index is a different project.
    """
    checkout = Path(nncli.__file__).parents[1]
    if (checkout / "pyproject.toml").is_file():
        return f"pip install -e {shell_word(f'.[{name}]')} in {checkout}"
    return f"pip install {shell_word(EXTRAS[name].package)}"


EXTRAS: dict[str, Extra] = {
    "excel": Extra("Excel workbooks", "openpyxl>=3.1", "openpyxl"),
    "fast": Extra("compiled training steps", "numba>=0.60", "numba"),
    "html": Extra("formulas in HTML", "latex2mathml>=3.77", "latex2mathml"),
    "images": Extra("PNG and JPEG images", "pillow>=10.1", "PIL"),
    "parquet": Extra("Parquet files", "pyarrow>=16", "pyarrow"),
    "plot": Extra("plots", "matplotlib>=3.9", "matplotlib"),
    "tensorboard": Extra("TensorBoard", "tensorboard>=2.18", "tensorboard"),
}
