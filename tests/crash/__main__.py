"""Kill training at random moments, a few hundred times, and see that nothing is lost.

python -m tests.crash [--kills 200] [--seed 0]
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.kills import sweep


def main() -> int:
    """Run the sweep, print what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as directory:
        for tally in sweep(Path(directory), options.kills, options.seed):
            print(f"{tally.runs} runs, {tally.kills} kills, {len(tally.failures)} lost", flush=True)
    print(
        f"{tally.kills} kills, {tally.in_calls} of them in the middle of a call that changes a "
        f"file, {tally.in_checkpoints} of a checkpoint; {tally.runs} runs, {len(tally.failures)} "
        f"of them lost or not the same to the last bit; {time.monotonic() - started:.0f} s"
    )
    print(*tally.failures, sep="\n")
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main())
