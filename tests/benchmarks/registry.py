"""The contenders: nncli in several setups, and its peers."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from nncli.base.threads import AUTOMATIC, VARIABLES


@dataclass(frozen=True)
class Contender:
    """A contender, and how to start it.

    Attributes
    ----------
    name : str
        Name in tables.
    module : str
        Module in ``contenders/``, and for peers also in ``whole/``.
    package : str
        Name of the required package for pip; `imported` is its name for Python.
    options : mapping
        For nncli, keys of ``training`` in its config; for peers see `module`.
    threads : int or None
        Number of threads that the environment sets; None leaves it to the library.
    summary : str
        Description of the setup, for the reader of the results.
    by_default : bool
        Whether it takes part without being named.
    """

    name: str
    module: str
    package: str
    imported: str
    summary: str
    options: Mapping[str, Any] = field(default_factory=dict)
    threads: int | None = None
    by_default: bool = True

    @property
    def is_nncli(self) -> bool:
        """Whether it is a setup of nncli, not a peer."""
        return self.package == "nncli"

    @property
    def is_installed(self) -> bool:
        """Whether its package is found; importing it would take long."""
        return find_spec(self.imported) is not None

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of its process: that of this one, with its own thread counts.

        Python may write bytecode, which pip does when it installs a package: nncli runs from its
        source, and would otherwise be compiled again at every start.
        """
        left_out = (*VARIABLES, "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        threads = {} if self.threads is None else dict.fromkeys(VARIABLES, str(self.threads))
        if self.is_nncli and self.threads is None:  # as its command starts
            threads = {**dict.fromkeys(VARIABLES, "1"), AUTOMATIC: "1"}
        return {**kept, **threads, **more}


def _nncli(name: str, threads: int | None, engine: str, summary: str) -> Contender:
    imported = "numba" if engine == "compiled" else "nncli"
    options = {"engine": engine}
    return Contender(name, "nncli_core", "nncli", imported, summary, options, threads)


COMPILED = "compiled"

# Another setup of nncli needs only one more line here.
NNCLI: dict[str, Contender] = {
    "nncli": _nncli("nncli", None, "numpy", "the NumPy engine, its default number of threads"),
    COMPILED: _nncli(
        "compiled", None, "compiled", "nncli's compiled engine, its default number of threads"
    ),
    "compiled-1": _nncli("compiled ×1", 1, "compiled", "nncli's compiled engine, one thread"),
}

PEERS: dict[str, Contender] = {
    "pytorch": Contender(
        "PyTorch",
        "pytorch",
        "torch",
        "torch",
        "one tensor, batches by index_select, fused optimizer, gradients set to None, inference "
        "mode, default threads",
    ),
    "pytorch-compile": Contender(
        "torch.compile",
        "pytorch",
        "torch",
        "torch",
        "as PyTorch, with Module.compile(), which takes half a minute per process",
        {"compile": True},
        by_default=False,
    ),
    "scikit-learn": Contender(
        "scikit-learn",
        "scikit_learn",
        "scikit-learn",
        "sklearn",
        "one partial_fit per epoch, float32, alpha 0, default threads; with one batch per epoch, "
        "all steps in one fit with warm_start",
    ),
    "jax": Contender(
        "JAX",
        "jax_scan",
        "jax",
        "jax",
        "one jitted lax.scan per epoch over shuffled row numbers, state donated, compiled ahead of "
        "time, default threads",
    ),
}


def installed_peers() -> list[str]:
    """Return the names of the installed peers that take part by default."""
    return [name for name, peer in PEERS.items() if peer.by_default and peer.is_installed]
