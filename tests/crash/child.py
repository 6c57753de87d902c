"""Run nncli, and disturb the run in the middle of a call that changes a file.

python -m tests.crash.child DISTURBANCE FILE CALL ROOT ARGUMENTS...

CALL is the number of the call, from 1, among those that change FILE, or any file if FILE is empty;
0 stands for none.
"""

import os
import sys
from pathlib import Path

from nncli.__main__ import main
from tests.crash.disturbances import DISTURBANCES
from tests.crash.interposer import Call, interposed

what, file, left, root = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])


def disturb(number: int, call: Call) -> None:
    global left
    left -= file in ("", call.name)
    if left == 0 and file in ("", call.name):
        left = -1
        print("disturbed in", call.name, file=sys.stderr, flush=True)
        DISTURBANCES[what].act(root, os.getpid())


with interposed(root, disturb):
    main(sys.argv[5:])
