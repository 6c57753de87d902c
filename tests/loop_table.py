"""The table of the compiled engine's loops in docs/decisions.md, generated from the code.

`python -m tests.loop_table` updates it.
"""

import re
from pathlib import Path

import numpy as np

from nncli.engines.compiled import losses, optimizers
from nncli.engines.compiled.layers import compiled_layers
from nncli.metrics.scores import MEASURES
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.layers.kinds import NORMALIZATIONS, block
from nncli.nn.losses import LOSSES
from nncli.nn.network import Network, parameter_count
from nncli.nn.optimizers import OPTIMIZERS

PAGE = Path(__file__).parents[1] / "docs" / "decisions.md"
PLACE = re.compile(r"(?<=tests\.loop_table -->\n).*(?=<!-- end of loops -->)", re.DOTALL)
WIDE = 20  # units; with fewer, a dense layer is a loop too


def table_text():
    """Return the table as Markdown, with an empty line before and after it."""
    found = {
        "activations": [name for name in ACTIVATIONS if has_loop(1, name)],
        "normalizations": [name for name in NORMALIZATIONS if has_loop(1, "elu", name)],
        "losses": [name for name in LOSSES if name in losses.LOSSES],
        "optimizers": [name for name in OPTIMIZERS if name in optimizers.OPTIMIZERS],
        "scores": [name for name, each in MEASURES.items() if losses.MEASURES[name] is not each],
    }
    rows = [f"| {table} | {', '.join(names) or 'none'} |" for table, names in found.items()]
    return "\n".join(["", "| table | entries with a loop |", "|---|---|", *rows, "", ""])


def has_loop(place, activation, normalization="none"):
    """Return whether the compiled engine replaces a layer of a hidden block."""
    layers = [
        *block(WIDE, WIDE, activation, normalization=normalization),
        *block(WIDE, WIDE, "identity"),
    ]
    before = Network(layers, np.zeros(parameter_count(layers))).layers
    return type(compiled_layers(before)[place]) is not type(before[place])


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda _: table_text(), page), encoding="utf-8")
