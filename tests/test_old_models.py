"""Model files and a checkpoint from earlier versions of nncli are read as before.

In a folder of `old_models`, each `.txt` is a transcript: commands on the model file of the same
name, each with its output. The models of format 1 were trained by the last nncli that wrote it, of
commit 31a81fd. To add a command, add a line `$ nncli ...` to a transcript:
`python -m tests.test_old_models` runs all commands and updates their output.
"""

import csv
import io
import json
import re
import shlex
import shutil
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from nncli.cli.main import main
from nncli.model.model_file import read_model
from tests import same_bits

OLD = Path(__file__).parent / "old_models"
TRANSCRIPTS = sorted(OLD.glob("*/*.txt"))
ENVIRONMENT = OLD / "environment.json"
PROMPT = "$ nncli "
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?")


def steps(transcript):
    """Return the commands of a transcript, each with its output."""
    text = transcript.read_text(encoding="utf-8")
    return [
        each.split("\n", 1) for each in re.split(rf"^{re.escape(PROMPT)}", text, flags=re.M)[1:]
    ]


def run(command, folder):
    """Run a command in `folder`; return its output."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with (
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main(shlex.split(command))
    assert ended.value.code == 0, err.getvalue()
    return out.buffer.getvalue().decode("utf-8")


def environment():
    """Return the parts of this environment that decide the last digits."""
    return same_bits.environment(engine="numpy")


def is_here():
    """Return whether this environment is the one of the transcripts."""
    return environment() == json.loads(ENVIRONMENT.read_text(encoding="utf-8"))


def assert_same(found, expected):
    """Check that two outputs are the same, with another environment up to rounding."""
    if is_here():
        assert found == expected
        return
    numbers, texts = NUMBER.findall(found), NUMBER.sub("0", found).split()
    assert texts == NUMBER.sub("0", expected).split()
    expected_numbers = map(float, NUMBER.findall(expected))
    assert list(map(float, numbers)) == pytest.approx(list(expected_numbers), rel=1e-3, abs=1e-5)


def history(run):
    """Return the numbers of a history, except times."""
    with (run / "history.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [float(row[key]) for row in rows for key in row if key not in same_bits.TIMES]


@pytest.mark.parametrize(
    ("folder", "command", "expected"),
    [
        pytest.param(path.parent, *step, id=f"{path.parent.name}: {step[0]}")
        for path in TRANSCRIPTS
        for step in steps(path)
    ],
)
def test_commands_print_the_recorded_output_for_old_models(folder, command, expected):
    assert_same(run(command, folder), expected)


def test_every_old_model_has_a_transcript():
    models = {path.with_suffix(".txt") for path in OLD.glob("*/format_*.npz")}
    assert models == set(TRANSCRIPTS)


def test_an_old_interrupted_run_resumes_to_its_end(tmp_path):
    shutil.copytree(OLD / "stopped_run", tmp_path / "run")
    run("train --resume run -q", tmp_path)
    run("train run/config.yaml -q -o whole", tmp_path)
    found, expected = history(tmp_path / "run"), history(tmp_path / "whole")
    assert found == pytest.approx(expected, rel=1e-3)
    if is_here():
        assert found == expected
        models = [read_model(tmp_path / name).network.parameters for name in ("run", "whole")]
        assert models[0].tobytes() == models[1].tobytes()
    last = (tmp_path / "run" / "history.csv").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("6,")


def renew():
    """Update all transcripts; yield the paths of those that have changed."""
    for path in TRANSCRIPTS:
        before = path.read_text(encoding="utf-8")
        commands = [command for command, _ in steps(path)]
        after = "".join(f"{PROMPT}{each}\n{run(each, path.parent)}" for each in commands)
        path.write_text(after, encoding="utf-8", newline="\n")
        if after != before:
            yield path.relative_to(OLD)
    text = json.dumps(environment(), indent=2) + "\n"
    ENVIRONMENT.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    for each in renew():
        sys.stdout.write(f"{each} has changed\n")
