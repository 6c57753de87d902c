"""A mirror on the loopback interface that behaves as well or as badly as a test asks."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GIBIBYTE = 1 << 30
PIECE = 100_000  # sent by "pieces" before it breaks off


class LyingServer(ThreadingHTTPServer):
    """A server of `content` under ``/<behavior>/<any name>``; `mirror` returns the addresses.

    Attributes
    ----------
    requests : list of str
        Requested paths, in order.
    ranges : list of str or None
        ``Range`` header of each request.
    bytes_sent : int
        Bytes of the body that ``endless`` has sent.
    """

    daemon_threads = False  # closing the server waits for its threads

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.requests: list[str] = []
        self.ranges: list[str | None] = []
        self.bytes_sent = 0
        self.released = threading.Event()
        self.two_clients = threading.Barrier(2)
        self._closed_port = socket.socket()  # bound, so that no other program listens there
        self._closed_port.bind(("127.0.0.1", 0))

    def mirror(self, behavior: str) -> str:
        """Return the base address of the mirror with this behavior."""
        if behavior == "refuses":
            return f"http://127.0.0.1:{self._closed_port.getsockname()[1]}/refuses/"
        scheme = "https" if behavior == "insecure" else "http"
        return f"{scheme}://127.0.0.1:{self.server_port}/{behavior}/"

    def server_close(self) -> None:
        self.released.set()
        self._closed_port.close()
        super().server_close()


@contextmanager
def serve(content: bytes) -> Iterator[LyingServer]:
    """Run a server in a thread until the block ends."""
    server = LyingServer(content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: LyingServer
    timeout = 5  # an idle client must not hang the tests

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self.server.ranges.append(self.headers["Range"])
        behavior = BEHAVIORS[self.path.split("/")[1]]
        try:
            behavior(self)
        except OSError:  # the client has disconnected
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is inherited
        pass

    def answer_range(self, *, most: int | None = None, content: bytes = b"") -> None:
        """Send the requested ``Range``, but break off after `most` bytes."""
        whole = content or self.server.content
        start = int((self.headers["Range"] or "bytes=0-")[len("bytes=") : -1])
        body, place = whole[start:], f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        headers = {"Content_Range": place} if self.headers["Range"] else {}
        self.answer(206 if headers else 200, body[:most], length=len(body), **headers)

    def answer(
        self, status: int, body: bytes, *, length: int | None = None, **headers: str
    ) -> None:
        """Send `body`, with its own Content-Length or the given `length`."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def _good(request: _Handler) -> None:
    request.answer(200, request.server.content)


def _missing(request: _Handler) -> None:
    request.answer(404, b"no such file")


def _broken(request: _Handler) -> None:
    request.answer(500, b"out of order")


def _silent(request: _Handler) -> None:
    request.server.released.wait()


def _stalls(request: _Handler) -> None:
    request.answer(200, request.server.content[:10], length=len(request.server.content))
    request.server.released.wait()


def _cuts(request: _Handler) -> None:
    request.answer(200, request.server.content[:-1], length=len(request.server.content))


def _cuts_unnoticed(request: _Handler) -> None:
    request.answer(200, request.server.content[:-1])


def _html(request: _Handler) -> None:
    request.answer(200, b"<!doctype html><p>Please log in", Content_Type="text/html")


def _wrong(request: _Handler) -> None:
    request.answer(200, bytes(len(request.server.content)))


def _longer(request: _Handler) -> None:
    request.answer(200, request.server.content + b"!")


def _endless(request: _Handler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
    request.answer(200, b"", length=GIBIBYTE)
    while request.server.bytes_sent < GIBIBYTE:
        request.wfile.write(bytes(1 << 14))
        request.server.bytes_sent += 1 << 14


def _not_zipped(request: _Handler) -> None:
    request.answer(200, request.server.content, Content_Encoding="gzip")


def _moved(request: _Handler) -> None:
    request.answer(302, b"", Location=request.server.mirror("good") + "elsewhere")


def _moved_away(request: _Handler) -> None:
    request.answer(
        302, b"", Location=request.server.mirror("good").replace("127.0.0.1", "localhost")
    )


def _moved_astray(request: _Handler) -> None:
    request.answer(302, b"", Location="http://[")


def _ranges(request: _Handler) -> None:
    request.answer_range()


def _pieces(request: _Handler) -> None:
    request.answer_range(most=PIECE)


def _stalls_late(request: _Handler) -> None:
    request.answer_range(most=PIECE)
    request.server.released.wait()


def _another_piece(request: _Handler) -> None:
    size = len(request.server.content)
    request.answer(206, request.server.content[1:], Content_Range=f"bytes 1-{size - 1}/{size}")


def _no_such_piece(request: _Handler) -> None:
    if request.headers["Range"]:
        request.answer(416, b"")
    else:
        _good(request)


def _wrong_ranges(request: _Handler) -> None:
    request.answer_range(content=bytes(len(request.server.content)))


def _circles(request: _Handler) -> None:
    request.answer(302, b"", Location=request.path)


def _moved_nowhere(request: _Handler) -> None:
    request.answer(302, b"", Location="gopher://127.0.0.1/")


def _gibberish(request: _Handler) -> None:
    request.wfile.write(b"SSH-2.0-OpenSSH_9.9\r\n")


def _waits_for_two(request: _Handler) -> None:
    request.server.two_clients.wait(timeout=10)
    _good(request)


BEHAVIORS: dict[str, Callable[[_Handler], None]] = {
    "good": _good,
    "missing": _missing,
    "broken": _broken,
    "silent": _silent,
    "stalls": _stalls,
    "cuts": _cuts,
    "cuts_unnoticed": _cuts_unnoticed,
    "html": _html,
    "wrong": _wrong,
    "longer": _longer,
    "endless": _endless,
    "not_zipped": _not_zipped,
    "moved": _moved,
    "moved_away": _moved_away,
    "moved_astray": _moved_astray,
    "ranges": _ranges,
    "pieces": _pieces,
    "stalls_late": _stalls_late,
    "another_piece": _another_piece,
    "no_such_piece": _no_such_piece,
    "wrong_ranges": _wrong_ranges,
    "circles": _circles,
    "moved_nowhere": _moved_nowhere,
    "gibberish": _gibberish,
    "waits_for_two": _waits_for_two,
}
