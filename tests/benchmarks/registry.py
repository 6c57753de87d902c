"""Who takes part: nncli, as it may be set up, and the peers that are installed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from nncli.base.threads import AUTOMATIC, VARIABLES


@dataclass(frozen=True)
class Contender:
    """How a contender is started.

    Attributes
    ----------
    name : str
        In tables.
    module : str
        In ``contenders/``, and of a peer in ``whole/`` too.
    package : str
        What must be installed, as pip calls it; `imported` is what Python calls it.
    options : mapping
        For nncli, keys of ``training`` in its config; for peers see `module`.
    threads : int or None
        How many the environment asks for; None asks for nothing. nncli takes one as its default,
        from which its rule for large products may part.
    summary : str
        How it is set up, for the reader of the results.
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
        """Whether it is nncli, which the peers are compared with."""
        return self.package == "nncli"

    @property
    def is_installed(self) -> bool:
        """Whether its package can be imported; that is not tried, as it would take long."""
        return find_spec(self.imported) is not None

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of its process: this one's, but for the numbers of threads."""
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        threads = {} if self.threads is None else dict.fromkeys(VARIABLES, str(self.threads))
        automatic = {AUTOMATIC: "1"} if self.is_nncli and self.threads == 1 else {}
        return {**kept, **threads, **automatic, **more}


def _nncli(name: str, threads: int, engine: str, summary: str) -> Contender:
    imported = "numba" if engine == "compiled" else "nncli"
    options = {"engine": engine}
    return Contender(name, "nncli_core", "nncli", imported, summary, options, threads)


# A further nncli, with other settings, is one more line here.
NNCLI: dict[str, Contender] = {
    "nncli": _nncli("nncli", 1, "numpy", "NumPy alone: one thread, two where products are large"),
    "nncli-2": _nncli("nncli ×2", 2, "numpy", "NumPy alone, two threads"),
    "nncli-fast": _nncli("nncli fast", 1, "compiled", "the extra 'fast', threads as nncli"),
    "nncli-fast-2": _nncli("nncli fast ×2", 2, "compiled", "the extra 'fast', two threads"),
}

PEERS: dict[str, Contender] = {
    "pytorch": Contender(
        "PyTorch",
        "pytorch",
        "torch",
        "torch",
        "one tensor, batches by index_select, fused optimizer, gradients set to None, inference "
        "mode, its default threads",
    ),
    "pytorch-compile": Contender(
        "torch.compile",
        "pytorch",
        "torch",
        "torch",
        "as PyTorch, with Module.compile(), which takes half a minute a process",
        {"compile": True},
        by_default=False,
    ),
    "scikit-learn": Contender(
        "scikit-learn",
        "scikit_learn",
        "scikit-learn",
        "sklearn",
        "partial_fit an epoch, float32, alpha 0, its default threads; with one batch an epoch, "
        "all steps in one fit with warm_start",
    ),
    "jax": Contender(
        "JAX",
        "jax_scan",
        "jax",
        "jax",
        "an epoch is one jitted lax.scan over shuffled row numbers, its state donated, compiled "
        "beforehand, its default threads",
    ),
}


def installed_peers() -> list[str]:
    """Return the names of the peers that take part when none is named."""
    return [name for name, peer in PEERS.items() if peer.by_default and peer.is_installed]
