"""A lock excludes other processes, and ends with its process."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.locks import lock, locked

ROOT = Path(__file__).parents[2]

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

HOLD_A_LOCK = """
import sys
from pathlib import Path
from nncli.base.storage.directory import Directory
from nncli.base.storage.locks import locked

with locked(Directory(Path(sys.argv[1]))):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_lock_leaves_nothing_behind(tmp_path):
    with locked(Directory(tmp_path)):
        pass
    with locked(Directory(tmp_path)):
        assert os.name != "posix" or [*tmp_path.iterdir()] == []
    assert [*tmp_path.iterdir()] == []


def test_another_process_is_excluded_until_the_owner_ends_even_by_sigkill(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_LOCK, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(OutputError) as caught, locked(Directory(tmp_path)):
            pass
        assert str(caught.value) == (
            f"{tmp_path}: another process is training in it; wait until it ends"
        )
        holder.kill()
        holder.wait()
    with locked(Directory(tmp_path)):
        pass


def test_a_directory_that_is_not_there_cannot_be_locked(tmp_path):
    with (
        pytest.raises(OutputError, match="missing: cannot be written"),
        locked(Directory(tmp_path / "missing")),
    ):
        pass


@on_posix
def test_without_file_locks_nothing_is_locked(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(Directory(tmp_path)) as is_locked:
        assert not is_locked


def test_what_another_handle_has_locked_is_not_locked_again_until_that_is_closed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as mine:
        with path.open("rb") as other:
            assert lock(other.fileno())
            assert not lock(mine.fileno())
        assert lock(mine.fileno())
        assert mine.read() == b"content"
