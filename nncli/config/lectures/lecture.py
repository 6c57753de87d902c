"""The lectures: the configs in this folder, which ``nncli init lecture`` writes.

Files are named ``NUMBER_NAME.yaml``; the numbers give the order of the course. Three comments come
first: what the lecture shows, its expected result, and what to try next.
"""

from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import takewhile
from typing import Literal

_ENDING = ".yaml"
_GIVEN = "initial_weights"


@dataclass(frozen=True)
class Lecture:
    """A config of the lectures.

    Attributes
    ----------
    name : str
    shows : str
        What it shows.
    expected : str
        Its expected result.
    try_next : str
        A change of the config, or another command, to learn more.
    command : str
        The command that it is for: ``trace`` if it gives the weights, for a calculation by hand,
        else ``train``.
    text : str
        The config, with the comments on the lecture but none on its keys.
    """

    name: str
    shows: str
    expected: str
    try_next: str
    command: Literal["train", "trace"]
    text: str = field(repr=False)

    @property
    def head(self) -> str:
        """The comments at the top of the config."""
        lines = self.text.splitlines(keepends=True)
        return "".join(takewhile(lambda line: line.startswith("#"), lines))


def lectures() -> dict[str, Lecture]:
    """Return the lectures by name, in the order of the course."""
    places = files("nncli.config.lectures").iterdir()
    ordered = sorted(places, key=lambda place: place.name)
    read = [_read(place) for place in ordered if place.name.endswith(_ENDING)]
    return {each.name: each for each in read}


def _read(place: Traversable) -> Lecture:
    name, text = place.name.partition("_")[2].removesuffix(_ENDING), place.read_text("utf-8")
    shows, expected, try_next = (line.removeprefix("# ") for line in text.splitlines()[:3])
    return Lecture(
        name,
        shows,
        expected.removeprefix("Expected: "),
        try_next.removeprefix("Try next: "),
        "trace" if _GIVEN in text else "train",
        text,
    )
