import gc
import hashlib
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import platformdirs
import pytest

from nncli.base.errors import DownloadError
from nncli.data.builtin.cache import cache_directory, ensure_files
from nncli.data.builtin.download import RemoteFile, has_content
from tests.data.builtin.http_server import serve

CONTENT = b"0123456789abcdef" * 64
FILE = RemoteFile("digits.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())

PART = "digits.gz.part"

WHAT_IT_DID = {
    "refuses": "cannot be reached",
    "insecure": "has an invalid certificate",
    "gibberish": "cannot be reached",
    "missing": "returns HTTP 404",
    "broken": "returns HTTP 500",
    "silent": "times out",
    "stalls": "times out",
    "cuts": "closes the connection early",
    "cuts_unnoticed": "sends a different file (wrong SHA-256)",
    "html": "sends a different file (wrong SHA-256)",
    "wrong": "sends a different file (wrong SHA-256)",
    "longer": "sends more bytes than the file has",
    "endless": "sends more bytes than the file has",
    "not_zipped": "sends compressed data without being asked",
    "another_piece": "sends an unrequested range",
    "circles": "redirects too often",
    "moved_nowhere": "redirects to a URL without HTTPS",
    "moved_away": "redirects to a URL without HTTPS",
    "moved_astray": "sends an invalid response",
}
every_bad_mirror = pytest.mark.parametrize("bad", WHAT_IT_DID)

fetch = partial(ensure_files, timeout_seconds=(5.0, 0.4))


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(CONTENT) as server:
        yield server


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "digits"


def names_in(directory):
    return [path.name for path in directory.iterdir()]


def test_a_missing_file_is_downloaded(server, cache):
    fetch([FILE], cache, [server.mirror("good")])
    assert (cache / FILE.name).read_bytes() == CONTENT
    assert names_in(cache) == [FILE.name]
    assert server.requests == ["/good/digits.gz"]


def test_a_redirection_is_followed(server, cache):
    fetch([FILE], cache, [server.mirror("moved")])
    assert (cache / FILE.name).read_bytes() == CONTENT
    assert server.requests == ["/moved/digits.gz", "/good/elsewhere"]


@every_bad_mirror
def test_after_a_bad_mirror_the_next_one_is_used(server, cache, bad):
    fetch([FILE], cache, [server.mirror(bad), server.mirror("good")])
    assert (cache / FILE.name).read_bytes() == CONTENT
    assert names_in(cache) == [FILE.name]
    assert server.requests[-1] == "/good/digits.gz"
    gc.collect()  # an open connection would cause a ResourceWarning


@every_bad_mirror
def test_with_only_a_bad_mirror_the_error_says_what_it_did_and_what_to_do(server, cache, bad):
    mirror = server.mirror(bad)
    with pytest.raises(DownloadError) as caught:
        fetch([FILE], cache, [mirror])
    assert str(caught.value) == (
        f"digits.gz: download failed ({mirror}: {WHAT_IT_DID[bad]}). Without a network, "
        f"download from {mirror} on another machine and copy the files here: "
        f"{cache / 'digits.gz'} (1024 bytes, SHA-256 {FILE.sha256})"
    )
    assert names_in(cache) == []
    gc.collect()


def test_the_error_tells_how_every_mirror_failed(server, cache):
    broken, html = server.mirror("broken"), server.mirror("html")
    with pytest.raises(DownloadError) as caught:
        fetch([FILE], cache, [broken, html])
    expected = f"({broken}: {WHAT_IT_DID['broken']}; {html}: {WHAT_IT_DID['html']})."
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_error_names_every_file_that_is_missing(server, cache):
    files = [RemoteFile(name, FILE.size_bytes, FILE.sha256) for name in ("a.gz", "b.gz", "c.gz")]
    cache.mkdir(parents=True)
    (cache / "b.gz").write_bytes(CONTENT)
    with pytest.raises(DownloadError) as caught:
        fetch(files, cache, [server.mirror("missing")])
    assert str(caught.value).endswith(
        f"{cache / 'a.gz'} (1024 bytes, SHA-256 {FILE.sha256}), "
        f"{cache / 'c.gz'} (1024 bytes, SHA-256 {FILE.sha256})"
    )
    assert str(cache / "b.gz") not in str(caught.value)
    assert server.requests == ["/missing/a.gz"]  # offline users need not wait for every file


def test_complete_files_are_kept_and_not_requested_again(server, cache):
    other = RemoteFile("other.gz", 5, hashlib.sha256(b"other").hexdigest())
    with pytest.raises(DownloadError, match=r"^other\.gz: download failed") as caught:
        fetch([FILE, other], cache, [server.mirror("good")])
    assert names_in(cache) == [FILE.name]
    assert str(cache / FILE.name) not in str(caught.value)


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"!", bytes(len(CONTENT))])
def test_a_wrong_file_in_the_cache_is_replaced(server, cache, content):
    cache.mkdir(parents=True)
    (cache / FILE.name).write_bytes(content)
    fetch([FILE], cache, [server.mirror("good")])
    assert (cache / FILE.name).read_bytes() == CONTENT
    assert names_in(cache) == [FILE.name]


@every_bad_mirror
def test_a_wrong_file_in_the_cache_stays_while_no_mirror_works(server, cache, bad):
    cache.mkdir(parents=True)
    (cache / FILE.name).write_bytes(b"perhaps of use to somebody")
    with pytest.raises(DownloadError):
        fetch([FILE], cache, [server.mirror(bad)])
    assert (cache / FILE.name).read_bytes() == b"perhaps of use to somebody"
    assert names_in(cache) == [FILE.name]


def test_a_directory_with_the_name_of_the_file_stays(server, cache):
    (cache / FILE.name / "inside").mkdir(parents=True)
    with pytest.raises(DownloadError, match="is a directory"):
        fetch([FILE], cache, [server.mirror("good")])
    assert sorted(names_in(cache)) == [FILE.name, PART]
    assert names_in(cache / FILE.name) == ["inside"]


def test_a_file_put_there_by_hand_is_used_without_a_request(server, cache):
    cache.mkdir(parents=True)
    (cache / FILE.name).write_bytes(CONTENT)
    fetch([FILE], cache, [server.mirror("good")])
    assert server.requests == []


@pytest.mark.parametrize("bad", ["endless", "longer"])
def test_a_mirror_that_sends_too_much_is_left_early(server, cache, bad):
    with pytest.raises(DownloadError):
        fetch([FILE], cache, [server.mirror(bad)])
    assert server.bytes_sent < 4 << 20  # far below the gibibyte that it offers; sockets buffer some


def test_two_processes_may_fetch_the_same_file_at_once(server, cache):
    arguments = ([FILE], cache, [server.mirror("waits_for_two")])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for result in [pool.submit(ensure_files, *arguments) for _ in range(2)]:
            result.result()
    assert (cache / FILE.name).read_bytes() == CONTENT
    assert names_in(cache) == [FILE.name]
    assert len(server.requests) == 2


def test_progress_is_a_bar_on_standard_error(server, cache, capsys):
    fetch([FILE], cache, [server.mirror("longer"), server.mirror("good")], progress=True)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "100%" in errors


def test_without_progress_nothing_is_printed(server, cache, capsys):
    fetch([FILE], cache, [server.mirror("longer"), server.mirror("good")])
    assert capsys.readouterr() == ("", "")


def assert_the_error_says_that_the_cache_cannot_be_written(server, cache):
    with pytest.raises(DownloadError) as caught:
        fetch([FILE], cache, [server.mirror("good")])
    message = str(caught.value)
    assert message.startswith(f"{cache}: the cache is not writable (")
    assert "set NNCLI_CACHE" in message
    assert str(cache / FILE.name) in message
    assert "\n" not in message
    assert server.requests == []


@pytest.mark.parametrize("in_the_way", ["cache", "cache/digits"])
def test_a_file_where_the_cache_should_be_is_a_clear_error(server, cache, tmp_path, in_the_way):
    (tmp_path / in_the_way).parent.mkdir(exist_ok=True)
    (tmp_path / in_the_way).write_text("not a directory")
    assert_the_error_says_that_the_cache_cannot_be_written(server, cache)
    assert (tmp_path / in_the_way).read_text() == "not a directory"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_cache_is_a_clear_error(server, cache):
    cache.mkdir(parents=True)
    cache.chmod(0o500)
    assert_the_error_says_that_the_cache_cannot_be_written(server, cache)


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], bytes(len(CONTENT))])
def test_a_file_with_another_size_or_hash_does_not_have_the_content(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert not has_content(tmp_path / "file", FILE)


def test_a_directory_and_a_missing_file_do_not_have_the_content(tmp_path):
    assert not has_content(tmp_path, FILE)
    assert not has_content(tmp_path / "missing", FILE)


def test_the_environment_chooses_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path


def test_a_tilde_in_the_environment_is_the_home_directory(monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", "~/models")
    assert cache_directory() == Path.home() / "models"


@pytest.mark.parametrize("value", [None, ""])
def test_otherwise_the_cache_is_where_the_platform_keeps_caches(monkeypatch, value):
    monkeypatch.delenv("NNCLI_CACHE", raising=False)
    if value is not None:
        monkeypatch.setenv("NNCLI_CACHE", value)
    assert cache_directory() == Path(platformdirs.user_cache_dir("nncli", appauthor=False))
