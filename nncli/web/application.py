"""What the server needs of an application: pages that act and have events."""

from typing import Any, Protocol


class Ended(Exception):  # noqa: N818 - no failure: a page was closed
    """A page has been closed and has no more events."""


class Page(Protocol):
    """One open page of the browser.

    The server calls `act` and `close` one at a time. It calls `next_event` from another thread,
    also while one of them runs.
    """

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do what the user asked for and return the answer, both as for `json`.

        Raises
        ------
        NncliError
            If the action is impossible. The user sees the message.
        """
        ...

    def next_event(self, seconds: float) -> bytes | None:
        """Return the next event as one line of JSON, or None if there is none for `seconds`.

        The server asks again only when the browser has room for more, so a page that keeps nothing
        but its newest state never holds much memory.

        Raises
        ------
        Ended
            If the page is closed, also while this call waits.
        """
        ...

    def close(self) -> None:
        """End all work of the page. Called once, when its stream of events has ended."""
        ...


class Application(Protocol):
    """What is served."""

    def open(self) -> Page:
        """Return a new page."""
        ...
