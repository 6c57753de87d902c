"""Rules about how the parts of a network fit together."""

from collections.abc import Iterator

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Evidence
from nncli.runs.advice import linear_layers


def layers_in_a_row(case: Case) -> Iterator[Evidence]:
    """Find layers that together compute no more than one layer."""
    for line in linear_layers(case.network):
        found, _, cause = line.partition(": ")
        yield Evidence(found, cause)
