"""``nncli diagnose``: pages within 80 columns, JSON, formats, and what to type next."""

import json
import shlex

import pytest

CONFIG = """data: {source: xor, rows: 60}
model: {hidden_layers: [4], initializer: zeros}
training: {epochs: 2}
"""


@pytest.fixture
def run(nncli, tmp_path):
    (tmp_path / "broken.yaml").write_text(CONFIG, encoding="utf-8")
    assert nncli("train", "broken.yaml", "-q", "-o", "a run").code == 0
    return "a run"


def test_a_page_ends_with_commands_that_work(nncli, run):
    done = nncli("diagnose", run)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    page, _, after = done.out.partition("\nNext:\n")
    prove, apply, train, explain = (shlex.split(line)[1:] for line in after.splitlines())
    assert prove == ["diagnose", "a run", "--prove"]
    assert apply == ["diagnose", "a run", "--apply"]
    assert nncli(*apply).code == 0
    assert train == ["train", "a run/config.yaml", "model.initializer=he_normal"]
    assert explain == ["explain", "N023"]
    assert nncli(*explain).code == 0
    assert nncli(*train, "-q", "-o", "better").code == 0
    assert "N023" not in nncli("diagnose", "better").out
    assert "N023 problem" in page


def test_a_model_file_in_a_run_has_the_same_next_command(nncli, run):
    assert "nncli train 'a run/config.yaml' model" in nncli("diagnose", f"{run}/weights.npz").out


def test_a_config_is_trained_with_the_change(nncli, run):
    out = nncli("diagnose", "broken.yaml").out
    assert "  nncli train broken.yaml model.initializer=he_normal\n" in out


def test_the_next_commands_find_moved_data(nncli, tmp_path):
    rows = "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(60))
    (tmp_path / "rows.csv").write_text("a,b,y\n" + rows, encoding="utf-8")
    config = CONFIG.replace("source: xor, rows: 60", "path: rows.csv, target: y")
    (tmp_path / "broken.yaml").write_text(config, encoding="utf-8")
    assert nncli("train", "broken.yaml", "-q", "-o", "run").code == 0
    (tmp_path / "rows.csv").rename(tmp_path / "new place.csv")
    out = nncli("diagnose", "run", "--data", "new place.csv", "--trust-paths").out
    _, _, after = out.partition("\nNext:\n")
    prove, apply, train, _ = (shlex.split(line)[1:] for line in after.splitlines())
    assert apply == ["diagnose", "run", "--data", "new place.csv", "--trust-paths", "--apply"]
    assert prove == [*apply[:-1], "--prove"]
    assert train == ["train", "run/config.yaml", "--data", "new place.csv", train[-1]]
    assert nncli(*apply).code == 0
    assert nncli(*train, "-q", "-o", "better").code == 0


def test_a_lone_model_file_has_no_config_to_train(nncli, run, tmp_path):
    (tmp_path / "a run" / "weights.npz").rename(tmp_path / "lone.npz")
    out = nncli("diagnose", "lone.npz").out
    assert "N023" in out
    assert "nncli train" not in out


@pytest.mark.parametrize("what", ["own/moved.yaml", "a run", "a run/weights.npz"])
def test_the_next_commands_name_the_new_place_of_the_data(nncli, tmp_path, what):
    rows = "\n".join(f"{n},{n * 7 % 5},{'ab'[n % 3 > 1]}" for n in range(60))
    place = tmp_path / "new place"
    place.mkdir()
    own = tmp_path / "own"
    own.mkdir()
    (own / "rows.csv").write_text(f"x,z,y\n{rows}\n", encoding="utf-8")
    text = CONFIG.replace("{source: xor, rows: 60}", "{source: csv, path: rows.csv, target: y}")
    (own / "moved.yaml").write_text(text, encoding="utf-8")
    assert nncli("train", "own/moved.yaml", "-q", "-o", "a run").code == 0
    (own / "rows.csv").rename(place / "rows.csv")
    out = nncli("diagnose", what, "--data", "new place/rows.csv").out
    after = out.partition("\nNext:\n")[2].splitlines()
    prove, apply, train, _ = (shlex.split(line)[1:] for line in after)
    assert prove[2:4] == apply[2:4] == ["--data", "new place/rows.csv"]
    assert nncli(*prove).code == nncli(*apply).code == 0
    assert nncli(*train, "-q", "-o", "better").code == 0


def test_a_missing_history_is_named(nncli, run, tmp_path):
    sentence = "There is no history.csv, so nothing is known about the course of training."

    def page(what):
        return " ".join(nncli("diagnose", what).out.split())

    assert sentence not in page(run)
    assert sentence not in page("broken.yaml")
    (tmp_path / "a run" / "history.csv").unlink()
    assert sentence in page(run)
    (tmp_path / "a run" / "weights.npz").rename(tmp_path / "lone.npz")
    assert sentence in page("lone.npz")


def test_json_has_what_the_page_has(nncli, run):
    found = json.loads(nncli("diagnose", run, "--json").out)
    assert found["findings"][0]["code"] == "N023"
    assert found["findings"][0]["change"] == {"key": "model.initializer", "value": "he_normal"}
    assert "N023" in found["checked"]
    assert found["interrupted"] is False


@pytest.mark.parametrize(
    ("name", "start"), [("markdown", "# a run: "), ("html", "<!DOCTYPE html>")]
)
def test_other_formats_are_the_page_alone(nncli, run, name, start):
    out = nncli("diagnose", run, "--format", name).out
    assert out.startswith(start)
    assert "Next:" not in out


def test_a_muted_finding_is_named(nncli, run):
    nncli("train", "broken.yaml", "-q", "-o", "muted", "diagnose.ignore=[N023]")
    out = nncli("diagnose", "muted").out
    assert "Found, but muted by diagnose.ignore: N023." in out
    assert "N023 problem" not in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("folder",),
            "folder: is not a run; expected a run directory such as runs/xor-001, a weights file "
            "or a config",
        ),
        (
            ("broken.yaml", "training.epochs=3"),
            "training.epochs=3: diagnose takes no settings; write it in the config, or train with "
            "it",
        ),
        (
            ("broken.yaml", "--format", "html", "-o", "page.html"),
            "-o: names the file for --apply; add --apply, or leave out -o; to save the page, "
            "redirect it with > page.html",
        ),
        (
            ("broken.yaml", "--format", "html", "--json"),
            "--format: --json prints no page in html; leave out one of them",
        ),
    ],
)
def test_what_diagnose_does_not_take_has_a_remedy(nncli, run, tmp_path, arguments, said):
    (tmp_path / "folder").mkdir()
    assert nncli("diagnose", *arguments).error == f"Error: {said}"
