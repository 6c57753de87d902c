"""Train an epoch on a file that is far larger than the memory that training takes.

``python -m tests.benchmarks.larger_than_memory`` writes the file to a temporary folder and runs
``nncli train`` on it. The memory is the peak resident size of the process, including the pages of
mapped files.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import run

CONFIG = """\
name: large
data: {data}
model: {{hidden_layers: [32]}}
training: {{epochs: 1, batch_size: 256, engine: numpy}}
"""
DATA = {
    "npy": "{inputs: inputs.npy, targets: targets.npy}",
    "parquet": "{path: rows.parquet, target: y}",
}


def main() -> None:
    """Make the data, train, and print time and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=DATA, default="npy")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--columns", type=int, default=784)
    parser.add_argument("--folder", type=Path, help="folder for the data; default: here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder or Path.cwd()) as name:
        folder = Path(name)
        environment = {**os.environ, "TMPDIR": name, "OPENBLAS_NUM_THREADS": "1"}
        size = [str(chosen.rows), str(chosen.columns)]
        make = [sys.executable, "-m", "tests.benchmarks.large_data", chosen.format, *size, name]
        run(make, environment)
        data = sum(path.stat().st_size for path in folder.iterdir())
        config = folder / "large.yaml"
        config.write_text(CONFIG.format(data=DATA[chosen.format]), encoding="utf-8")
        train = [sys.executable, "-m", "nncli", "train", "-q", str(config), "-o", f"{name}/run"]
        done = run(train, environment)
    print(f"{chosen.format}, {chosen.rows} rows, {chosen.columns} columns: {data / 1e9:.1f} GB")
    print(f"seconds {done.seconds:.0f}, peak memory {done.peak_bytes / 1e6:.0f} MB\n{done.output}")


if __name__ == "__main__":
    main()
