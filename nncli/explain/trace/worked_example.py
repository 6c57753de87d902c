"""The page of a training step: every quantity with its formula and its numbers."""

from collections.abc import Iterator

from nncli.base.words import listed
from nncli.explain.document.elements import Heading, Paragraph, Worked
from nncli.explain.document.notation import Notation
from nncli.explain.trace.forms import FORMS
from nncli.explain.trace.penalty import penalty
from nncli.explain.trace.step import Step
from nncli.explain.trace.writer import Writer

_MOST_FEATURES = 10  # that are named


def worked_example(
    step: Step,
    notation: Notation,
    *,
    source: str,
    limit: int,
    form: str = "scalar",
    shown: Step | None = None,
    unit: tuple[int, int] | None = None,
) -> Iterator[Worked]:
    """Yield the elements of the page, from top to bottom.

    Parameters
    ----------
    source : str
        The name of the config or model.
    limit : int
        The maximum number of units per layer (the true classes, then those with the largest
        gradients) and of inputs per row (the largest) to show. Sums show only the terms of these.
        If there are more, or more rows, one calculation of each kind is written out, and tables
        have the other numbers.
    form : str
        A name in `FORMS`.
    shown : Step, optional
        The step with the numbers to print, if they are others.
    unit : tuple of two int, optional
        The number of a layer, from 1, and of a unit in it, from 0, to write out in any case.
    """
    chosen = FORMS[form]
    page = chosen.writer(step, notation, limit)
    page.step = shown or step
    if unit is not None:
        page.write_out(*unit)
    rows = ", ".join(map(str, step.rows))
    yield Heading(f"{_name_of(step)} on row{'s' if len(step.rows) > 1 else ''} {rows}", 1)
    yield Paragraph(_about_the_step(page, source))
    yield Paragraph(chosen.about_the_symbols(page))
    if step.features:
        names = listed([*map(page.write.name, step.features)], _MOST_FEATURES, quote="")
        yield Paragraph(f"The inputs are features of a row, in this order: {names}.")
    if step.scaled:
        yield Paragraph(f"The {' and '.join(step.scaled)} are scaled, as in training.")
    if step.without_dropout:
        yield Paragraph("Training drops units at random (dropout); this example drops none.")
    if step.without_weights and not step.is_forward:
        yield Paragraph(
            "Training multiplies the derivatives of each row by its weight; in this example, all "
            "rows count equally."
        )
    if page.is_brief:
        yield Paragraph(chosen.about_the_limit(page))
    yield Heading("1 Forward", 2)
    yield from chosen.forward(page)
    yield Heading("2 Loss", 2)
    yield from chosen.loss(page)
    yield from penalty(page)
    if step.is_forward:
        return
    yield Heading("3 Backward", 2)
    yield from chosen.backward(page)
    yield Heading("4 Update", 2)
    yield from chosen.update(page)


def _name_of(step: Step) -> str:
    if step.is_forward:
        return "A forward pass"
    return "A training step" if step.is_taken else "A forward and backward pass"


def _about_the_step(page: Writer, source: str) -> str:
    step, write = page.step, page.write
    inputs = step.X.shape[1]
    sizes = [f"{inputs} input{'s' if inputs > 1 else ''}"]
    for block in (each.block for each in step.layers):
        between = "".join(f" after {each.kind}" for each in block.between)
        sizes.append(f"{block.outputs} {block.activation.kind}{between}")
    about = (
        f"From {write.name(source)}. Layers: {', '.join(map(write.name, sizes))}. Loss: "
        f"{write.name(step.objective.name)}."
    )
    if not step.is_taken:
        return about
    rate = write.inline(f"{write.rate} = {write.number(step.learning_rate)}")
    return f"{about} Optimizer: {write.name(step.optimizer)}, learning rate {rate}."
