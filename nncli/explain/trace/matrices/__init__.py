"""A training step in matrices."""

from nncli.explain.trace.matrices.backward import backward
from nncli.explain.trace.matrices.fitting import fitting
from nncli.explain.trace.matrices.forward import forward, loss
from nncli.explain.trace.matrices.symbols import about_the_limit, about_the_symbols
from nncli.explain.trace.matrices.update import update

__all__ = [
    "about_the_limit",
    "about_the_symbols",
    "backward",
    "fitting",
    "forward",
    "loss",
    "update",
]
