"""Who may use the server: which names it answers to, the token and the cookie."""

import ipaddress
import re
import secrets
from collections.abc import Iterable
from email.message import Message
from http import HTTPStatus

from nncli.base.errors import UsageError
from nncli.base.words import printable
from nncli.web.answers import Refused

_SHORTEST_TOKEN = 12
_CHARACTERS = "letters, digits and ._~-"  # an address needs no escapes for these
_LOCAL = ("127.0.0.1", "localhost")
_NAME = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.IGNORECASE)
_DEFAULT_PORT = 80  # browsers leave it out

_OTHER_HOST = "this name does not belong to the server; open the address that nncli printed"
_OTHER_ORIGIN = "the request is from a page of another server"
_NO_COOKIE = "this browser has not opened the address that nncli printed; open it first"
_WRONG_TOKEN = "the token is wrong; open the address that nncli printed"


class Access:
    """What a request must have.

    Parameters
    ----------
    names : iterable of str
        Names and addresses that reach the server.
    port : int
    token : str
        Secret that a browser exchanges for a cookie.

    Attributes
    ----------
    address : str
        The first name and the port, as in ``127.0.0.1:8000``.
    """

    def __init__(self, names: Iterable[str], port: int, token: str) -> None:
        hosts = [authority(name, port) for name in names]
        self.address = hosts[0]
        self._token = token
        self._hosts = frozenset(hosts)
        self._cookie = f"nncli-{port}"  # cookies of all ports of a host are sent to each of them
        self._key = secrets.token_urlsafe()

    def check_host(self, headers: Message) -> str:
        """Return the host that the browser asked for.

        A page of another server, whose name was changed to mean this computer (DNS rebinding),
        asks for its own name.
        """
        host = only(headers, "Host")
        if host not in self._hosts:
            raise Refused(HTTPStatus.FORBIDDEN, _OTHER_HOST)
        return host

    def check_origin(self, headers: Message, host: str) -> None:
        """Refuse an action that no page of this server asked for."""
        if only(headers, "Origin") != f"http://{host}":
            raise Refused(HTTPStatus.FORBIDDEN, _OTHER_ORIGIN)

    def check_own_page(self, headers: Message) -> None:
        """Refuse a stream that the browser says no page of this server asked for.

        A cookie is sent to a server also from pages of other ports of the same host.
        """
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise Refused(HTTPStatus.FORBIDDEN, _OTHER_ORIGIN)

    def cookie_for(self, token: str) -> str:
        """Return the header that sets the cookie, in exchange for the token."""
        if not _same(token, self._token):
            raise Refused(HTTPStatus.FORBIDDEN, _WRONG_TOKEN)
        return f"{self._cookie}={self._key}; HttpOnly; SameSite=Strict; Path=/"

    def has_cookie(self, headers: Message) -> bool:
        """Return whether the browser has exchanged the token for the cookie.

        Cookies of other programs on this computer may have any form, so only names and values
        between semicolons are compared.
        """
        parts = ";".join(headers.get_all("Cookie", [])).split(";")
        pairs = [part.strip().partition("=") for part in parts]
        return any(name == self._cookie and _same(value, self._key) for name, _, value in pairs)

    def check_cookie(self, headers: Message) -> None:
        """Refuse a browser that has not exchanged the token for the cookie."""
        if not self.has_cookie(headers):
            raise Refused(HTTPStatus.FORBIDDEN, _NO_COOKIE)


def only(headers: Message, name: str) -> str:
    """Return the value of a header that is there once, otherwise an empty text."""
    values = headers.get_all(name, [])
    return str(values[0]) if len(values) == 1 else ""


def authority(name: str, port: int) -> str:
    """Return name and port as a browser writes them."""
    name = f"[{name}]" if ":" in name else name.lower()
    return name if port == _DEFAULT_PORT else f"{name}:{port}"


def chosen_token(host: str, token: str | None) -> str:
    """Return the token, a random one if none is given.

    Raises
    ------
    UsageError
        If other computers can reach `host` and no token was chosen, or if the token is too short
        or has characters that an address cannot have.
    """
    if token is None:
        if not is_local(host):
            raise UsageError(
                f"host {host!r}: can be reached by other computers, so users need a token that "
                f"you tell them; add --token with at least {_SHORTEST_TOKEN} characters"
            )
        return secrets.token_urlsafe()
    if not re.fullmatch(rf"[A-Za-z0-9._~-]{{{_SHORTEST_TOKEN},}}", token):
        is_short = len(token) < _SHORTEST_TOKEN
        raise UsageError(
            f"token: {'is too short' if is_short else f'has other characters than {_CHARACTERS}'}; "
            f"write at least {_SHORTEST_TOKEN} {_CHARACTERS}"
        )
    return token


def is_local(host: str) -> bool:
    """Return whether only this computer can reach `host`.

    Raises
    ------
    UsageError
        For an address such as 0.0.0.0, which stands for all: a request asks for one of them. Also
        for a text that is no name.
    """
    if host in _LOCAL:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            problem = "is no name or address of a computer; write one such as 192.168.0.7"
            raise UsageError(f"host '{printable(host)}': {problem}") from None
        return False
    if address.is_unspecified:
        raise UsageError(
            f"host {host!r}: stands for every address of this computer; name the one that the "
            "others use"
        )
    return address.is_loopback


def names_of(host: str, address: str) -> tuple[str, ...]:
    """Return the names by which a browser may ask for a host with this address."""
    return _LOCAL if host in _LOCAL else (host, address)


def _same(given: str, right: str) -> bool:
    """Compare in a time that does not depend on how much is right."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), right.encode())
