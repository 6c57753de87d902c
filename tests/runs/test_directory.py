import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import nncli
from nncli.base.errors import OutputError, UsageError
from nncli.engines.numpy.engine import NumpyEngine
from nncli.runs.directory import check_chosen, make_run_directory, new_run


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def make(*numbers):
    for number in numbers:
        Path(f"runs/xor-{number}").mkdir(parents=True)


def test_the_first_run_is_001_and_the_next_002():
    assert make_run_directory("xor") == Path("runs/xor-001")
    assert make_run_directory("xor") == Path("runs/xor-002")
    assert make_run_directory("mnist") == Path("runs/mnist-001")
    assert sorted(path.name for path in Path("runs").iterdir()) == [
        "mnist-001",
        "xor-001",
        "xor-002",
    ]


def test_the_next_free_number_is_used_and_existing_runs_are_kept():
    make("001", "003")
    Path("runs/xor-002").write_text("a file in the way", encoding="utf-8")
    assert make_run_directory("xor") == Path("runs/xor-004")
    assert Path("runs/xor-002").read_text(encoding="utf-8") == "a file in the way"


def test_after_999_comes_1000(monkeypatch):
    monkeypatch.setattr("nncli.runs.directory.count", lambda _: iter([999, 1000]))
    make("999")
    assert make_run_directory("xor") == Path("runs/xor-1000")


def test_runs_that_start_together_get_separate_directories():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make_run_directory("xor"), range(40)))
    assert len(set(made)) == 40


def test_a_chosen_directory_is_made_with_its_parents():
    chosen = Path("here/and/there")
    assert make_run_directory("xor", chosen) == chosen
    assert chosen.is_dir()
    assert not Path("runs").exists()


def test_an_empty_chosen_directory_is_used():
    Path("empty").mkdir()
    assert make_run_directory("xor", Path("empty")) == Path("empty")


def test_a_chosen_directory_that_is_not_empty_is_refused_and_kept():
    make("001")
    with pytest.raises(UsageError, match="runs: exists and is not an empty directory; choose"):
        make_run_directory("xor", Path("runs"))
    assert list(Path("runs").rglob("*")) == [Path("runs/xor-001")]


def test_a_file_in_place_of_a_chosen_directory_is_refused_and_kept():
    Path("file").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="file: exists and is not an empty directory"):
        make_run_directory("xor", Path("file"))
    assert Path("file").read_text(encoding="utf-8") == "mine"


def test_the_check_beforehand_creates_nothing():
    check_chosen(Path("new"))
    assert not Path("new").exists()


@pytest.mark.parametrize(("chosen", "named"), [(None, "runs"), (Path("runs/new"), "runs/new")])
def test_a_directory_that_cannot_be_made_is_named_with_a_remedy(chosen, named):
    Path("runs").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        make_run_directory("xor", chosen)
    message = str(caught.value)
    assert message.startswith(f"{Path(named)}: cannot create the run directory (")
    assert message.endswith("; choose another place with out=DIR")
    assert "\n" not in message


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_read_only_place_is_named(tmp_path):
    Path("locked").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="permission denied"):
        make_run_directory("xor", Path("locked/new"))


# Runs that do not begin


class Started(Exception):
    pass


@pytest.mark.parametrize("chosen", [None, Path("a") / "mine"])
def test_a_run_that_ends_before_it_has_written_a_file_leaves_no_directory(chosen):
    with pytest.raises(Started), new_run("xor", chosen, print):
        raise Started
    assert not (chosen or Path("runs") / "xor-001").exists()


def write_and_fail():
    with new_run("xor", None, print) as directory:
        (directory.path / "config.yaml").touch()
        raise Started


def test_what_a_run_has_written_and_a_directory_of_the_user_stay():
    Path("mine").mkdir()
    with pytest.raises(Started), new_run("xor", Path("mine"), print):
        raise Started
    assert Path("mine").is_dir()
    with pytest.raises(Started):
        write_and_fail()
    assert Path("runs/xor-001/config.yaml").exists()


def test_an_interruption_while_the_engine_is_prepared_leaves_no_directory(monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(NumpyEngine, "__init__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        nncli.train({"data": {"source": "xor"}}, {"training.engine": "numpy"}, out="run")
    assert not Path("run").exists()
