"""Model files and a checkpoint that nncli has written at some time are read as they were then.

In a folder of `old_models`, each `.txt` is a transcript: commands on the model file of the same
name, each with what it printed. The models of format 1 were trained by the last nncli that wrote
it, of commit 31a81fd. For a new command a line `$ nncli ...` in a transcript is enough:
`python -m tests.test_old_models` runs all of them and writes down what they print now.
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
    """Return the commands of a transcript, each with what it printed."""
    text = transcript.read_text(encoding="utf-8")
    return [
        each.split("\n", 1) for each in re.split(rf"^{re.escape(PROMPT)}", text, flags=re.M)[1:]
    ]


def run(command, folder):
    """Run a command in `folder`; return what it prints."""
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
    """Return what decides the last digits, as it is here."""
    return same_bits.environment(loops="numpy")


def is_here():
    """Return whether what decides the last digits is as it was when all was written."""
    return environment() == json.loads(ENVIRONMENT.read_text(encoding="utf-8"))


def assert_same(found, expected):
    """Check that two outputs are the same; written with other libraries, but for rounding."""
    if is_here():
        assert found == expected
        return
    numbers, texts = NUMBER.findall(found), NUMBER.sub("0", found).split()
    assert texts == NUMBER.sub("0", expected).split()
    expected_numbers = map(float, NUMBER.findall(expected))
    assert list(map(float, numbers)) == pytest.approx(list(expected_numbers), rel=1e-3, abs=1e-5)


def history(run):
    """Return the numbers of a history but for the times."""
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
def test_a_command_prints_of_an_old_model_what_it_printed_once(folder, command, expected):
    assert_same(run(command, folder), expected)


def test_every_old_model_has_a_transcript():
    models = {path.with_suffix(".txt") for path in OLD.glob("*/format_*.npz")}
    assert models == set(TRANSCRIPTS)


def test_an_old_run_that_was_stopped_goes_on_to_its_end(tmp_path):
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
    """Write all transcripts again; yield the paths of those that are other ones now."""
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
        sys.stdout.write(f"{each} is another\n")
