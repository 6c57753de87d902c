"""Describe the environment: along with config and data, it decides the last bits of the weights."""

import platform
from typing import Any

import numpy as np


def environment(threads: int) -> dict[str, Any]:
    """Return the processor, the NumPy build and the number of threads as JSON values.

    The processor is described by its instruction sets, since NumPy and its BLAS choose their loops
    by these.
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
    """Return the sections of NumPy's own build report."""
    return np.show_config(mode="dicts")  # type: ignore[return-value]  # None only if it prints
