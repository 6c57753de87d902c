"""``nncli playground``, without a browser."""

import http.client
import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from nncli.base import platforms

PROGRAM = (
    "import signal, sys\n"
    # Shells start background processes with Ctrl-C ignored.
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from nncli.__main__ import main\n"
    "main(sys.argv[1:])"
)


def answer(url, path, headers=None):
    """Return status, headers and text of the answer to a GET."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", path, headers=headers or {})
    found = connection.getresponse()
    text = found.read().decode("utf-8")
    connection.close()
    return found.status, found.headers, text


@pytest.mark.skipif(platforms.IS_WINDOWS, reason="sends a signal")
def test_the_printed_address_opens_the_page_until_ctrl_c(tmp_path):
    command = [sys.executable, "-u", "-c", PROGRAM, "playground", "--no-open"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, text=True, **pipes) as process:
        url = process.stdout.readline().removeprefix("The playground is at ").strip()
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        parts = urlsplit(url)
        status, headers, _ = answer(url, f"{parts.path}?{parts.query}")
        assert (status, headers["Location"]) == (303, "/")
        cookie = {"Cookie": headers["Set-Cookie"].partition(";")[0]}
        status, _, text = answer(url, "/", cookie)
        assert status == 200
        assert "<title>nncli playground</title>" in text
        assert answer(url, "/main.js", cookie)[0] == 200
        assert answer(url, "/__init__.py", cookie)[0] == 404
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are more browsers to try")
def test_without_a_browser_the_address_is_printed(tmp_path):
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "TERM")  # by which Python finds other browsers
    variables = {key: value for key, value in os.environ.items() if key not in hidden}
    command = [sys.executable, "-u", "-c", PROGRAM, "playground"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = {**variables, "BROWSER": "false"}  # a program that fails
    with subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes) as process:
        url = process.stdout.readline().removeprefix("The playground is at ").strip()
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        said = "Warning: browser: cannot be opened; open the address yourself\n"
        assert process.stderr.readline() == said
        for _ in range(5):  # it serves on
            assert answer(url, "/")[0] == 403
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.yaml"], "(no such file or directory); 'nncli init' writes a config"),
        (["none.csv"], "none.csv: cannot be read (no such file or directory)\n"),
        (["--target", "y"], "target: there is no table to predict it in"),
        (["--host", "example.org"], "add --token with at least 12 characters"),
        (["--token", "short"], "token: is too short"),
    ],
)
def test_what_cannot_be_served_is_refused(nncli, arguments, message):
    result = nncli("playground", "--no-open", *arguments)
    assert result.code == 2
    assert message in result.err
    assert result.out == ""
