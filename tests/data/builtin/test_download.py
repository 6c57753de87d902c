"""Interrupted downloads resume."""

import hashlib
import os
import random
import time
from functools import partial
from multiprocessing import get_context

import pytest

from nncli.base.errors import DownloadError
from nncli.data.builtin.cache import ensure_files
from nncli.data.builtin.download import RemoteFile
from tests.data.builtin.http_server import PIECE, serve
from tests.windows import like_windows

LARGE = random.Random(0).randbytes(4 * PIECE + 1)
LARGE_FILE = RemoteFile("digits.gz", len(LARGE), hashlib.sha256(LARGE).hexdigest())


PART = "digits.gz.part"

fetch = partial(ensure_files, timeout_seconds=(5.0, 0.4))


@pytest.fixture
def large(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with serve(LARGE) as server:
        yield server


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "digits"


@pytest.fixture
def part(cache):
    """Return the path of the partial file."""
    cache.mkdir(parents=True)
    return cache / PART


def names_in(directory):
    return [path.name for path in directory.iterdir()]


def assert_complete(cache):
    assert (cache / LARGE_FILE.name).read_bytes() == LARGE
    assert names_in(cache) == [LARGE_FILE.name]


def test_a_broken_connection_resumes(large, cache):
    fetch([LARGE_FILE], cache, [large.mirror("pieces")])
    assert_complete(cache)
    starts = [int(each[len("bytes=") : -1]) for each in large.ranges[1:]]
    assert len(starts) >= 4
    assert starts == sorted({*starts})
    assert starts[0] > 0


def test_a_stalled_connection_resumes(large, cache):
    ensure_files([LARGE_FILE], cache, [large.mirror("stalls_late")], timeout_seconds=(5.0, 0.1))
    assert_complete(cache)


def test_no_file_is_renamed_or_removed_that_is_open(large, cache, monkeypatch):
    refused = like_windows(monkeypatch)
    fetch([LARGE_FILE], cache, [large.mirror("cuts"), large.mirror("pieces")])
    assert_complete(cache)
    assert refused == []


def test_a_file_that_cannot_be_renamed_for_a_moment_is_renamed_after_it(large, part, monkeypatch):
    def busy(*paths, **handles):
        if tries.pop():
            raise PermissionError(13, "Permission denied")
        usual(*paths, **handles)

    usual, tries = os.replace, [False, True, True, True, True, True]
    like_windows(monkeypatch)
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(DownloadError, match="permission denied"):
        fetch([LARGE_FILE], part.parent, [large.mirror("ranges")])
    assert names_in(part.parent) == [PART]
    fetch([LARGE_FILE], part.parent, [large.mirror("refuses")])  # the part is complete already
    assert_complete(part.parent)


def test_a_partial_file_is_kept_after_a_failure_and_resumed(large, cache):
    with pytest.raises(DownloadError, match="closes the connection early"):
        fetch([LARGE_FILE], cache, [large.mirror("cuts")])
    assert names_in(cache) == [PART]
    come = (cache / PART).read_bytes()
    assert come
    assert LARGE.startswith(come)
    fetch([LARGE_FILE], cache, [large.mirror("ranges")])
    assert_complete(cache)
    assert large.ranges[-1] == f"bytes={len(come)}-"


def test_the_next_mirror_resumes_where_the_previous_one_broke_off(large, cache):
    fetch([LARGE_FILE], cache, [large.mirror("cuts"), large.mirror("ranges")])
    assert_complete(cache)
    assert large.requests[-1] == "/ranges/digits.gz"
    assert large.ranges[-1].startswith("bytes=")


def test_a_killed_process_leaves_a_partial_file_for_the_next_one(large, cache, part):
    process = get_context("spawn").Process(
        target=ensure_files, args=([LARGE_FILE], cache, [large.mirror("stalls_late")])
    )
    process.start()
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        os.sched_yield() if hasattr(os, "sched_yield") else None
    process.kill()
    process.join()
    come = part.stat().st_size
    assert come > 0
    fetch([LARGE_FILE], cache, [large.mirror("ranges")])
    assert_complete(cache)
    assert large.ranges[-1] == f"bytes={come}-"


@pytest.mark.parametrize("server_that", ["good", "no_such_piece"])
def test_a_server_without_ranges_sends_the_whole_file(large, cache, part, server_that):
    part.write_bytes(LARGE[:PIECE])
    fetch([LARGE_FILE], cache, [large.mirror(server_that)])
    assert_complete(cache)
    assert large.ranges[0] == f"bytes={PIECE}-"


@pytest.mark.parametrize("left", [b"something else", bytes(len(LARGE)), LARGE + b"!"])
def test_a_wrong_beginning_is_detected_and_the_file_fetched_again(large, cache, part, left):
    part.write_bytes(left)
    fetch([LARGE_FILE], cache, [large.mirror("ranges")])
    assert_complete(cache)
    assert large.ranges[-1] is None


def test_a_complete_partial_file_needs_no_request(large, cache, part):
    part.write_bytes(LARGE)
    fetch([LARGE_FILE], cache, [large.mirror("ranges")])
    assert_complete(cache)
    assert large.requests == []


def test_a_server_that_resumes_another_file_is_replaced_by_the_next(large, cache, part):
    part.write_bytes(LARGE[:PIECE])
    fetch([LARGE_FILE], cache, [large.mirror("wrong_ranges"), large.mirror("ranges")])
    assert_complete(cache)
    assert large.ranges == [f"bytes={PIECE}-", None, None]


def test_an_unrequested_range_is_refused(large, cache, part):
    part.write_bytes(LARGE[:PIECE])
    with pytest.raises(DownloadError, match="sends an unrequested range"):
        fetch([LARGE_FILE], cache, [large.mirror("another_piece")])
    assert part.read_bytes() == LARGE[:PIECE]


def test_the_partial_file_of_another_process_is_left_alone(large, cache, part):
    fcntl = pytest.importorskip("fcntl", reason="files are locked in another way here")
    part.write_bytes(LARGE[:PIECE])
    with part.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        fetch([LARGE_FILE], cache, [large.mirror("ranges")])
    assert (cache / LARGE_FILE.name).read_bytes() == LARGE
    assert part.read_bytes() == LARGE[:PIECE]
    assert sorted(names_in(cache)) == [LARGE_FILE.name, PART]
    assert large.ranges == [None]


def test_a_good_file_in_the_cache_is_never_replaced(large, cache):
    cache.mkdir(parents=True)
    (cache / LARGE_FILE.name).write_bytes(LARGE)
    fetch([LARGE_FILE], cache, [large.mirror("wrong")])
    assert_complete(cache)
    assert large.requests == []


def test_progress_of_a_resumed_download_starts_at_its_offset(large, cache, part, capsys):
    part.write_bytes(LARGE[: 2 * PIECE])
    fetch([LARGE_FILE], cache, [large.mirror("ranges")], progress=True)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "50%" in errors
    assert "100%" in errors
