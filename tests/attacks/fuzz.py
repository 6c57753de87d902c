"""Search for harmful files with a coverage-guided fuzzer.

``python -m tests.attacks.fuzz model|config SECONDS [DIRECTORY]`` needs the extra ``fuzz``. Inputs
that reach new code are saved in DIRECTORY and seed the next run. A harmful input ends the run, and
is written there as ``crash-...`` or ``oom-...``.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import atheris

with atheris.instrument_imports(include=["nncli"], enable_loader_override=False):
    from nncli.base.errors import ConfigError, ModelFileError
    from nncli.base.storage.npz_file import read_own_npz, write_npz
    from nncli.base.storage.strict_json import to_json
    from nncli.config.load import load_config
    from nncli.model.description import describe_model
    from nncli.model.model_file import read_model

import numpy as np

from tests.attacks import table_models
from tests.attacks.configs import CONFIGS
from tests.attacks.model_files import MODEL_FILES, members, metadata, model_file, with_text
from tests.attacks.packing import npy, overwrite, zipped
from tests.config.test_any_text import SHIPPED
from tests.model.old_formats import as_format_2

LONGEST_INPUT = 1 << 14
SLOWEST_SECONDS = 2
MOST_MEGABYTES = 600  # including the fuzzer


@dataclass(frozen=True)
class Target:
    """A reader to fuzz.

    Attributes
    ----------
    attempt : function
        Takes a path and content for a file; raises if the reader misbehaves.
    seeds : function
        Returns the initial inputs.
    """

    attempt: Callable[[Path, bytes], None]
    seeds: Callable[[], list[bytes]]


def attempt_model(path: Path, content: bytes) -> None:
    """Read a model file made from `content`, with correct checksums where possible.

    The first byte tells what the rest is: a whole file, the metadata of an otherwise valid file,
    one value of its metadata in the current format or format 2, one value of the preprocessing of
    a table, or a member of the file.
    """
    kind, rest = content[:1], content[1:]
    if kind in (b"J", b"O"):
        found = metadata()
        if kind == b"O":
            as_format_2(found)
        set_value(found, rest[0] if rest else 0, rest[1:].decode("utf-8", "ignore"))
        rest = with_text(json.dumps(found, ensure_ascii=False))
    elif kind == b"C":
        place, text = rest[0] if rest else 0, rest[1:].decode("utf-8", "ignore")
        rest = table_models.said(lambda found: set_value(found["preprocessing"], place, text))
    elif kind == b"T":
        text = rest.decode("utf-8", "ignore").replace("\0", "")
        rest = with_text(text or " ")
    elif kind == b"A":
        rest = zipped({**members(), "W1.npy": rest})
    elif kind == b"M":
        rest = zipped({"metadata.npy": rest, **dict(list(members().items())[1:])})
    overwrite(path, rest)
    try:
        model = read_model(path)
    except ModelFileError as error:
        check_message(str(error), path)
        return
    to_json(describe_model(model))
    again = path.with_name("again.npz")
    write_npz(again, read_own_npz(path))
    assert again.read_bytes() == rest, "a file that nncli would not write was accepted"


def set_value(found: dict[str, Any], place: int, text: str) -> None:
    """Replace a value in metadata by another value or text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    places = [(found, key) for key in found]
    for inner, key in places:
        if isinstance(inner[key], dict):
            places += [(inner[key], each) for each in inner[key]]
        elif isinstance(inner[key], list):
            places += [(inner[key], each) for each in range(len(inner[key]))]
    inner, key = places[place % len(places)]
    inner[key] = value


def attempt_config(path: Path, content: bytes) -> None:
    """Read a config."""
    overwrite(path, content)
    try:
        load_config(path)
    except ConfigError as error:
        for line in str(error).split("\n"):
            check_message(line, path)


def check_message(message: str, path: Path) -> None:
    """Check one line of an error."""
    assert message.startswith(f"{path}:"), message
    assert message.isprintable(), message
    assert len(message) < len(str(path)) + 400, message


def model_seeds() -> list[bytes]:
    """Return the valid file, its parts, and the small attacks."""
    text = json.dumps(metadata(), ensure_ascii=False).encode()
    seeds = [b"Z" + model_file(), b"T" + text, b"M" + npy(np.array(text.decode()))]
    seeds += [
        b"A" + members()["W1.npy"],
        *(k + bytes([n]) + b'{"loss": [1.5]}' for n in range(60) for k in (b"J", b"O")),
        *(b"C" + bytes([n]) + each for n in range(40) for each in (b"[1.5]", b"1e-40", b"error")),
    ]
    attacks = [b"Z" + make() for name, make in MODEL_FILES.items() if "there may be" not in name]
    return seeds + [each for each in attacks if len(each) < LONGEST_INPUT]


def config_seeds() -> list[bytes]:
    """Return the shipped configs and the small attacks."""
    attacks = [each for each in CONFIGS.values() if len(each) < LONGEST_INPUT]
    return [text.encode() for text in SHIPPED] + attacks


def fuzz(target: Target, seconds: int, directory: Path) -> None:
    """Run the fuzzer; it ends the process."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (directory / f"seed-{number:03}").write_bytes(seed)
    memory = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(gettempdir())
    with TemporaryDirectory(dir=memory) as place:
        path = Path(place) / "file"
        path.touch()
        atheris.Setup(
            [
                "fuzz", str(directory), f"-artifact_prefix={directory}/",
                f"-max_total_time={seconds}", "-timeout=3600",
                f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={LONGEST_INPUT}",
                "-print_final_stats=1", "-verbosity=1",
            ],
            partial(in_time, target.attempt, path),
        )  # fmt: skip
        atheris.Fuzz()


def in_time(attempt: Callable[[Path, bytes], None], path: Path, content: bytes) -> None:
    """Run an attempt with a limit on its CPU time, regardless of other processes."""
    start = time.process_time()
    attempt(path, content)
    assert time.process_time() - start < SLOWEST_SECONDS, "reading takes too long"


TARGETS: dict[str, Target] = {
    "model": Target(attempt_model, model_seeds),
    "config": Target(attempt_config, config_seeds),
}


if __name__ == "__main__":
    name, limit, *where = sys.argv[1:]
    fuzz(TARGETS[name], int(limit), Path(where[0] if where else f"fuzz-{name}"))
