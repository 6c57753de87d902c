"""Write proofs: a table per change, and what it shows."""

from collections.abc import Iterator, Sequence

from nncli.base.words import count
from nncli.explain.diagnosis.diagnosis import Diagnosis
from nncli.explain.diagnosis.proof import LEAST_GAIN, Proof, mean_of
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.document.elements import Element, Heading, MathTable, Paragraph
from nncli.explain.document.notation import Notation

_ROWS = {"train": "the training rows", "held_out": "the held-out rows"}


def proofs_in(diagnosis: Diagnosis, write: Notation) -> Iterator[Element]:
    """Yield the elements about all proofs of a diagnosis."""
    if diagnosis.proofs:
        yield Heading("Proofs", 2)
        rows = f"the rows of {diagnosis.part}" if diagnosis.part else "the same rows"
        yield Paragraph(
            f"Trained with and without each change, on {rows}, with the same random numbers "
            f"for each seed. A change helps if it lowers a loss or an error by at least "
            f"{LEAST_GAIN:.0%}, or raises another metric, which is compared where the loss does "
            "not tell."
        )
    for proof in diagnosis.proofs:
        yield from _elements(proof, write)
    if diagnosis.signal is not None:
        changes = {str(each.found.change) for each in diagnosis.findings if each.found.change}
        changes -= {str(each.change) for each in diagnosis.proofs}
        yield Paragraph(f"Interrupted: {count(len(changes), 'change')} not tried to the end.")


def _elements(proof: Proof, write: Notation) -> Iterator[Element]:
    change = write.plain(str(proof.change))
    if proof.refused:
        yield Paragraph(f"{proof.code}, {change}: {write.plain(proof.verdict)}")
        return
    of_split = _ROWS.get(proof.split, f"the {proof.split} rows")
    yield Paragraph(
        f"{proof.code}, {change}: {proof.metric} on {of_split}, {_why(proof)}, {_length(proof)}"
    )
    header = ["", *(f"seed {seed}" for seed in proof.seeds), "mean"]
    rows = [_row("without", proof.without), _row("with", proof.changed)]
    yield MathTable(header, rows, frozenset(range(len(header))))
    yield Paragraph(f"The change {proof.verdict}.")


def _why(proof: Proof) -> str:
    """Return why these rows show whether the change helps."""
    rule = RULES.get(proof.code)  # None: a rule about several models
    if rule is None or rule.shown_by == "train":
        return "which the network is to learn"
    if proof.split == "train":
        return "as there are no others"
    return "as the network does not see them in training"


def _length(proof: Proof) -> str:
    """Return how long the trainings with the change were."""
    done, planned = proof.epochs
    if done == planned:
        return f"after all {planned:,} epochs" if planned > 1 else "after the only epoch"
    first = f"the first {done:,}" if done > 1 else "the first"
    return f"after {first} of {count(planned, 'epoch')}"


def _row(name: str, values: Sequence[float | None]) -> list[str]:
    shown = (*values, mean_of(values))
    return [name, *("diverged" if value is None else f"{value:.4g}" for value in shown)]
