"""Projects, runs and data that are renamed, moved or copied after training."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import nncli as api

TEXT = """\
data: {{{data}}}
model: {{hidden_layers: [3]}}
training: {{epochs: 2{more}}}
"""


def rows(count=24, slope=2.0):
    """Return CSV with the columns x, class and y."""
    lines = [f"{x},{slope * x + 1},{'no' if x < count / 2 else 'yes'}\n" for x in range(count)]
    return "x,y,kind\n" + "".join(lines)


def write_images(folder, count=6):
    image = pytest.importorskip("PIL.Image")
    for number, name in enumerate(("dark", "light")):
        (folder / name).mkdir(parents=True)
        for each in range(count):
            pixels = np.full((2, 2), 200 * number + each, np.uint8)
            image.fromarray(pixels).save(folder / name / f"{each}.png")


def of_csv(project):
    (project / "line.csv").write_text(rows(), encoding="utf-8")
    return "path: line.csv, target: y, drop: [kind]"


def of_parts(project):
    for name in ("line", "validation", "test"):
        (project / f"{name}.csv").write_text(rows(8), encoding="utf-8")
    return "path: line.csv, validation: ./validation.csv, test: test.csv, target: y, drop: [kind]"


def of_npy(project):
    np.save(project / "x.npy", np.arange(24.0)[:, None])
    np.save(project / "y.npy", np.arange(24.0))
    return "inputs: x.npy, targets: y.npy"


def of_idx(project):
    head = bytes([0, 0, 8])
    pixels, labels = np.arange(80, dtype=np.uint8), np.arange(20, dtype=np.uint8) % 2
    sizes = [np.array(each, ">i4").tobytes() for each in ([20, 2, 2], [20])]
    (project / "images.idx").write_bytes(head + b"\3" + sizes[0] + pixels.tobytes())
    (project / "labels.idx").write_bytes(head + b"\1" + sizes[1] + labels.tobytes())
    return "images: images.idx, labels: labels.idx"


def of_images(project):
    write_images(project / "pictures")
    write_images(project / "others")
    return "path: pictures, test: others"


SOURCES = [of_csv, of_parts, of_npy, of_idx, of_images]


@pytest.fixture
def project(tmp_path, nncli, monkeypatch):
    """Return a function that trains in a new project ``p``, the new working directory."""

    def make(source=of_csv, *overrides, more=""):
        folder = tmp_path / "p"
        folder.mkdir()
        text = TEXT.format(data=source(folder), more=more)
        (folder / "line.yaml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(folder)
        done = nncli("train", "line.yaml", *overrides, "-q")
        assert done.code == 0, done.err
        return folder

    return make


@pytest.fixture
def check(nncli):
    """Return a function that checks every command on the run in the working directory."""

    def use(run="runs/line-001", split="test", epochs=4):
        commands = [
            ("eval", f"{run}/weights.npz", "--split", split),
            ("trace", f"{run}/weights.npz"),
            ("show", run),
            ("train", "-q", "--resume", run, f"training.epochs={epochs}"),
            ("train", "-q", f"{run}/config.yaml"),
            ("train", "--dry-run", f"{run}/config.yaml"),
            ("data", "show", f"{run}/config.yaml"),
            ("config", "check", f"{run}/config.yaml"),
            ("gradcheck", f"{run}/config.yaml"),
        ]
        for command in commands:
            done = nncli(*command)
            assert done.code == 0, (command, done.err)

    return use


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("how", ["renamed", "copied", "copied, the original changed"])
def test_a_project_may_be_moved_or_copied(project, check, nncli, monkeypatch, source, how):
    old = project(source)
    before = nncli("eval", "runs/line-001/weights.npz").raw
    new = old.with_name("q")
    if how == "renamed":
        old.rename(new)
    else:
        shutil.copytree(old, new)
    if how == "copied, the original changed":
        for path in filter(Path.is_file, old.rglob("*")):
            path.write_bytes(b"x,y,kind\n1,2,no\n")
    monkeypatch.chdir(new)
    assert nncli("eval", "runs/line-001/weights.npz").raw == before
    check()
    assert "/p" not in re.sub(r"paths_from.*", "", (new / "runs/line-001/config.yaml").read_text())


def test_a_copy_uses_its_own_changed_data_and_says_so(project, nncli, monkeypatch):
    old = project()
    new = old.with_name("q")
    shutil.copytree(old, new)
    (new / "line.csv").write_text(rows(slope=3), encoding="utf-8")
    monkeypatch.chdir(new)
    done = nncli("train", "-q", "--resume", "runs/line-001", "training.epochs=4")
    assert done.code == 1
    assert "the data has changed since its checkpoint: the train targets" in done.error
    before = nncli("eval", old / "runs/line-001/weights.npz").out
    assert nncli("eval", "runs/line-001/weights.npz").out != before


def test_a_run_may_be_moved_alone(project, check, nncli, tmp_path, monkeypatch):
    project()
    before = nncli("eval", "runs/line-001/weights.npz").raw
    (tmp_path / "far" / "away").mkdir(parents=True)
    Path("runs/line-001").rename(tmp_path / "far" / "away" / "run")
    monkeypatch.chdir(tmp_path / "far")
    assert nncli("eval", "away/run/weights.npz").raw == before
    check("away/run")
    check("away/run", epochs=5)


def test_weights_may_be_copied_out_alone(project, nncli, tmp_path, monkeypatch):
    project()
    before = nncli("eval", "runs/line-001/weights.npz").raw
    shutil.copy("runs/line-001/weights.npz", tmp_path / "best.npz")
    monkeypatch.chdir(tmp_path)
    for command in ("eval", "trace"):  # it does not tell where it was trained
        done = nncli(command, "best.npz")
        assert done.code == 1
        assert done.error.startswith("Error: line.csv: cannot be read (no such file or directory)")
    assert nncli("eval", "best.npz", "--data", "p/line.csv").code == 0
    shutil.copy("p/runs/line-001/config.yaml", tmp_path)
    assert nncli("eval", "best.npz").raw == before
    shutil.copy("p/runs/line-001/config.yaml", tmp_path / "again.yaml")
    assert nncli("train", "again.yaml", "-q").code == 0


def test_a_remedy_for_moved_data_names_only_what_the_command_takes(project, nncli):
    project()
    Path("line.csv").unlink()
    remedies = {
        ("trace", "runs/line-001"): "trace your own config",
        ("trace", "runs/line-001", "--trust-paths"): "trace your own config",
        ("trace", "line.yaml"): "give its new path with data.path=FILE",
        ("data", "show", "line.yaml"): "give its new path with data.path=FILE",
        ("train", "line.yaml"): "give its new path with --data FILE (for training also "
        "data.path=FILE)",
        ("eval", "runs/line-001"): "give its new path with --data FILE (for training also "
        "data.path=FILE)",
    }
    for command, remedy in remedies.items():
        first = "check its spelling" if "line.yaml" in command else "restore it"
        assert nncli(*command).error.endswith(f"; {first}, or {remedy}")


def test_a_mistyped_path_of_a_config_is_answered_with_the_one_that_was_meant(project, nncli):
    project()
    Path("line.yaml").rename("other.yaml")
    Path("rows").mkdir()
    Path("line.csv").rename("rows/lines.csv")
    near = "rows/lin.csv: cannot be read (no such file or directory); check its spelling (did you"
    done = nncli("data", "show", "other.yaml", "data.path=rows/lin.csv")
    assert done.error == (
        f"Error: {near} mean 'rows/lines.csv'?), or give its new path with data.path=FILE"
    )
    done = nncli("data", "show", "other.yaml", "data.path=none/lin.csv")
    assert "; check its spelling, or give its new path" in done.error


def test_eval_takes_no_new_path_of_a_test_file(project, nncli):
    project(of_parts)
    Path("test.csv").unlink()
    run = "runs/line-001"
    assert nncli("eval", run).error.endswith("; restore it, or give rows with --data FILE")
    resumed = nncli("train", "--resume", run, "training.epochs=4")
    assert resumed.error.endswith("give its new path with data.test=FILE")


def test_data_may_be_moved_alone(project, nncli, tmp_path):
    project()
    Path("line.csv").rename("moved.csv")
    run = "runs/line-001"
    for command in (
        ("eval", f"{run}/weights.npz"),
        ("train", "-q", "--resume", run, "training.epochs=4"),
        ("train", "-q", f"{run}/config.yaml"),
    ):
        done = nncli(*command)
        assert done.code == 1
        assert done.error.startswith("Error: line.csv: cannot be read (no such file or directory)")
        assert str(Path(run, "line.csv").absolute()) in done.error
        assert done.error.endswith(
            "or give its new path with --data FILE (for training also data.path=FILE)"
        )
    config = Path(run, "config.yaml")
    text = config.read_text("utf-8")
    for number, told in enumerate(
        [
            ("--data", "moved.csv"),
            ("--data", str(Path("moved.csv").absolute())),
            ("data.path=moved.csv",),
            (f"data.path={Path('moved.csv').absolute()}",),
            ("data.path=../../moved.csv",),
        ],
        4,
    ):
        config.write_text(text, encoding="utf-8")
        done = nncli("train", "-q", "--resume", run, *told, f"training.epochs={number}")
        assert done.code == 0, (told, done.err)
        assert nncli("train", "-q", config, *told).code == 0
        assert nncli("train", "-q", "line.yaml", *told[:2], "-o", f"R{number}").code == 0 or (
            "../.." in told[0]
        )
    assert nncli("eval", f"{run}/weights.npz", "--data", "moved.csv").code == 0


@pytest.mark.parametrize("path", ["../../moved.csv", "moved.csv", "{}/moved.csv"])
def test_the_path_in_a_saved_config_may_be_edited(project, nncli, path):
    folder = project()
    Path("line.csv").rename("moved.csv")
    config = Path("runs/line-001/config.yaml")
    text = config.read_text("utf-8").replace("path: line.csv", f"path: {path.format(folder)}")
    config.write_text(text, encoding="utf-8")
    assert nncli("train", "-q", "--resume", "runs/line-001", "training.epochs=4").code == 0
    assert nncli("train", "-q", config).code == 0


def test_a_run_with_a_new_data_path_remembers_it_and_may_move_again(project, nncli, monkeypatch):
    old = project()
    Path("line.csv").rename("moved.csv")
    run, more = "runs/line-001", "training.epochs={}".format
    assert nncli("train", "-q", "--resume", run, "--data", "moved.csv", more(4)).code == 0
    assert nncli("train", "-q", "--resume", run, more(5)).code == 0
    old.rename(old.with_name("q"))
    monkeypatch.chdir(old.with_name("q"))
    assert nncli("train", "-q", "--resume", run, more(6)).code == 0
    assert nncli("eval", run).code == 0


def test_resuming_with_other_data_is_refused(project, nncli):
    project()
    Path("other.csv").write_text(rows(slope=5), encoding="utf-8")
    done = nncli("train", "-q", "--resume", "runs/line-001", "--data", "other.csv")
    assert done.code == 0  # finished, so no data is read
    done = nncli("train", "-q", "--resume", "runs/line-001", "--data", "other.csv",
                 "training.epochs=4")  # fmt: skip
    assert done.code == 1
    assert "the data has changed since its checkpoint: the train targets" in done.error


def test_folds_may_be_moved(project, nncli, monkeypatch):
    old = project(of_csv, more=", folds: 3")
    old.rename(old.with_name("q"))
    monkeypatch.chdir(old.with_name("q"))
    run = "runs/line-001"
    assert nncli("eval", f"{run}/fold-2", "--split", "held_out").code == 0
    assert nncli("train", "-q", "--resume", run, "training.epochs=4").code == 0
    assert nncli("train", "-q", "--resume", f"{run}/fold-1", "training.epochs=5").code == 0
    assert nncli("train", "-q", f"{run}/config.yaml", "training.folds=null").code == 0
    assert nncli("train", "-q", f"{run}/fold-3/config.yaml").code == 0


def test_given_weights_may_be_moved(project, check, nncli, monkeypatch):
    old = project(of_csv)
    run = "runs/line-001"
    given = ("model.initial_weights=runs/line-001/weights.npz", "-o", "given")
    assert nncli("train", "-q", "line.yaml", *given).code == 0
    old.rename(old.with_name("q"))
    monkeypatch.chdir(old.with_name("q"))
    check("given")
    shutil.rmtree(run)
    assert nncli("train", "-q", "--resume", "given", "training.epochs=5").code == 0
    assert nncli("train", "-q", "given/config.yaml").code == 1


def test_a_linked_project_may_be_moved(project, check, nncli, tmp_path, monkeypatch):
    old = project()
    (tmp_path / "link").symlink_to(old, target_is_directory=True)
    assert nncli("train", "-q", tmp_path / "link/line.yaml", "-o", tmp_path / "link/L").code == 0
    check("L")
    old.rename(old.with_name("q"))
    monkeypatch.chdir(old.with_name("q"))
    check("L", epochs=5)
    (tmp_path / "link").unlink()
    (tmp_path / "other").symlink_to(old.with_name("q"), target_is_directory=True)
    assert nncli("eval", tmp_path / "other/L/weights.npz").code == 0


def test_a_folder_of_runs_may_lie_elsewhere(project, check, tmp_path, monkeypatch):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "runs").symlink_to(tmp_path / "scratch", target_is_directory=True)
    monkeypatch.setattr(Path, "mkdir", lambda self, *_, mkdir=Path.mkdir, **options: mkdir(
        self, *_, **{**options, "exist_ok": options.get("exist_ok") or self.name == "p"}
    ))  # fmt: skip
    old = project()
    check()
    old.rename(old.with_name("q"))
    monkeypatch.chdir(old.with_name("q"))
    check(epochs=5)


def test_a_run_that_is_resumed_through_a_link_moves_with_its_project(
    project, nncli, tmp_path, monkeypatch
):
    project()
    (tmp_path / "x" / "y").mkdir(parents=True)
    link = tmp_path / "x" / "y" / "link"
    link.symlink_to(tmp_path / "p" / "runs" / "line-001", target_is_directory=True)
    assert nncli("train", "--resume", link, "-q", "training.epochs=3").code == 0
    assert nncli("eval", link).code == 0
    (tmp_path / "p").rename(tmp_path / "q")
    monkeypatch.chdir(tmp_path / "q")
    assert nncli("eval", "runs/line-001").code == 0


def test_an_absolute_path_stays_one(project, nncli, tmp_path):
    project()
    data = tmp_path / "line.csv"
    shutil.copy("line.csv", data)
    assert nncli("train", "-q", "line.yaml", f"data.path={data}", "-o", "R").code == 0
    assert f"path: {data}\n" in Path("R/config.yaml").read_text("utf-8")
    assert "paths_from" not in Path("R/config.yaml").read_text("utf-8")


def test_a_saved_config_reads_as_its_user_wrote_it(project, tmp_path):
    project()
    text = Path("runs/line-001/config.yaml").read_text("utf-8")
    assert "  path: line.csv\n" in text
    assert text.endswith(f"paths_from: [../.., {tmp_path / 'p'}]\n")


def test_configs_with_absolute_paths_work_as_before(project, check, tmp_path):
    project()
    for config in Path("runs").glob("*/config.yaml"):
        text = config.read_text("utf-8").replace("path: line", f"path: {tmp_path / 'p'}/line")
        config.write_text(text[: text.index("paths_from")], encoding="utf-8")
    check()


@pytest.mark.parametrize("wrong", ["3", "[3]", "runs", "{a: b}"])
def test_paths_that_are_not_folders_are_refused_in_one_line(project, nncli, wrong):
    project()
    config = Path("runs/line-001/config.yaml")
    config.write_text(
        re.sub("paths_from:.*", f"paths_from: {wrong}", config.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    done = nncli("config", "check", config)
    assert done.code == 2
    assert done.error.endswith("paths_from: expected a list of folders")


def test_python_finds_moved_files_too(project, tmp_path, monkeypatch):
    old = project()
    model = api.load("runs/line-001")
    before = model.evaluate().metrics
    new = old.with_name("q")
    old.rename(new)
    monkeypatch.chdir(tmp_path)
    assert api.load("q/runs/line-001").evaluate(split="test").metrics == before
    assert api.resume("q/runs/line-001", {"training.epochs": 3}).epochs == 3
    assert api.train("q/runs/line-001/config.yaml").epochs == 3
    (new / "line.csv").rename(tmp_path / "moved.csv")
    with pytest.raises(api.DataError, match="give its new path"):
        api.resume("q/runs/line-001", {"training.epochs": 4})
    changed = {"training.epochs": 4, "data.path": tmp_path / "moved.csv"}
    assert api.resume("q/runs/line-001", changed).epochs == 4


def test_a_missing_file_in_a_setting_is_a_usage_error(project, nncli):
    project()
    done = nncli("train", "line.yaml", "data.path=none.csv")
    assert done.code == 2
    assert done.error.startswith("Error: none.csv: cannot be read (no such file or directory)")
    assert nncli("train", "line.yaml", "model.initial_weights=none.npz").code == 2
