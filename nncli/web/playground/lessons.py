"""The lessons of the playground: the lectures whose data a page may name."""

from typing import Any

from nncli.config.lectures.lecture import lectures
from nncli.config.strict_yaml import parse
from nncli.web.playground.setting import SOURCES, without_validation


def lessons() -> list[dict[str, Any]]:
    """Return name, texts and config of each lesson, in the order of the course."""
    found = []
    for lecture in lectures().values():
        values = parse(lecture.text, lecture.name).value
        if values["data"]["source"] in SOURCES:
            found.append(
                {
                    "name": lecture.name,
                    "shows": lecture.shows,
                    "expected": lecture.expected,
                    "try_next": lecture.try_next,
                    "config": without_validation(values),
                }
            )
    return found
