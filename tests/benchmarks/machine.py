"""Facts that the figures depend on: the machine and the versions.

``python -m tests.benchmarks.machine`` prints, as JSON, what only NumPy and nncli know. It is a
separate process so that the measuring process stays small.
"""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import ROOT, run
from tests.benchmarks.registry import Contender


def probe() -> dict[str, str]:
    """Return NumPy's BLAS, and the path of the cache that has MNIST, or an empty one."""
    import numpy as np

    from nncli.data.builtin import mnist

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    cache = ""
    if mnist.in_cache():
        mnist.load_arrays()  # unpacks the files if necessary
        cache = str(mnist.mnist_directory().parent)
    return {"blas": f"{blas['name']} {blas['version']}", "cache": cache}


def probed() -> dict[str, str]:
    """Return the result of `probe`, run in another process."""
    done = run([sys.executable, "-m", "tests.benchmarks.machine"], os.environ)
    found: dict[str, str] = json.loads(done.output)
    return found


def facts(contenders: list[Contender], blas: str) -> dict[str, str]:
    """Return the facts at the head of the results, by name."""
    found = {
        "processor": f"{_processor()}, {_cores()} cores",
        "system": f"{platform.system()}, {platform.machine()}",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
        "Python": platform.python_version(),
        "NumPy": f"{version('numpy')}, {blas}",
        "nncli": f"{version('nncli')} {_revision()}".strip(),
    }
    peers = {each.name: version(each.package) for each in contenders if not each.is_nncli}
    return found | peers


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _revision() -> str:
    """Return the project's commit, or an empty string outside a clone."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"({done.stdout.strip()})"


if __name__ == "__main__":
    print(json.dumps(probe()))
