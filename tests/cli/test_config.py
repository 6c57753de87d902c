import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from nncli.base.errors import ConfigError
from nncli.cli.main import main
from nncli.config.reference import config_reference
from nncli.config.schema import Config
from nncli.config.templates import TEMPLATES

CONFIGS = sorted((Path(__file__).parents[2] / "configs").rglob("*.yaml"))
WRONG = "data: xro\nseed: -1\n"
WRONG_LINES = (
    "c.yaml:1:7: data: unknown source \"xro\"; did you mean 'xor'?\n"
    "c.yaml:2:7: seed: found -1; expected 0 or more\n"
)


@pytest.fixture
def nncli(capsys, tmp_path, monkeypatch):
    """Return a function that runs a command in an empty directory, giving code and streams."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        return caught.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def config(tmp_path):
    def write(text):
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_shipped_config_is_valid(nncli, path):
    assert nncli("config", "check", str(path)) == (0, f"{path}: valid\n", "")


def test_a_valid_config_says_so_where_the_data_decides_more(nncli, config):
    config("data: {source: csv, path: nowhere.csv, target: y}\n")
    assert nncli("config", "check", "c.yaml") == (0, "c.yaml: valid; the data was not read\n", "")


@pytest.mark.parametrize("command", ["check", "show"])
def test_check_refuses_what_training_would_refuse(nncli, config, command):
    config("data: gate\nmodel: {hidden_layers: [2], initial_biases: [[1], [1]]}\n")
    message = "c.yaml:2:45: model.initial_biases: b1: found 1; expected 2 numbers, one per unit\n"
    assert nncli("config", command, "c.yaml") == (2, "", message)


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_wrong_config_is_reported_line_by_line(nncli, config, command):
    config(WRONG)
    assert nncli("config", command, "c.yaml") == (2, "", WRONG_LINES)


@pytest.mark.parametrize("command", ["check", "show"])
def test_overrides_are_checked_too(nncli, config, command):
    config("data: xor\n")
    message = "command line: training.epoch: unknown key; did you mean 'epochs'?\n"
    assert nncli("config", command, "c.yaml", "training.epoch=3") == (2, "", message)


@pytest.mark.parametrize("command", ["check", "show"])
def test_incompatible_parts_are_found(nncli, config, command):
    config("data: xor\ntraining: {early_stopping: {}}\n")
    code, output, messages = nncli("config", command, "c.yaml")
    assert (code, output) == (2, "")
    assert messages.startswith("c.yaml:2:28: training.early_stopping: watches validation_loss")


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_missing_config_is_named(nncli, command):
    message = (
        "missing.yaml: cannot be read (no such file or directory); 'nncli init' writes a config "
        "to start from\n"
    )
    assert nncli("config", command, "missing.yaml") == (2, "", message)


@pytest.mark.parametrize(
    "arguments", [["config", "check"], ["config", "chek"], ["config", "schema", "c.yaml"]]
)
def test_a_wrong_command_line_ends_with_2_and_the_usage(nncli, arguments):
    code, output, messages = nncli(*arguments)
    assert (code, output) == (2, "")
    assert messages.startswith("Usage: nncli config")


def test_show_fills_in_every_default(nncli, config):
    config("data: xor\nmodel: {hidden_layers: [4, 2]}\n")
    shown = """\
name: c
seed: 0
data_seed: null
data:
  source: xor
  scale: none
  features: null
  rows: 1000
  noise: 0.25
  balanced: true
  test: 10000
  validation: 0
model:
  hidden_layers: [4, 2]
  activation: relu
  normalization: none
  output: sigmoid
  threshold: 0.5
  initializer: he_normal
  bias_initializer: zeros
  initial_weights: null
  initial_biases: null
  density: 1.0
  masks: null
training:
  loss: sigmoid_cross_entropy
  optimizer: {name: adam, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-08}
  learning_rate: 0.001
  batch_size: 64
  epochs: 10
  steps: null
  shuffle: true
  schedule: {name: constant, warmup: 0.0}
  l1: 0.0
  l2: 0.0
  max_norm: null
  clip_norm: null
  clip_value: null
  dropout: 0.0
  precision: float32
  engine: auto
  checkpoint_seconds: 60.0
  record_weights: null
  log_every: null
  tensorboard: false
  early_stopping: null
  folds: null
  fold: null
  seeds: null
  refit: false
diagnose:
  ignore: []
"""
    assert nncli("config", "show", "c.yaml") == (0, shown, "")


def test_show_takes_overrides(nncli, config):
    config("data: xor\n")
    _, output, _ = nncli("config", "show", "c.yaml", "data.rows=20", "model.output=softmax")
    assert "  rows: 20\n" in output
    assert "  output: softmax\n" in output
    assert "  loss: cross_entropy\n" in output


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_show_of_its_own_output_is_the_same(nncli, tmp_path, path):
    _, first, _ = nncli("config", "show", str(path))
    (tmp_path / "shown.yaml").write_text(first, encoding="utf-8")
    assert nncli("config", "show", "shown.yaml") == (0, first, "")


def test_the_schema_is_json_for_editors(nncli):
    code, output, messages = nncli("config", "schema")
    schema = json.loads(output)
    assert (code, messages) == (0, "")
    assert schema.pop("$schema") == "https://json-schema.org/draft/2020-12/schema"
    assert schema == Config.model_json_schema()
    Draft202012Validator.check_schema(schema)


def test_the_reference_is_markdown_for_readers(nncli):
    assert nncli("config", "schema", "--markdown") == (0, config_reference(), "")


def test_debug_shows_where_an_error_was_raised(config, tmp_path, monkeypatch):
    config(WRONG)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="unknown source"):
        main(["--debug", "config", "check", "c.yaml"])


def run_program(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "nncli", *arguments],
        cwd=cwd,
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_the_program_starts_as_a_module(config, tmp_path):
    config(WRONG)
    done = run_program("config", "check", "c.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().replace("\r\n", "\n") == WRONG_LINES
    done = run_program("config", "check", "c.yaml", "data=xor", "seed=1", cwd=tmp_path)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [b"c.yaml:", b"valid"], b"")


def test_unencodable_output_is_not_a_failure(config, tmp_path):
    config("größe: 1\ndata: xor\n")
    done = run_program("config", "check", "c.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.decode("utf-8").startswith("c.yaml:1:1: größe: unknown key; ")


def test_the_templates_are_among_the_shipped_configs():
    assert set(TEMPLATES) <= {path.stem for path in CONFIGS}
