"""`nncli train --seeds`: a run for each seed, and their joint results."""

import json
import shutil

import pytest

from nncli.model.model_file import read_model


def parameters(run):
    """Return the bits of each seed's weights, and the joint metrics."""
    found = {each.name: read_model(each).network.parameters.tobytes() for each in run.glob("s*")}
    saved = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return found | {split: saved[split] for split in ("train", "validation", "test")}


def test_one_seed_is_the_key_seed(nncli, xor_config):
    done = nncli("train", xor_config, "--seeds", "1")
    assert done.code == 2
    assert done.err.endswith(
        "Error: Invalid value for '--seeds': 1 trains a single model; set its seed with the key "
        "seed: seed=1\n"
    )
    assert "0 is not in the range 2<=x<=10000" in nncli("train", xor_config, "--seeds", "0").err


def test_the_option_is_short_for_the_key(nncli, xor_config, tmp_path):
    assert nncli("train", "-q", xor_config, "--seeds", 2, "-o", "option").code == 0
    assert nncli("train", "-q", xor_config, "training.seeds=2", "-o", "key").code == 0
    assert parameters(tmp_path / "option") == parameters(tmp_path / "key")
    assert {each.name for each in (tmp_path / "key").iterdir()} == {
        "config.yaml",
        "metrics.json",
        "seed-0",
        "seed-1",
    }


def test_the_output_has_every_seed_and_the_mean(nncli, xor_config):
    done = nncli("train", xor_config, "--seeds", 3, "seed=5", "-o", "run")
    assert done.code == 0
    assert [line for line in done.err.splitlines() if line.startswith("seed")] == [
        "seed 5 (1/3)",
        "seed 6 (2/3)",
        "seed 7 (3/3)",
    ]
    table = done.out.splitlines()
    assert table[0] == "test (60 rows)"
    assert table[1].split() == ["seed", "loss", "accuracy", "roc_auc", "brier"]
    assert [line.split()[0] for line in table[2:5]] == ["5", "6", "7"]
    assert table[6] == "mean ± sample standard deviation over 3 seeds"
    assert table[7].split() == ["metric", "test", "train", "validation"]
    assert max(map(len, table)) <= 80
    dry = nncli("train", xor_config, "--seeds", 3, "--dry-run").out
    assert "seeds, one model each  3\n" in dry


def test_a_second_signal_names_the_run_of_all_seeds(nncli, xor_config, tmp_path, stop_at):
    assert nncli("train", "-q", xor_config, "--seeds", 3, "-o", "whole").code == 0
    stop_at(20, times=2)
    done = nncli("train", "-q", xor_config, "--seeds", 3, "-o", "a run")
    assert done.code == 130
    assert done.err.splitlines()[-1] == "Interrupted; to resume:  nncli train --resume 'a run'"
    stop_at(0)
    assert nncli("train", "-q", "--resume", "a run").code == 0
    assert parameters(tmp_path / "a run") == parameters(tmp_path / "whole")


def test_an_interrupted_run_resumes_with_the_remaining_seeds(nncli, xor_config, tmp_path, stop_at):
    assert nncli("train", "-q", xor_config, "--seeds", 3, "-o", "whole").code == 0
    stop_at(20)
    done = nncli("train", "-q", xor_config, "--seeds", 3, "-o", "a run")
    assert done.code == 130
    assert done.err.splitlines()[-2:] == [
        "Interrupted in seed 1 (2/3) after 1 of 3 epochs; to resume:",
        "  nncli train --resume 'a run'",
    ]
    run = tmp_path / "a run"
    assert nncli("show", "a run").error == (
        "Error: a run: has interrupted runs of seeds; resume it: nncli train --resume 'a run', or "
        "choose the model of a seed: a run/seed-0"
    )
    assert nncli("train", "-q", "--resume", "a run").code == 0
    assert parameters(run) == parameters(tmp_path / "whole")
    shutil.rmtree(run / "seed-2")
    (run / "metrics.json").unlink()
    assert nncli("train", "-q", "--resume", "a run").code == 0
    assert parameters(run) == parameters(tmp_path / "whole")
    again = nncli("train", "--resume", "a run")
    assert again.out.startswith("a run is finished: all 3 seeds are done.\n")
    assert nncli("show", "a run").error == (
        "Error: a run: has a model for each seed; choose a run/seed-0"
    )


def test_seeds_can_be_added(nncli, xor_config, tmp_path):
    assert nncli("train", "-q", xor_config, "--seeds", 4, "-o", "whole").code == 0
    assert nncli("train", "-q", xor_config, "--seeds", 2, "-o", "run").code == 0
    assert nncli("train", "-q", "--resume", "run", "--seeds", 4).code == 0
    assert parameters(tmp_path / "run") == parameters(tmp_path / "whole")
    assert nncli("train", "-q", "--resume", "run", "--seeds", 3).error == (
        "run: cannot resume with another config: training.seeds was 4 and is 3; only "
        "training.epochs and training.seeds may change, and only increase; otherwise start a "
        "new run"
    )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (["training.folds=3"], "found 2, and training.folds: 3; remove one"),
        (["training.folds=3", "training.fold=1"], "found 2, and training.folds: 3; remove one"),
        (["training.refit=true"], "found 2, and training.refit: true; remove one"),
        (
            ["seed=4294967295"],
            "found 2, and seed: 4294967295; the last seed would be above 4294967295; reduce one "
            "of them",
        ),
    ],
)
def test_impossible_combinations_are_refused(nncli, xor_config, tmp_path, settings, problem):
    done = nncli("train", "-q", xor_config, "--seeds", 2, "-o", "run", *settings)
    assert (done.code, done.err) == (2, f"command line: training.seeds: {problem}\n")
    assert not (tmp_path / "run").exists()


def test_the_largest_seeds_are_allowed(nncli, xor_config, tmp_path):
    settings = ["seed=4294967294", "training.epochs=0"]
    assert nncli("train", "-q", xor_config, "--seeds", 2, "-o", "run", *settings).code == 0
    assert (tmp_path / "run" / "seed-4294967295").is_dir()


def test_a_diverged_seed_is_named(nncli, xor_config):
    huge = ["training.optimizer=sgd", "training.learning_rate=1e30", "model.activation=relu"]
    done = nncli("train", "-q", xor_config, "--seeds", 2, "-o", "run", *huge)
    assert done.code == 1
    assert done.divergence.startswith("Error: seed 0 (1/2): epoch 1, batch 2: ")
    assert "To see why:\n  nncli diagnose run/seed-0\n" in done.err
