"""The cache of machine code: the same bits without Numba, and nothing that others could alter."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import machine_code
from nncli.engines.compiled.machine_code import Request

ROOT = Path(__file__).parents[3]
SPIN = Request("interpreter.spin", ("int64",))
PRODUCT = Request("gemm.product", (*["int64"] * 11, "float32", "int64", "int64"))
posix = pytest.mark.skipif(os.name != "posix", reason="needs owners and permissions")


def file_of(cache, request):
    (found,) = cache.glob(f"compiled/*/{request.symbol}.o")
    return found


def test_code_is_compiled_once(cache, compilations):
    first = machine_code._object_code(SPIN)
    assert machine_code._object_code(SPIN) == first
    assert compilations == [SPIN]
    assert file_of(cache, SPIN).read_bytes().endswith(first)


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "altered": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    "only a digest": lambda content: content[:32],
    "text": lambda content: b"some text\n" * 10,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_compiled_again(cache, compilations, damage):
    machine_code._object_code(SPIN)
    file = file_of(cache, SPIN)
    file.write_bytes(damage(file.read_bytes()))
    code = machine_code._object_code(SPIN)
    assert compilations == [SPIN, SPIN]
    assert file.read_bytes().endswith(code)
    assert machine_code._object_code(SPIN) == code
    assert compilations == [SPIN, SPIN]


def test_the_code_of_another_function_is_compiled_again(cache, compilations):
    machine_code._object_code(SPIN)
    machine_code._object_code(PRODUCT)
    file_of(cache, PRODUCT).write_bytes(file_of(cache, SPIN).read_bytes())
    machine_code._object_code(PRODUCT)
    assert compilations == [SPIN, PRODUCT, PRODUCT]


def test_the_code_of_another_environment_is_compiled_again(cache, compilations, monkeypatch):
    machine_code._object_code(SPIN)
    old = file_of(cache, SPIN)
    monkeypatch.setenv("NUMBA_OPT", "2")
    machine_code._directory.cache_clear()
    machine_code._fingerprint.cache_clear()
    machine_code._object_code(SPIN)
    (new,) = {*cache.glob("compiled/*/*.o")} - {old}
    new.write_bytes(old.read_bytes())
    machine_code._object_code(SPIN)
    assert compilations == [SPIN] * 3


@pytest.mark.parametrize("package", ["numba", "llvmlite", "numpy"])
def test_another_version_of_a_package_changes_the_directory(cache, monkeypatch, package):
    before, installed = machine_code._directory(), machine_code.version
    monkeypatch.setattr(
        machine_code, "version", lambda name: "0" if name == package else installed(name)
    )
    machine_code._directory.cache_clear()
    machine_code._fingerprint.cache_clear()
    assert machine_code._directory() != before


def test_another_source_changes_the_directory(cache, monkeypatch, tmp_path):
    (tmp_path / "one.py").write_text("x = 1\n")
    monkeypatch.setattr(machine_code, "_PACKAGE", tmp_path)
    found = set()
    for text in ("x = 1\n", "x = 2\n"):
        (tmp_path / "one.py").write_text(text)
        machine_code._directory.cache_clear()
        machine_code._fingerprint.cache_clear()
        found.add(machine_code._directory())
    assert len(found) == 2


@posix
@pytest.mark.parametrize("mask", [0o022, 0o002, 0o000])
def test_a_new_cache_is_the_users_own_whatever_the_umask(cache, mask):
    old = os.umask(mask)
    try:
        directory = machine_code._directory()
        machine_code._directory.cache_clear()
        assert directory is not None
        assert machine_code._directory() == directory
    finally:
        os.umask(old)
    assert directory.stat().st_mode & 0o777 == directory.parent.stat().st_mode & 0o777 == 0o700


@posix
@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_directory_that_others_can_write_to_is_not_used(cache, compilations, depth, mode):
    machine_code._object_code(SPIN)
    [file_of(cache, SPIN).parent, cache / "compiled"][depth].chmod(mode)
    machine_code._directory.cache_clear()
    before = file_of(cache, SPIN).read_bytes()
    file_of(cache, SPIN).write_bytes(b"from somebody else")
    assert machine_code._object_code(SPIN)
    assert compilations == [SPIN, SPIN]
    assert file_of(cache, SPIN).read_bytes() == b"from somebody else" != before


@posix
def test_a_directory_of_another_user_is_not_used(cache, compilations, monkeypatch):
    machine_code._object_code(SPIN)
    machine_code._directory.cache_clear()
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert machine_code._directory() is None
    machine_code._object_code(SPIN)
    assert compilations == [SPIN, SPIN]


def test_a_cache_that_is_a_file_is_not_used(cache, compilations):
    cache.write_text("not a directory")
    for _ in range(2):
        assert machine_code._object_code(SPIN)
    assert compilations == [SPIN, SPIN]


@posix
def test_a_cache_that_cannot_be_written_is_still_read(cache, compilations):
    code = machine_code._object_code(SPIN)
    directories = [cache, cache / "compiled", file_of(cache, SPIN).parent]
    for each in directories:
        each.chmod(0o500)
    try:
        machine_code._directory.cache_clear()
        assert machine_code._object_code(SPIN) == code
        assert compilations == [SPIN]
        assert machine_code._object_code(PRODUCT)
    finally:
        for each in directories:
            each.chmod(0o700)


def test_without_a_home_directory_code_is_compiled_in_memory(cache, compilations, monkeypatch):
    for name in ("NNCLI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *given, **others: Path("~"))
    assert machine_code._object_code(SPIN)
    assert machine_code._directory() is None
    assert compilations == [SPIN]


DAY = 24 * 60 * 60


def test_code_that_was_not_used_for_weeks_is_removed_when_new_code_comes(cache, tmp_path):
    names = {"a" * 32: 40, "b" * 32: 20, "c" * 32: 0, "d" * 31: 40, "others": 40}
    for name, days in names.items():
        directory = cache / "compiled" / name
        directory.mkdir(parents=True)
        directory.parent.chmod(0o700)
        (directory / "old.o").write_bytes(b"code")
        os.utime(directory, (time.time() - days * DAY,) * 2)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("text")
    with suppress(OSError):  # Windows allows links only to some users
        (cache / "compiled" / ("e" * 32)).symlink_to(elsewhere, target_is_directory=True)
    os.utime(elsewhere, (time.time() - 40 * DAY,) * 2)
    own = machine_code._directory()
    left = {each.name for each in (cache / "compiled").iterdir()} - {"e" * 32}
    assert left == {*names, own.name} - {"a" * 32}
    assert (elsewhere / "kept").exists()


def test_code_that_is_used_counts_as_new(cache):
    own = machine_code._directory()
    os.utime(own, (time.time() - 40 * DAY,) * 2)
    machine_code._directory.cache_clear()
    assert machine_code._directory() == own
    assert time.time() - own.stat().st_mtime < DAY


def test_a_cache_may_have_any_name(compilations, monkeypatch, cache):
    monkeypatch.setenv("NNCLI_CACHE", str(cache.with_name("Übung 漢 's %s")))
    code = machine_code._object_code(SPIN)
    assert machine_code._object_code(SPIN) == code
    assert compilations == [SPIN]
    assert len([*cache.parent.glob("Übung*/compiled/*/*.o")]) == 1


IN_LITTLE_SPACE = """
import resource
from nncli.engines.compiled.machine_code import Request, addresses
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
(address,) = addresses([Request("interpreter.spin", ("int64",))]).values()
print(address > 0)
"""


@posix
def test_code_that_does_not_fit_on_the_disk_is_used_all_the_same(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_SPACE],
        env={**os.environ, "NNCLI_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert [each for each in tmp_path.glob("compiled/**/*") if each.is_file()] == []


TRAINED = """
import sys, pytest
pytest.importorskip = lambda *given, **others: None  # would import Numba
from tests.engines.compiled.test_team import trained
print(trained("plain", 2), "numba" in sys.modules)
"""


def process(cache):
    environment = {**os.environ, "NNCLI_CACHE": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", TRAINED],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_two_processes_compile_at_once_and_a_third_loads_the_same_bits_without_numba(tmp_path):
    with process(tmp_path) as one, process(tmp_path) as other:
        found = [each.communicate()[0].split() for each in (one, other)]
    with process(tmp_path) as third:
        found.append(third.communicate()[0].split())
    assert len({digest for digest, _ in found}) == 1
    assert [imported for _, imported in found] == ["True", "True", "False"]
    assert {each.suffix for each in tmp_path.glob("compiled/*/*")} == {".o"}
