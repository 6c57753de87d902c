"""No command waits for paths that are not files: pipes, devices, impossible names."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import trained

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and devices")

CONFIG = "data: {{path: {path}, target: y{more}}}\nmodel: {{hidden_layers: [2]{model}}}\n"
ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(12))
NOT_A_FILE = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda path: Path(path).symlink_to("/dev/zero"),
    "a file of the system": lambda path: Path(path).symlink_to("/proc/kmsg"),
}
IMPOSSIBLE = {"NUL": '"a\\0b.csv"', "a long name": "a" * 5000, "a long path": "d/" * 2400 + "x.csv"}
OF_A_CONFIG = ["config check", "train -q -o out", "train -q -o out --dry-run", "show", "trace",
               "gradcheck", "data show"]  # fmt: skip
OF_A_RUN = ["show", "eval", "predict {} rows.csv", "trace", "train -q --resume"]


@pytest.fixture(autouse=True)
def no_waiting():
    """Make a command that waits fail."""

    def late(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run directory that tests must not change, with its rows next to it."""
    folder = tmp_path_factory.mktemp("door")
    (folder / "rows.csv").write_text(ROWS, encoding="utf-8")
    text = CONFIG.format(path="rows.csv", more="", model="") + "training: {epochs: 2}\n"
    return trained(folder, text)


@pytest.fixture
def strange(nncli, tmp_path, run):
    """Return a function that runs a command in a copy of the run's folder."""
    shutil.copytree(run.parent, tmp_path, dirs_exist_ok=True)

    def do(command, name):
        words = command.split()
        line = [name if word == "{}" else word for word in words]
        return nncli(*(line if "{}" in words else [*words, name]))

    return do


def assert_one_line(result):
    assert result.code in (1, 2)
    assert result.raw == b""
    lines = result.err.splitlines()
    assert len(lines) == 1
    assert len(lines[0]) < 400
    assert "Traceback" not in result.err


@pytest.mark.parametrize("make", NOT_A_FILE.values(), ids=NOT_A_FILE)
@pytest.mark.parametrize("place", ["path", "test", "source", "weights"])
@pytest.mark.parametrize("command", OF_A_CONFIG)
def test_a_path_in_a_config_must_be_a_file(strange, tmp_path, command, place, make):
    make(tmp_path / "strange")
    more = {"test": ", test: strange", "source": ", source: csv"}.get(place, "")
    model = ", initial_weights: strange" if place == "weights" else ""
    path = "rows.csv" if place in ("test", "weights") else "strange"
    text = CONFIG.format(path=path, more=more, model=model)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    result = strange(command, "c.yaml")
    if result.code:  # a file that is not read cannot fail
        assert_one_line(result)
    assert result.code or command in ("config check", "data show", "show")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("place", ["path", "test", "weights"])
@pytest.mark.parametrize("command", OF_A_CONFIG)
def test_impossible_names_are_refused_with_key_and_place(strange, tmp_path, command, place, path):
    more, model = "", ""
    if place == "test":
        more = f", test: {path}"
    if place == "weights":
        model = f", initial_weights: {path}"
    own = path if place == "path" else "rows.csv"
    text = CONFIG.format(path=own, more=more, model=model)
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    result = strange(command, "c.yaml")
    assert_one_line(result)
    key = "model.initial_weights" if place == "weights" else f"data.{place}"
    line = 2 if place == "weights" else 1
    assert result.err.startswith(f"c.yaml:{line}:")
    assert f": {key}: found " in result.err


@pytest.mark.parametrize("make", NOT_A_FILE.values(), ids=NOT_A_FILE)
@pytest.mark.parametrize(
    "name", ["config.yaml", "history.csv", "checkpoint.npz", "weights.npz", "diverged.txt"]
)
@pytest.mark.parametrize("command", OF_A_RUN)
def test_no_command_waits_for_a_file_of_a_run(strange, tmp_path, command, name, make):
    for missing in {name, "weights.npz", "metrics.json"}:
        (tmp_path / "run" / missing).unlink(missing_ok=True)
    make(tmp_path / "run" / name)
    result = strange(command, "run")
    if result.code:
        assert_one_line(result)


@pytest.mark.parametrize("make", NOT_A_FILE.values(), ids=NOT_A_FILE)
@pytest.mark.parametrize("command", ["eval run/weights.npz", "trace run/weights.npz"])
def test_a_path_in_a_model_must_be_a_file(strange, tmp_path, command, make):
    (tmp_path / "rows.csv").unlink()
    make(tmp_path / "rows.csv")
    first, model = command.split()
    assert_one_line(strange(first, model))


@pytest.mark.parametrize("make", NOT_A_FILE.values(), ids=NOT_A_FILE)
@pytest.mark.parametrize(
    "command",
    ["predict run", "eval run --data", "init csv --target y -o out --data", "train run --data",
     "init images -o out --data", "eval", "show", "trace", "config check", "train"],
)  # fmt: skip
def test_a_path_on_the_command_line_must_be_a_file(strange, tmp_path, command, make):
    make(tmp_path / "strange")
    assert_one_line(strange(command, "strange"))
    assert not (tmp_path / "out").exists()
