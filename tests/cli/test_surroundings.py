"""Every command without streams, home or working directory, or with names that are too long."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nncli.cli.commands import COMMANDS
from tests.conftest import NAMES_IN_UTF8

CONFIG = "data: {path: line.csv, target: y}\nmodel: {hidden_layers: [2]}\ntraining: {epochs: 1}\n"
ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(12))

# P stands for the folder with the files, O for an output file or folder.
WORKING = [
    "train P/line.yaml -q -o O", "train P/line.yaml -q --dry-run", "train P/line.yaml -o O",
    "train -q --resume P/R", "eval P/R", "eval P/R/weights.npz --json",
    "eval P/R --data P/line.csv", "predict P/R P/line.csv", "predict P/R P/line.csv -o O.csv",
    "predict P/R P/line.csv --format npy", "show P/R", "show P/line.yaml --json", "trace P/R",
    "trace P/line.yaml", "derive f=x*y x=1 y=2", "derive f=x x=1 --plot -o O.png",
    "explain", "explain learning rate", "explain --json adam",
    "gradcheck P/line.yaml", "init xor -o O.yaml", "init xor -o -",
    "init csv --data P/line.csv --target y -o O.yaml", "info", "info --json",
    "config check P/line.yaml", "config show P/line.yaml", "config schema", "data list",
    "compare P/R", "compare P/R --plot -o O.png", "plot P/R curves -o O", "data fetch xor",
    "data show xor", "report P/R -o O.html", "report P/R --card -o -",
    "diagnose P/R", "diagnose P/line.yaml", "diagnose P/R/weights.npz --json",
    "data show P/line.yaml", "data show P/line.yaml --row 1", "data export P/line.yaml -o O.csv",
    "data export P/line.yaml -o O.npz", "eval P/R --mistakes 2", "--help", "--version",
]  # fmt: skip
FAILING = {
    "train none.yaml": 2, "train --resume none": 2, "eval none": 2, "eval none.npz": 2,
    "eval P/R --data none.csv": 2, "predict none P/line.csv": 2, "predict P/R none.csv": 2,
    "show none": 2, "show none.npz": 2, "show none.yaml": 2, "trace none.npz": 2,
    "trace none.yaml": 2, "derive f=x": 2, "derive f=1/x x=0": 2,
    "derive f=x x=1 -o x.png": 2, "explain qqqqqq": 2, "gradcheck none.yaml": 2,
    "config check none.yaml": 2,
    "config show none.yaml": 2, "data show none.yaml": 2,
    "init csv --data none.csv --target y": 2, "init images --data none": 2,
    "train P/line.yaml --data none.csv": 2, "train P/line.yaml data.path=none.csv": 2,
    "train --resume P/R --data none.csv": 2, "predict P/line.csv/x P/line.csv": 2,
    "train P/line.yaml -o P/line.csv": 2,
    "train P/line.yaml -o P/line.csv/run": 1, "predict P/R P/line.csv -o P/line.csv": 2,
    "predict P/R P/line.csv -o P/line.csv/x.csv": 1, "predict P/R P/line.csv -o none/x.csv": 1,
    "predict P/R P/line.csv -o P/R": 2, "init xor -o P/line.csv/x.yaml": 1,
    "data show P/line.yaml --row 12": 2, "data export none.yaml -o O.csv": 2,
    "data export P/line.yaml -o P/line.csv": 2, "data export P/line.yaml -o none/x.csv": 1,
    "predict P/R -": 1, "data fetch none": 2, "trane": 2, "compare none": 1, "plot none": 2,
    "report none": 1, "report P/R -o P/line.csv": 2, "diagnose none.yaml": 2,
    "diagnose none.npz": 2, "playground none.yaml": 2, "playground none.csv": 2,
    "playground P/line.yaml --target y": 2, "playground --no-open --token short": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a folder with a config, data and a run ``R`` that tests must not change."""
    from tests.cli.conftest import trained

    folder = tmp_path_factory.mktemp("files")
    (folder / "line.csv").write_text(ROWS, encoding="utf-8")
    (folder / "line.yaml").write_text(CONFIG, encoding="utf-8")
    trained(folder, CONFIG).rename(folder / "R")
    return folder


@pytest.fixture
def run(nncli, files, tmp_path):
    """Return a function that runs a command line after replacing P and O."""
    counted = iter(range(1000))

    def do(line, **options):
        out = tmp_path / f"out{next(counted)}"
        words = [word.replace("P/", f"{files}/") for word in line.split()]
        return nncli(*(word.replace("O", str(out)) if word[0] == "O" else word for word in words),
                     **options)  # fmt: skip

    return do


def as_it_is(monkeypatch, tmp_path):
    pass


def no_home(monkeypatch, tmp_path):
    def no_entry(number):
        raise KeyError(number)

    for name in ("HOME", "NNCLI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    pwd = pytest.importorskip("pwd")
    monkeypatch.setattr(pwd, "getpwuid", no_entry)  # the home of a container's user


def no_working_directory(monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()


def no_folder_for_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    monkeypatch.setattr("tempfile.tempdir", None)


SURROUNDINGS = [as_it_is, no_home, no_folder_for_temporary_files]
if sys.platform == "linux":
    SURROUNDINGS.append(no_working_directory)


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_commands_work_wherever_they_can(run, surrounding, monkeypatch, tmp_path):
    surrounding(monkeypatch, tmp_path)
    for line in WORKING:
        done = run(line)
        assert done.code == 0, (line, done.err)


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_failing_commands_tell_why_in_one_line(run, surrounding, monkeypatch, tmp_path):
    surrounding(monkeypatch, tmp_path)
    for line, code in FAILING.items():
        done = run(line)
        assert done.code == code, (line, done.err)
        if line != "trane":
            assert done.error.isprintable(), line


def test_the_lines_cover_all_commands():
    tried = {line.split()[0] for line in (*WORKING, *FAILING)}
    assert {*COMMANDS} <= tried


@pytest.mark.parametrize("line", ["data show mnist", "data fetch mnist", "train mnist.yaml"])
def test_without_a_home_mnist_asks_for_a_cache(run, monkeypatch, tmp_path, line):
    no_home(monkeypatch, tmp_path)
    Path("mnist.yaml").write_text("data: mnist\n", encoding="utf-8")
    done = run(line)
    assert done.code == 1
    assert done.error == (
        "Error: the cache: no home directory found; set NNCLI_CACHE to a directory"
    )


def test_a_closed_standard_input_is_reported(files, capsys, monkeypatch):
    from nncli.cli.main import main

    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        main(["predict", str(files / "R"), "-"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        "Error: standard input: is closed; pipe rows to it, or name a file\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(files, tmp_path, process, streams):
    command = f'exec "$0" -m nncli train {files}/line.yaml -q -o run {streams}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "run" / "weights.npz").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("state", ["full", "closed by the shell", "closed later"])
def test_only_unencodable_words_are_lost_on_standard_error(run, files, monkeypatch, state):
    (files / "note.csv").write_text(f"{ROWS}1,\n", encoding="utf-8")  # a row is skipped
    told = "train P/line.yaml data.path=note.csv -o O"
    codes = {**dict.fromkeys((*WORKING, told), 0), **FAILING}
    heard = {line: run(line) for line in codes}
    assert "left out" in heard[told].err
    with Path("/dev/full").open("w", encoding="utf-8") as full, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", None if state == "closed by the shell" else full)
        if state == "closed later":
            full.close()
        for line, code in codes.items():
            done = run(line)
            assert done.code == code, line
            same = line.startswith(("eval", "predict", "trace", "show", "data", "config"))
            assert not same or done.raw == heard[line].raw, line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("line", "code"),
    [("train P/line.yaml -o run", 0), ("predict P/R P/line.csv -o out.csv", 0), ("trane", 2),
     ("eval P/R >/dev/full", 1)],
)  # fmt: skip
def test_a_full_standard_error_does_not_change_the_exit_code(files, tmp_path, line, code):
    command = f'"$0" -W error -m nncli {line.replace("P/", f"{files}/")} 2>/dev/full'
    done = subprocess.run(["sh", "-c", command, sys.executable], cwd=tmp_path, timeout=60)
    assert done.returncode == code


@pytest.mark.skipif(os.name != "posix", reason="needs the limits of POSIX")
@pytest.mark.parametrize(
    "name", ["n" * 242, "n" * 255, pytest.param("é" * 127, marks=NAMES_IN_UTF8)]
)
def test_names_as_long_as_the_system_allows_can_be_written(run, files, name, tmp_path):
    assert run(f"train P/line.yaml -q -o {name}").code == 0
    assert run(f"eval {name}").code == 0
    assert run(f"predict P/R P/line.csv -o f{name[1:]} --format csv").code == 0
    file = name[: -5 if name.isascii() else -3] + ".yaml"
    assert run(f"init xor -o {file}").code == 0
    assert (tmp_path / file).exists()


@pytest.mark.skipif(os.name != "posix", reason="needs the limits of POSIX")
@pytest.mark.parametrize(
    "line",
    ["train P/line.yaml -q -o {}", "predict P/R P/line.csv --format csv -o {}", "init xor -o {}"],
)
def test_a_name_that_is_too_long_is_refused_before_any_work(run, line):
    done = run(line.format("n" * 256))
    assert done.code == 1
    assert "(file name too long); " in done.error
    assert "choose another" in done.error


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
@pytest.mark.parametrize("place", ["loop", "loop/x"])
@pytest.mark.parametrize("line", ["predict P/R P/line.csv -o {}", "init xor -o {}"])
def test_circular_links_are_reported(run, tmp_path, place, line):
    (tmp_path / "loop").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "loop")
    done = run(line.format(place))
    assert done.code == 1
    assert "(too many levels of symbolic links)" in done.error


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no /dev/shm")
def test_a_run_may_lie_on_another_file_system(run, files):
    place = Path(f"/dev/shm/nncli-{os.getpid()}")
    try:
        assert run(f"train P/line.yaml -q -o {place}").code == 0
        assert run(f"train -q --resume {place} training.epochs=2").code == 0
        assert run(f"eval {place}").code == 0
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which nobody can write to")
@pytest.mark.parametrize(
    "line",
    ["train P/line.yaml -q -o /proc/R", "predict P/R P/line.csv -o /proc/x.csv",
     "init xor -o /proc/x.yaml"],
)  # fmt: skip
def test_an_unwritable_folder_is_reported(run, line):
    done = run(line)
    assert done.code == 1
    assert "with -o" in done.error


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user who is not root")
@pytest.mark.parametrize("line", ["eval P/closed", "predict P/R P/closed", "show P/closed"])
def test_an_unreadable_file_is_one_line(run, files, line):
    closed = files / "closed"
    closed.unlink(missing_ok=True)
    closed.write_text("1,2\n", encoding="utf-8")
    closed.chmod(0)
    done = run(line)
    assert done.code == 1
    assert "cannot be read (permission denied)" in done.error


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on files")
def test_a_missing_folder_for_temporary_files_is_reported(files, process, small_files):
    running = process(
        "predict", files / "R", files / "line.csv", "--format", "npy", preexec_fn=small_files(0)
    )
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("Error: temporary files: cannot be written (no usable temporary dir")
    assert "; set TMPDIR to a writable folder" in err


def test_an_error_of_the_system_is_not_blamed_on_standard_output(run, monkeypatch):
    def refused(*arguments):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("nncli.cli.output.print_pairs", refused)
    done = run("show P/R")
    assert done.code == 1
    assert done.err == (
        "Error: a system call failed (input/output error); run 'nncli --debug' to see which\n"
    )
    with pytest.raises(OSError, match="Input/output error"):
        run("--debug show P/R")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere every pipe waits")
def test_a_nonblocking_standard_output_gets_everything(files, tmp_path, process):
    rows = tmp_path / "rows.csv"
    rows.write_text("x\n" + "1\n" * 60_000, encoding="utf-8")
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with process("predict", files / "R", rows, stdout=writing) as running:
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as stream:
            assert len(stream.readlines()) == 60_001
        assert (running.wait(timeout=60), running.stderr.read()) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("format_", ["csv", "npy", "jsonl", "parquet"])
def test_a_closed_pipe_is_not_an_error(files, tmp_path, format_):
    if format_ == "parquet":
        pytest.importorskip("pyarrow")
    (tmp_path / "rows.csv").write_text("x\n" + "1\n" * 60_000, encoding="utf-8")
    command = f'"$0" -m nncli predict {files}/R rows.csv --format {format_} | head -c 10'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, timeout=60
    )
    assert (len(done.stdout), done.stderr) == (10, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("output", [">/dev/full", "| true"])
def test_output_left_after_an_error_is_not_a_second_error(files, tmp_path, output):
    (tmp_path / "rows.csv").write_text("x\n" + "1\n" * 200_000 + "a\n", encoding="utf-8")
    command = f'"$0" -m nncli predict {files}/R rows.csv {output}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], cwd=tmp_path, capture_output=True, timeout=60
    )
    assert done.stderr.count(b"\n") <= 1
    assert b"Traceback" not in done.stderr


def test_a_missing_package_is_reported_before_a_file_is_created(run, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    begun = []
    monkeypatch.setattr("nncli.base.storage.files.token_hex", lambda size: begun.append(size))
    done = run("predict P/R P/line.csv -o O.parquet --format parquet")
    assert "pyarrow, which is not installed" in done.error
    assert not begun


def test_an_import_error_in_nncli_itself_keeps_its_traceback(run, monkeypatch):
    monkeypatch.delattr("nncli.model.formats.FORMATS")
    monkeypatch.delattr("nncli.FORMATS", raising=False)
    with pytest.raises((ImportError, AttributeError)):
        run("predict P/R P/line.csv")
