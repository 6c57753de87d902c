"""The events of a run that was interrupted in any way are those of an uninterrupted one."""

import os
import shutil
import signal

import pytest

pytest.importorskip("tensorboard", reason="the extra 'tensorboard' is not installed")

from nncli.base.storage.records import read_records, record_of
from tests.cli.stopped_runs import assert_same_run, config, steps_taken
from tests.tensorboard_events import NAME, events, scalars

TRAIN, VALIDATION = f"tensorboard/train/{NAME}", f"tensorboard/validation/{NAME}"
CASES = {
    "adam": "optimizer: adam",
    "falls": "schedule: {name: plateau, patience: 1, factor: 0.5}, learning_rate: 0.5",
    "dropout": "dropout: [0.5, 0.25]",
    "early stopping": "early_stopping: {patience: 2, min_change: 0.02}, epochs: 30",
    "another metric": "early_stopping: {monitor: validation_roc_auc}",
    "full batch": "batch_size: full",
    "compiled": "engine: compiled, optimizer: adam",
    "float64": "precision: float64",
}


def shown(settings):
    return f"tensorboard: true, {settings}"


def assert_same(run, expected):
    assert_same_run(run, expected)
    assert events(run) == events(expected)
    assert [*(run / "tensorboard").rglob("*.tmp")] == []


@pytest.fixture
def whole(nncli, tmp_path):
    """Return an uninterrupted run of six epochs with five steps each."""
    path = config(tmp_path, shown("optimizer: adam"))
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    return tmp_path / "whole"


@pytest.fixture
def parts(nncli, tmp_path, whole, stop_at):
    """Return the same run, interrupted in its fourth epoch."""
    stop_at(17)
    assert nncli("train", "xor.yaml", "-q", "-o", "parts").code == 130
    return tmp_path / "parts"


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_a_run_interrupted_again_and_again(nncli, tmp_path, stop_at, settings):
    if "compiled" in settings:
        pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    path = config(tmp_path, shown(settings))
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    stop_at(3)
    assert nncli("train", path, "-q", "-o", "parts").code == 130
    codes = []
    while not codes or codes[-1] == 130:
        stop_at(11)
        codes.append(nncli("train", "-q", "--resume", "parts").code)
        assert len(codes) < 30
    assert_same(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("step", [1, 4, 5, 6, 10, 29, 30])
def test_a_run_interrupted_after_a_step(nncli, tmp_path, whole, stop_at, step, number):
    stop_at(step, number)
    assert nncli("train", "xor.yaml", "-q", "-o", "parts").code == 128 + number
    assert steps_taken(tmp_path / "parts") == step
    epochs = [epoch for epoch, _ in scalars(tmp_path / "parts", "train").get("loss", ())]
    assert epochs == [*range(1, (step - 1) // 5 + 1)]  # the last step leaves the end of its epoch
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same(tmp_path / "parts", whole)


def test_a_killed_run(tmp_path, nncli, process):
    path = config(tmp_path, shown("optimizer: adam, epochs: 400, checkpoint_seconds: 0.01"))
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    arguments = ["train", path, "-o", "parts"]
    for epoch in (30, 90, 200):
        with process(*arguments, "--log-every", "1") as running:
            while f"epoch {epoch:>3}/" not in running.stderr.readline():
                assert running.poll() is None
            running.kill()
        arguments = ["train", "--resume", "parts"]
    assert nncli(*arguments, "-q").code == 0
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_more_epochs(nncli, tmp_path, whole):
    assert nncli("train", "xor.yaml", "-q", "-o", "long", "training.epochs=9").code == 0
    assert nncli("train", "-q", "--resume", "whole", "training.epochs=9").code == 0
    assert events(whole) == events(tmp_path / "long")


def test_a_run_without_a_checkpoint_begins_again(nncli, parts, whole):
    (parts / "checkpoint.npz").unlink()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same(parts, whole)


def test_events_after_the_checkpoint_are_written_again(nncli, parts, whole):
    for name in (TRAIN, VALIDATION):
        with (whole / name).open("rb") as stream:
            records = [*map(record_of, read_records(stream, 1 << 20))]
        (parts / name).write_bytes(b"".join(records))
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same(parts, whole)


@pytest.mark.parametrize("cut", [1, 5, 13, 100])
def test_half_an_event_after_the_checkpoint_is_removed(nncli, parts, whole, cut):
    with (parts / TRAIN).open("ab") as stream:
        stream.write((whole / TRAIN).read_bytes()[-cut:])
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same(parts, whole)


def lost(path):
    path.unlink()


def cut(path):
    os.truncate(path, path.stat().st_size - 7)


def spoiled(path):
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def huge(path):
    os.truncate(path, 10**12)


def text(path):
    path.write_text("step,loss\n", "utf-8")


def strange(path):
    path.write_bytes(b"".join(map(record_of, [b"\xff" * 20, b"", b"a"])) + path.read_bytes())


def doubled(path):
    content = path.read_bytes()
    path.write_bytes(content + content)


def linked(path):
    path.rename(path.parent / "elsewhere")
    path.symlink_to("elsewhere")


DAMAGES = [lost, cut, spoiled, empty, huge, text, strange, doubled, linked]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", [TRAIN, VALIDATION], ids=["train", "validation"])
def test_lost_and_damaged_events_are_written_again_from_the_history(
    nncli, parts, whole, name, damage
):
    damage(parts / name)
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert_same_run(parts, whole)
    for folder in ("train", "validation"):
        assert scalars(parts, folder) == scalars(whole, folder)
    assert not (parts / name).is_symlink()


def test_events_of_another_run_are_replaced(nncli, parts, whole):
    assert nncli("train", "xor.yaml", "-q", "-o", "other", "seed=1").code == 0
    for name in (TRAIN, VALIDATION):
        shutil.copy(parts.parent / "other" / name, parts / name)
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert scalars(parts, "train") == scalars(whole, "train")
    assert scalars(parts, "validation") == scalars(whole, "validation")


def test_a_removed_folder_is_written_again(nncli, parts, whole):
    shutil.rmtree(parts / "tensorboard")
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert scalars(parts, "train") == scalars(whole, "train")
    assert events(parts)["final"] == events(whole)["final"]


@pytest.mark.parametrize("name", ["tensorboard", "tensorboard/train", "tensorboard/validation"])
def test_a_link_in_place_of_a_folder_is_refused(nncli, parts, whole, name):
    outside = parts.parent / "outside"
    (parts / name).rename(outside)
    (parts / name).symlink_to(outside)
    before = {path: path.stat().st_mtime_ns for path in [outside, *outside.rglob("*")]}
    done = nncli("train", "-q", "--resume", "parts")
    assert done.code == 1
    assert done.error.startswith(
        f"Error: parts/{name}: cannot be written (a link; replace it with a copy); "
    )
    assert {path: path.stat().st_mtime_ns for path in [outside, *outside.rglob("*")]} == before
    (parts / name).unlink()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert scalars(parts, "train") == scalars(whole, "train")


@pytest.mark.parametrize("name", ["tensorboard", "tensorboard/train", "tensorboard/validation"])
def test_a_file_in_place_of_a_folder_is_refused_and_kept(nncli, parts, name):
    shutil.rmtree(parts / name)
    (parts / name).write_text("mine", "utf-8")
    done = nncli("train", "-q", "--resume", "parts")
    assert done.code == 1
    assert done.error.startswith(f"Error: parts/{name}: cannot be written (not a directory); ")
    assert (parts / name).read_text("utf-8") == "mine"


def test_tensorboard_may_keep_the_files_open(nncli, parts, whole):
    before = [(parts / name).stat().st_ino for name in (TRAIN, VALIDATION)]
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert [(parts / name).stat().st_ino for name in (TRAIN, VALIDATION)] == before
    assert_same(parts, whole)


def test_a_copy_by_hard_links_is_left_alone(nncli, parts, whole):
    copy = parts.parent / "copy"
    shutil.copytree(parts, copy, copy_function=os.link)
    before = (copy / TRAIN).read_bytes()
    assert nncli("train", "-q", "--resume", "parts").code == 0
    assert (copy / TRAIN).read_bytes() == before
    assert_same(parts, whole)
