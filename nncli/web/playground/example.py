"""The worked example of a page: a training step on one row, from the current weights."""

from dataclasses import replace

from nncli.base.errors import UsageError
from nncli.explain.document.elements import Paragraph
from nncli.explain.document.html import as_html_body
from nncli.explain.document.notation import Html
from nncli.explain.trace.step import take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.nn.entries import Array
from nncli.nn.network import Network
from nncli.runs.job import Job

_DIGITS = 6
_LIMIT = 8  # units of a layer, and terms of a sum, that are written out


def example(job: Job, network: Network, row: object, unit: object = None) -> str:
    """Return the page of ``nncli trace`` for a training row, as part of an HTML document.

    Parameters
    ----------
    network : Network
        The current weights, which stay as they are.
    row : int
    unit : list of two int, optional
        The number of a layer, from 1, and of a unit in it, from 0, to write out in any case.

    Raises
    ------
    UsageError
        If there is no such row or unit.
    DivergenceError
        If the loss or the gradient is not finite.
    """
    rows = len(job.order.split)
    if type(row) is not int or not 0 <= row < rows:
        raise UsageError(f"row: expected an integer from 0 to {rows - 1}")
    chosen = None if unit is None else _unit(network, unit)
    step = take_step(_at(job, network), [row])
    heading, *rest = worked_example(
        step, Html(_DIGITS), source="the playground", limit=_LIMIT, unit=chosen
    )
    return as_html_body([heading, Paragraph(_ABOUT), *rest])


_ABOUT = (
    "The step begins with the weights of the page as they are now. It is the first step of its "
    "optimizer, which remembers nothing of those before."
)


def _unit(network: Network, given: object) -> tuple[int, int]:
    match given:
        case [int(layer), int(unit)] if (
            0 < layer <= len(network.blocks) and 0 <= unit < network.blocks[layer - 1].outputs
        ):
            return layer, unit
    raise UsageError("unit: expected the numbers of a layer and of a unit in it")


def _at(job: Job, network: Network) -> Job:
    """Return a job that begins with copies of the weights."""
    parameters: Array = network.parameters.copy()
    begun = Network(network.layers, parameters, network.state.copy())
    begun.mask = job.network.mask
    return replace(job, setup=replace(job.setup, network=begun))
