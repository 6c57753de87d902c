"""Who is refused: by host, token, cookie and origin, before anything else is looked at."""

import socket
from socket import AF_INET, AF_INET6

import pytest

from nncli.base.errors import UsageError
from nncli.web.server import Server
from tests.web.client import Board, Client

ALWAYS = {
    "cache-control": "no-store",
    "connection": "close",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def assert_refused(answer, status, words):
    """Check the whole answer: nothing is served, and no header is missing or too many."""
    assert (answer.status, words in answer.error) == (status, True), answer
    assert len(answer.body) < 200
    of_body = {"content-type": "application/json", "content-length": str(len(answer.body))}
    assert answer.headers == {**ALWAYS, **of_body}


def test_the_token_is_exchanged_for_a_cookie_that_opens_the_page(client):
    answer = client.sign_in()
    assert (answer.status, answer.body) == (303, b"")
    assert answer.headers["location"] == "/"
    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"nncli-{client.address[1]}=")
    assert rest == ["HttpOnly", "SameSite=Strict", "Path=/"]
    assert client.token not in answer.headers["set-cookie"]
    page = client.get("/")
    assert (page.status, page.body) == (200, b"<!doctype html><title>Notes</title>")
    of_body = {"content-type": "text/html; charset=utf-8", "content-length": str(len(page.body))}
    assert page.headers == {**ALWAYS, **of_body}


def test_a_wrong_token_gives_no_cookie(client):
    for wrong in ["", "x", "é", "{}x", "x{}", "{}&x=1", "{}%20"]:
        answer = client.get(f"/?token={wrong.format(client.token)}")
        assert_refused(answer, 403, "the token is wrong")


def test_no_request_shows_how_much_of_a_token_is_right(client):
    answers = [client.get(f"/?token={client.token[:length]}") for length in (1, 20)]
    assert answers[0] == answers[1]


def test_nothing_is_served_without_the_cookie(client, board):
    client.sign_in()
    name, _, key = client.cookie.partition("=")
    for target in ["/parts/notes.js", "/events", "/unknown", "/build.py", "/retry"]:
        for cookie in [None, "", f"{name}=", f"{name}=x", f"{name}=é", f"nncli-1={key}", key]:
            assert_refused(client.get(target, Cookie=cookie), 403, "this browser has not opened")
    assert board.pages == []


def test_cookies_of_other_programs_do_not_disturb(browser):
    others = f'a="; b; {browser.cookie}; =;; c={{"x": 1}}'
    assert browser.get("/", Cookie=others).status == 200
    old = f"nncli-{browser.address[1]}=old; {browser.cookie}"
    assert browser.get("/", Cookie=old).status == 200


def test_the_page_without_a_cookie_comes_again_once(client):
    """A link on another server's page brings no cookie; what follows # is kept."""
    answer = client.get("/")
    assert answer.status == 403
    assert b'<script src="/retry.js">' in answer.body
    script = client.get("/retry.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.body == (
        b'if (location.search !== "?retry") location.replace("/?retry" + location.hash);\n'
    )
    assert client.get("/?retry").status == 403
    client.sign_in()
    assert client.get("/?retry") == client.get("/")


def filled(values, **words):
    """Return the values of a header, one or several, with words put in."""
    given = values if isinstance(values, list) else [values]
    return [each and each.format(**words) for each in given]


HOSTS = [
    None,
    "",
    "127.0.0.1",
    "localhost",
    "127.0.0.1:1",
    "127.0.0.1:{port}0",
    "127.0.0.1:0{port}",
    "127.0.0.1.:{port}",
    "localhost.:{port}",
    "evil.example:{port}",
    "evil.example",
    "127.0.0.1.nip.io:{port}",
    "localhost.evil.example:{port}",
    "evil.example@127.0.0.1:{port}",
    "127.0.0.1:{port}@evil.example",
    "127.0.0.1:{port}/",
    "127.0.0.1:{port},evil.example",
    "127.1:{port}",
    "2130706433:{port}",
    "0x7f.0.0.1:{port}",
    "0.0.0.0:{port}",
    "[::1]:{port}",
    "[::ffff:127.0.0.1]:{port}",
    "::1",
    ["127.0.0.1:{port}", "127.0.0.1:{port}"],
    ["127.0.0.1:{port}", "evil.example"],
]


@pytest.mark.parametrize("target", ["/", "/?token={token}", "/retry.js", "/events"])
def test_a_request_for_another_host_is_refused(browser, target, board):
    """Also with the right token and cookie, as GET: this is what DNS rebinding sends."""
    target = target.format(token=browser.token)
    for host in HOSTS:
        answer = browser.get(target, Host=filled(host, port=browser.address[1]))
        assert_refused(answer, 403, "this name does not belong to the server")
    assert board.pages == []


def test_an_address_in_the_request_line_does_not_replace_the_host(browser):
    answer = browser.get(browser.url, Host="evil.example")
    assert_refused(answer, 403, "this name does not belong to the server")
    assert_refused(browser.get(browser.url), 404, "not found")


def test_the_server_has_two_names(browser):
    assert browser.get("/", Host=f"localhost:{browser.address[1]}").status == 200


ORIGINS = [
    None,
    "",
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://{host}",
    "http://{host}/",
    "http://{host}.evil.example",
    "http://localhost:{port}",
    "{host}",
    ["http://{host}", "http://{host}"],
]


def test_an_action_of_another_origin_is_refused(browser):
    stream = browser.stream()
    for origin in ORIGINS:
        origins = filled(origin, host=browser.host, port=browser.address[1])
        answer = browser.post(stream.page, {"say": 1}, Origin=origins)
        assert_refused(answer, 403, "the request is from a page of another server")
    browser.post(stream.page, {"say": 2})
    assert stream.next() == {"say": 2}
    stream.close()


def test_a_page_of_another_port_opens_no_stream(browser, board):
    """The browser sends it the cookie: the port does not count."""
    for site in ["same-site", "cross-site", "none", ["same-site", "same-origin"]]:
        answer = browser.get("/events", Sec_Fetch_Site=site)
        assert_refused(answer, 403, "the request is from a page of another server")
    assert board.pages == []


def test_an_action_without_the_cookie_is_refused(browser):
    stream = browser.stream()
    assert_refused(browser.post(stream.page, {}, Cookie=None), 403, "this browser has not opened")
    stream.close()


def test_each_server_has_its_own_token_cookie_and_pages(serve):
    with serve() as one, serve() as two:
        first, second = Client(one), Client(two)
        assert first.token != second.token
        assert len(first.token) >= 32
        first.sign_in()
        second.sign_in()
        assert first.cookie.partition("=")[2] != second.cookie.partition("=")[2]
        stream = first.stream()
        assert_refused(second.post(stream.page, {}), 404, "this page has ended")
        stream.close()


@pytest.mark.parametrize("host", ["127.0.0.2", "::1"])
def test_another_loopback_address_has_only_its_own_name(serve, host):
    try:
        socket.create_server((host, 0), family=AF_INET6 if ":" in host else AF_INET).close()
    except OSError:
        pytest.skip(f"this system does not have the address {host}")
    with serve(host=host) as server:
        client = Client(server)
        assert (client.sign_in().status, client.get("/").status) == (303, 200)
        assert server.notice == ""
        for name in ["127.0.0.1", "localhost"]:
            local = client.get("/", Host=f"{name}:{client.address[1]}")
            assert_refused(local, 403, "this name does not belong to the server")


def test_an_impossible_port_is_refused(folder):
    for port in [-1, 65536]:
        with pytest.raises(UsageError, match=f"port {port}: does not exist"):
            Server(Board(), port=port, folder=folder)


def test_a_chosen_token_is_the_one_of_the_address(serve):
    with serve(token="blue-horse-27") as server:
        assert server.url.endswith("/?token=blue-horse-27")
        assert Client(server).sign_in().status == 303


@pytest.mark.parametrize(
    ("host", "token", "message"),
    [
        ("192.0.2.1", None, "host '192.0.2.1': can be reached by other computers"),
        ("class.example", None, "add --token with at least 12 characters"),
        ("class.example", "short", "token: is too short; write at least 12 letters"),
        (
            "127.0.0.1",
            "blue horse 2027",
            "token: has other characters than letters, digits and ._~-",
        ),
        ("0.0.0.0", "blue-horse-27", "host '0.0.0.0': stands for every address"),
        ("", "blue-horse-27", "host '': is no name or address of a computer"),
        ("http://class.example", "blue-horse-27", "write one such as 192.168.0.7"),
        (f"{'a' * 64}.example", "blue-horse-27", "is no name or address"),
        ("::", "blue-horse-27", "host '::': stands for every address"),
    ],
)
def test_a_host_for_others_needs_a_name_and_a_token(folder, host, token, message):
    with pytest.raises(UsageError) as raised:
        Server(Board(), host, 0, token, folder=folder)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_host_for_others_says_what_it_means(folder):
    server = Server(Board(), "class.example", 0, "blue-horse-27", folder=folder)
    assert server.notice == (
        "Everybody in this network who knows the token can train on this computer, and what is "
        "sent is not encrypted."
    )
