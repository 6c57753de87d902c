"""What the symbols on the page of a training step mean, and which units are shown."""

from nncli.base.words import count
from nncli.explain.trace.writer import Writer


def about_the_symbols(page: Writer) -> str:
    """Explain the symbols, using the last input and the first unit of layer 1 as an example."""
    inline, last = page.write.inline, page.step.X.shape[1] - 1
    b, z, a = (inline(page.symbol(letter, 1, 0)) for letter in "bza")
    return (
        f"{inline(page.weight(1, last, 0))} is the weight of layer 1 from its input {last + 1} to "
        f"its unit 1; {b}, {z} and {a} are that unit's bias, weighted sum and activation; "
        f"{inline('x')} are inputs, {inline('t')} targets, and {inline('L')} is the loss."
        f"{about_arrays_between(page)}"
    )


def about_arrays_between(page: Writer) -> str:
    """Explain the letters of the arrays of layers between weighted sums and activation."""
    named = {
        letter: name.replace("_", " ")
        for each in page.step.layers
        for layer in each.block.between
        for name, letter in layer.worked.symbols.items()
    }
    return "".join(
        f" {page.write.inline(page.write.symbol(letter))} is a unit's {name}."
        for letter, name in named.items()
    )


def about_the_limit(page: Writer) -> str:
    """Say what the page leaves out, and where its other numbers are."""
    step, limit, words = page.step, page.limit, about_the_shown(page)
    if len(step.rows) > limit:
        words.append(
            f"The derivatives by weights and biases are sums over the rows: {count(limit, 'term')} "
            f"{'is' if limit == 1 else 'are'} shown, and the sum of the others."
        )
    words.append("One calculation of each kind is written out; tables have the other numbers.")
    return " ".join(words)


def about_the_shown(page: Writer) -> list[str]:
    """Return a sentence that says which inputs and units are shown, if not all are."""
    step, limit = page.step, page.limit
    sizes = [step.X.shape[1], *(each.block.outputs for each in step.layers)]
    if max(sizes) <= limit:
        return []
    largest = "activations" if step.is_forward else "gradients"
    first = "the true classes, then " if step.true_classes and sizes[-1] > 1 else ""
    return [
        f"At most {count(limit, 'input')} (the largest) and {count(limit, 'unit')} per layer "
        f"({first}those with the largest {largest}) are shown."
    ]
