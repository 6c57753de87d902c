"""The open pages: a few at once, each closed exactly once."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from threading import Lock
from typing import Any

from nncli.base.errors import NncliError
from nncli.base.words import count
from nncli.web.answers import Refused
from nncli.web.application import Application, Page

_UNKNOWN = "this page has ended; reload it"


class OpenPage:
    """A page whose actions come one at a time, and none after its end."""

    def __init__(self, page: Page) -> None:
        self.next_event = page.next_event
        self._page = page
        self._lock = Lock()
        self._is_closed = False

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        """Return the page's answer to an action."""
        with self._lock:
            if self._is_closed:
                raise Refused(HTTPStatus.NOT_FOUND, _UNKNOWN)
            with _errors_refused():
                return self._page.act(action)

    def close(self) -> None:
        """Close the page, unless it is closed."""
        with self._lock:
            if not self._is_closed:
                self._is_closed = True
                self._page.close()


class Pages:
    """All open pages by their random name."""

    def __init__(self, application: Application, most: int) -> None:
        self._application = application
        self._most = most
        self._lock = Lock()
        self._pages: dict[str, OpenPage | None] = {}  # None: about to be opened
        self._is_closed = False

    def __getitem__(self, name: str) -> OpenPage:
        with self._lock:
            page = self._pages.get(name)
        if page is None:
            raise Refused(HTTPStatus.NOT_FOUND, _UNKNOWN)
        return page

    @contextmanager
    def opened(self) -> Iterator[tuple[str, OpenPage]]:
        """Open a page for the time of the block; refuse one too many."""
        name = self._reserve()
        with ExitStack() as stack:
            stack.callback(self._forget, name)
            with _errors_refused():
                page = OpenPage(self._application.open())
            stack.callback(page.close)
            with self._lock:
                self._pages[name] = page
                is_late = self._is_closed
            if is_late:
                page.close()
            yield name, page

    def _reserve(self) -> str:
        with self._lock:
            if self._is_closed or len(self._pages) >= self._most:
                raise Refused(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    f"{count(self._most, 'page')} are open, which is the most; close one of "
                    "them and reload this one",
                )
            name = secrets.token_urlsafe(16)
            self._pages[name] = None
        return name

    def _forget(self, name: str) -> None:
        with self._lock:
            del self._pages[name]

    def close(self) -> None:
        """Close every page, and open no more."""
        with self._lock:
            self._is_closed = True
            pages = [page for page in self._pages.values() if page]
        with ExitStack() as stack:
            for page in pages:
                stack.callback(page.close)


@contextmanager
def _errors_refused() -> Iterator[None]:
    """Show the user the message of an error in the block."""
    try:
        yield
    except NncliError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
