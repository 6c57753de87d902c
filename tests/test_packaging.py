"""The distributions contain every file they need and no other, and agree on the version."""

import email
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import nncli

ROOT = Path(__file__).parents[1]
ONLY_IN_THE_REPOSITORY = {".editorconfig", ".gitattributes", ".gitignore"}
JUNK = [
    "build/lib/nncli/removed.py",
    "nncli/__pycache__/api.cpython-311.pyc",
    "nncli/leftover.pyc",
    "nncli_copy/__init__.py",
    "notes/run.txt",
    "runs/xor-001/weights.npz",
    "tests/cli/__pycache__/test_main.cpython-311.pyc",
    ".venv/lib/module.py",
]
DIST_INFO = f"nncli-{nncli.__version__}.dist-info"
BUILD = "import sys; from setuptools import build_meta as b; print(b.build_{}(sys.argv[1]))"


def tracked_files() -> set[str]:
    """Return the paths that git tracks, with `/` as separator."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return {name for name in done.stdout.decode("utf-8").split("\0") if (ROOT / name).is_file()}


def built(source: Path, kind: str, folder: Path) -> Path:
    """Build a distribution offline with the installed setuptools; return its path."""
    command = [sys.executable, "-W", "error", "-c", BUILD.format(kind), str(folder)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist of a checkout with untracked files."""
    try:
        version = metadata.version("setuptools")
    except metadata.PackageNotFoundError:
        pytest.skip("needs setuptools")
    if int(version.partition(".")[0]) < 77:
        pytest.skip("needs setuptools 77 or newer")
    folder = tmp_path_factory.mktemp("sdist")
    for name in tracked_files():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / "source" / name)
    for name in JUNK:
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_bytes(b"")
    return built(folder / "source", "sdist", folder)


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """Build the wheel from the unpacked sdist, as `python -m build` does."""
    with tarfile.open(sdist) as archive:
        archive.extractall(sdist.parent, filter="data")
    return built(sdist.parent / f"nncli-{nncli.__version__}", "wheel", sdist.parent)


@pytest.mark.slow
def test_the_sdist_has_the_tracked_files(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        files = [member.name for member in archive.getmembers() if member.isfile()]
    found = {name.partition("/")[2] for name in files}
    made = {"PKG-INFO", "setup.cfg"}
    made |= {name for name in found if name.startswith("nncli.egg-info/")}
    assert found - made == tracked_files() - ONLY_IN_THE_REPOSITORY


@pytest.mark.slow
def test_the_wheel_has_only_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
    records = ["METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt"]
    made = {f"{DIST_INFO}/{name}" for name in [*records, "licenses/LICENSE"]}
    package = {name for name in tracked_files() if name.startswith("nncli/")}
    assert "nncli/py.typed" in package
    assert found == package | made


@pytest.mark.slow
def test_the_wheel_has_the_lectures(wheel: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); from nncli.__main__ import main; main()"
    )
    command = [sys.executable, "-c", code, str(wheel), "init", "lecture", "noisy_xor", "-o", "-"]
    done = subprocess.run(command, cwd=wheel.parent, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (ROOT / "configs" / "lectures" / "noisy_xor.yaml").read_bytes()


@pytest.mark.slow
def test_the_wheel_describes_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{DIST_INFO}/METADATA").decode("utf-8")
    fields = email.message_from_string(text)
    assert (fields["Name"], fields["Version"]) == ("nncli", nncli.__version__)
    assert (fields["License-Expression"], fields["License-File"]) == ("MIT", "LICENSE")


def test_the_installed_version_is_that_of_the_package() -> None:
    try:
        installed = metadata.version("nncli")
    except metadata.PackageNotFoundError:
        pytest.skip("needs an installed nncli")
    assert installed == nncli.__version__, "the version has changed; run pip install -e ."
    done = subprocess.run(
        [sys.executable, "-m", "nncli", "--version"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"nncli, version {nncli.__version__}\n"


def test_the_tests_build_with_what_the_project_requires() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    tested = project["project"]["optional-dependencies"]["test"]
    assert {*project["build-system"]["requires"]} <= {*tested}
