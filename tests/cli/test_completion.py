"""Shell completion of commands, options, paths, names, and config keys with their values."""

import os
import shutil

import pytest

from nncli.config.first_config import TEMPLATE_NAMES
from nncli.config.training_section import TrainingSection
from nncli.nn.optimizers import OPTIMIZERS
from tests.conftest import NAMES_IN_UTF8


@pytest.fixture
def complete(nncli, monkeypatch):
    """Return a function that returns the completions of the last word of a line."""

    def run(*words):
        monkeypatch.setenv("_NNCLI_COMPLETE", "zsh_complete")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["nncli", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        result = nncli()
        assert (result.code, result.err) == (0, "")
        return result.out.splitlines()[1::3]

    return run


@pytest.fixture
def folder(nncli, tmp_path, xor_run):
    """Return the working directory, with a config, two runs, other files and folders."""
    for name in ("runs/xor-001", "runs/xor-002", "elsewhere/kept"):
        shutil.copytree(xor_run, tmp_path / name)
    (tmp_path / "runs" / "notes").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "xor.yaml").write_text("data: xor\n", encoding="utf-8")
    for name in ("digits.yml", "rows.csv", "digits.png", "model.npz", "notes.md", ".hidden.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def test_commands_and_options(complete):
    assert complete("tra") == ["trace", "train"]
    assert complete("config", "") == ["check", "schema", "show"]
    assert complete("train", "--dr") == ["--dry-run"]
    assert complete("--debug", "show", "--j") == ["--json"]


@pytest.mark.parametrize(
    "each", ["\n", "\r", "\x1b", "\u2028", "\u202e", "\u200b", "\ufeff"], ids=ascii
)
@pytest.mark.parametrize("start", ["rows", "sub{}/"], ids=ascii)
@NAMES_IN_UTF8
def test_names_with_line_breaks_are_left_out(complete, folder, each, start):
    (folder / f"sub{each}").mkdir()
    for name in (f"rows{each}x.csv", f"sub{each}/rows.csv"):
        (folder / name).touch()
    found = complete("predict", "w.npz", start.format(each))
    assert found == (["rows.csv"] if start == "rows" else [])


def test_the_choices_of_an_option(complete):
    assert complete("eval", "w.npz", "--split", "t") == ["train", "test"]
    assert complete("predict", "w.npz", "--format", "json") == ["json", "jsonl"]
    assert complete("trace", "xor.yaml", "--format", "") == ["text", "markdown", "latex", "html"]


def test_the_list_of_commands_is_that_of_the_help(complete, nncli, monkeypatch):
    names = complete("")
    monkeypatch.delenv("_NNCLI_COMPLETE")
    listed = nncli("--help").out.split("Commands:\n")[1].splitlines()
    assert names == [line.split()[0] for line in listed]


@pytest.mark.parametrize(
    "words", [["train"], ["config", "check"], ["config", "show"], ["gradcheck"]]
)
def test_a_config_is_completed_from_yaml_files_and_folders(complete, folder, words):
    assert complete(*words, "") == ["digits.yml", "elsewhere/", "runs/", "xor.yaml"]
    assert complete(*words, "x") == ["xor.yaml"]
    assert complete(*words, "./x") == ["./xor.yaml"]
    assert complete(*words, "runs/xor-001/") == ["runs/xor-001/config.yaml"]
    assert complete(*words, ".h") == [".hidden.yaml", ".hidden/"]


def test_a_run_to_resume_is_completed_from_runs_or_along_the_path(complete, folder):
    assert complete("train", "--resume", "") == ["elsewhere/", "runs/xor-001", "runs/xor-002"]
    assert complete("train", "--resume", "ru") == ["runs/xor-001", "runs/xor-002"]
    assert complete("train", "--resume=ru") == ["runs/xor-001", "runs/xor-002"]
    assert complete("train", "--resume", "elsewhere/") == ["elsewhere/kept"]
    assert complete("train", "--resume", "runs/") == ["runs/notes/", "runs/xor-001", "runs/xor-002"]


def test_without_runs_folders_are_completed(complete, tmp_path):
    (tmp_path / "runs").mkdir()
    assert complete("train", "--resume", "") == ["runs/"]


@pytest.mark.parametrize("command", ["eval", "predict"])
def test_a_model_is_a_weights_file_or_a_run(complete, folder, command):
    runs = ["runs/xor-001", "runs/xor-002"]
    assert complete(command, "") == ["elsewhere/", "model.npz", *runs]
    assert complete(command, "runs/xor-001/") == ["runs/xor-001/weights.npz"]


@pytest.mark.parametrize("command", ["show", "trace"])
def test_show_completes_models_runs_and_configs(complete, folder, command):
    runs = ["runs/xor-001", "runs/xor-002"]
    expected = ["digits.yml", "elsewhere/", "model.npz", "xor.yaml", *runs]
    assert complete(command, "") == expected


def test_rows_are_files_of_data(complete, folder):
    expected = ["digits.png", "elsewhere/", "model.npz", "rows.csv", "runs/"]
    assert complete("predict", "runs/xor-001", "") == expected
    assert complete("eval", "runs/xor-001", "--data", "ro") == ["rows.csv"]
    assert complete("init", "csv", "--data", "ro") == ["rows.csv"]


def test_a_new_run_directory_lies_in_a_folder(complete, folder):
    assert complete("train", "xor.yaml", "-o", "") == ["elsewhere/", "runs/"]


def test_the_home_directory_stays_as_it_was_typed(complete, folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert complete("train", "'~/x") == ["~/xor.yaml"]
    assert complete("train", "~/xor.yaml", "data.ro") == ["data.rows="]


def test_the_names_of_templates_and_data_sets(complete, folder, nncli, monkeypatch):
    generated = ["circle", "gauss", "moons", "spiral", "plane", "waves", "hills"]
    own = ["table", "csv", "parquet", "images"]
    assert complete("init", "") == ["xor", "mnist", *generated, *own, "lecture"]
    assert complete("init", "lecture", "xor_w") == ["xor_wider"]
    assert complete("init", "xor", "") == complete("init", "lecture", "product", "") == []
    assert complete("data", "fetch", "") == ["xor", "gate", *generated, "mnist"]
    assert complete("data", "show", "x") == ["xor", "xor.yaml"]
    monkeypatch.delenv("_NNCLI_COMPLETE")
    for name in TEMPLATE_NAMES:
        assert "unknown template" not in nncli("init", name, "-o", f"{name}.new").err


@pytest.mark.parametrize(
    "words",
    [
        ["train", "xor.yaml"],
        ["train", "--resume", "runs/xor-001"],
        ["config", "check", "xor.yaml"],
        ["gradcheck", "xor.yaml"],
        ["trace", "xor.yaml"],
        ["data", "show", "xor.yaml"],
    ],
)
def test_the_settings_of_a_config_are_its_keys(complete, folder, words):
    learning = [f"training.{key}=" for key in TrainingSection.model_fields if key.startswith("l")]
    assert complete(*words, "training.l") == learning
    assert complete(*words, "data.ro") == ["data.rows="]
    assert complete(*words, "training.optimizer=ad") == [
        f"training.optimizer={name}" for name in OPTIMIZERS if name.startswith("ad")
    ]


def test_the_values_of_a_key(complete, folder):
    line = ("train", "xor.yaml")
    assert complete(*line, "training.shuffle=") == [
        "training.shuffle=true",
        "training.shuffle=false",
    ]
    assert complete(*line, "training.batch_size=") == ["training.batch_size=full"]
    assert complete(*line, "training.early_stopping.monitor=train_l") == [
        "training.early_stopping.monitor=train_loss"
    ]
    assert complete(*line, "training.epochs=") == []
    assert complete(*line, "nothing=") == []


def test_earlier_settings_are_taken_into_account(complete, folder):
    line = ("train", "xor.yaml", "training.optimizer=sgd", "data=mnist", "broken", "model=[")
    assert complete(*line, "training.optimizer.") == [
        "training.optimizer.momentum=",
        "training.optimizer.nesterov=",
    ]
    assert complete(*line, "training.optimizer.nesterov=t") == ["training.optimizer.nesterov=true"]
    assert complete(*line, "data.ro") == []
    assert complete("train", "missing.yaml", "data.source=xor", "data.ro") == ["data.rows="]


def test_a_model_has_no_settings(complete, folder):
    assert complete("trace", "runs/xor-001", "train") == []
    assert complete("data", "show", "xor", "data") == []


@pytest.mark.parametrize(
    "content",
    [None, b"data: [", b"\xff\xfe", b"data: nothing", b"- 1", b"data: xor\n#" + b"x" * 300_000],
    ids=["missing", "not YAML", "not UTF-8", "unknown source", "a list", "large"],
)
def test_after_a_missing_or_broken_config_all_keys_are_completed(complete, tmp_path, content):
    if content is not None:
        (tmp_path / "c.yaml").write_bytes(content)
    assert complete("train", "c.yaml", "training.le") == ["training.learning_rate="]
    assert "data.source=" in complete("train", "c.yaml", "data.")
    assert "data.rows=" not in complete("train", "c.yaml", "data.")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_completion_does_not_wait_for_a_pipe(complete, tmp_path):
    os.mkfifo(tmp_path / "c.yaml")
    (tmp_path / "of_pipe.yaml").write_text("data: {path: c.yaml}\n", encoding="utf-8")
    for name in ("c.yaml", "of_pipe.yaml"):
        assert complete("train", name, "training.le") == ["training.learning_rate="]


def test_names_with_control_characters_are_left_out(complete, tmp_path):
    (tmp_path / "a\x1b[2J.yaml").touch()
    (tmp_path / "a\nb.yaml").touch()
    assert complete("train", "a") == []


@pytest.mark.parametrize("words", ["", "nncli", 'nncli\ntrain\n"', "nncli\ntrain\nno/such/x"])
def test_completion_never_prints_errors(nncli, monkeypatch, words):
    monkeypatch.setenv("COMP_WORDS", words)
    for asked in ("bash_complete", "zsh_complete", "fish_complete", "nothing", "", "tcsh_source"):
        for number in ("0", "1", "2", "9", "x"):
            monkeypatch.setenv("COMP_CWORD", number)
            monkeypatch.setenv("_NNCLI_COMPLETE", asked)
            result = nncli()
            assert (result.code in (0, 1), result.err) == (True, "")
