"""The result of training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from nncli.base.storage.run_files import HISTORY, RECORDED_WEIGHTS
from nncli.base.words import count
from nncli.metrics.tasks import Evaluation
from nncli.model.model import Model
from nncli.runs.selection import Selection
from nncli.training.history_file import Table, read_history
from nncli.training.outcome import EARLY, FINISHED
from nncli.training.recorded_weights import RecordedWeights, read_recorded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nncli import Diagnosis


@dataclass(frozen=True)
class Result:
    """The result of training.

    Attributes
    ----------
    model : Model
        Trained model, with the weights of the best epoch if there are validation rows.
    ended : str
        ``finished``, ``stopped early``, ``interrupted``, or in a `DivergenceError` ``diverged``.
    recorded : dict of str to list, or None
        History, if there is no run directory.
    directory : Path or None
        Run directory, if there is one.
    evaluations : dict of str to Evaluation
        Evaluations of the model on all splits.
    already_over : str or None
        Reason why nothing was left to train, in a run that was resumed.
    selection : Selection or None
        Selection that chose the epochs of a refit.
    refit_in : Path or None
        Run directory to resume, if the selection of a refit was interrupted.
    weights : RecordedWeights or None
        Recorded weights, if there is no run directory.
    divergence : str
        Where training diverged, and a remedy, if it did.
    """

    model: Model
    ended: str
    recorded: Table | None = field(default=None, repr=False)
    directory: Path | None = None
    evaluations: dict[str, Evaluation] = field(default_factory=dict, repr=False)
    already_over: str | None = None
    selection: Selection | None = None
    refit_in: Path | None = None
    weights: RecordedWeights | None = field(default=None, repr=False)
    divergence: str = ""
    _place: Path | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        place = None if self.directory is None else self.directory.absolute()
        object.__setattr__(self, "_place", place)  # the working directory may change

    def __repr__(self) -> str:
        place = f"; in {self.directory}" if self.directory else ""
        splits = ", ".join(self.metrics)
        epochs = count(self.epochs, "epoch")
        return f"<Result: {self.ended} after {epochs}; metrics of {splits}{place}>"

    @cached_property
    def history(self) -> Table:
        """The columns of ``history.csv``, with one entry per epoch.

        Raises
        ------
        DataError
            If the file can no longer be read.
        """
        if self.recorded is not None or self._place is None:
            return self.recorded or {}
        return read_history(self._place / HISTORY)

    @cached_property
    def recorded_weights(self) -> dict[str, NDArray[Any]]:
        """The weights that ``training.record_weights`` keeps; empty without it.

        ``step`` and ``epoch`` (N,), and each array of the network by its name, such as ``W1``
        (N, I, O), with N copies: before training, then every few steps.

        Raises
        ------
        DataError
            If the file can no longer be read.
        """
        found = self.weights
        if found is None and self._place and self.config["training"].get("record_weights"):
            found = read_recorded(self._place / RECORDED_WEIGHTS, self.model.network)
        return found.named(self.model.network) if found else {}

    @property
    def is_over(self) -> bool:
        """Whether training is complete, with nothing to resume."""
        return self.ended in (FINISHED, EARLY)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The final metrics of each split, by name."""
        return dict(self.model.metrics)

    @property
    def config(self) -> dict[str, Any]:
        """The config, with all defaults filled in."""
        return dict(self.model.config)

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return int(self.model.training["epochs"])

    @property
    def keeps_best(self) -> bool:
        """Whether the model has the weights of the best epoch rather than the last."""
        return bool(self.epochs) and "validation" in self.metrics

    @property
    def best_epoch(self) -> int:
        """The epoch of the model's weights."""
        return int(self.model.training["best_epoch"])

    def plot(
        self, kinds: Sequence[str] | str | None = None, **settings: Any
    ) -> "dict[str, Figure]":
        """Return plots of the run as matplotlib figures by kind.

        Settings are the keyword arguments of `nncli.plot`.
        """
        import nncli  # a later package draws them

        return nncli.plot(self, kinds, **settings)

    def diagnose(self, **settings: Any) -> "Diagnosis":
        """Return why training went as it did, and what to change.

        Settings are the keyword arguments of `nncli.diagnose`.
        """
        import nncli  # a later package diagnoses

        return nncli.diagnose(self, **settings)
