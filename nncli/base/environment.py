"""What, beside config and data, decides the last bits of the weights."""

import platform
from typing import Any

import numpy as np


def environment(threads: int) -> dict[str, Any]:
    """Return the processor, the NumPy build and a number of threads as JSON values.

    Of the processor it is the instructions that count: they decide which loops NumPy and its BLAS
    choose.
    """
    build = numpy_build()
    blas = build.get("Build Dependencies", {}).get("blas", {})
    instructions = build.get("SIMD Extensions", {}).get("found", [])
    return {
        "machine": " ".join([platform.system(), platform.machine(), *instructions]),
        "numpy": f"{np.__version__} with {blas.get('name')} {blas.get('version')}",
        "threads": threads,
    }


def numpy_build() -> dict[str, Any]:
    """Return how NumPy was built, section by section, as it says itself."""
    return np.show_config(mode="dicts")  # type: ignore[return-value]  # None only if it prints
