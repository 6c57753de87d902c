"""Measure time and memory of ``nncli predict`` on a million rows. Run as a module, on Linux."""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROWS, COLUMNS = 1_000_000, 30
NAMES = ",".join(f"x{n}" for n in range(1, COLUMNS + 1))
CONFIG = """\
data: {path: train.csv, target: y}
model: {hidden_layers: [32]}
training: {epochs: 3}
"""


def write(path: Path, rows: int, *, target: bool) -> None:
    """Write rows of numbers with five decimals; the target is whether x1 + x2 > 0."""
    random = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(NAMES + (",y\n" if target else "\n"))
        for start in range(0, rows, 10_000):
            X = random.normal(size=(min(10_000, rows - start), COLUMNS)).round(5)
            for row in X.tolist():
                last = f",{row[0] + row[1] > 0:d}\n" if target else "\n"
                stream.write(",".join(map(str, row)) + last)


def main() -> None:
    """Print time and memory of three runs."""
    program = [sys.executable, "-m", "nncli"]
    with TemporaryDirectory() as name:
        directory = Path(name)
        write(directory / "train.csv", 2000, target=True)
        write(directory / "rows.csv", ROWS, target=False)
        (directory / "c.yaml").write_text(CONFIG, encoding="utf-8")
        subprocess.run([*program, "train", "-q", "c.yaml", "-o", "run"], cwd=name, check=True)
        for _ in range(3):
            predict = [*program, "predict", "run", "rows.csv", "-o", "p.csv", "--force"]
            started = time.perf_counter()
            process = subprocess.Popen(predict, cwd=name)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            print(f"{seconds:.2f} s, {usage.ru_maxrss * 1024 / 1e6:.0f} MB, exit {status}")


if __name__ == "__main__":
    main()
