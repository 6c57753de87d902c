"""Disks of systems that are not this one."""

import os

import pytest

from nncli.base.storage.files import write_text


def test_on_macos_the_drive_writes_what_it_was_given(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    asked = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda handle, command: asked.append(command))
    monkeypatch.setattr(os, "fsync", lambda handle: pytest.fail("fsync is not enough there"))
    write_text(tmp_path / "file", "text")
    assert asked == [51, 51]  # the file, and its directory


def test_a_file_system_without_that_is_synchronized_as_usual(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(handle, command):
        raise OSError(45, "Operation not supported")

    synchronized = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", synchronized.append)
    write_text(tmp_path / "file", "text")
    assert len(synchronized) == 2
