"""One connection: a request, its answer, and the end."""

import io
import json
import socket
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, NoReturn

from nncli.web.answers import HTML, JAVASCRIPT, Answer, Refused, head, json_answer
from nncli.web.application import Ended
from nncli.web.incoming import Gone, Incoming, body_length, lost_as_gone, read_action

if TYPE_CHECKING:
    from nncli.web.server import Listener

_SEND_BUFFER = 128 << 10  # so that a browser that falls behind gets few old events
_TOKEN = "token="
_PAGES = "/pages/"

# A browser keeps the cookie back if a link on a page of another server leads here. The page below
# comes again from here, with the cookie and with what follows # in the address.
_RETRY = "/?retry"
_RETRY_SCRIPT = Answer(
    b'if (location.search !== "?retry") location.replace("/?retry" + location.hash);\n', JAVASCRIPT
)
_SIGN_IN = Answer(
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>nncli</title>'
    b'<p>Open the address that nncli printed.</p><script src="/retry.js"></script></html>\n',
    HTML,
    HTTPStatus.FORBIDDEN,
)


class Connection(BaseHTTPRequestHandler):
    """Answers one request with the parser of the standard library, and none of its answers.

    The connection is closed after each answer, so nothing that follows a request can be taken for
    another one.
    """

    server: "Listener"
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Bound what is read, and send without delay."""
        limits = self.server.limits
        self.connection: socket.socket = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._is_stream = False
        self._incoming = Incoming(self.connection, limits.head_bytes, limits.read_seconds)
        self.rfile = io.BufferedReader(self._incoming)

    def handle(self) -> None:
        """Answer the request; a client that leaves or is too slow gets no answer."""
        with suppress(Gone):
            answer = self._whole_answer()
            if answer and not self._is_stream:  # an error in a stream is too late for an answer
                self._send(answer.encoded())

    def finish(self) -> None:
        """Let go of what was read."""
        self.rfile.close()

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> NoReturn:
        """Refuse a request that the parser does not accept, without repeating it."""
        raise Refused(code)

    def handle_expect_100(self) -> NoReturn:
        """Refuse to be asked before the body is sent; no browser does."""
        raise Refused(HTTPStatus.EXPECTATION_FAILED)

    def _send(self, content: bytes) -> None:
        with lost_as_gone():
            self.connection.settimeout(self.server.limits.send_seconds)
            self.connection.sendall(content)

    def _whole_answer(self) -> Answer | None:
        """Return the answer, or None if it has been sent as a stream."""
        try:
            self._read_head()
            return self._answer()
        except Refused as refused:
            return refused.answer
        except Gone:
            raise
        except Exception as error:
            self.server.report(error)
            return Refused(HTTPStatus.INTERNAL_SERVER_ERROR).answer

    def _read_head(self) -> None:
        """Read the request line and the headers."""
        self.raw_requestline = self.rfile.readline()
        self.parse_request()  # raises what `send_error` raises
        if self.request_version == self.default_request_version or self.headers.defects:
            raise Refused(HTTPStatus.BAD_REQUEST)

    def _answer(self) -> Answer | None:
        access = self.server.access
        host = access.check_host(self.headers)
        if self.command not in ("GET", "POST"):
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"})
        target = self.requestline.split()[1]  # `path` is not quite what was sent
        if self.command == "POST":
            access.check_origin(self.headers, host)
            access.check_cookie(self.headers)
            return self._act(target)
        return self._get(target)

    def _get(self, target: str) -> Answer | None:
        access = self.server.access
        path, _, query = target.partition("?")
        if path == "/" and query.startswith(_TOKEN):
            cookie = access.cookie_for(query.removeprefix(_TOKEN))
            headers = {"Location": "/", "Set-Cookie": cookie}
            return Answer(b"", HTML, HTTPStatus.SEE_OTHER, headers)
        if target == "/retry.js":
            return _RETRY_SCRIPT
        if path == "/" and not access.has_cookie(self.headers):
            return _SIGN_IN
        access.check_cookie(self.headers)
        if target == "/events":
            access.check_own_page(self.headers)
            self._stream()
            return None
        if target == _RETRY:
            target = "/"
        if target not in self.server.files:
            raise Refused(HTTPStatus.NOT_FOUND)
        return self.server.files[target]

    def _act(self, target: str) -> Answer:
        if not target.startswith(_PAGES):
            raise Refused(HTTPStatus.NOT_FOUND)
        page = self.server.pages[target.removeprefix(_PAGES)]
        limits = self.server.limits
        length = body_length(self.headers, limits.body_bytes)
        self._incoming.most += length
        return json_answer(page.act(read_action(self.rfile, length, limits)))

    def _stream(self) -> None:
        """Send the events of a new page until the page, the client or the server ends."""
        with self.server.pages.opened() as (name, page), suppress(Ended):
            self._is_stream = True
            self._send(head(HTTPStatus.OK, "text/event-stream", {}))
            event: bytes | None = json.dumps({"page": name}).encode()
            while not self._has_left():
                self._send(b":\n\n" if event is None else b"data: " + event + b"\n\n")
                event = page.next_event(self.server.limits.beat_seconds)

    def _has_left(self) -> bool:
        """Return whether the client has ended the connection, or sends what nobody asked for."""
        try:
            self.connection.settimeout(0)
            self.connection.recv(1)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
