"""Paths, quoted words and disks on other systems."""

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncli.base import platforms
from nncli.base.extras import install_command
from nncli.base.platforms import leads_away, synchronize
from nncli.base.storage.files import write_text
from nncli.base.words import is_printable, shell_word

OWN = "C:\\models"
SHARE = "\\\\server\\share"

AWAY = [
    r"\\evil\share\d.csv",
    "//evil/share/d.csv",
    r"\/evil\share",
    r"/\evil/share",
    r"\\evil",
    "\\\\",
    r"\\\evil\share",
    r"\\evil@SSL@8443\DavWWWRoot\d.csv",
    r"\\127.0.0.1\c$\d.csv",
    r"\\?\UNC\evil\share\d.csv",
    "//?/UNC/evil/share/d.csv",
    r"\\?\C:\models\d.csv",
    r"\\.\pipe\evil",
    "//./pipe/evil",
    r"\\.\UNC\evil\share",
    r"\??\UNC\evil\share\d.csv",
    r"C:\??\UNC\evil\share",
    *("NUL", "nul", "CON", "con.csv", "aux.tar.gz", "PRN ", "COM1", "com9.csv", "LPT\u00b2"),
    *("CONIN$", "conout$", "NUL:", "NUL .csv", "COM1:9600", r"data\NUL", "data/con/d.csv"),
    *("C:CON", r"C:\x\nul.csv", "http://evil/d.csv", "file://evil/share/d.csv", "d.csv:stream"),
]
HERE = [
    *("d.csv", "../d.csv", r"..\data\d.csv", r"C:\d.csv", "C:/d.csv", "D:d.csv", r"\d.csv", ""),
    *("console.csv", "null", "com10", "com", ".nul", "größe.csv", "data/a b (1) [x] 100%.csv", "."),
]


@pytest.fixture
def windows(monkeypatch):
    monkeypatch.setattr(platforms, "IS_WINDOWS", True)


@pytest.mark.parametrize("folder", [OWN, "/home/models", SHARE])
@pytest.mark.parametrize("path", AWAY)
def test_paths_to_other_machines_and_devices(windows, path, folder):
    assert leads_away(path, folder)


@pytest.mark.parametrize("folder", [OWN, "/home/models", SHARE])
@pytest.mark.parametrize("path", HERE)
def test_paths_to_files(windows, path, folder):
    assert not leads_away(path, folder)


@pytest.mark.parametrize("path", [r"\\Server\SHARE\data\d.csv", "//server/share/d.csv", SHARE])
def test_a_network_share_in_use_is_not_another_machine(windows, path):
    assert not leads_away(path, rf"{SHARE}\models\x")
    assert not leads_away(path, "//server/share/models")
    assert leads_away(path, rf"{SHARE}2\models")
    assert leads_away(path, OWN)


@pytest.mark.parametrize("path", [*AWAY, *HERE])
def test_on_other_systems_these_are_ordinary_paths(monkeypatch, path):
    monkeypatch.setattr(platforms, "IS_WINDOWS", False)
    assert not leads_away(path, "/home/models")


# Words of a command


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (r"C:\runs\xor-001", r"C:\runs\xor-001"),
        (r"runs\größe_1.yaml", r"runs\größe_1.yaml"),
        (r"C:\my runs\x", r'"C:\my runs\x"'),
        *((f"a{each}b", f'"a{each}b"') for each in "'%$`&^()!;,=~@#{}[]+ "),
        ("-n", r".\-n"),
        ("-n m", r'".\-n m"'),
        ("\\\\my server\\x\\", '"\\\\my server\\x\\\\"'),
        ("", '""'),
    ],
)
def test_words_for_the_shells_of_windows(windows, text, word):
    assert shell_word(text) == word


@given(st.text(st.characters(exclude_characters='"')).filter(is_printable))
def test_a_windows_program_gets_the_original_word(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platforms, "IS_WINDOWS", True)
        word = shell_word(text)
    assert word.isprintable()
    bare = word[1:-1] if word.startswith('"') else word
    ends = len(bare) - len(bare.rstrip("\\"))
    if word.startswith('"'):  # before a quote, two backslashes mean one
        assert ends % 2 == 0
        bare = bare[: len(bare) - ends // 2]
    assert bare.removeprefix(".\\") == text.removeprefix(".\\")


def test_requirements_to_install_are_quoted_for_the_shell(windows):
    assert install_command("plot").startswith('pip install -e ".[plot]"')


# Disks


def test_on_macos_the_drive_cache_is_flushed(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    asked = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda handle, command: asked.append(command))
    monkeypatch.setattr(os, "fsync", lambda handle: pytest.fail("fsync is not enough there"))
    write_text(tmp_path / "file", "text")
    assert asked == [51, 51]  # the file and its directory


def test_a_file_system_without_full_fsync_is_synchronized_as_usual(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(handle, command):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    synchronized = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", synchronized.append)
    write_text(tmp_path / "file", "text")
    assert len(synchronized) == 2


def test_an_io_error_of_the_drive_is_raised(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def broken(handle, command):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "fcntl", broken)
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    with (tmp_path / "file").open("wb") as stream, pytest.raises(OSError, match="put/output"):
        synchronize(stream.fileno())
