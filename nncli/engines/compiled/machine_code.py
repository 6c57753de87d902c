"""Compile functions to machine code with Numba once, and load it from the cache afterwards.

Numba takes seconds to compile the functions of a network, and 0.2 s just to be imported. So their
object code is kept in the cache directory, and llvmlite loads it without Numba. A function is named
``module.function``, relative to this package; its module is imported only to compile it.

An object file is bound to nncli's code, to the versions of Numba, llvmlite, NumPy and Python, and
to the processor. Machine code is executed: a cache directory that other users can write to is not
used.
"""

import ctypes
import hashlib
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from stat import S_IWGRP, S_IWOTH
from threading import RLock
from typing import Any, NamedTuple

from nncli.base.errors import NncliError, OutputError, os_errors_as, reason
from nncli.base.paths import absolute
from nncli.base.storage.files import atomic_write
from nncli.base.words import shell_word
from nncli.data.builtin.cache import cache_directory, check_writable
from nncli.engines.compiling import compiling, tell_compiling, tell_not_kept

_PACKAGE = Path(__file__).parent

_KEPT_SECONDS = 30 * 24 * 60 * 60  # how long code is kept that is not used

_ELSEWHERE = "set NNCLI_CACHE to a directory of your own"

_lock = RLock()
_engines: list[Any] = []  # keep the code in memory


class Request(NamedTuple):
    """A function to compile for some argument types.

    Attributes
    ----------
    name : str
        ``module.function``.
    arguments : tuple of str
        Types: ``int64``, ``float32``, ...; with ``*``, a pointer.
    """

    name: str
    arguments: tuple[str, ...]

    @property
    def symbol(self) -> str:
        """A name that no other request has."""
        return re.sub(r"\W", "_", "_".join(("nncli", self.name, *self.arguments)))


_addresses: dict[Request, int] = {}

# A fork waits for a thread that compiles: the child does not have this thread, but its lock.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


def addresses(requests: Iterable[Request]) -> dict[Request, int]:
    """Return the addresses of functions, compiling those that are not in the cache.

    Raises
    ------
    ImportError
        If a function must be compiled and Numba cannot be imported, or llvmlite cannot.
    """
    wanted = [*dict.fromkeys(requests)]
    with _lock:
        missing = [each for each in wanted if each not in _addresses]
        if missing:
            _addresses.update(_loaded([(each, _object_code(each)) for each in missing]))
    return {each: _addresses[each] for each in wanted}


def _loaded(objects: Sequence[tuple[Request, bytes]]) -> dict[Request, int]:
    """Link object code into this process."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
    for _, code in objects:
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return {each: engine.get_function_address(each.symbol) for each, _ in objects}


def _target() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True
    )


def _object_code(request: Request) -> bytes:
    directory = _directory()
    name = f"{request.symbol}.o"
    if directory is not None and (found := _read(directory / name, request)) is not None:
        return found
    with compiling():
        code = _compiled(request)
    if directory is not None:
        try:
            with atomic_write(directory / name) as file:
                file.write(_digest(request, code) + code)
        except (NncliError, OSError) as error:  # such as a full disk
            cause = error.__cause__ or error
            why = reason(cause) if isinstance(cause, OSError) else str(cause)
            tell_not_kept(f"{directory}: cannot be written ({why}); {_ELSEWHERE}")
    return code


def _read(path: Path, request: Request) -> bytes | None:
    """Return the object code in a file of the cache, or None if it is missing, damaged or foreign.

    LLVM ends the process if code is damaged, and a function that is missing has address 0.
    """
    try:
        found = path.read_bytes()
    except OSError:
        return None
    size = hashlib.sha256().digest_size
    return found[size:] if found[:size] == _digest(request, found[size:]) else None


def _digest(request: Request, code: bytes) -> bytes:
    return hashlib.sha256(f"{_fingerprint()} {request.symbol} ".encode() + code).digest()


def _compiled(request: Request) -> bytes:
    module, name = request.name.rsplit(".", 1)
    function = getattr(import_module(f"{__package__}.{module}"), name)
    try:
        from nncli.engines.compiled.compilation import check_allowed, object_code

        check_allowed()
        tell_compiling(why_not_kept)
        return object_code(function, request.arguments, request.symbol, _target())
    except (AttributeError, TypeError) as error:  # from its internals
        raise ImportError(f"Numba {version('numba')} is not supported: {error}") from error


def why_not_kept() -> str | None:
    """Return why code that is compiled is not kept, with a remedy; None if it is kept."""
    try:
        directory = _own_directory()
        with os_errors_as(OutputError, directory, "cannot be written", _ELSEWHERE):
            check_writable(directory)
    except NncliError as error:
        return str(error)
    return None


@cache
def _directory() -> Path | None:
    """Return the directory of the object files that fit, or None if there is no safe place."""
    try:
        return _own_directory()
    except NncliError:
        return None


def _own_directory() -> Path:
    """Return the directory of the object files that fit, which is created if necessary.

    Raises
    ------
    NncliError
        If there is no safe place, with a remedy.
    """
    place = absolute(cache_directory()) / "compiled"
    with os_errors_as(OutputError, place, "cannot be used", _ELSEWHERE):
        own = place / _fingerprint()
        is_new = not own.exists()
        place.parent.mkdir(parents=True, exist_ok=True)
        for directory in (place, own):  # one by one: `mode` does not apply to parents
            directory.mkdir(mode=0o700, exist_ok=True)
            _check_is_own(directory)
    with suppress(OSError):
        os.utime(own)
    if is_new:
        _remove_unused(place)
    return own


def _remove_unused(place: Path) -> None:
    """Remove the code of other versions, processors and so on that nobody has used for weeks.

    A process that still needs a file compiles it again.
    """
    limit = time.time() - _KEPT_SECONDS
    with suppress(OSError):
        for each in place.iterdir():
            if re.fullmatch("[0-9a-f]{32}", each.name) and each.lstat().st_mtime < limit:
                shutil.rmtree(each, ignore_errors=True)  # follows no links


def _check_is_own(directory: Path) -> None:
    """Raise `OutputError` unless only this user can write to a directory."""
    if not hasattr(os, "geteuid"):
        return  # on Windows, the cache is in the user's profile
    found = directory.stat()
    if found.st_uid != os.geteuid():
        raise OutputError(f"{directory}: belongs to another user; {_ELSEWHERE}")
    if found.st_mode & (S_IWGRP | S_IWOTH):
        remedy = f"run: chmod go-w {shell_word(str(directory))}"
        raise OutputError(f"{directory}: other users can write to it; {remedy}")


@cache
def _fingerprint() -> str:
    """Return a digest of all that the object code depends on."""
    import llvmlite.binding as llvm

    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    environment = {name: each for name, each in os.environ.items() if name.startswith("NUMBA_")}
    facts = (
        # Numba refuses a NumPy that is too new for it. `auto` notices it only when it compiles.
        *(version(each) for each in ("numba", "llvmlite", "numpy")),
        sys.version,
        platform.machine(),
        llvm.get_process_triple(),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        sorted(environment.items()),
    )
    digest.update(repr(facts).encode())
    return digest.hexdigest()[:32]


def callable_at(address: int, arguments: Sequence[Any]) -> Callable[..., None]:
    """Return a Python function for machine code; a call releases the GIL."""
    return ctypes.CFUNCTYPE(None, *arguments)(address)
