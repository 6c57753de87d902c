"""Let a coverage-guided fuzzer look for a file that hurts.

``python -m tests.attacks.fuzz model|config SECONDS [DIRECTORY]`` needs the extra ``fuzz``. Inputs
that reach new code are kept in DIRECTORY and start the next run; one that hurts is written there as
``crash-...``, ``timeout-...`` or ``oom-...``, and ends the run.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import atheris

with atheris.instrument_imports(include=["nncli"], enable_loader_override=False):
    from nncli.artifact import read_model
    from nncli.config.load import load_config
    from nncli.data.npz_file import read_own_npz, write_npz
    from nncli.errors import ConfigError, ModelFileError

import numpy as np

from tests.attacks.configs import CONFIGS
from tests.attacks.model_files import MODEL_FILES, members, metadata, model_file, with_text
from tests.attacks.packing import npy, overwrite, zipped
from tests.config.test_any_text import SHIPPED

LONGEST_INPUT = 1 << 14
SLOWEST_SECONDS = 2
MOST_MEGABYTES = 600  # of the fuzzer too


@dataclass(frozen=True)
class Target:
    """What is fuzzed.

    Attributes
    ----------
    attempt : function
        Takes where to put a file and its bytes; raises if the reader does not behave.
    seeds : function
        Returns the inputs to start from.
    """

    attempt: Callable[[Path, bytes], None]
    seeds: Callable[[], list[bytes]]


def attempt_model(path: Path, content: bytes) -> None:
    """Read a model file; the first byte says what the rest is, so that no checksum hides the rest.

    A whole file, metadata for a file that is right otherwise, or a member of one.
    """
    kind, rest = content[:1], content[1:]
    if kind == b"T":
        text = rest.decode("utf-8", "ignore").replace("\0", "")
        rest = with_text(text or " ")
    elif kind == b"A":
        rest = zipped({**members(), "W1.npy": rest})
    elif kind == b"M":
        rest = zipped({"metadata.npy": rest, **dict(list(members().items())[1:])})
    overwrite(path, rest)
    try:
        read_model(path)
    except ModelFileError as error:
        check_message(str(error), path)
        return
    again = path.with_name("again.npz")
    write_npz(again, read_own_npz(path))
    assert again.read_bytes() == rest, "another file than nncli writes was accepted"


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
    """Return the real file, what is in it, and the small attacks."""
    import json

    text = json.dumps(metadata(), ensure_ascii=False).encode()
    seeds = [b"Z" + model_file(), b"T" + text, b"M" + npy(np.array(text.decode()))]
    seeds += [b"A" + members()["W1.npy"]]
    attacks = [b"Z" + make() for name, make in MODEL_FILES.items() if "there may be" not in name]
    return seeds + [each for each in attacks if len(each) < LONGEST_INPUT]


def config_seeds() -> list[bytes]:
    """Return the configs that nncli ships, and the small attacks."""
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
                f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}",
                f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={LONGEST_INPUT}",
                "-print_final_stats=1", "-verbosity=1",
            ],
            lambda content: target.attempt(path, content),
        )  # fmt: skip
        atheris.Fuzz()


TARGETS: dict[str, Target] = {
    "model": Target(attempt_model, model_seeds),
    "config": Target(attempt_config, config_seeds),
}


if __name__ == "__main__":
    name, limit, *where = sys.argv[1:]
    fuzz(TARGETS[name], int(limit), Path(where[0] if where else f"fuzz-{name}"))
