import os
import re
import struct
from contextlib import redirect_stderr, suppress

import pytest

from nncli.metrics.scores import ACCURACY
from nncli.training.loop import EpochReport, StepReport
from nncli.training.observers.bar import Bar
from nncli.training.progress import Progress
from tests.training.jobs import ScriptedJob
from tests.training.scripted import plan_of

FACTORS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}


def rate_shown(text):
    """Return the last rate in rows per second shown by a bar."""
    number, factor = re.findall(r"([\d.]+)([kMGTP]?) rows/s", text)[-1]
    return float(number) * FACTORS[factor]


@pytest.mark.parametrize("rows", [0, 2])
def test_the_rate_is_that_of_the_rows_since_training_resumed(capsys, rows):
    before = 10**12
    progress = Progress(epoch=before, batch=rows)
    progress.sums.rows = rows
    bar = Bar()
    bar.begin(ScriptedJob(plan=plan_of(epochs=2 * before), progress=progress))
    bar.step(StepReport(before + 1, 3, 3, 1.0))
    bar.epoch(EpochReport(before + 1, {"train_loss": 1.0}, 0.1, 1.0, 1.0, [], improved=True))
    bar.end(None)
    shown = capsys.readouterr().err
    assert 0 < rate_shown(shown) < 1e9  # only 4 of the 4e12 rows are new
    assert f"epoch {before + 1}/{2 * before}" in shown


def test_the_rate_of_a_new_run_counts_all_rows(capsys):
    bar = Bar()
    bar.begin(ScriptedJob(plan=plan_of(epochs=4)))
    bar.epoch(EpochReport(4, {"train_loss": 1.0}, 0.1, 1.0, 1.0, [], improved=True))
    bar.end(None)
    assert rate_shown(capsys.readouterr().err) > 0


class Terminal:
    """A pseudo-terminal of some columns, in which the time is set by the test."""

    def __init__(self, columns):
        self.pty = pytest.importorskip("pty")
        fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
        self._leader, terminal = self.pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        self.stream = os.fdopen(terminal, "w", encoding="utf-8")
        self.now = 0.0

    def updates(self):
        """Return everything that was on a line at some time."""
        self.stream.close()
        shown = b""
        with suppress(OSError):  # on Linux, nobody writes any more
            while piece := os.read(self._leader, 1 << 16):
                shown += piece
        os.close(self._leader)
        return re.split("[\r\n]+", re.sub("\x1b.[A-Z]", "", shown.decode("utf-8")))


def shown_on(
    columns, epochs=1000, *, title="", monitor="validation_loss", every=None, seconds=1.0, **plan
):
    """Return the updates of a bar whose epochs take some seconds each."""
    terminal = Terminal(columns)
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", monitor)
    with redirect_stderr(terminal.stream):
        bar = Bar(every, clock=lambda: terminal.now)
        plan = plan_of(epochs=epochs, monitor=monitor, **plan)
        bar.begin(ScriptedJob(plan=plan, title=title, score=ACCURACY))
        for epoch in range(1, 8):
            bar.step(StepReport(epoch, 3, 3, 12.3456))
            terminal.now += seconds
            metrics = dict.fromkeys(names, 12.3456)
            bar.epoch(EpochReport(epoch, metrics, 0.1, 1.0, 1.0, [], improved=True))
        bar.end(None)
    return terminal.updates()


def lines_of(updates):
    return [int(found[1]) for each in updates if (found := re.match(r"epoch +(\d+)/\d+  ", each))]


@pytest.mark.parametrize("columns", [80, 81, 120, 300])
@pytest.mark.parametrize("title", ["", "fold 10/10", "selection"])
@pytest.mark.parametrize("epochs", [7, 100, 1000])
@pytest.mark.parametrize("monitor", ["validation_loss", "validation_balanced_accuracy"])
def test_the_metrics_are_not_cut_off_and_leave_room(columns, title, epochs, monitor):
    updates = shown_on(columns, epochs, title=title, monitor=monitor)
    bars = [each for each in updates if re.search(r"\d\d:\d\d<\d\d:\d\d", each)]
    assert bars
    # A terminal prints ^C after the bar, and then starts a new line.
    assert max(len(each) for each in bars) <= columns - 3
    label = monitor.removeprefix("validation_").replace("loss", "acc")
    assert bars[-1].startswith(f"{title} epoch 7/{epochs}".strip())
    assert re.search(rf"val (loss )?12\.3456 {label} 12\.3456$", bars[-1])
    if columns != 120:
        assert ("rows/s" in bars[-1]) == (columns > 120)


def test_a_narrow_terminal_is_never_exceeded():
    for columns in (1, 5, 20, 40, 60):
        updates = shown_on(columns, title="fold 1/3")
        assert all(len(each) <= columns for each in updates if "<" in each)


def test_lines_stay_above_the_bar_at_most_one_per_second():
    assert lines_of(shown_on(80, seconds=2.0)) == [1, 2, 3, 4, 5, 6, 7]
    assert lines_of(shown_on(80, seconds=0.5)) == [1, 3, 5, 7]
    assert lines_of(shown_on(80, seconds=0.001)) == [1, 7]


@pytest.mark.parametrize("seconds", [2.0, 0.001])
def test_every_nth_line_is_printed_however_short_the_epochs_are(seconds):
    assert lines_of(shown_on(80, seconds=seconds, every=3)) == [3, 6, 7]
    assert lines_of(shown_on(80, seconds=seconds, every=1)) == [1, 2, 3, 4, 5, 6, 7]
    assert lines_of(shown_on(80, seconds=seconds, log_every=3)) == [3, 6, 7]
    assert lines_of(shown_on(80, seconds=seconds, every=4, log_every=3)) == [4, 7]


@pytest.mark.parametrize("columns", [40, 80, 300])
@pytest.mark.parametrize("epochs", [7, 1000])
def test_the_last_bar_has_no_remaining_time(columns, epochs):
    last = [each for each in shown_on(columns, epochs) if re.search(r"\d\d:\d\d", each)][-1]
    assert last.startswith(f"epoch 7/{epochs} ")
    assert re.search(r" \d\d:\d\d, ", last)
    assert "<" not in last


def test_a_bar_that_shows_nothing_is_removed_at_the_end():
    terminal = Terminal(80)
    with redirect_stderr(terminal.stream):
        bar = Bar(clock=lambda: terminal.now)
        bar.begin(ScriptedJob(plan=plan_of(epochs=7), score=ACCURACY))
        bar.end(None)
    *_, erased, end = terminal.updates()
    assert (erased.strip(), end) == ("", "")


def test_the_title_of_a_job_is_above_its_lines():
    updates = shown_on(80, title="fold 1/3")
    assert updates[0] == "fold 1/3"
