"""What every test starts from."""

import os
import signal
import sys

# One thread for the matrix products: tests run beside other work, where threads that wait for
# each other take many times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pytest

# How long an example takes says nothing on a machine that does other work, too.
hypothesis.settings.register_profile("nncli", deadline=None)
hypothesis.settings.load_profile("nncli")

# A shell starts what runs in the background without Ctrl-C and SIGQUIT, and `nohup` without SIGHUP.
# nncli then ignores them, too; tests send them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)

NAMES_IN_UTF8 = pytest.mark.skipif(
    sys.getfilesystemencoding() != "utf-8", reason="file names may not have any character here"
)


@pytest.fixture(scope="module", autouse=True)
def first_numbers(request):
    """Return the state that a module's generator RANDOM starts in, if it has one."""
    generator = getattr(request.module, "RANDOM", None)
    return generator.bit_generator.state if isinstance(generator, np.random.Generator) else None


@pytest.fixture(autouse=True)
def same_numbers(request, first_numbers):
    """Let every test draw the same numbers, whatever ran before it."""
    if first_numbers is not None:
        request.module.RANDOM.bit_generator.state = first_numbers
