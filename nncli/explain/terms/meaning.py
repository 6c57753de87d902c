"""What a term may mean, and its kinds."""

import re
from dataclasses import dataclass

# Each kind in the singular and in the plural, in the order of explanations and lists.
KINDS = {
    "term": "terms",
    "config key": "config keys",
    "data source": "data sources",
    "activation": "activations",
    "normalization": "normalizations",
    "loss": "losses",
    "initializer": "initializers",
    "optimizer": "optimizers",
    "schedule": "schedules",
    "scaling": "scalings",
    "feature": "features",
    "parameter": "parameters of choices",
    "choice": "other choices",
    "metric": "metrics",
    "column": "columns of history.csv",
    "finding": "findings",
}


@dataclass(frozen=True)
class Meaning:
    """One meaning of a term.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    name : str
        The name as nncli writes it.
    text : str
        The explanation, in sentences.
    facts : tuple of str
        Further sentences: defaults, choices, where it occurs.
    formulas : tuple of str
    aliases : tuple of str
        Other names.
    of : str
        What it belongs to, such as the optimizers that have a parameter.
    page : str
        Of a finding, its page as text in lines.
    """

    kind: str
    name: str
    text: str
    facts: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    of: str = ""
    page: str = ""

    @property
    def title(self) -> str:
        """The kind, the name, and what it belongs to."""
        title = f"{self.kind} {self.name}{self.of and ' of '}{self.of}"
        return title[0].upper() + title[1:]

    @property
    def names(self) -> tuple[str, ...]:
        """All names: with and without the section of a key, and the aliases."""
        return (self.name, self.name.rpartition(".")[2] or self.name, *self.aliases)

    def as_json(self) -> dict[str, str | list[str]]:
        """Return the meaning as JSON values, as printed by ``explain --json``."""
        page = {"page": self.page} if self.page else {}
        return {
            "kind": self.kind,
            "name": self.name,
            "of": self.of,
            "text": self.text,
            "facts": list(self.facts),
            "formulas": list(self.formulas),
            **page,
        }


# A text that begins with a word, not with a formula such as `exp(z)` or `z * sigmoid(z)`.
_STARTS_WITH_A_WORD = re.compile(r"a (?=[a-z])|[A-Za-z]\w[\w-]*(?=[,;:.]? [\w(\"]|[,;:.]?$)")


def sentence(text: str) -> str:
    """Return a description as a sentence."""
    if _STARTS_WITH_A_WORD.match(text):
        text = text[0].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
