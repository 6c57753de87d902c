"""Renamed keys: configs of earlier versions are read as if they had the new names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nncli.config.strict_yaml import Document, Path, dotted


@dataclass(frozen=True)
class Renamed:
    """The new path of a key, and the new names of its renamed values."""

    now: Path
    values: Mapping[str, str] = field(default_factory=dict)


RENAMED: dict[Path, Renamed] = {
    ("training", "kernels"): Renamed(("training", "engine"), {"numba": "compiled"}),
}


def renamed(path: Path, value: Any) -> tuple[Path, Any]:
    """Return the current path and value of a key."""
    if (new := RENAMED.get(path)) is None:
        return path, value
    return new.now, new.values.get(value, value) if isinstance(value, str) else value


def rename_keys(document: Document) -> None:
    """Rename the old keys of a config; using both names of a key is a problem of the document."""
    for path, new in RENAMED.items():
        section = document.value
        for part in path[:-1]:
            section = section.get(part) if isinstance(section, dict) else None
        if not isinstance(section, dict) or path[-1] not in section:
            continue
        if new.now[-1] in section:
            document.problems.append(
                f"{document.place(path, of_key=True)}: {dotted(path)}: is now called "
                f"{dotted(new.now)}, and both are set; remove this one"
            )
        _, value = renamed(path, section.pop(path[-1]))
        section.setdefault(new.now[-1], value)
        for places in (document.values, document.keys):
            if path in places:
                places.setdefault(new.now, places.pop(path))
