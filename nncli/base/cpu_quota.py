"""Read how much processor time Linux lets this process use, as in a container with a limit."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Return the number of processors whose time this process may use, or None if unlimited.

    Control groups (cgroups) of versions 1 and 2 are read. Groups are nested, and the smallest quota
    from the process's group to the root applies.

    Parameters
    ----------
    root : Path
        Directory that has ``proc`` and the mounted groups.
    """
    quotas = [
        quota
        for directory, top in _groups(root)
        for group in (directory, *directory.parents)
        if group.is_relative_to(top) and (quota := _quota_of(group)) is not None
    ]
    return min(quotas, default=None)


def _groups(root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the directory of this process's group and the mount that has it, for both versions."""
    paths = dict(_group_paths(root))
    for line in _text(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind, options = before.split(), after.partition(" ")[0], after.rpartition(" ")[2]
        if kind == "cgroup2":
            path = paths.get("")
        elif kind == "cgroup" and "cpu" in options.split(","):
            path = paths.get("cpu")
        else:
            continue
        if path is not None and len(fields) > 4:
            top = root / _unescaped(fields[4]).lstrip("/")
            yield top / _below(path, PurePosixPath(_unescaped(fields[3]))), top


def _group_paths(root: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield the process's path in each hierarchy by controller; version 2 has the empty name."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            yield from ((name, PurePosixPath(path)) for name in controllers.split(","))


def _below(path: PurePosixPath, mounted: PurePosixPath) -> PurePosixPath:
    """Return a group's path in a mount; a container mounts its own group, not the root of all."""
    if path.is_relative_to(mounted) and ".." not in path.parts:
        return path.relative_to(mounted)
    return PurePosixPath()  # the group is outside of the mount


def _quota_of(group: Path) -> float | None:
    """Return the quota of one group, in processors."""
    numbers = _text(group / "cpu.max").split()  # version 2: quota and period in microseconds
    if not numbers:
        numbers = [_text(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
    if len(numbers) != 2 or not all(number.isdecimal() and int(number) for number in numbers):
        return None  # ``max`` in version 2 and -1 in version 1 mean no quota
    return int(numbers[0]) / int(numbers[1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _unescaped(path: str) -> str:
    r"""Return a path of ``mountinfo``, in which a space is ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path)
