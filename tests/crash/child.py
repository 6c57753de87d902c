"""Run nncli, and die of SIGKILL in the middle of a call that changes a file, if asked to.

python -m tests.crash.child FILE CALL ROOT ARGUMENTS...

CALL counts the calls that change FILE, or any file where that is empty, from 1; 0 is for none.
"""

import os
import signal
import sys
from pathlib import Path

from nncli.cli.main import main
from tests.crash.interposer import Call, interposed

file, left, root = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])


def die(number: int, call: Call) -> None:
    global left
    left -= file in ("", call.name)
    if left == 0 and file in ("", call.name):
        print("killed in", call.name, file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


with interposed(root, die):
    main(sys.argv[4:])
