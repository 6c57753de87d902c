"""What a client sends: bounded in bytes, time and depth."""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http import HTTPStatus
from math import isfinite
from time import monotonic
from typing import Any

from nncli.base.storage.strict_json import parse_any_json
from nncli.base.words import has_surrogate
from nncli.web.access import only
from nncli.web.answers import Refused
from nncli.web.limits import Limits

_KINDS = ("application/json", "application/json; charset=utf-8")
_MOST_LENGTH_DIGITS = 12


class Gone(Exception):  # noqa: N818 - no failure: clients leave
    """The client has left, or is too slow."""


@contextmanager
def lost_as_gone() -> Iterator[None]:
    """Turn errors of the connection in the block into `Gone`."""
    try:
        yield
    except OSError as error:
        raise Gone from error


class Incoming(io.RawIOBase):
    """The bytes that a client sends, at most `most` of them and until a time.

    `most` can be raised. The end of a request raises `Gone`, so that half a request is never taken
    for a whole one.
    """

    def __init__(self, connection: socket.socket, most: int, seconds: float) -> None:
        self.most = most
        self._connection = connection
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived, or wait for it."""
        room = memoryview(buffer)[: self.most]
        if not room:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        left = self._until - monotonic()
        if left <= 0:
            raise Gone
        with lost_as_gone():
            self._connection.settimeout(left)
            count = self._connection.recv_into(room)
        if not count:
            raise Gone
        self.most -= count
        return count


def body_length(headers: Message, most: int) -> int:
    """Return the length of the JSON in a request, before it is read."""
    if only(headers, "Content-Type").lower() not in _KINDS:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    length = only(headers, "Content-Length")
    if "Transfer-Encoding" in headers or not (length.isascii() and length.isdigit()):
        raise Refused(HTTPStatus.LENGTH_REQUIRED)
    if len(length) > _MOST_LENGTH_DIGITS or int(length) > most:
        raise Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the action has more than {most:,} bytes; send less at once",
        )
    return int(length)


def read_action(stream: io.BufferedIOBase, length: int, limits: Limits) -> dict[str, Any]:
    """Read the JSON object of an action and check it."""
    try:
        action = parse_any_json(stream.read(length).decode("utf-8"))
        if not isinstance(action, dict) or _count_keys(action) > limits.keys:
            raise ValueError
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "the action is not valid JSON") from None
    return action


def _count_keys(value: Any) -> int:
    """Return the number of keys at any depth; refuse what no page sends."""
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(key) + _count_keys(value[key]) for key in value)
    if isinstance(value, list):
        return sum(map(_count_keys, value))
    if isinstance(value, str) and has_surrogate(value):
        raise ValueError
    if isinstance(value, float) and not isfinite(value):
        raise ValueError
    return 0
