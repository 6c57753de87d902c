"""The page of a training step: every quantity with its formula and its numbers."""

from collections.abc import Iterator

from nncli.explain.document.elements import Heading, Paragraph, Worked
from nncli.explain.document.notation import Notation
from nncli.explain.trace.backward import backward
from nncli.explain.trace.forward import forward, loss
from nncli.explain.trace.step import Step
from nncli.explain.trace.update import update
from nncli.explain.trace.writer import Writer


def worked_example(step: Step, notation: Notation, *, source: str, limit: int) -> Iterator[Worked]:
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
    """
    page = Writer(step, notation, limit)
    rows = ", ".join(map(str, step.rows))
    yield Heading(f"{_name_of(step)} on row{'s' if len(step.rows) > 1 else ''} {rows}", 1)
    yield Paragraph(_about_the_step(page, source))
    yield Paragraph(_about_the_symbols(page))
    if step.without_dropout:
        yield Paragraph("Training drops units at random (dropout); this example drops none.")
    if page.is_brief:
        yield Paragraph(_about_the_limit(page))
    yield Heading("1 Forward", 2)
    yield from forward(page)
    yield Heading("2 Loss", 2)
    yield from loss(page)
    if step.is_forward:
        return
    yield Heading("3 Backward", 2)
    yield from backward(page)
    yield Heading("4 Update", 2)
    yield from update(page)


def _name_of(step: Step) -> str:
    if step.is_forward:
        return "A forward pass"
    return "A training step" if step.is_taken else "A forward and backward pass"


def _about_the_limit(page: Writer) -> str:
    step, limit, words = page.step, page.limit, []
    sizes = [step.X.shape[1], *(each.block.outputs for each in step.layers)]
    if max(sizes) > limit:
        largest = "activations" if step.is_forward else "gradients"
        first = "the true classes, then " if step.true_classes and sizes[-1] > 1 else ""
        words.append(
            f"At most {limit} inputs (the largest) and {limit} units per layer ({first}those with "
            f"the largest {largest}) are shown."
        )
    if len(step.rows) > limit:
        words.append(
            f"The derivatives by weights and biases are sums over the rows: {limit} terms are "
            "shown, and the sum of the others."
        )
    words.append("One calculation of each kind is written out; tables have the other numbers.")
    return " ".join(words)


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


def _about_the_symbols(page: Writer) -> str:
    """Explain the symbols, using the last input and the first unit of layer 1 as an example."""
    inline, last = page.write.inline, page.step.X.shape[1] - 1
    b, z, a = (inline(page.symbol(letter, 1, 0)) for letter in "bza")
    named = {
        letter: name.replace("_", " ")
        for each in page.step.layers
        for layer in each.block.between
        for name, letter in layer.worked.symbols.items()
    }
    others = "".join(
        f" {inline(page.write.symbol(letter))} is a unit's {name}."
        for letter, name in named.items()
    )
    return (
        f"{inline(page.weight(1, last, 0))} is the weight of layer 1 from its input {last + 1} to "
        f"its unit 1; {b}, {z} and {a} are that unit's bias, weighted sum and activation; "
        f"{inline('x')} are inputs, {inline('t')} targets, and {inline('L')} is the loss."
        f"{others}"
    )
