"""What every test starts from."""

import os
import signal

# One thread for the matrix products: tests run beside other work, where threads that wait for
# each other take many times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell starts what runs in the background without Ctrl-C and SIGQUIT, and `nohup` without SIGHUP.
# nncli then ignores them, too; tests send them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
