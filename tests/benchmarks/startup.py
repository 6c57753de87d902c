"""Time short commands as whole processes, each against ``python -c "import numpy"``.

The two take turns, so that other load slows down both. Bytecode is written before the first pair.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

COMMANDS = {
    "config check": "config check xor.yaml",
    "config show": "config show xor.yaml",
    "config schema": "config schema",
    "init xor": "init xor -o -",
    "init mnist": "init mnist -o -",
    "init csv": "init csv --data t.csv --target y -o -",
    "data list": "data list",
    "--help": "--help",
    "--version": "--version",
    "show": "show run/weights.npz",
    "predict": "predict run/weights.npz rows.csv",
    "eval": "eval run/weights.npz",
    "train": "train -q --dry-run xor.yaml",
}
XOR = "data: {source: xor, rows: 80, test: 60, validation: 20}\ntraining: {epochs: 3}\n"
TABLE = "a,b,y\n" + "".join(f"{n},{n % 3},{n % 2}\n" for n in range(40))
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print a line per command."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.startup", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "commands", nargs="*", help=f"commands to time, from {', '.join(COMMANDS)}; default: all"
    )
    parser.add_argument("--repeats", type=int, default=9, metavar="N")
    options = parser.parse_args()
    if wrong := {*options.commands} - {*COMMANDS}:
        parser.error(f"unknown: {', '.join(sorted(wrong))}")
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        for name in options.commands or COMMANDS:
            pairs = [measure(COMMANDS[name], folder) for _ in range(options.repeats + 1)][1:]
            ratio = median(command / numpy for command, numpy in pairs)
            milliseconds = 1000 * median(command for command, _ in pairs)
            print(f"{name:<14} {ratio:5.2f} x import numpy  {milliseconds:6.0f} ms")


def prepare(folder: Path) -> None:
    """Write the files that the commands read."""
    (folder / "xor.yaml").write_text(XOR, encoding="utf-8")
    (folder / "t.csv").write_text(TABLE, encoding="utf-8")
    (folder / "rows.csv").write_text("0,1\n", encoding="utf-8")
    seconds(["-m", "nncli", "train", "-q", "xor.yaml", "-o", "run"], str(folder))


def measure(command: str, folder: str) -> tuple[float, float]:
    """Return the seconds of a command, and of importing NumPy right before it."""
    numpy = seconds(["-c", "import numpy"], folder)
    return seconds(["-m", "nncli", *command.split()], folder), numpy


def seconds(arguments: list[str], folder: str) -> float:
    """Return the seconds of a Python process; discard its output."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=True
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
