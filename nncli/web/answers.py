"""Answers of the server, with the headers that all of them have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"

_POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        *(f"{kind} 'none'" for kind in ("base-uri", "form-action", "frame-ancestors")),
    ]
)
_ALWAYS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Answer:
    """A whole answer to one request."""

    body: bytes
    kind: str = "application/json"
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the bytes to send."""
        length = {"Content-Length": str(len(self.body))}
        return head(self.status, self.kind, {**length, **self.headers}) + self.body


class Refused(Exception):  # noqa: N818 - the client is at fault
    """A request is refused.

    Parameters
    ----------
    status : int
    problem : str, optional
        A sentence for the user; otherwise the standard words of the status.
    headers : mapping, optional
    """

    def __init__(
        self, status: int, problem: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(problem)
        words = problem or HTTPStatus(status).phrase.lower()
        self.answer = json_answer({"error": words}, status, headers)


def json_answer(
    value: dict[str, Any], status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return `value` as an answer. Raises `ValueError` for numbers that are not finite."""
    text = json.dumps(value, allow_nan=False)
    return Answer(text.encode(), status=status, headers=headers or {})


def head(status: int, kind: str, headers: Mapping[str, str]) -> bytes:
    """Return status line and headers of an answer, up to the empty line."""
    lines = {"Content-Type": kind, **headers, **_ALWAYS}
    written = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}\r\n{written}\r\n".encode("latin-1")
