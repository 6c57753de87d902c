import gzip
import os
import tracemalloc
import zlib

import pytest

from nncli.base.errors import DataError
from nncli.data.files.input_file import open_input
from nncli.data.files.stored_table import collect
from nncli.data.files.table_file import read_table, table_in

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def refusal(path, read=read_table):
    with pytest.raises(DataError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def test_a_missing_file_a_directory_and_an_impossible_name_are_refused(tmp_path):
    assert refusal(tmp_path / "no") == "cannot be read (no such file or directory)"
    assert refusal(tmp_path).startswith("cannot be read (")
    words = ("embedded null byte", "stat: embedded null character in path")  # from Python 3.13 on
    assert refusal(tmp_path / "a\0b") in [f"cannot be read ({each})" for each in words]


@on_posix
def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == (
        "is a pipe or a device; expected a file; save its content to a file (only predict, "
        "eval and init also read standard input, as -)"
    )


@on_posix
def test_a_device_that_never_ends_is_refused():
    from pathlib import Path

    assert refusal(Path("/dev/zero")).startswith("is a pipe or a device")


@on_posix
def test_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refusal(tmp_path / "loop").startswith("cannot be read (too many levels")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs to be no administrator")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "mine"
    path.write_text("x\n1\n")
    path.chmod(0)
    assert refusal(path) == "cannot be read (permission denied)"


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path, monkeypatch):
    path = tmp_path / "mine"
    path.write_text("x\n1\n")

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert refusal(path) == "cannot be read (permission denied)"


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert refusal(tmp_path / "file") == "is empty; expected rows of numbers"


def bomb(head, unit, count):
    """Return a gzip file of `head` and many times `unit`, made without the whole content."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(head), *(packer.compress(unit) for _ in range(count)), packer.flush()]
    return b"".join(parts)


@pytest.mark.parametrize(
    ("head", "unit", "problem"),
    [
        (
            b"x\n",
            b"1234567\n" * 100_000,
            "unpacks to more than 500 times its size; if you trust it",
        ),
        (b"", b"x" * 1_000_000, "line 1: row of more than 16777216 bytes"),
    ],
    ids=["rows", "a cell"],
)
def test_a_gzip_bomb_is_refused_with_little_memory(tmp_path, head, unit, problem):
    def read(path):
        with open_input(path, bomb_bytes=2_000_000) as file:
            blocks = table_in(file).blocks
            return collect(blocks(kinds={}, used=None, missing=()))

    (tmp_path / "bomb").write_bytes(bomb(head, unit, 200))
    tracemalloc.start()
    words = refusal(tmp_path / "bomb", read)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words.startswith(problem)
    assert peak < 100 << 20 < 200 * len(unit)


def test_progress_is_reported_and_the_head_can_be_read_again(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"0123456789" * 1000, mtime=0))
    told = []
    with open_input(path, told.append) as file:
        assert file.head(4) == b"0123"
        assert file.read(12) == b"012345678901"
        assert len(file.read()) == 10_000 - 12
        assert file.read(5) == b""
    assert sum(told) == path.stat().st_size
