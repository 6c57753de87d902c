"""Attacks on the whole application: the real pages, behind the real server."""

import json
import queue
import socket
import tracemalloc
from contextlib import ExitStack, closing
from threading import Thread

import pytest

from nncli.web.application import Ended
from nncli.web.playground import session
from nncli.web.playground.application import Playground, playground
from nncli.web.playground.setting import Setting
from nncli.web.server import Server
from tests.web.client import SECONDS, Client
from tests.web.test_access import assert_refused

XOR = {
    "data": {"source": "xor", "rows": 60, "test": 40},
    "model": {"hidden_layers": [4], "activation": "tanh"},
    "training": {"batch_size": 10, "epochs": 100_000, "engine": "numpy"},
}


@pytest.fixture
def client(capfd):
    """Return a client of a playground, which prints nothing and has no bug whatever it is sent."""
    with playground() as server:
        client = Client(server)
        client.sign_in()
        yield client
    assert server.failure is None
    assert capfd.readouterr() == ("", "")


def until(stream, is_right):
    """Return the next event that is right, of not too many."""
    return next(event for event in (stream.next() for _ in range(1000)) if is_right(event))


def test_of_seven_tabs_four_train_and_the_rest_are_refused(client):
    with ExitStack() as stack:
        tabs = [stack.enter_context(closing(client.stream())) for _ in range(4)]
        for _ in range(3):
            assert_refused(client.get("/events"), 503, "4 pages are open, which is the most")
        for number, tab in enumerate(tabs):
            config = {**XOR, "seed": number}
            assert client.post(tab.page, {"do": "configure", "config": config}).status == 200
            assert client.post(tab.page, {"do": "play"}).status == 200
        for number, tab in enumerate(tabs):
            shown = until(tab, lambda event: event.get("config", {}).get("training"))
            if "seed" not in shown["config"]:  # that of the start
                shown = until(tab, lambda event: event["type"] == "network")
            assert shown["config"]["seed"] == number
            assert until(tab, lambda event: event.get("step", 0) > 100)["plays"]


def test_a_client_that_plays_and_never_reads_holds_little(client):
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
        deaf.settimeout(SECONDS)
        deaf.connect(client.address)
        deaf.sendall(client.head("GET /events HTTP/1.1"))
        text = b""
        while b"\n\n" not in text.partition(b"data: ")[2]:
            text += deaf.recv(100)
        page = json.loads(text.partition(b"data: ")[2].partition(b"\n")[0])["page"]
        tracemalloc.start()
        for _ in range(300):
            assert client.post(f"/pages/{page}", {"do": "play"}).status == 200
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5_000_000


CONFIGS = {
    "units": {"model": {"hidden_layers": [10**9]}},
    "a million units": {"model": {"hidden_layers": [10**6]}},
    "layers": {"model": {"hidden_layers": [1] * 1000}},
    "many layers": {"model": {"hidden_layers": [1] * 100_000}},
    "nested layers": {"model": {"hidden_layers": [[[[1]]]]}},
    "rows": {"data": {"source": "xor", "rows": 10**8}},
    "test rows": {"data": {"source": "xor", "test": 10**7}},
    "batch": {"training": {"batch_size": 0}},
    "epochs": {"training": {"epochs": 10**18}},
    "rate": {"training": {"learning_rate": "nan"}},
    "noise": {"data": {"source": "xor", "noise": 1e308}},
    "file": {"data": {"source": "csv", "path": "/etc/passwd", "target": "x"}},
    "folder": {"data": {"source": "images", "path": "/etc"}},
    "weights": {"model": {"initial_weights": "/etc/passwd"}},
    "weights in a list": {"model": {"initial_weights": ["/etc/passwd"]}},
    "biases": {"model": {"initial_biases": "/etc/passwd"}},
    "no data": {"data": None},
    "data": {"data": [1]},
    "source": {"data": {"source": {"xor": 1}}},
    "model": {"model": [1]},
    "seed": {"seed": 1e300},
    "key": {"<script>": 1},
    "several": {"training": {"seeds": 100}},
    "folds": {"training": {"folds": 10}},
}


def test_no_config_takes_much_memory_or_reads_a_file(client):
    with closing(client.stream()) as stream:
        client.post(stream.page, {"do": "configure", "config": XOR})
        tracemalloc.start()
        for name, change in CONFIGS.items():
            changed = {"do": "configure", "config": {**XOR, **change}, "keep": True}
            answer = client.post(stream.page, changed)
            assert (name, answer.status) == (name, 400)
            assert "root:" not in answer.error
            assert len(answer.error) < 500
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 150_000_000
        for nested in ["[" * 41 + "]" * 41, '{"a":' * 41 + "1" + "}" * 41, "NaN", "1e999"]:
            body = f'{{"do": "configure", "config": {{"data": {nested}}}}}'.encode()
            assert_refused(client.post(stream.page, body), 400, "the action is not valid JSON")
        assert client.post(stream.page, {"do": "step"}).status == 200


def test_large_actions_are_refused(client):
    with closing(client.stream()) as stream:
        keys = {"do": "configure", "config": {str(number): 0 for number in range(10_000)}}
        assert_refused(client.post(stream.page, keys), 400, "the action is not valid JSON")
        large = b"[" * (10 << 20)
        assert_refused(client.post(stream.page, large), 413, "more than 524,288 bytes")
        assert client.post(stream.page, {"do": "step"}).status == 200


def test_actions_of_several_connections_come_one_at_a_time(client):
    found = queue.SimpleQueue()

    def act(page, action):
        for _ in range(15):
            found.put(client.post(page, action).status)

    actions = [
        {"do": "play"},
        {"do": "epoch"},
        {"do": "reset"},
        {"do": "configure", "config": XOR, "keep": True},
        {"do": "number", "array": "W1", "at": [0, 0], "value": 1},
        {"do": "findings"},
    ]
    with closing(client.stream()) as stream:
        threads = [Thread(target=act, args=(stream.page, action)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {found.get() for _ in range(15 * len(actions))} == {200}
        client.post(stream.page, {"do": "step"})
        assert until(stream, lambda event: event["type"] == "frame" and event["step"])


def test_a_diverging_network_stops_and_says_so(client):
    wild = {
        **XOR,
        "model": {"hidden_layers": [4, 4], "activation": "relu"},
        "training": {**XOR["training"], "optimizer": "sgd", "learning_rate": 1e30},
    }
    with closing(client.stream()) as stream:
        client.post(stream.page, {"do": "configure", "config": wild})
        client.post(stream.page, {"do": "play"})
        frame = until(stream, lambda event: event.get("problem"))
        assert not frame["plays"]
        for action in ["play", "step", "epoch", "findings", "config"]:
            assert client.post(stream.page, {"do": action}).status == 200
        for action in [{"do": "save"}, {"do": "example", "row": 0}]:
            answer = client.post(stream.page, action)
            assert (answer.status, "\n" in answer.error) == (400, False)
        assert client.post(stream.page, {"do": "reset"}).status == 200


def test_a_closed_tab_ends_its_training(folder):
    sessions = []

    class Watched(Playground):
        def open(self):
            sessions.append(super().open())
            return sessions[-1]

    with Server(Watched(Setting(XOR)), folder=folder) as server:
        client = Client(server)
        client.sign_in()
        stream = client.stream()
        client.post(stream.page, {"do": "play"})
        until(stream, lambda event: event.get("plays"))
        stream.close()
        while client.post(stream.page, {"do": "config"}).status == 200:
            pass  # the server has not noticed yet
        [page] = sessions
        with pytest.raises(Ended):  # and only this call trains
            page.next_event(SECONDS)


def test_closing_while_pages_play_ends_their_training():
    with ExitStack() as stack:
        with playground() as server:
            client = Client(server)
            client.sign_in()
            streams = [stack.enter_context(closing(client.stream())) for _ in range(4)]
            for stream in streams:
                client.post(stream.page, {"do": "play"})
            until(streams[3], lambda event: event.get("plays"))
        assert server.failure is None
        with pytest.raises(ConnectionRefusedError):
            client.connect()


def test_pages_fill_no_disk(client, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session, "MOST_SAVES", 3)
    answers = []
    for _ in range(2):
        with closing(client.stream()) as tab:
            answers += [client.post(tab.page, {"do": "save"}) for _ in range(2)]
    assert [each.status for each in answers] == [200, 200, 200, 400]
    assert_refused(answers[-1], 400, "save: 3 runs are saved, which is the most")
    assert len([*(tmp_path / "runs").iterdir()]) == 3
