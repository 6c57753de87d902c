"""Let nncli read files in a process of their own, and note what each costs.

``python -m tests.attacks.measure COMMAND... < PATHS`` runs ``nncli COMMAND... PATH`` for every line
of standard input and writes a line of JSON for each. It is one process for all, as starting one for
each would cost more than what is measured; the peak of memory is therefore the highest so far.
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
    """What a command did with a file.

    Attributes
    ----------
    name : str
        Of the file.
    code : int or None
        None where an exception got out.
    out, err : str
        What it wrote; the traceback of what got out.
    seconds : float
        Of the processor.
    peak_megabytes : float
        The most memory of the process so far.
    """

    name: str
    code: int | None
    out: str
    err: str
    seconds: float
    peak_megabytes: float


def measured(command: Sequence[str], paths: Sequence[Path]) -> list[Outcome]:
    """Return what ``nncli COMMAND PATH`` did with each of `paths`, in a process of its own."""
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
    """Return the most memory that this process has had at once."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux counts what the parent had in `ru_maxrss`
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    """Measure the files that standard input names."""
    for line in sys.stdin:
        print(json.dumps(asdict(outcome(sys.argv[1:], line.rstrip("\n")))), flush=True)


if __name__ == "__main__":
    main()
