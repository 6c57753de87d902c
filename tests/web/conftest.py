"""A real server for each test, which leaves nothing behind."""

import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from nncli.web.limits import Limits
from nncli.web.server import Server
from tests.web.client import Board, Client

# A test that sees an end by a limit does not wait long for it.
LIMITS = Limits(linger_seconds=5, beat_seconds=0.05)


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a page, with a private file next to it and another one in it."""
    folder = tmp_path / "page"
    (folder / "parts").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Notes</title>", encoding="utf-8")
    (folder / "parts" / "notes.js").write_text("export const notes = [];\n", encoding="utf-8")
    (folder / "look.css").write_text("body { margin: 0 }\n", encoding="utf-8")
    (folder / "build.py").write_text("SECRET\n", encoding="utf-8")
    (tmp_path / "private.json").write_text('"SECRET"', encoding="utf-8")
    return folder


@pytest.fixture
def serve(folder):
    """Return a function whose block has a server; after it, nothing may be left."""

    @contextmanager
    def serve(board=None, fails=False, host="127.0.0.1", token=None, **limits):
        board = board or Board()
        before = {*threading.enumerate()}
        with Server(
            board, host, 0, token, folder=folder, limits=replace(LIMITS, **limits)
        ) as server:
            yield server
        for thread in {*threading.enumerate()} - before:
            thread.join(5)  # another server may still answer
            assert not thread.is_alive()
        assert [page.closed for page in board.pages] == [1] * len(board.pages)
        assert (server.failure is not None) is fails
        with pytest.raises(ConnectionRefusedError):
            Client(server).connect()

    return serve


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def client(serve, board, capfd):
    """Return a client without the cookie; nothing is printed whatever it sends."""
    with serve(board) as server:
        yield Client(server)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def browser(client):
    """Return a client with the cookie."""
    client.sign_in()
    return client
