import ast
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nncli.base.errors import OutputError
from nncli.base.storage.directory import Directory
from nncli.base.storage.files import (
    GrowingFile,
    atomic_write,
    checked_output,
    remove_litter,
    write_text,
)

ROOT = Path(__file__).parents[2]

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

WRITE_UNDER_A_SIZE_LIMIT = """
import resource, sys
from pathlib import Path
from nncli.base.errors import OutputError
from nncli.base.storage.files import atomic_write

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
    path = tmp_path / "missing" / "file"
    for write in (lambda: write_text(path, "text"), lambda: checked_output(path)):
        with pytest.raises(OutputError) as caught:
            write()
        assert str(caught.value) == (f"{path}: the folder {path.parent} does not exist; create it")


def test_a_file_in_place_of_the_directory_is_named_before_any_work(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=r"cannot be written \(not a directory\)"):
        checked_output(tmp_path / "file" / "other")


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
    path = tmp_path / "directory" / "file"
    assert_cannot_be_written(path, "permission denied")
    with pytest.raises(OutputError, match=r"file: cannot be written \(permission denied\); check"):
        checked_output(path)


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
    assert result.stdout.startswith(f"{path}: cannot be written (file too large); check free")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


@on_posix
def test_a_directory_that_cannot_be_synchronized_is_not_a_failure(tmp_path, monkeypatch):
    def refuse(path, *arguments, **options):
        if Path(path).is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")
        return usual(path, *arguments, **options)

    usual = os.open
    monkeypatch.setattr(os, "open", refuse)
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


# A file that grows


def test_a_growing_file_starts_with_its_first_line_and_grows_at_once(tmp_path):
    path = tmp_path / "file"
    file = GrowingFile(path, b"first\n")
    assert path.read_bytes() == b"first\n"
    file.append(b"second\nthird\n")
    assert path.read_bytes() == b"first\nsecond\nthird\n"
    file.synchronize()
    file.close()


def test_a_growing_file_replaces_another_without_changing_its_hard_links(tmp_path):
    path, other = tmp_path / "file", tmp_path / "other"
    other.write_bytes(b"one\ntwo\nthr")
    path.hardlink_to(other)
    file = GrowingFile(path, b"one\n")
    file.append(b"more\n")
    file.close()
    assert path.read_bytes() == b"one\nmore\n"
    assert other.read_bytes() == b"one\ntwo\nthr"


@on_posix
@pytest.mark.parametrize("is_there", [True, False])
def test_a_growing_file_replaces_a_link(tmp_path, is_there):
    if is_there:
        (tmp_path / "other").write_bytes(b"precious\n")
    (tmp_path / "file").symlink_to("other")
    GrowingFile(tmp_path / "file", b"first\n").close()
    assert not (tmp_path / "file").is_symlink()
    assert (tmp_path / "other").exists() is is_there
    assert not is_there or (tmp_path / "other").read_bytes() == b"precious\n"


def test_a_growing_file_with_the_same_content_stays_the_same_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"one\n")
    before = path.stat().st_ino
    file = GrowingFile(path, b"one\n", reuse=True)
    file.append(b"two\n")
    assert file.content() == path.read_bytes() == b"one\ntwo\n"
    file.close()
    assert path.stat().st_ino == before


@on_posix
@pytest.mark.parametrize("other", ["content", "longer", "link", "hard link", "pipe", "nothing"])
def test_a_growing_file_is_reused_only_if_it_is_alike(tmp_path, other):
    path, outside = tmp_path / "file", tmp_path / "outside"
    outside.write_bytes(b"one\n")
    makes = {
        "content": lambda: path.write_bytes(b"two\n"),
        "longer": lambda: path.write_bytes(b"one\ntwo\n"),
        "link": lambda: path.symlink_to(outside),
        "hard link": lambda: path.hardlink_to(outside),
        "pipe": lambda: os.mkfifo(path),
    }
    if other in makes:
        makes[other]()
    file = GrowingFile(path, b"one\n", reuse=True)
    file.append(b"more\n")
    file.close()
    assert path.read_bytes() == b"one\nmore\n"
    assert outside.read_bytes() == b"one\n"


@on_posix
def test_a_growing_file_that_is_removed_is_restored(tmp_path):
    file = GrowingFile(tmp_path / "file", b"first\n")
    (tmp_path / "file").unlink()
    file.append(b"second\n")
    assert (tmp_path / "file").read_bytes() == file.content() == b"first\nsecond\n"
    file.append(b"third\n")
    file.close()
    assert (tmp_path / "file").read_bytes() == b"first\nsecond\nthird\n"


def test_a_growing_file_in_place_of_a_directory_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"cannot be written \(.*directory"):
        GrowingFile(tmp_path, b"first\n")


# Leftovers of killed processes


def test_only_temporary_files_are_litter(tmp_path):
    left = ["weights.npz", ".hidden", "file.tmp", ".weights.npz.tmp"]
    for name in [*left, ".weights.npz.01234567.tmp", ".config.yaml.89abcdef.tmp"]:
        (tmp_path / name).touch()
    remove_litter(Directory(tmp_path))
    assert sorted(names_in(tmp_path)) == sorted(left)


# No other code writes files

WRITERS = {
    "base/storage/directory.py": "the one place",
    "base/streams.py": "opens the null device in place of a stream",
    "base/storage/locks.py": "opens a directory with os.open, to lock it",
    "base/storage/regular_file.py": "opens with os.open, to read, so as not to wait for a pipe",
    "runs/exporting.py": "opens members of an archive in a file that `base/storage` writes",
    "data/builtin/download.py": "what a server sends is added to a partial file, which is kept",
}
ALWAYS = {"write_bytes", "touch", "tofile", "savetxt", "mkstemp", "NamedTemporaryFile"}


def writes(call):
    """Return whether a call opens a file for writing."""
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    owner = getattr(getattr(call.func, "value", None), "id", "")
    if name == "write_text":  # the method of Path; nncli has a function of this name
        return isinstance(call.func, ast.Attribute)
    if name in ("open", "fdopen", "memmap"):
        texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]
        modes = [text for text in texts if isinstance(text, str) and set(text) <= set("rwxabt+")]
        return owner == "os" or any(set(mode) & set("wxa+") for mode in modes)
    return name in ALWAYS


def test_no_other_place_opens_a_file_to_write():
    found = set()
    for path in (ROOT / "nncli").rglob("*.py"):
        calls = [each for each in ast.walk(ast.parse(path.read_text("utf-8")))
                 if isinstance(each, ast.Call) and writes(each)]  # fmt: skip
        if calls:
            found.add(path.relative_to(ROOT / "nncli").as_posix())
    assert found == set(WRITERS)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_stays(tmp_path, monkeypatch, links):
    def refused(*arguments, **options):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:  # as on a file system without hard links
        monkeypatch.setattr(os, "link", refused)
    write_text(tmp_path / "new", "ours", replace=False)
    writing = atomic_write(tmp_path / "file", replace=False)
    writing.__enter__().write(b"ours")
    (tmp_path / "file").write_text("theirs", encoding="utf-8")
    with pytest.raises(OutputError, match=r"cannot be written \(file exists\)"):
        writing.__exit__(None, None, None)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "theirs"
    assert {path.name for path in tmp_path.iterdir()} == {"file", "new"}
