"""``nncli diagnose --prove`` and ``--apply``."""

import json
import os

import pytest

from nncli import diagnose

CONFIG = """\
# The weights of all units are equal.
data: {path: rows.csv, target: y}  # next to this file

model:
  hidden_layers: [8]
  initializer: zeros  # to see what happens
training: {epochs: 20, learning_rate: 0.05}
"""


@pytest.fixture
def config(tmp_path):
    rows = [f"{n % 7},{n % 5},{'ab'[(n % 7 > 3) ^ (n % 5 > 2)]}" for n in range(140)]
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "rows.csv").write_text("\n".join(["u,v,y", *rows]))
    path = tmp_path / "own" / "c.yaml"
    path.write_text(CONFIG)
    return path


def test_prove_shows_trainings_with_and_without_the_change(nncli, config):
    result = nncli("diagnose", "own/c.yaml", "--prove")
    assert "N023, model.initializer=he_normal: balanced_accuracy on the training rows" in result.out
    assert "The change helps on 3 of 3 seeds." in result.out
    assert result.out.endswith(
        "\nNext:\n"
        "  nncli diagnose own/c.yaml --apply\n"
        "  nncli train own/c.yaml model.initializer=he_normal\n"
        "  nncli explain N023\n"
    )
    assert "trainings" not in result.err  # no bar without a terminal
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.fixture
def hopeless(config):
    """Return the config with a rate at which no initializer helps."""
    config.write_text(CONFIG.replace("0.05", "1.0e-09"))
    return config


def test_a_change_that_does_not_help_is_not_offered(nncli, hopeless):
    assert "--apply" in nncli("diagnose", "own/c.yaml").out
    result = nncli("diagnose", "own/c.yaml", "--prove")
    assert "The change does not help: better on " in result.out
    assert result.out.endswith("\nNext:\n  nncli explain N023\n")


def test_a_change_that_does_not_help_is_not_written(nncli, hopeless):
    result = nncli("diagnose", "own/c.yaml", "--prove", "--apply")
    assert (result.code, result.err) == (2, "Error: own/c.yaml: no change helps\n")
    assert "The change does not help" in result.out
    assert not hopeless.with_name("c-fixed.yaml").exists()


def test_prove_prints_json(nncli, config):
    found = json.loads(nncli("diagnose", "own/c.yaml", "--prove", "--json").out)
    proof = found["proofs"][0]
    assert proof["change"] == {"key": "model.initializer", "value": "he_normal"}
    assert proof["helps"]
    assert len(proof["with"]) == len(proof["without"]) == len(proof["seeds"]) == 3


def test_apply_writes_the_config_next_to_the_old_one(nncli, config):
    result = nncli("diagnose", "own/c.yaml", "--apply")
    assert result.out.endswith(
        "\nWrote own/c-fixed.yaml with model.initializer=he_normal. Next:\n"
        "  nncli train own/c-fixed.yaml\n"
    )
    fixed = config.with_name("c-fixed.yaml")
    assert fixed.read_text() == CONFIG.replace("zeros", "he_normal")
    assert nncli("train", "own/c-fixed.yaml").code == 0
    again = nncli("diagnose", "own/c.yaml", "--apply")
    assert again.code == 2
    assert again.error == ("Error: own/c-fixed.yaml: already exists; choose another file with -o")


def test_a_config_in_another_folder_finds_the_same_rows(nncli, config, tmp_path):
    nncli("diagnose", "own/c.yaml", "--apply", "-o", "fixed.yaml")
    text = (tmp_path / "fixed.yaml").read_text()
    assert text == CONFIG.replace("zeros", "he_normal").replace("rows.csv", "own/rows.csv")
    assert nncli("train", "fixed.yaml").code == 0


def test_apply_writes_the_config_of_a_run_here(nncli, config, tmp_path):
    nncli("train", "own/c.yaml", "-o", "runs/zeros")
    nncli("diagnose", "runs/zeros", "--apply")
    fixed = tmp_path / "zeros-fixed.yaml"
    assert "path: own/rows.csv\n" in fixed.read_text()
    assert "initializer: he_normal\n" in fixed.read_text()
    nncli("train", "zeros-fixed.yaml", "-o", "runs/fixed")
    nncli("train", "own/c.yaml", "model.initializer=he_normal", "-o", "runs/expected")
    fixed, expected = (
        json.loads((tmp_path / "runs" / name / "metrics.json").read_text())
        for name in ("fixed", "expected")
    )
    assert fixed["train"] == expected["train"]


def test_a_signal_shows_the_proofs_so_far(nncli, config, stop_at):
    rows = config.with_name("rows.csv")
    rows.write_text("\n".join(rows.read_text().splitlines()[:101]))  # N036 trains with more rows
    stop_at(300)
    result = nncli("diagnose", "own/c.yaml", "--prove")
    assert result.code == 130
    assert "N023 problem" in result.out
    assert "Interrupted: 1 change not tried to the end." in result.out
    assert result.err == "Interrupted.\n"


def test_a_signal_before_the_proofs_shows_the_findings_so_far(nncli, config, stop_at):
    stop_at(300)  # in the trainings of N036
    result = nncli("diagnose", "own/c.yaml", "--prove")
    assert result.code == 130
    assert "own/c.yaml: 1 problem\n" in result.out
    assert "N023 problem" in result.out
    assert "Not checked: N036, N037" in result.out
    assert "; interrupted." in " ".join(result.out.split())
    assert "Interrupted: 1 change not tried to the end." in result.out
    assert result.err == "Interrupted.\n"


def test_json_says_that_a_signal_ended_the_proofs(nncli, config, stop_at):
    stop_at(300)
    result = nncli("diagnose", "own/c.yaml", "--prove", "--json")
    assert result.code == 130
    assert json.loads(result.out)["interrupted"] is True


def test_a_signal_without_proofs_ends_the_diagnosis(nncli, config, stop_at):
    stop_at(300)
    result = nncli("diagnose", "own/c.yaml")
    assert (result.code, result.out, result.err.strip()) == (130, "", "Interrupted.")


def test_apply_prints_the_config(nncli, config):
    result = nncli("diagnose", "own/c.yaml", "--apply", "-o", "-")
    expected = CONFIG.replace("zeros", "he_normal").replace("rows.csv", "own/rows.csv")
    assert result.out == expected


def test_a_page_without_a_change_is_printed_before_the_error(nncli, config):
    config.write_text(CONFIG + "diagnose: {ignore: [N023]}\n")
    result = nncli("diagnose", "own/c.yaml", "--apply")
    assert "Found, but muted by diagnose.ignore: N023." in result.out
    assert result.err == "Error: own/c.yaml: no finding has a setting to change\n"


@pytest.mark.parametrize(
    ("option", "name"),
    [(["--json"], "--json"), (["--format", "html"], "--format"), (["--prove"], "--prove")],
)
def test_nothing_is_printed_next_to_the_config(nncli, config, option, name):
    result = nncli("diagnose", "own/c.yaml", "--apply", "-o", "-", *option)
    assert (result.code, result.out) == (2, "")
    assert result.error == f"Error: {name}: -o - prints the config alone; leave out one of them"


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("own/rows.csv", "already exists; choose another file with -o"),
        ("own", "is not a regular file; choose another with -o"),
        ("none/x.yaml", "the folder none does not exist; create it"),
        pytest.param(
            "closed/x.yaml",
            "cannot be written (permission denied); check free space and permissions, or choose "
            "another place with -o",
            marks=pytest.mark.skipif(
                not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere"
            ),
        ),
    ],
)
def test_the_file_is_checked_before_the_diagnosis(nncli, config, tmp_path, out, problem):
    (tmp_path / "closed").mkdir(mode=0o500)
    config.write_text("data: {source: csv, path: missing.csv, target: y}\n")
    result = nncli("diagnose", "own/c.yaml", "--apply", "-o", out)
    assert result.error == f"Error: {out}: {problem}"


def test_the_config_of_a_run_without_weights_is_relative_to_the_working_folder(nncli, config):
    config.write_text("data: {path: rows.csv, target: y}\ntraining: {learning_rate: 1e30}\n")
    assert nncli("train", "own/c.yaml", "-q", "-o", "run").code == 1
    assert "path: own/rows.csv" in diagnose("run").changed_config()


def test_apply_without_a_change_is_refused(nncli, config, tmp_path):
    config.write_text(CONFIG.replace("zeros", "he_normal"))
    result = nncli("diagnose", "own/c.yaml", "--apply")
    assert result.code == 2
    assert result.err == "Error: own/c.yaml: no finding has a setting to change\n"
    assert result.out == ""  # a page without findings would say the same
    assert not config.with_name("c-fixed.yaml").exists()
    assert nncli("diagnose", "own/c.yaml", "-o", "x.yaml").error == (
        "Error: -o: names the file for --apply; add --apply, or leave out -o"
    )
