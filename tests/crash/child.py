"""Run nncli, and die of SIGKILL in the middle of a call that changes a file, if asked to.

python -m tests.crash.child CALL ROOT ARGUMENTS...    CALL counts from 1; 0 for none
"""

import os
import signal
import sys
from pathlib import Path

from nncli.cli.main import main
from tests.crash.interposer import Call, interposed

deadly, root = int(sys.argv[1]), Path(sys.argv[2])


def die(number: int, call: Call) -> None:
    if number == deadly:
        print("killed in", call.name, file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


with interposed(root, die):
    main(sys.argv[3:])
