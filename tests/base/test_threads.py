"""The number of threads of a run, and its report."""

import json
import os
import subprocess
import sys

import pytest

from nncli.base.threads import VARIABLES, processors, threads_in_use

PROCESSORS = processors()
SMALL = "data: {source: xor, rows: 8, test: 4}\ntraining: {epochs: 1}\n"
# 5000 rows through 2 x 3000 weights take 60 million operations.
LARGE = """\
data: {source: xor, rows: 5000, test: 4}
model: {hidden_layers: [3000]}
training: {epochs: 1, batch_size: full}
"""


@pytest.fixture
def threads_of(tmp_path):
    """Return a function that trains in a separate process and returns its number of threads."""

    def run(config, *arguments, **environment):
        (tmp_path / "c.yaml").write_text(config, encoding="utf-8")
        clean = {key: value for key, value in os.environ.items() if key not in VARIABLES}
        command = [sys.executable, "-m", "nncli", "train", "-q", "c.yaml", "-o", "run", *arguments]
        subprocess.run(command, cwd=tmp_path, env={**clean, **environment}, check=True, timeout=60)
        return json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))["threads"]

    return run


def test_small_products_use_one_thread(threads_of):
    assert threads_of(SMALL) == 1


def test_large_products_use_one_thread_per_processor(threads_of):
    assert threads_of(LARGE) == PROCESSORS


@pytest.mark.parametrize("config", [SMALL, LARGE])
def test_the_environment_overrides_the_rule(threads_of, config):
    assert threads_of(config, OPENBLAS_NUM_THREADS="3") == 3


def test_the_command_line_overrides_the_environment(threads_of):
    assert threads_of(SMALL, "--threads", "2", OPENBLAS_NUM_THREADS="3") == 2


def test_an_invalid_number_in_the_environment_is_ignored(monkeypatch):
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "many")
    assert threads_in_use() == PROCESSORS


def test_the_number_reaches_the_library_that_multiplies():
    code = (
        "from nncli.base.threads import limited_threads, start_with_one_thread\n"
        "start_with_one_thread()\n"
        "import numpy\n"
        "from threadpoolctl import threadpool_info\n"
        "count = lambda: {each['num_threads'] for each in threadpool_info()}\n"
        "before = count()\n"
        "with limited_threads(2):\n    inside = count()\n"
        "print(before, inside, count())\n"
    )
    assert printed_by(code) == "{1} {2} {1}\n"


def printed_by(code, **environment):
    """Run code in a separate process, with only these variables for threads."""
    clean = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


SEVERAL = """\
import numpy
from threading import Event, Thread
from nncli.base.threads import limited_threads, products_in_one_thread
from threadpoolctl import threadpool_info
count = lambda: {each["num_threads"] for each in threadpool_info()}
seen = []
"""
OVERLAPPING = """
inner_began, outer_ended, finish = Event(), Event(), Event()

def first():
    with BLOCK:
        second_thread.start()
        inner_began.wait()
    seen.append(count())
    outer_ended.set()
    finish.wait()  # threadpoolctl remembers the thread that set the number while it lives

def second():
    with BLOCK:
        inner_began.set()
        outer_ended.wait()

first_thread, second_thread = Thread(target=first), Thread(target=second)
first_thread.start()
outer_ended.wait()
second_thread.join()
print(*seen, count())
finish.set()
"""


@pytest.mark.parametrize("block", ["limited_threads(1)", "products_in_one_thread()"])
def test_the_last_of_overlapping_blocks_restores_the_number(block):
    code = SEVERAL + OVERLAPPING.replace("BLOCK", block)
    assert printed_by(code, OPENBLAS_NUM_THREADS="2") == "{1} {2}\n"


def test_products_in_one_thread_apply_within_another_number():
    code = (
        "with limited_threads(2):\n"
        "    seen.append(count())\n"
        "    with products_in_one_thread():\n"
        "        seen.append(count())\n"
        "        with limited_threads(2):\n"
        "            seen.append(count())\n"
        "    seen.append(count())\n"
        "print(*seen, count())\n"
    )
    assert printed_by(SEVERAL + code, OPENBLAS_NUM_THREADS="1") == "{2} {1} {1} {2} {1}\n"
