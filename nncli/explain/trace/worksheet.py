"""Worksheets: the page of a training step with blanks instead of some computed numbers."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, cast

from nncli.base import words
from nncli.base.arguments import argument
from nncli.base.errors import UsageError
from nncli.base.random_streams import Stream, generator
from nncli.explain.document.elements import Equation, Equations, Paragraph, Worked
from nncli.explain.document.notation import MARKS, Notation
from nncli.explain.trace.stand_ins import StandIns, with_stand_ins
from nncli.explain.trace.step import Step

# A computed number on a page under construction: its sign, its quantity as private-use digits,
# whether the sign is its own, and its digits. `seen_length` does not count these characters.
_START, _NEGATIVE, _TEXT, _END, _OPEN, _CLOSE = tuple(MARKS[10:16])
_NUMBER = rf"{_START}([{MARKS[0]}-{MARKS[9]}]+)({_NEGATIVE}?){_TEXT}([^{_END}]*){_END}"
_ANY = re.compile(_NUMBER)
# A negative number after a function keeps its parentheses; as a factor it needs none as a blank.
_IN_PARENTHESES = re.compile(rf"(?<![\w}}√])\(-?{_NUMBER}\)")
_INLINE = re.compile(
    rf"{_OPEN}([^{_CLOSE}]*){_CLOSE}"
)  # mathematics in a sentence, not yet written
_WITH_SIGN = re.compile(rf"(- ?)?{_NUMBER}")

_SEVERAL = 4  # numbers such as 0 or 0.5 have fewer digits, and are equal by chance
_LEAST = 1e-300  # smaller numbers stand for 0, or are computed from those that do

# By format: a blank, and a number that was blank.
_LOOKS: dict[str, tuple[str, str]] = {
    "text": ("____", "_{}_"),
    "markdown": (r"\underline{\qquad}", r"\underline{{{}}}"),
    "latex": (r"\underline{\qquad}", r"\underline{{{}}}"),
    "html": (r"\text{____}", r"\underline{{{}}}"),
}


@dataclass(frozen=True)
class Sheet:
    """What a worksheet leaves out.

    Attributes
    ----------
    blank : float
        The fraction of the computed numbers that is left out.
    seed : int
        Another seed leaves out other numbers.
    solution : bool
        Whether to print the numbers that are left out, underlined.
    """

    blank: float
    seed: int = 0
    solution: bool = False

    def check(self) -> None:
        """Raise `UsageError` if a value is invalid."""
        for name, value, valid, expected in (
            ("blank", self.blank, _is_fraction(self.blank), "a number from 0 to 1"),
            ("seed", self.seed, _is_seed(self.seed), "an integer of 0 or more"),
            ("solution", self.solution, isinstance(self.solution, bool), "true or false"),
        ):
            if not valid:
                raise UsageError(f"{argument(name)}: found {value!r}; expected {expected}")


def sheet_of(blank: float | None, seed: int | None, form: str, *, solution: bool) -> Sheet | None:
    """Return what a worksheet leaves out; None for a page with all numbers.

    Raises
    ------
    UsageError
        If a value is invalid, or has no effect without `blank`.
    """
    if blank is not None:
        sheet = Sheet(blank, 0 if seed is None else seed, solution)
        sheet.check()
        if form != "scalar":
            raise UsageError(
                f"{argument('blank')}: a worksheet has no matrices; leave out {argument('form')}"
            )
        return sheet if blank else None
    if seed is not None:
        raise UsageError(
            f"{argument('seed')}: is the number of a worksheet; set {argument('blank')}, or write "
            f"seed={seed} for the seed of the config"
        )
    if solution:
        raise UsageError(f"{argument('solution')}: no number is left out; set {argument('blank')}")
    return None


def _is_fraction(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_seed(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def worksheet(
    page_of: Callable[[Step, Notation], Iterable[Worked]],
    step: Step,
    write: Notation,
    sheet: Sheet,
    format_: str,
) -> Iterator[Worked]:
    """Yield the page of a step as a worksheet, or as its solution.

    A quantity is left out wherever it is printed, so that a blank is not the answer to another.

    Parameters
    ----------
    page_of : function
        Returns the page of the numbers of a step in a notation.
    """
    found = StandIns()
    stands, marked = with_stand_ins(step, found, write), _Marked(write, found)
    for _ in range(2):  # for the first page, not all results are known
        elements = [*page_of(stands, cast("Notation", marked))]
        for value in marked.results(elements):
            found.note(value)
    merged = _Merged()
    elements = [_changed(each, merged.equation, lambda text: text) for each in elements]
    numbers = _numbers(elements)
    merged.equal(numbers)
    groups = merged.groups(quantity for quantity, _ in numbers)
    count = max(1, round(sheet.blank * len(groups)))
    chosen = generator(sheet.seed, Stream.WORKSHEET).permutation(len(groups))[:count]
    missing = {quantity for index in chosen for quantity in groups[index]}
    show = _solved if sheet.solution else _blanked

    def finished(text: str) -> str:
        return _INLINE.sub(lambda found: write.inline(found[1]), show(text, missing, format_))

    first, *others = elements
    yield first
    yield Paragraph(_about(sheet, count))
    for each in others:
        yield _changed(each, lambda equation: equation, finished)


def _about(sheet: Sheet, count: int) -> str:
    numbers = words.count(count, "missing number")
    if sheet.solution:
        return f"Solution of worksheet {sheet.seed}, with {numbers}, underlined here."
    return f"Worksheet {sheet.seed}, with {numbers}. A number is missing wherever it occurs."


class _Marked:
    """A notation that marks the computed numbers."""

    def __init__(self, write: Notation, found: StandIns) -> None:
        self._write, self._found = write, found
        self._others: dict[str, float] = {}

    def results(self, elements: Iterable[Worked]) -> Iterator[float]:
        """Yield the other numbers that equations end with, such as a penalty."""
        equations = [
            equation
            for each in elements
            if isinstance(each, Equations)
            for equation in each.equations
        ]
        for equation in equations:
            last = equation.rights[-1][-1]
            if len(equation.rights) > 1 and last in self._others and _has_several_digits(last):
                yield self._others[last]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._write, name)

    def inline(self, mathematics: str) -> str:
        """Mark mathematics in a sentence, which is written when its blanks are known."""
        return f"{_OPEN}{mathematics}{_CLOSE}"

    def number(self, value: float) -> str:
        """Write a number, with its quantity if it is computed."""
        if (quantity := self._found.find(value)) is None:
            text = self._write.number(0.0 if abs(value) < _LEAST else value)
            self._others[text] = float(value)
            return text
        number, exact = quantity
        text = self._write.number(exact)
        digits = text.removeprefix("-")
        sign = "-" if digits != text else ""
        place = "".join(MARKS[int(digit)] for digit in str(number))
        return f"{sign}{_START}{place}{_NEGATIVE if sign else ''}{_TEXT}{digits}{_END}"


class _Merged:
    """Equations without repeated sides, and the quantities that are the same because of them."""

    def __init__(self) -> None:
        self._same: dict[int, int] = {}

    def equation(self, equation: Equation) -> Equation:
        """Leave out sides that print like the previous one, as on a page without marks."""
        kept: list[Sequence[str]] = []
        for side in equation.rights:
            if kept and [*map(_plain, side)] == [*map(_plain, kept[-1])]:
                pairs = zip(_numbers(kept.pop()), _numbers(side), strict=False)
                for (one, _), (other, _) in pairs:
                    self._join(one, other)
            kept.append(side)
        return replace(equation, rights=kept)

    def equal(self, numbers: Iterable[tuple[int, str]]) -> None:
        """Join quantities with the same digits: one of them would be the answer to the other."""
        found: dict[str, int] = {}
        for quantity, digits in numbers:
            if _has_several_digits(digits):
                self._join(found.setdefault(digits, quantity), quantity)

    def _join(self, one: int, other: int) -> None:
        self._same[self._first(other)] = self._first(one)

    def _first(self, quantity: int) -> int:
        while self._same.get(quantity, quantity) != quantity:
            quantity = self._same[quantity]
        return quantity

    def groups(self, quantities: Iterable[int]) -> list[list[int]]:
        """Return the quantities in groups that are the same, in the order of the page."""
        found: dict[int, list[int]] = {}
        for each in dict.fromkeys(quantities):
            found.setdefault(self._first(each), []).append(each)
        return [*found.values()]


def _changed(
    part: Any, equation: Callable[[Equation], Equation], text: Callable[[str], str]
) -> Any:
    """Return an element, or a part of it, with its equations and texts changed."""
    if isinstance(part, str):
        return text(part)
    if isinstance(part, list | tuple):
        return [_changed(each, equation, text) for each in part]
    if isinstance(part, Equation):
        part = equation(part)
    if hasattr(part, "__dataclass_fields__"):
        names = [each.name for each in fields(part)]
        return replace(part, **{n: _changed(getattr(part, n), equation, text) for n in names})
    return part


def _numbers(part: Any) -> list[tuple[int, str]]:
    """Return the quantities in an element, or in a part of it, with their digits, in order."""
    found: list[tuple[int, str]] = []

    def note(text: str) -> str:
        found.extend((_quantity(match[1]), match[3]) for match in _ANY.finditer(text))
        return text

    _changed(part, lambda equation: equation, note)
    return found


def _has_several_digits(number: str) -> bool:
    mantissa = re.split(r"e| \\cdot", number)[0]
    return len(mantissa.lstrip("-").replace(".", "").lstrip("0")) >= _SEVERAL


def _quantity(place: str) -> int:
    return int("".join(str(MARKS.index(each)) for each in place))


def _plain(text: str) -> str:
    """Return a text with all its numbers, without marks."""
    return _ANY.sub(r"\3", text)


def _solved(text: str, missing: set[int], format_: str) -> str:
    """Underline the numbers that are missing in the sheet."""
    look = _LOOKS[format_][1]
    return _plain(
        _ANY.sub(
            lambda found: look.format(found[3]) if _quantity(found[1]) in missing else found[0],
            text,
        )
    )


def _blanked(text: str, missing: set[int], format_: str) -> str:
    """Replace the numbers that are missing, with their signs, by blanks."""
    blank = _LOOKS[format_][0]

    def alone(found: re.Match[str]) -> str:
        return blank if _quantity(found[1]) in missing else found[0]

    def signed(found: re.Match[str]) -> str:
        sign = found[1] or ""
        if _quantity(found[2]) not in missing:
            return found[0]
        if not found[3]:
            return sign + blank  # the minus is one of the formula
        return f"+ {blank}" if sign == "- " else blank

    return _plain(_WITH_SIGN.sub(signed, _IN_PARENTHESES.sub(alone, text)))
