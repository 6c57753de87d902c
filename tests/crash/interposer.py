"""Stand between nncli and the operating system where it changes files."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock


class Call(NamedTuple):
    """A call that changes a file: which, and of what."""

    kind: str
    name: str


Act = Callable[[int, Call], None]


@contextmanager
def interposed(root: Path, act: Act) -> Iterator[list[Call]]:
    """Call ``act(number, call)`` before every call that changes something below `root`.

    They are counted from 1. A write is cut in two, and `act` called between its halves. Yields the
    list of calls so far. To wait for the disk is counted, but not done: neither a kill nor an
    error makes the system forget what it has taken.
    """
    calls: list[Call] = []

    def note(kind: str, path: Any) -> None:
        path = Path(path).absolute()
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

        def truncate(self, size: int | None = None) -> int:
            note("truncate", self.name)
            return super().truncate(size)

    def opened(path: Path, mode: str = "r", buffering: int = -1, **options: Any) -> Any:
        if "b" not in mode or not set(mode) & set("wxa+"):
            return usual_open(path, mode, buffering, **options)
        note("open", path)
        file = File(path, mode.replace("b", ""))
        return file if buffering == 0 else io.BufferedWriter(file)

    def opened_low(path: Any, flags: int, *arguments: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) or Path(path).is_dir():  # that is to synchronize it
            note("open", path)
        return usual_os["open"](path, flags, *arguments)

    def fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        note("fsync", path)

    def replace(source: Any, target: Any) -> None:
        note("rename", target)
        usual_os["replace"](source, target)

    def mkdir(path: Any, *arguments: Any) -> None:
        note("mkdir", path)
        usual_os["mkdir"](path, *arguments)

    usual_open = Path.open
    usual_os = {name: getattr(os, name) for name in ("open", "replace", "mkdir")}
    with (
        mock.patch.object(Path, "open", opened),
        mock.patch.multiple(os, open=opened_low, fsync=fsync, replace=replace, mkdir=mkdir),
    ):
        yield calls
