"""The files of a page, read once: no request reaches the file system."""

from pathlib import Path

from nncli.web.answers import HTML, JAVASCRIPT, Answer

_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": HTML,
    ".ico": "image/x-icon",
    ".js": JAVASCRIPT,
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def read_files(folder: Path) -> dict[str, Answer]:
    """Return the answer for each path of a request.

    Files of other kinds are left out. ``index.html`` is the answer for ``/``.
    """
    found = {
        f"/{path.relative_to(folder).as_posix()}": Answer(path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(folder.rglob("*"))
        if path.suffix in _KINDS
    }
    found["/"] = found.pop("/index.html")
    return found
