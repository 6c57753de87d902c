"""The playground as an application of the server."""

from itertools import count
from pathlib import Path

from nncli.web.limits import Limits
from nncli.web.playground.session import Session
from nncli.web.playground.setting import Setting
from nncli.web.playground.start import start_of
from nncli.web.server import Server

_LIMITS = Limits(body_bytes=512 << 10)  # of a config that lists its rows
_STATIC = Path(__file__).parents[1] / "static"


class Playground:
    """Opens pages that begin with the same setting."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._saves = count(1)
        setting.job({})  # which refuses what no page could train

    def open(self) -> Session:
        """Return a new page."""
        return Session(self._setting, self._saves)


def playground(
    what: str | Path | None = None,
    *,
    target: str | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
) -> Server:
    """Return a server of the playground, a page on which a network is built and watched.

    It serves while a ``with`` block runs::

        with nncli.playground("config.yaml") as server:
            print(server.url)
            server.wait()

    Parameters
    ----------
    what : path, optional
        What a page begins with: a config, a run directory, a weights file or a file with a table;
        without one, noisy XOR.
    target : str, optional
        The column of a table to predict; default: the last one.
    host : str
        Name or address to listen at. Other computers reach only an address that is not local.
    port : int
        0 for any free one.
    token : str, optional
        Secret in the address of the page; required for a host that other computers reach.

    Raises
    ------
    NncliError
        If `what` cannot be read or trained.
    UsageError
        If host and token do not belong together.
    """
    setting = start_of(None if what is None else Path(what), target=target)
    return Server(Playground(setting), host, port, token, folder=_STATIC, limits=_LIMITS)
