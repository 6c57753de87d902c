"""Epochs of one step that are taken together: an interruption at any line changes no bit."""

from itertools import count

import pytest

from nncli.engines.compiled.engine import CompiledEngine
from nncli.engines.compiled.epochs import Epochs
from nncli.runs.recording import RunDirectory
from nncli.training.checkpoint import Pace
from nncli.training.observers.history import HistoryFile
from nncli.training.progress import Progress
from tests.cli.stopped_runs import assert_same_run, config
from tests.stopping import interrupted_at

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

WATCHED = (CompiledEngine, Epochs, Progress, RunDirectory, HistoryFile, Pace)


# An interruption right after a file is opened leaves it open until it is collected.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("every_epoch", [True, False])
@pytest.mark.slow
def test_a_run_that_is_interrupted_at_any_line_resumes_to_the_same_bits(
    nncli, tmp_path, monkeypatch, every_epoch
):
    monkeypatch.setattr(Pace, "is_due", lambda pace, within_epoch: every_epoch)
    path = config(tmp_path, "engine: compiled, batch_size: full, optimizer: adam")
    assert nncli("train", path, "-q", "-o", "whole").code == 0
    resumed, ended = 0, []
    for number in count(1, 31):
        run = f"run-{number}"
        interrupted_at(
            number, WATCHED, lambda run=run: ended.append(nncli("train", path, "-q", "-o", run))
        )
        if ended[-1].code == 0:
            break
        assert ended[-1].code == 130
        if (tmp_path / run / "config.yaml").exists():
            assert nncli("train", "-q", "--resume", run).code == 0
            assert_same_run(tmp_path / run, tmp_path / "whole")
            resumed += 1
    assert resumed > 20
