"""How much the server takes from a client, and how long it waits for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what one client, or all together, can make the server hold.

    Attributes
    ----------
    pages : int
        Open pages. A browser opens at most six connections to a server: each page has one stream,
        and two connections remain for actions.
    connections : int
        Open connections, each of which has a thread.
    head_bytes : int
        Request line and headers. Cookies of other local programs are part of them.
    body_bytes : int
        Body of an action.
    keys : int
        Keys of all objects in the JSON of an action.
    read_seconds, send_seconds : float
        For a whole request, and for each event or answer.
    linger_seconds : float
        For a client to read a refusal while it is still sending.
    beat_seconds : float
        How long to wait for an event before looking whether the page is still open.
    """

    pages: int = 4
    connections: int = 64
    head_bytes: int = 32 << 10
    body_bytes: int = 64 << 10
    keys: int = 1000
    read_seconds: float = 10.0
    send_seconds: float = 10.0
    linger_seconds: float = 1.0
    beat_seconds: float = 1.0
