"""Streams of events: how many, how long, how much they hold, and how they end."""

import signal
import socket
import subprocess
import sys
import tracemalloc
from contextlib import ExitStack, closing
from time import monotonic

import pytest

from nncli.base.errors import NncliError
from nncli.web.answers import Refused
from nncli.web.application import Ended
from nncli.web.pages import OpenPage
from nncli.web.server import Server
from tests.web.client import SECONDS, Board, Client, Notes
from tests.web.test_access import ALWAYS, assert_refused


def test_a_page_gets_the_events_of_its_own_actions(browser):
    with closing(browser.stream()) as one, closing(browser.stream()) as two:
        assert one.page != two.page
        assert browser.post(one.page, {"say": "one"}).body == b'{"said": "one"}'
        assert browser.post(two.page, {"say": "two"}).status == 200
        assert (one.next(), two.next()) == ({"say": "one"}, {"say": "two"})
        first, *headers = one.head
        assert first == "HTTP/1.1 200 OK"
        assert {line.lower() for line in headers} == {
            "content-type: text/event-stream",
            *(f"{name}: {value}".lower() for name, value in ALWAYS.items()),
        }


def test_a_page_without_events_stays_open(browser):
    with closing(browser.stream()) as stream:
        lines = stream.lines()
        assert [next(lines) for _ in range(3)] == [b":"] * 3
        browser.post(stream.page, {"say": 1})
        assert stream.next() == {"say": 1}


def test_of_seven_tabs_four_are_served_until_one_closes(browser, board):
    with ExitStack() as stack:
        tabs = [stack.enter_context(closing(browser.stream())) for _ in range(4)]
        for _ in range(3):
            assert_refused(
                browser.get("/events"),
                503,
                "4 pages are open, which is the most; close one of them and reload this one",
            )
        assert len(board.pages) == 4
        tabs[0].close()
        answer = browser.post(tabs[0].page, {"say": 1})
        while answer.status == 200:  # the server has not noticed yet
            answer = browser.post(tabs[0].page, {"say": 1})
        assert_refused(answer, 404, "this page has ended; reload it")
        stack.enter_context(closing(browser.stream()))
        assert [page.closed for page in board.pages] == [1, 0, 0, 0, 0]


def test_a_page_whose_application_fails_to_open_gives_its_place_back(serve):
    class Closed:
        pages = ()

        def open(self):
            raise NncliError("data: is missing; name a file")

    with serve(Closed()) as server:
        client = Client(server)
        client.sign_in()
        for _ in range(6):
            assert_refused(client.get("/events"), 400, "data: is missing; name a file")


def test_a_client_that_never_reads_holds_no_memory_and_is_cut_off(serve):
    board = Board(size=100_000)
    with serve(board, send_seconds=0.5) as server:
        client = Client(server)
        client.sign_in()
        tracemalloc.start()
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        connection.settimeout(SECONDS)
        connection.connect(client.address)
        connection.sendall(client.head("GET /events HTTP/1.1"))
        while not board.pages or not board.pages[0].closed:
            assert client.get("/look.css").status == 200  # others are served in the meantime
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        connection.close()
    assert peak < 3_000_000
    assert 1 <= board.pages[0].asked < 30


def test_a_client_that_talks_on_is_cut_off(browser, board):
    stream = browser.stream()
    stream.connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert {*stream.lines()} <= {b":"}
    stream.close()
    assert len(board.pages) == 1


def test_connections_are_bounded(serve):
    with serve(connections=3, read_seconds=3 * SECONDS) as server, ExitStack() as stack:
        client = Client(server)
        client.sign_in()
        held = [stack.enter_context(client.connect()) for _ in range(3)]
        with client.connect() as late:
            assert late.recv(1) == b""
        held[0].close()
        answer = None
        while answer is None:
            try:
                answer = client.get("/look.css")
            except ConnectionError:
                continue
        assert answer.status == 200


def test_closing_ends_open_streams_and_half_requests(serve):
    with ExitStack() as stack:
        with serve(read_seconds=3 * SECONDS, beat_seconds=3 * SECONDS) as server:
            client = Client(server)
            client.sign_in()
            streams = [stack.enter_context(closing(client.stream())) for _ in range(4)]
            for start in [b"", b"GET / HTTP/1.1\r\n"]:
                stack.enter_context(client.connect()).sendall(start)
            client.post(streams[0].page, {"say": 1})
            assert streams[0].next() == {"say": 1}
            start = monotonic()
        # `serve` has checked that threads and port are gone and that each page was closed once
        assert monotonic() - start < SECONDS
        assert [[*stream.lines()] for stream in streams] == [[]] * 4


def test_a_closed_page_does_not_act():
    notes = Notes(0)
    page = OpenPage(notes)
    page.close()
    page.close()
    with pytest.raises(Refused) as raised:
        page.act({"say": 1})
    assert b"this page has ended" in raised.value.answer.body
    assert notes.closed == 1
    with pytest.raises(Ended):
        page.next_event(SECONDS)


def test_a_taken_port_is_one_line(serve, folder):
    with serve() as server:
        port = Client(server).address[1]
        with pytest.raises(NncliError) as raised, Server(Board(), port=port, folder=folder):
            pass
    assert str(raised.value) == (
        f"127.0.0.1, port {port}: cannot be served (address already in use); "
        "choose another host or port"
    )


PROGRAM = """
import sys
from pathlib import Path
from nncli.base.signals import stop_at_signals
from nncli.web.server import Server
from tests.web.client import Board

stop_at_signals()
try:
    with Server(Board(), folder=Path(sys.argv[1])) as server:
        print(server.url, flush=True)
        server.wait()
except KeyboardInterrupt:
    print("closed")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_server_cleanly(folder, number):
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    client = Client(type("Address", (), {"url": program.stdout.readline().strip()}))
    client.sign_in()
    stream = client.stream()
    program.send_signal(number)
    assert program.communicate(timeout=SECONDS) == ("closed\n", "")
    assert program.returncode == 0
    assert {*stream.lines()} <= {b":"}
    stream.close()
