"""Intercept the calls with which nncli changes files."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from nncli.base.storage.directory import Entry


class Call(NamedTuple):
    """A call that changes a file: its kind and the file's name."""

    kind: str
    name: str


Act = Callable[[int, Call], None]


@contextmanager
def interposed(root: Path, act: Act) -> Iterator[list[Call]]:
    """Call ``act(number, call)`` before every call that changes a file below `root`.

    Calls are numbered from 1. A write is split in two, with `act` between the halves. Yield the
    list of calls so far. Calls of fsync are counted but not made, as neither a kill nor an error
    makes the system lose written data.
    """
    calls: list[Call] = []

    def note(kind: str, path: Any) -> None:
        path = Path(str(path)).absolute()
        if path == root or root in path.parents:
            temporary = path.name.endswith(".tmp")
            name = path.name[1:].rsplit(".", 2)[0] if temporary else path.name
            calls.append(Call(kind, name))
            act(len(calls), calls[-1])

    class File(io.FileIO):
        def write(self, content: Any) -> int:
            half = len(content) // 2
            written = super().write(content[:half])
            note("write", self.name)
            return written + super().write(content[half:])

    def stream(entry: Entry, mode: str, buffering: int = -1) -> Any:
        if not set(mode) & set("wxa+"):
            return usual_stream(entry, mode, buffering)
        note("open", entry)
        file = File(str(entry), mode.replace("b", ""), opener=lambda _, flags: entry.open(flags))
        return file if buffering == 0 else io.BufferedWriter(file)

    def opened_low(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if options.get("dir_fd") is None and Path(path).is_dir():  # for locking or fsync
            note("open", path)
        return usual_os["open"](path, flags, *arguments, **options)

    def fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        note("fsync", path)

    def rename(entry: Entry, name: str, *, replace: bool = True) -> None:
        note("rename", entry.directory / name)
        usual_rename(entry, name, replace=replace)

    def mkdir(path: Any, *arguments: Any, **options: Any) -> None:
        note("mkdir", path)
        usual_os["mkdir"](path, *arguments, **options)

    usual_stream, usual_rename = Entry.stream, Entry.rename
    usual_os = {name: getattr(os, name) for name in ("open", "mkdir")}
    with (
        mock.patch.multiple(Entry, stream=stream, rename=rename),
        mock.patch.multiple(os, open=opened_low, fsync=fsync, mkdir=mkdir),
    ):
        yield calls
