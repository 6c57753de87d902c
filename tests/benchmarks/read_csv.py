"""Time nncli's CSV reader against pandas: ``python -m tests.benchmarks.read_csv --help``.

Both produce an array (rows, columns) of float32, in their own processes, in turns. Only the process
of pandas imports pandas; ``--python`` names an interpreter that has it. Since version 3.1, pandas
uses several threads.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

READERS = {
    "nncli": """
import numpy as np
from pathlib import Path
from nncli.data.files.table_file import table_blocks
def read(path):
    blocks = table_blocks(Path(path), rows=1 << 16)
    rows = [np.column_stack([*block.columns.values()]).astype(np.float32) for block in blocks]
    return np.concatenate(rows)
""",
    "nncli, a table": """
from pathlib import Path
from nncli.data.files.table_file import read_table
def read(path):
    return read_table(Path(path))
""",
    "pandas, one thread": """
import numpy as np
import pandas
pandas.set_option("mode.max_threads", 1)
def read(path):
    return pandas.read_csv(path).to_numpy(np.float32)
""",
    "pandas": """
import numpy as np
import pandas
def read(path):
    return pandas.read_csv(path).to_numpy(np.float32)
""",
}
MEASURE = """
import json, resource, sys, time
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
array = read(sys.argv[1])
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": seconds, "rows": len(array), "peak_mb": peak / 1024,
                  "import_mb": before / 1024}))
"""
FORMATS = {"six digits": "%.6g", "all digits": "%.17g", "whole": "%.0f"}


def write(path: Path, rows: int, columns: int, form: str) -> None:
    """Write normally distributed numbers; whole numbers have a standard deviation of 1000."""
    random = np.random.default_rng(0)
    line = ",".join([form] * columns) + "\n"
    spread = 1000 if form == FORMATS["whole"] else 1
    with path.open("w", encoding="utf-8") as stream:
        stream.write(",".join(f"x{column}" for column in range(columns)) + "\n")
        for _ in range(rows):
            stream.write(line % tuple(random.normal(0, spread, columns)))


def measure(reader: str, path: Path, python: str) -> dict[str, float]:
    """Read the file once in a separate process."""
    code = READERS[reader] + MEASURE
    interpreter = python if reader.startswith("pandas") else sys.executable
    done = subprocess.run(
        [interpreter, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--python", default=sys.executable, help="an interpreter with pandas")
    options = parser.parse_args()
    print(f"{'':12}{'':20}{'seconds':>9}{'spread':>15}{'vs pandas':>11}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for name, form in FORMATS.items():
            path = Path(folder) / "rows.csv"
            write(path, options.rows, options.columns, form)
            found: dict[str, list[dict[str, float]]] = {reader: [] for reader in READERS}
            for _ in range(options.repeats):
                for reader, runs in found.items():
                    runs.append(measure(reader, path, options.python))
            of_pandas = statistics.median(run["seconds"] for run in found["pandas"])
            for reader, runs in found.items():
                seconds = [run["seconds"] for run in runs]
                median = statistics.median(seconds)
                peak = max(run["peak_mb"] for run in runs)
                spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
                print(
                    f"{name:12}{reader:20}{median:9.2f}{spread:>15}{median / of_pandas:11.2f}"
                    f"{peak:9.0f}"
                )


if __name__ == "__main__":
    main()
