"""Disturb training at random moments, a few hundred times, and check that nothing is lost.

Processes are killed or get signals; run directories are renamed or removed, and links are put
into them.

python -m tests.crash [--times 200] [--seed 0]
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.crash.sweep import sweep


def main() -> int:
    """Run the sweep, print the results, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--times", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as directory:
        for tally in sweep(Path(directory), options.times, options.seed):
            done, lost = tally.times.total(), len(tally.failures)
            print(f"{tally.runs} runs, {done} disturbances, {lost} lost", flush=True)
    kinds = ", ".join(f"{what}: {times}" for what, times in tally.times.most_common())
    print(
        f"{tally.times.total()} disturbances ({kinds}), {tally.in_calls} of them in the middle of "
        f"a call that changes a file, {tally.in_checkpoints} of a checkpoint; {tally.runs} runs, "
        f"{len(tally.failures)} of them lost or not bit-identical; "
        f"{time.monotonic() - started:.0f} s"
    )
    print(*tally.failures, sep="\n")
    return bool(tally.failures)


if __name__ == "__main__":
    sys.exit(main())
