"""Requests of any form: each gets one short answer, and nothing of this machine."""

import json
import tracemalloc

import pytest

from tests.web.client import Client, read_answer
from tests.web.test_access import assert_refused


def test_each_file_has_its_type(browser):
    types = {
        "/look.css": "text/css; charset=utf-8",
        "/parts/notes.js": "text/javascript; charset=utf-8",
        "/": "text/html; charset=utf-8",
    }
    assert {target: browser.get(target).headers["content-type"] for target in types} == types
    assert browser.get("/parts/notes.js").body == b"export const notes = [];\n"


def test_files_are_read_once(browser, folder):
    (folder / "look.css").write_text("SECRET", encoding="utf-8")
    (folder / "new.css").write_text("SECRET", encoding="utf-8")
    assert browser.get("/look.css").body == b"body { margin: 0 }\n"
    assert_refused(browser.get("/new.css"), 404, "not found")


def test_no_path_leads_out_of_the_table(browser, folder):
    private = folder.parent / "private.json"
    steps = ["..", "%2e%2e", ".%2e", "%252e%252e", "..;", "...", ".", "parts/../..", "..%00"]
    steps += ["parts%2f..%2f..", "..\\", "..%5c", "%c0%ae%c0%ae", "\xc0\xae\xc0\xae", "..%c0%af"]
    targets = [f"/{step}/private.json" for step in [*steps, "\xef\xbc\x8f.."]]
    targets += [f"/parts/{step}/look.css" for step in steps]
    targets += ["//look.css", "/look.css/", "/look.css?x", "/look.css#x", "/LOOK.CSS", "look.css"]
    targets += ["/look.css%00", "/build.py", "/parts", "/parts/", "/index.html", "*", "/?x", "?"]
    targets += [f"/{private}", str(private)[1:], f"file://{private}", f"//{private}"]
    for target in targets:
        assert_refused(browser.get(target), 404, "not found")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X" * 100])
def test_only_two_methods_are_known(browser, method):
    answer = browser.send(browser.head(f"{method} / HTTP/1.1"))
    assert answer.headers.pop("allow") == "GET, POST"
    assert_refused(answer, 405, "method not allowed")


def test_a_proxy_is_not_offered(browser):
    connect = browser.head("CONNECT evil.example:80 HTTP/1.1")
    assert browser.send(connect).status == 405


@pytest.mark.parametrize("target", ["/", "/events", "/look.css", "/pages"])
def test_an_action_needs_the_name_of_a_page(browser, target):
    assert_refused(browser.post(target, {}), 404, "not found")


def test_an_action_of_an_unknown_page_is_refused(browser):
    stream = browser.stream()
    for name in ["", "x", f"{stream.page}x", stream.page.upper(), f"..{stream.page}"]:
        answer = browser.post(f"/pages/{name}", {"say": 1})
        assert_refused(answer, 404, "this page has ended; reload it")
    stream.close()


@pytest.fixture
def stream(browser):
    """Return an open page, which has seen no action at the end."""
    stream = browser.stream()
    yield stream
    assert browser.post(stream.page, {"say": "end"}).body == b'{"said": "end"}'
    assert stream.next() == {"say": "end"}
    stream.close()


def test_a_large_body_is_refused_before_it_is_read(browser, stream):
    body = b"[" * (10 << 20)
    head = browser.head(
        f"POST {stream.page} HTTP/1.1",
        Origin=f"http://{browser.host}",
        Content_Type="application/json",
        Content_Length=len(body),
    )
    request = head + body
    tracemalloc.start()
    answer = browser.send(request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert_refused(answer, 413, "the action has more than 65,536 bytes; send less at once")
    assert peak < 500_000
    length = "1" + "0" * 5000
    assert browser.post(stream.page, b"", Content_Length=length).status == 413


def test_the_largest_body_is_accepted(serve):
    with serve(body_bytes=1 << 20, keys=20_000) as server:
        client = Client(server)
        client.sign_in()
        stream = client.stream()
        say = "é" * ((1 << 19) - 6)
        body = json.dumps({"say": say}, ensure_ascii=False).encode()
        assert len(body) == (1 << 20) - 1
        assert client.post(stream.page, body).status == 200
        assert stream.next() == {"say": say}
        assert client.post(stream.page, body + b"  ").status == 413
        stream.close()


MANY = {str(number): 0 for number in range(10_000)}
WRONG_JSON = {
    "5,000 keys": json.dumps(dict.fromkeys(map(str, range(5000)), 0)).encode(),
    "1,001 keys": json.dumps(dict.fromkeys(map(str, range(1001)), 0)).encode(),
    "keys inside": json.dumps({"a": [dict.fromkeys("abc", 0)] * 400}).encode(),
    "deep list": b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "open brackets": b"[" * 60_000,
    "many lists": b'{"a": [' + b"[]," * 20_000 + b"[]",
    "list": b"[]",
    "number": b"1",
    "null": b"null",
    "nothing": b"",
    "text": b"say=1",
    "two": b"{}{}",
    "repeated key": b'{"say": 1, "say": 2}',
    "not finite": b'{"say": NaN}',
    "infinite": b'{"say": 1e999}',
    "large integer": b'{"say": ' + b"9" * 60_000 + b"}",
    "surrogate": b'{"say": "\\ud800"}',
    "surrogate key": b'{"\\udfff": 1}',
    "not UTF-8": b'{"say": "\xff"}',
    "UTF-16": '{"say": 1}'.encode("utf-16"),
    "mark": b"\xef\xbb\xbf{}",
}


def test_only_small_json_objects_reach_the_page(browser, stream):
    for name, body in WRONG_JSON.items():
        answer = browser.post(stream.page, body)
        assert (answer.status, name) == (400, name)
        assert_refused(answer, 400, "the action is not valid JSON")


def test_ten_thousand_keys_are_refused_by_size(browser, stream):
    assert_refused(browser.post(stream.page, MANY), 413, "more than 65,536 bytes")


def test_a_body_without_its_length_or_type_is_refused(browser, stream):
    page = stream.page
    for length in [
        None,
        "",
        "-1",
        "+2",
        "2.0",
        "0x2",
        "\uff12".encode().decode("latin-1"),
        ["2", "2"],
        "2, 2",
    ]:
        assert_refused(browser.post(page, {}, Content_Length=length), 411, "length required")
    for kind in [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]:
        answer = browser.post(page, {}, Content_Type=kind)
        assert_refused(answer, 415, "unsupported media type")


def test_chunks_are_refused(browser, stream):
    chunked = {"Transfer_Encoding": "chunked"}
    body = b'5\r\n{"say\r\n6\r\n": 1}\r\n0\r\n\r\n'
    for length in [None, len(body)]:
        answer = browser.post(stream.page, body, Content_Length=length, **chunked)
        assert_refused(answer, 411, "length required")


def test_a_second_request_in_the_same_bytes_is_not_read(browser, stream):
    get = browser.head("GET /look.css HTTP/1.1", Connection="keep-alive")
    assert browser.send(get * 3).body == b"body { margin: 0 }\n"
    page = stream.page
    hidden = browser.head(f"POST {page} HTTP/1.1")
    assert browser.post(page, b"{}" + hidden, Content_Length=2).body == b'{"said": null}'
    assert stream.next() == {}


MALFORMED = {
    "empty line": (b"\r\n\r\n", 400),
    "one word": (b"GET\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "no version": (b"GET / x\r\n\r\n", 400),
    "five words": (b"GET / / / HTTP/1.1\r\n\r\n", 400),
    "HTTP/2": (b"GET / HTTP/2.0\r\n\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "version": (b"GET / HTTP/1.1.1\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\n" * 20, 400),
    "zeros": (b"\0" * 1000 + b"\n\n", 400),
    "long line": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", 431),
    "long header": (b"GET / HTTP/1.1\r\na: " + b"a" * 200_000 + b"\r\n\r\n", 431),
    "endless header": (b"GET / HTTP/1.1\r\na: " + b"a" * 200_000, 431),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
    "endless headers": (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100_000, 431),
    "no colon": (b"GET / HTTP/1.1\r\nHost\r\n\r\n", 400),
    "no name": (b"GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
    "continued": (b"GET / HTTP/1.1\r\n a\r\n\r\n", 400),
}


def test_malformed_requests_get_one_short_answer(browser):
    for name, (content, status) in MALFORMED.items():
        answer = browser.send(content)
        assert (name, answer.status) == (name, status)
        assert_refused(answer, status, "")


def test_a_request_that_asks_before_it_sends_is_refused(browser, stream):
    answer = browser.post(stream.page, b"", Content_Length=2, Expect="100-continue")
    assert_refused(answer, 417, "expectation failed")


def test_half_a_request_is_not_answered(browser, stream):
    whole = browser.head("GET / HTTP/1.1")
    post = browser.head(
        f"POST {stream.page} HTTP/1.1",
        Origin=f"http://{browser.host}",
        Content_Type="application/json",
        Content_Length=10,
    )
    for half in [
        b"",
        b"GET",
        whole[: len(whole) // 2],
        whole[:-2],
        whole[:-1],
        post + b'{"say": 1',
    ]:
        with browser.connect() as connection:
            connection.sendall(half)
            connection.shutdown(1)
            assert read_answer(connection) is None


def test_slow_clients_are_cut_off(serve):
    with serve(read_seconds=0.2) as server:
        client = Client(server)
        for start in [b"", b"GET / HTTP/1.1\r\n", client.head("GET / HTTP/1.1")[:-2]]:
            assert client.send(start) is None


def test_a_drop_at_a_time_does_not_extend_the_time(serve):
    with serve(read_seconds=0.3) as server, Client(server).connect() as connection:
        connection.settimeout(0.05)
        drops = 0
        while True:
            try:
                connection.sendall(b"a")
                drops += 1
                if not connection.recv(1):
                    break
            except TimeoutError:
                assert drops < 100
            except ConnectionError:
                break
        assert drops < 100


def test_the_message_of_an_error_is_shown(browser, stream):
    answer = browser.post(stream.page, {"refuse": "rows: are too few; add <one>"})
    assert_refused(answer, 400, "rows: are too few; add <one>")


def test_the_text_of_a_bug_is_not_shown(serve, capfd):
    with serve(fails=True) as server:
        client = Client(server)
        client.sign_in()
        stream = client.stream()
        assert_refused(client.post(stream.page, {"crash": "action"}), 500, "internal server error")
        assert repr(server.failure) == "RuntimeError('/home/teacher/secret')"
        assert client.post(stream.page, {"say": 1}).status == 200
        client.post(stream.page, {"crash": "event"})
        assert {*stream.lines()} <= {b":", b'data: {"say": 1}'}
        stream.close()
    assert capfd.readouterr() == ("", "")
