"""A small application, and a client that sends exactly the bytes it is given."""

import json
import queue
import socket
from dataclasses import dataclass, field

from nncli.base.errors import DataError
from nncli.web.application import Ended

SECONDS = 20  # far more than any answer takes


class Notes:
    """A page whose events repeat what its actions say."""

    def __init__(self, size):
        self.size = size
        self.closed = 0
        self.asked = 0
        self._events = queue.SimpleQueue()

    def act(self, action):
        if "refuse" in action:
            raise DataError(action["refuse"])
        if action.get("crash") == "event":
            self._events.put("crash")
        elif "crash" in action:
            raise RuntimeError("/home/teacher/secret")
        else:
            self._events.put(action)
        return {"said": action.get("say")}

    def next_event(self, seconds):
        self.asked += 1
        if self.size:
            return b"x" * self.size
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return None
        if event is None:
            raise Ended
        if event == "crash":
            raise RuntimeError("/home/teacher/secret")
        return json.dumps(event).encode()

    def close(self):
        self.closed += 1
        self._events.put(None)


@dataclass
class Board:
    """Opens pages, which send events of `size` bytes without end if it is not 0."""

    size: int = 0
    pages: list = field(default_factory=list)

    def open(self):
        self.pages.append(Notes(self.size))
        return self.pages[-1]


@dataclass
class Answer:
    """What came back: all of it, up to the end of the connection."""

    status: int
    headers: dict
    body: bytes

    @property
    def error(self):
        return json.loads(self.body)["error"]


class Client:
    """A browser, or an attacker, of one server."""

    def __init__(self, server):
        self.url = server.url
        place, _, self.token = server.url.removeprefix("http://").partition("/?token=")
        self.host = place
        name, _, port = place.rpartition(":")
        self.address = (name.strip("[]"), int(port))
        self.cookie = ""

    def sign_in(self):
        answer = self.get(f"/?token={self.token}")
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def connect(self):
        return socket.create_connection(self.address, timeout=SECONDS)

    def send(self, content):
        """Return the answer to these bytes, or None if there is none."""
        with self.connect() as connection:
            connection.sendall(content)
            return read_answer(connection)

    def head(self, line, **changed):
        """Return a request line and headers; None leaves a header out, a list repeats it."""
        headers = {"Host": self.host, "Cookie": self.cookie or None, **changed}
        lines = [line]
        for name, values in headers.items():
            each = values if isinstance(values, list) else [values]
            lines += [f"{name.replace('_', '-')}: {value}" for value in each if value is not None]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def get(self, target, **changed):
        return self.send(self.head(f"GET {target} HTTP/1.1", **changed))

    def post(self, target, body, **changed):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Origin": f"http://{self.host}",
            "Content_Type": "application/json",
            "Content_Length": len(content),
            **changed,
        }
        return self.send(self.head(f"POST {target} HTTP/1.1", **headers) + content)

    def stream(self):
        return Stream(self)


class Stream:
    """An open stream of events; `page` is where its actions go."""

    def __init__(self, client):
        self.connection = client.connect()
        self.connection.sendall(client.head("GET /events HTTP/1.1"))
        self._file = self.connection.makefile("rb")
        self.head = [line.strip().decode() for line in iter(self._file.readline, b"\r\n")]
        self.page = f"/pages/{self.next()['page']}"

    def lines(self):
        """Return each line that is not empty, to the end of the stream."""
        return (line.strip() for line in self._file if line.strip())

    def next(self):
        """Return the next event."""
        line = next(line for line in self.lines() if line != b":")
        return json.loads(line.removeprefix(b"data: "))

    def close(self):
        self._file.close()
        self.connection.close()


def read_answer(connection):
    """Return the answer up to the end of the connection, or None if there is none."""
    with connection.makefile("rb") as file:
        first = file.readline()
        if not first:
            return None
        version, status, _ = first.decode().split(" ", 2)
        lines = [line.decode().strip() for line in iter(file.readline, b"\r\n")]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        assert version == "HTTP/1.1"
        assert len(headers) == len(lines)
        assert "content-length" in headers, "a stream"
        body = file.read()
    assert headers["content-length"] == str(len(body))
    return Answer(int(status), headers, body)
