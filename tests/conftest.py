"""Settings and fixtures for all tests."""

import os
import signal
import sys

# Matrix products use one thread: on a busy machine, threads that wait for each other are many times
# slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pytest

# On a busy machine, the time of an example means nothing. With CI set, a commit is judged by the
# same examples each time.
hypothesis.settings.register_profile("nncli", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("nncli")

# Shells start background processes with SIGINT and SIGQUIT ignored, `nohup` with SIGHUP ignored.
# nncli would then ignore them too, but tests send them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("SIGHUP", "SIGQUIT"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Return the number of processes for ``-n auto``: each needs memory for all libraries."""
    return min(os.cpu_count() or 1, 4)


NAMES_IN_UTF8 = pytest.mark.skipif(
    sys.getfilesystemencoding() != "utf-8", reason="file names may not have any character here"
)


@pytest.fixture(scope="module", autouse=True)
def first_numbers(request):
    """Return the initial state of the module's generator RANDOM, if there is one."""
    generator = getattr(request.module, "RANDOM", None)
    return generator.bit_generator.state if isinstance(generator, np.random.Generator) else None


@pytest.fixture(autouse=True)
def same_numbers(request, first_numbers):
    """Reset the generator, so that every test draws the same numbers in any order."""
    if first_numbers is not None:
        request.module.RANDOM.bit_generator.state = first_numbers
