import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nncli.errors import OutputError
from nncli.files import atomic_write, write_text

ROOT = Path(__file__).parents[1]

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

WRITE_UNDER_A_SIZE_LIMIT = """
import resource, sys
from pathlib import Path
from nncli.errors import OutputError
from nncli.files import atomic_write

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with atomic_write(Path(sys.argv[1])) as stream:
        stream.write(bytes(int(sys.argv[2])))
except OutputError as error:
    print(error)
"""


def names_in(directory):
    return [path.name for path in directory.iterdir()]


def test_the_file_has_the_content_and_nothing_else_is_left(tmp_path):
    with atomic_write(tmp_path / "file") as stream:
        stream.write(b"first, ")
        stream.write(b"second")
    assert (tmp_path / "file").read_bytes() == b"first, second"
    assert names_in(tmp_path) == ["file"]


def test_until_the_block_ends_the_old_content_is_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_write(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@on_posix
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_permissions_follow_the_umask(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@pytest.mark.parametrize("exception", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failure_in_the_block_leaves_the_old_file_and_no_litter(tmp_path, exception, old):
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def fail():
        with atomic_write(path) as stream:
            stream.write(b"half of the new")
            raise exception

    with pytest.raises(exception):
        fail()
    assert names_in(tmp_path) == ([] if old is None else ["file"])
    assert old is None or path.read_bytes() == old


def assert_cannot_be_written(path, why):
    with pytest.raises(OutputError) as caught:
        write_text(path, "text")
    assert str(caught.value).startswith(f"{path}: cannot be written ({why}")
    assert "\n" not in str(caught.value)


def test_a_missing_directory_is_named(tmp_path):
    assert_cannot_be_written(tmp_path / "missing" / "file", "no such file or directory")


@on_posix
def test_a_file_in_place_of_the_directory_is_named(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    assert_cannot_be_written(tmp_path / "file" / "file", "not a directory")


@on_posix
def test_a_directory_is_not_replaced(tmp_path):
    (tmp_path / "directory").mkdir()
    assert_cannot_be_written(tmp_path / "directory", "is a directory")
    assert names_in(tmp_path) == ["directory"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_directory_is_named(tmp_path):
    (tmp_path / "directory").mkdir(mode=0o500)
    assert_cannot_be_written(tmp_path / "directory" / "file", "permission denied")


@on_posix
@pytest.mark.parametrize("size", [5_000, 1_000_000])  # fails in flush, fails in write
def test_when_the_disk_is_full_the_old_file_stays(tmp_path, size):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WRITE_UNDER_A_SIZE_LIMIT, path, str(size)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    assert result.stdout.startswith(f"{path}: cannot be written (file too large); check the free")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


@on_posix
def test_a_directory_that_cannot_be_synchronized_is_no_failure(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("nncli.files.os.open", refuse)
    write_text(tmp_path / "file", "text")
    assert (tmp_path / "file").read_bytes() == b"text"


def test_text_is_written_in_utf_8_with_line_feeds(tmp_path):
    write_text(tmp_path / "file", "größer\n≥ 2\n")
    assert (tmp_path / "file").read_bytes() == b"gr\xc3\xb6\xc3\x9fer\n\xe2\x89\xa5 2\n"


def test_text_that_cannot_be_encoded_leaves_the_old_file(tmp_path):
    write_text(tmp_path / "file", "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "file", "\ud800")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]
