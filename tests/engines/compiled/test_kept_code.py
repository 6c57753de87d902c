"""Why compiled code is not kept, with a remedy."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import machine_code
from nncli.engines.compiled.machine_code import Request, why_not_kept
from nncli.engines.compiling import Compilation, NotAllowedError

posix = pytest.mark.skipif(os.name != "posix", reason="needs owners and permissions")
SPIN = Request("interpreter.spin", ("int64",))
ELSEWHERE = "set NNCLI_CACHE to a directory of your own"


@pytest.fixture
def compiled(monkeypatch, tmp_path):
    """Return the folder of compiled code in an empty cache."""
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "a cache"))
    machine_code._directory.cache_clear()
    yield tmp_path / "a cache" / "compiled"
    machine_code._directory.cache_clear()


def test_code_is_kept_in_a_new_cache_which_stays_empty(compiled):
    assert why_not_kept() is None
    (own,) = compiled.iterdir()
    assert [*own.iterdir()] == []
    assert why_not_kept() is None


@posix
@pytest.mark.parametrize("depth", [0, 1])
def test_a_cache_that_is_a_file_is_named(compiled, depth):
    file = [compiled, compiled.parent][depth]
    file.parent.mkdir(exist_ok=True)
    file.write_text("not a directory")
    assert why_not_kept() == f"{compiled}: cannot be used (file exists); {ELSEWHERE}"
    assert file.read_text() == "not a directory"


@posix
@pytest.mark.parametrize("mode", [0o770, 0o702])
@pytest.mark.parametrize("depth", [0, 1])
def test_a_folder_that_others_can_write_to_has_a_command_that_helps(compiled, mode, depth):
    why_not_kept()
    folder = [compiled, *compiled.iterdir()][depth]
    folder.chmod(mode)
    found = why_not_kept()
    assert found == f"{folder}: other users can write to it; run: chmod go-w '{folder}'"
    subprocess.run(found.partition("run: ")[2], shell=True, check=True)
    assert why_not_kept() is None


@posix
def test_a_folder_of_another_user_is_named(compiled, monkeypatch):
    why_not_kept()
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert why_not_kept() == f"{compiled}: belongs to another user; {ELSEWHERE}"


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="needs permissions, which root ignores"
)
def test_a_folder_that_cannot_be_written_is_named(compiled):
    why_not_kept()
    (own,) = compiled.iterdir()
    own.chmod(0o500)
    try:
        assert why_not_kept() == f"{own}: cannot be written (permission denied); {ELSEWHERE}"
    finally:
        own.chmod(0o700)


@posix
def test_a_cache_below_a_working_directory_that_was_removed_is_named(monkeypatch, tmp_path):
    (tmp_path / "removed").mkdir()
    monkeypatch.chdir(tmp_path / "removed")
    monkeypatch.setenv("NNCLI_CACHE", "cache")
    (tmp_path / "removed").rmdir()
    reason = "cannot be used (no such file or directory)"
    assert why_not_kept() == f"cache/compiled: {reason}; {ELSEWHERE}"


def test_without_a_home_directory_a_cache_is_asked_for(monkeypatch):
    for name in ("NNCLI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *given, **others: Path("~"))
    assert why_not_kept() == ("the cache: no home directory found; set NNCLI_CACHE to a directory")


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("how", ["environment", "file"])
def test_nothing_is_told_if_numba_must_not_compile(monkeypatch, how):
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    place, remedy = "by disable_jit in .numba_config.yaml", "remove it there"
    if how == "environment":
        monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
        place, remedy = "", "unset it"
    lines = []
    with (
        Compilation(tell=lines.append).followed(),
        pytest.raises(NotAllowedError, match=f"NUMBA_DISABLE_JIT is set ?{place}; {remedy}$"),
    ):
        machine_code._object_code(SPIN)
    assert lines == []


IN_LITTLE_SPACE = """
import resource
from nncli.engines.compiled.machine_code import Request, addresses
from nncli.engines.compiling import Compilation
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
with Compilation(tell=print).followed():
    addresses([Request("interpreter.spin", ("int64",)), Request("interpreter.spin", ("int32",))])
"""


@posix
def test_a_full_disk_is_told_once(compiled):
    done = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_SPACE], capture_output=True, text=True, check=True
    )
    own = compiled / machine_code._fingerprint()
    assert done.stdout.splitlines() == [
        "Compiling the training steps: a few seconds, only the first time.",
        f"The compiled steps are not kept: {own}: cannot be written (file too large); {ELSEWHERE}",
    ]
