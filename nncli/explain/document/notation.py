"""Notations for symbols, numbers and formulas: plain text, LaTeX and MathML."""

import html
import re
from collections.abc import Mapping
from typing import ClassVar, Protocol

from nncli.base.words import printable
from nncli.explain.document.mathml import mathml
from nncli.nn.entries import Formula, Value

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Theta"
)

NO_BREAK = "\N{NO-BREAK SPACE}"
_LONG = 40

_PLACEHOLDER = re.compile(r"<(\w+)>")
_ARGUMENT = re.compile(r"\([^()]*, $")  # another argument of a function follows
MARKS = "".join(map(chr, range(0xE000, 0xE010)))  # private-use characters, which no page shows
_COMMAND = re.compile(
    rf"\\(text|mathrm|operatorname|frac|tfrac|partial)|\\[a-zA-Z]+|[{{}}^_\\{MARKS}]"
)
_BINDING = ("²", "^", "}")  # bind more tightly than a minus sign


class Notation(Protocol):
    """A notation for mathematics; all strings returned by its methods are in this notation.

    Attributes
    ----------
    times, dot : str
        The multiplication sign between two numbers, and between two symbols.
    total, becomes, rate : str
        The symbols for a sum over rows, an assignment and the learning rate.
    """

    times: str
    dot: str
    total: str
    becomes: str
    rate: str

    def number(self, value: float) -> str:
        """Write a number with the chosen number of significant digits."""
        ...

    def symbol(self, letter: str, layer: int = 0, *indices: int) -> str:
        """Write a letter of a layer, counted from 1 (0 for none), with its indices."""
        ...

    def variable(self, name: str) -> str:
        """Write the name of a variable: letters, digits and ``_``."""
        ...

    def derivative(self, of: str, by: str) -> str:
        """Write a partial derivative."""
        ...

    def formula(self, formula: Formula) -> str:
        """Return a formula in this notation, with its placeholders unfilled."""
        ...

    def inline(self, mathematics: str) -> str:
        """Put mathematics into a sentence."""
        ...

    def words(self, text: str) -> str:
        """Write a word or two within mathematics."""
        ...

    def name(self, text: str) -> str:
        """Put a name, such as that of a loss or a file, into a sentence."""
        ...

    def plain(self, text: str) -> str:
        """Escape text that may contain anything, such as names from files, so that it prints."""
        ...


class Text:
    """Unicode text: ``∂L/∂w2[1,2]``."""

    times = " × "
    dot = "·"
    total = "Σ "
    becomes = "←"
    rate = "η"

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def number(self, value: float) -> str:
        """Write a number with the chosen number of significant digits."""
        return _rounded(value, self._digits)

    def symbol(self, letter: str, layer: int = 0, *indices: int) -> str:
        """Write ``w2[1,2]``."""
        numbers = ",".join(map(str, indices))
        return f"{letter}{layer or ''}" + (f"[{numbers}]" if indices else "")

    def variable(self, name: str) -> str:
        """Return the name."""
        return name

    def derivative(self, of: str, by: str) -> str:
        """Write ``∂L/∂w2[1,2]``."""
        return f"∂{of}/∂{by}"

    def formula(self, formula: Formula) -> str:
        """Return the formula's text."""
        return formula.text

    def inline(self, mathematics: str) -> str:
        """Return it with non-breaking spaces, unless it is long."""
        return mathematics if len(mathematics) > _LONG else mathematics.replace(" ", NO_BREAK)

    def words(self, text: str) -> str:
        """Return the text unchanged."""
        return text

    def name(self, text: str) -> str:
        """Return the name."""
        return self.plain(text)

    def plain(self, text: str) -> str:
        """Escape what does not print."""
        return printable(text)


class Latex:
    r"""LaTeX: ``\frac{\partial L}{\partial w^{(2)}_{1,2}}``."""

    times = r" \cdot "
    dot = r" \, "
    total = r"\sum "
    becomes = r"\leftarrow"
    rate = r"\eta"

    _SPECIAL = str.maketrans(
        {
            **{each: rf"\{each}" for each in "&%$#_{}"},
            "\\": r"\textbackslash{}",
            "^": r"\textasciicircum{}",
            "~": r"\textasciitilde{}",
            "/": r"/\allowbreak{}",
        }
    )

    _GREEK: ClassVar = dict(
        zip(
            "αβγδεζηθκλμνξπρστφχψωΘ",
            (rf"\{name}" for name in _GREEK_NAMES.split()),
            strict=True,
        )
    )
    _MISSING = frozenset("«»ÐðÞþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ")  # from Computer Modern

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def number(self, value: float) -> str:
        """Write a number with the chosen number of significant digits."""
        mantissa, e, exponent = _rounded(value, self._digits).partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa

    def symbol(self, letter: str, layer: int = 0, *indices: int) -> str:
        """Write ``w^{(2)}_{1,2}``."""
        above = f"^{{({layer})}}" if layer else ""
        return (
            self._GREEK.get(letter, letter)
            + above
            + (f"_{{{','.join(map(str, indices))}}}" if indices else "")
        )

    def variable(self, name: str) -> str:
        """Write ``w_{1}`` for ``w1`` or ``w_1``; several letters are upright."""
        letters = name.rstrip("0123456789")
        head, *rest = filter(None, [*letters.split("_"), name[len(letters) :]])
        below = rf"_{{{','.join(map(self._letters, rest))}}}" if rest else ""
        return f"{self._letters(head)}{below}"

    def _letters(self, text: str) -> str:
        if len(text) == 1 or text.isdecimal():
            return self._GREEK.get(text, text)
        letters = (f"{self._GREEK[each]} " if each in self._GREEK else each for each in text)
        return rf"\mathrm{{{''.join(letters)}}}"

    def derivative(self, of: str, by: str) -> str:
        r"""Write ``\frac{\partial L}{\partial w}``."""
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def formula(self, formula: Formula) -> str:
        """Return the formula in LaTeX."""
        return formula.latex

    def inline(self, mathematics: str) -> str:
        """Put mathematics between dollar signs."""
        return f"${mathematics}$"

    def words(self, text: str) -> str:
        r"""Put the text into ``\text``."""
        return rf"\text{{{self.plain(text)}}}"

    def name(self, text: str) -> str:
        r"""Put the name into ``\texttt``."""
        return rf"\texttt{{{self.plain(text)}}}"

    def plain(self, text: str) -> str:
        """Escape text for LaTeX; characters missing from its fonts become ``?``."""
        return "".join(map(self._escaped, printable(text)))

    def _escaped(self, each: str) -> str:
        if each in self._GREEK:
            return rf"\ensuremath{{{self._GREEK[each]}}}"
        is_there = ord(each) < 0x180 and each not in self._MISSING
        return each.translate(self._SPECIAL) if is_there else "?"


class Markdown(Latex):
    """Markdown with LaTeX between dollar signs."""

    _MARKS = re.compile(r"[\\`*_{}\[\]<>#|~$&]")

    def name(self, text: str) -> str:
        """Put the name between backticks, more of them than it contains."""
        text = printable(text)
        ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
        space = " " if "`" in text else ""
        return f"{ticks}{space}{text}{space}{ticks}"

    def plain(self, text: str) -> str:
        """Escape the characters that have a meaning in Markdown."""
        return self._MARKS.sub(r"\\\g<0>", printable(text))


class Html(Latex):
    """HTML, with mathematics as MathML."""

    def inline(self, mathematics: str) -> str:
        """Return MathML. Raises `UsageError` if latex2mathml is not installed."""
        return mathml(mathematics)

    def name(self, text: str) -> str:
        """Put the name into ``<code>``."""
        return f"<code>{self.plain(text)}</code>"

    def plain(self, text: str) -> str:
        """Escape the characters that have a meaning in HTML."""
        return html.escape(printable(text))


def fill(notation: Notation, formula: Formula, values: Mapping[str, str | Value]) -> str:
    """Return a formula with its placeholders filled in.

    Parameters
    ----------
    values : mapping of str to str, float or int
        The values of the placeholders. Strings are inserted unchanged; numbers are formatted, with
        parentheses where necessary.
    """

    def written(match: re.Match[str]) -> str:
        value = values[match[1]]
        if isinstance(value, str):
            return value
        number = notation.number(value)
        before, after = match.string[: match.start()], match.string[match.end() :]
        is_first = (
            before == "" or before.endswith(("(", "|", r"\lvert ")) or _ARGUMENT.search(before)
        )
        return number if is_first and not after.startswith(_BINDING) else as_factor(number)

    return _PLACEHOLDER.sub(written, notation.formula(formula))


def seen_length(text: str) -> int:
    """Return the approximate visible length; LaTeX fractions count as if on one line."""
    return len(_COMMAND.sub(lambda match: "" if match[1] or len(match[0]) == 1 else ".", text))


def as_factor(number: str) -> str:
    """Return a formatted number, in parentheses if an operator or exponent requires them."""
    return f"({number})" if number.startswith("-") or " " in number else number


def _rounded(value: float, digits: int) -> str:
    text = f"{float(value):.{digits}g}"
    return "0" if text == "-0" else text
