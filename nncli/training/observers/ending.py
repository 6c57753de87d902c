"""The observer that prints, at the end of training, its curves and why it stopped early."""

import sys

from nncli.base.streams import can_show
from nncli.base.words import count
from nncli.training.curves import BLOCKS, Curve, curve_lines, shown_metrics
from nncli.training.loop import EpochReport
from nncli.training.observers.observer import Job, Observer
from nncli.training.observers.wording import print_line
from nncli.training.outcome import EARLY, Outcome

_AT_ONCE = 512  # epochs: adding one by one would slow down very short epochs


class Ending(Observer):
    """Print how training ended, to standard error.

    The curves of a resumed run are of the epochs since then. There are none where the encoding of
    the output has no block characters.
    """

    def begin(self, job: Job) -> None:
        """Start the curves."""
        self._plan, self._before = job.plan, job.progress.epoch
        self._curves: dict[str, Curve] = {}
        self._recent: list[dict[str, float]] = []

    def epoch(self, report: EpochReport) -> None:
        """Continue the curves."""
        self._recent.append(report.metrics)
        if len(self._recent) == _AT_ONCE:
            self._extend_curves()

    def end(self, outcome: Outcome | None) -> None:
        """Print the curves and, if training stopped early, the reason."""
        self._extend_curves()
        if can_show(BLOCKS, sys.stderr):
            lines = curve_lines(self._curves)
            if lines and self._before:
                print_line(f"since epoch {self._before + 1}:")
            for line in lines:
                print_line(line)
        if outcome and outcome.ended == EARLY:
            plan, epoch = self._plan, outcome.progress.epoch
            print_line(
                f"Stopped early after epoch {epoch} of {plan.epochs}: no better {plan.monitor} "
                f"for {count(plan.patience_epochs or 0, 'epoch')}."
            )

    def _extend_curves(self) -> None:
        recent, self._recent = self._recent, []
        for name in shown_metrics(recent[0]) if recent else ():
            values = [metrics[name] for metrics in recent]
            self._curves.setdefault(name, Curve()).extend(values)
