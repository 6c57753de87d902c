"""A server for pages on this computer, or for a classroom with a token."""

import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self

from nncli.base import platforms
from nncli.base.errors import NncliError, UsageError, os_errors_as
from nncli.web.access import Access, chosen_token, is_local, names_of
from nncli.web.answers import Answer
from nncli.web.application import Application
from nncli.web.connection import Connection
from nncli.web.limits import Limits
from nncli.web.pages import Pages
from nncli.web.static_files import read_files

_LIMITS = Limits()
_POLL_SECONDS = 0.05
_WAIT_SECONDS = 0.5  # Windows does not interrupt a longer wait
_LARGEST_PORT = 65535
_MOST_DRAINED = 16 << 20
_PIECE = 64 << 10
_SHARED = (
    "Everybody in this network who knows the token can train on this computer, and what is sent "
    "is not encrypted."
)


class Listener(ThreadingTCPServer):
    """Accepts connections, and has what their threads share.

    Attributes
    ----------
    access : Access
    failure : BaseException or None
        The first error that is a bug. The client hears of it without its text.
    """

    access: Access
    allow_reuse_address = not platforms.IS_WINDOWS  # there, another program could take the port
    daemon_threads = False  # `server_close` waits for the threads
    request_queue_size = 64

    def __init__(
        self,
        family: int,
        address: Any,
        pages: Pages,
        files: Mapping[str, Answer],
        limits: Limits,
    ) -> None:
        self.address_family = family
        self.failure: BaseException | None = None
        self.files = files
        self.limits = limits
        self.pages = pages
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, Connection)

    def report(self, error: BaseException) -> None:
        """Remember a bug."""
        self.failure = self.failure or error

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, unless there are too many."""
        with self._lock:
            has_room = len(self._connections) < self.limits.connections
            if has_room:
                self._connections.add(request)
        if has_room:
            super().process_request(request, client_address)
        else:
            super().shutdown_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection when the client has read the answer."""
        with suppress(OSError):
            _drain(request, self.limits.linger_seconds)
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Remember an error that `Connection` did not expect, instead of printing it."""
        if error := sys.exception():
            self.report(error)

    def server_close(self) -> None:
        """Close the port and all connections, and wait for their threads."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Server:
    """Serves an application in threads while a ``with`` block runs.

    Parameters
    ----------
    application : Application
    host : str
        Name or address to listen at.
    port : int
        0 for any free one.
    token : str, optional
        Secret that opens the first page; a random one if it is left out. Required for a host that
        other computers can reach.
    folder : Path
        The files to serve; ``index.html`` is the page.
    limits : Limits

    Attributes
    ----------
    url : str
        The address to open, with the token.
    notice : str
        One sentence on what it means that other computers can reach the host, or an empty text.

    Raises
    ------
    UsageError
        If host and token do not belong together, or the port is impossible.
    NncliError
        If the port is taken, in `__enter__`.
    """

    url: str

    def __init__(
        self,
        application: Application,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        *,
        folder: Path,
        limits: Limits = _LIMITS,
    ) -> None:
        if not 0 <= port <= _LARGEST_PORT:
            raise UsageError(f"port {port}: does not exist; choose one up to {_LARGEST_PORT}")
        self.notice = "" if is_local(host) else _SHARED
        self._token = chosen_token(host, token)
        self._host = host
        self._port = port
        self._files = read_files(folder)
        self._limits = limits
        self._pages = Pages(application, limits.pages)

    def __enter__(self) -> Self:
        self._listener = self._listen()
        port = self._listener.server_address[1]
        names = names_of(self._host, str(self._listener.server_address[0]))
        self._listener.access = Access(names, port, self._token)
        self.url = f"http://{self._listener.access.address}/?token={self._token}"
        self._thread = Thread(target=self._listener.serve_forever, args=(_POLL_SECONDS,))
        self._thread.start()
        return self

    def _listen(self) -> Listener:
        host = "127.0.0.1" if self._host == "localhost" else self._host
        with os_errors_as(UsageError, f"host {self._host!r}", "is unknown"):
            found = socket.getaddrinfo(host, self._port, type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        place = f"{self._host}, port {self._port}"
        with os_errors_as(NncliError, place, "cannot be served", "choose another host or port"):
            return Listener(family, address, self._pages, self._files, self._limits)

    def wait(self) -> None:
        """Wait until a signal such as Ctrl-C raises `KeyboardInterrupt`."""
        while self._thread.is_alive():
            self._thread.join(_WAIT_SECONDS)

    @property
    def failure(self) -> BaseException | None:
        """The first error that is a bug, if any."""
        return self._listener.failure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with ExitStack() as stack:  # from the last line to the first, also after Ctrl-C
            stack.callback(self._listener.server_close)
            stack.callback(self._pages.close)
            stack.callback(self._thread.join)
            stack.callback(self._listener.shutdown)


def _drain(connection: socket.socket, seconds: float) -> None:
    """End the answer, and read on for a while.

    If a connection is closed while the client sends, the client loses the answer.
    """
    connection.shutdown(socket.SHUT_WR)
    until = monotonic() + seconds
    left = _MOST_DRAINED
    while left > 0 and (remaining := until - monotonic()) > 0:
        connection.settimeout(remaining)
        count = len(connection.recv(_PIECE))
        left = left - count if count else 0
