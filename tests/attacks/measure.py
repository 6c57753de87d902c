"""Run nncli on files in a separate process, and measure the cost of each.

``python -m tests.attacks.measure COMMAND... < PATHS`` runs ``nncli COMMAND... PATH`` for every line
of standard input and writes a line of JSON for each. One process runs all, as starting one for each
would cost more than the command; the peak memory is therefore the highest so far.
"""

import io
import json
import re
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """The result of a command on a file.

    Attributes
    ----------
    name : str
        Name of the file.
    code : int or None
        Exit code; None after an uncaught exception.
    out, err : str
        Output; the traceback of an uncaught exception.
    seconds : float
        CPU time.
    peak_megabytes : float
        Peak memory of the process so far.
    """

    name: str
    code: int | None
    out: str
    err: str
    seconds: float
    peak_megabytes: float


def measured(command: Sequence[str], paths: Sequence[Path]) -> list[Outcome]:
    """Return the results of ``nncli COMMAND PATH`` for `paths`, run in a separate process."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.attacks.measure", *command],
        input="".join(f"{path}\n" for path in paths),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        timeout=600,
        check=True,
    )
    return [Outcome(**json.loads(line)) for line in done.stdout.splitlines()]


def outcome(command: Sequence[str], path: str) -> Outcome:
    """Run a command in this process."""
    from nncli.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    code: int | None = None
    start = time.process_time()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([*command, path])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else None
        except BaseException:
            traceback.print_exc()
    seconds = time.process_time() - start
    return Outcome(Path(path).name, code, out.getvalue(), err.getvalue(), seconds, peak_megabytes())


def peak_megabytes() -> float:
    """Return the peak memory of this process."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, `ru_maxrss` includes the parent's memory
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Measure the files listed on standard input."""
    for line in sys.stdin:
        print(json.dumps(asdict(outcome(sys.argv[1:], line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main()
