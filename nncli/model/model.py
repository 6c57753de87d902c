"""A trained model: the network and everything needed to use it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncli.base.arguments import check_callable, path_in, said, texts_in
from nncli.base.notes import Note, warn
from nncli.base.words import listed
from nncli.data.dataset import Task
from nncli.data.files.input_file import Advance, tell_nobody
from nncli.model.preprocessing import Preprocessing
from nncli.nn.network import Network
from nncli.nn.objective import Objective

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nncli.data.rows.reading import Taken
    from nncli.engines.batches import Scaled
    from nncli.metrics.tasks import Evaluation
    from nncli.model.predicted import PredictedRows


@dataclass(frozen=True)
class Model:
    """A trained network with everything needed to use it.

    It predicts and evaluates rows in many forms: a numeric array (N, I); a pandas, polars or
    pyarrow data frame; a list of dicts, one per row; the path of a file or of a folder of images;
    ``-`` for standard input. Models are thread-safe. A pickle contains the bytes of the model file.

    Attributes
    ----------
    network : Network
    preprocessing : Preprocessing
    task : str
    targets : list of str
        Names of the targets.
    classes : list of str
        Names of the classes; empty for regression and multilabel tasks.
    objective : Objective
        The objective of training.
    config : dict
        The config of the training, including all defaults.
    metrics : dict
        Final metrics of each split.
    training : dict
        The training record: epochs, best epoch, seconds, date.
    fingerprint : dict of str to str
        Fingerprint of the training data; empty for data passed from Python, and in files of
        earlier versions.
    provenance : dict
        The versions that wrote the file, if the model was read from one.
    called : str
        Name of the model in messages: the path that it was read from.
    folder : Path or None
        The folder of the file that it was read from.
    """

    network: Network
    preprocessing: Preprocessing
    task: Task
    targets: list[str]
    classes: list[str]
    objective: Objective
    config: dict[str, Any]
    metrics: dict[str, Any]
    training: dict[str, Any]
    fingerprint: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    called: str = field(default="the model", compare=False)
    folder: Path | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        sizes = [self.network.layers[0].inputs, *(each.outputs for each in self.network.blocks)]
        return (
            f"<Model: {self.task} of {listed(self.targets)}; layers {' - '.join(map(str, sizes))}; "
            f"{self.called}>"
        )

    @property
    def taken(self) -> "Taken":
        """The rows that the model takes, and hints from the files of its training data."""
        from nncli.data.files.hints import hints_of

        data = self.config.get("data")
        hints = hints_of(data if isinstance(data, dict) else {})
        return replace(self.preprocessing.taken, hints=hints)

    @cached_property
    def threshold(self) -> float | None:
        """The probability above which the second class, or a label, is predicted.

        None if the task has no threshold. Raises `ModelFileError` if its config sets an invalid
        one.
        """
        from nncli.model.thresholds import own_threshold

        return own_threshold(self)

    def scaled(self, dtype: np.dtype[Any]) -> "Scaled":
        """Return the scaler for inputs of a dtype; results are cached."""
        if dtype not in self._scaled:
            from nncli.engines.batches import Scaled
            from nncli.model.evaluation import scaling_of

            self._scaled[dtype] = Scaled(scaling_of(self), dtype, self.network.dtype)
        return self._scaled[dtype]

    @cached_property
    def _scaled(self) -> "dict[np.dtype[Any], Scaled]":
        return {}

    def predict(
        self,
        rows: object,
        *,
        threshold: float | None = None,
        strict: bool = False,
        note: Note = warn,
    ) -> NDArray[Any]:
        """Predict every row.

        Parameters
        ----------
        rows : array, frame, list of dict, or path
        threshold : float, optional
            Threshold to use instead of the model's own.
        strict : bool
            Whether values not seen in training are errors: a missing value, an unknown category, or
            a number outside the training range by more than twice that range. By default, a warning
            counts them; a missing number becomes the median of the training rows, and an unknown
            category matches none of the known ones.
        note : function of str
            Called with a line for everything suspicious or guessed; by default, issues a warning.

        Returns
        -------
        array
            For classes, their names (N,): as int64 if all are integers, as Booleans if they are
            ``false`` and ``true``, else as text. For several labels, 0 and 1 (N, L). For
            regression, float64 numbers (N,), or (N, O) for several targets.

        Raises
        ------
        DataError
            If rows are invalid; names the place, what was found and what was expected.
        UsageError
            If the model has no use for a threshold.
        """
        from nncli.model.prediction import in_one

        blocks = self._blocks(rows, threshold, proba=False, strict=strict, note=note, at_once=True)
        return in_one(block.predictions.result() for block in blocks)

    def predict_proba(
        self, rows: object, *, strict: bool = False, note: Note = warn
    ) -> NDArray[Any]:
        """Return the probability of every class (N, classes) or label (N, L).

        Parameters and errors are as for `predict`. Raises `UsageError` if the outputs are not
        probabilities.
        """
        from nncli.model.prediction import in_one
        from nncli.model.thresholds import check_probabilities

        check_probabilities(self)
        blocks = self._blocks(rows, None, proba=True, strict=strict, note=note, at_once=True)
        return in_one(block.predictions.array() for block in blocks)

    def predictions(
        self,
        rows: object,
        *,
        threshold: float | None = None,
        proba: bool = True,
        id_column: str | Sequence[str] | None = None,
        truth: bool = False,
        strict: bool = False,
        note: Note = warn,
        advance: Advance = tell_nobody,
    ) -> "Iterator[PredictedRows]":
        """Yield predictions in blocks, with bounded memory for any number of rows.

        Parameters
        ----------
        rows, threshold, strict, note
            As for `predict`.
        proba : bool
            Whether to include probabilities, if the model has them.
        id_column : str or sequence of str, optional
            Columns of a table to output with the predictions, instead of the model's own ID
            columns. A column with the same name as a prediction column is renamed to ``id``.
        truth : bool
            Whether to include the targets of the rows and the errors of the predictions; both are
            blank where a target is unknown.
        advance : function of int
            Called with the number of bytes of a file read since the last call.

        Raises
        ------
        DataError, UsageError
            As for `predict`; blocks before an error are yielded.
        """
        from nncli.base.errors import UsageError

        ids = [] if id_column is None else texts_in(id_column, "id_column")
        if ids and self.preprocessing.encoding is None:
            raise UsageError(
                f"{self.called}: the model was not trained on named columns; leave out "
                f"{said('--id', 'id_column')}"
            )
        return self._blocks(
            rows,
            threshold,
            proba=proba,
            ids=ids,
            truth=truth,
            strict=strict,
            note=note,
            advance=advance,
        )

    def evaluate(
        self,
        rows: object | None = None,
        targets: object | None = None,
        *,
        split: str | None = None,
        threshold: float | None = None,
        trust_paths: bool = False,
        strict: bool = False,
        mistakes: int | None = None,
        note: Note = warn,
    ) -> "Evaluation":
        """Compare predictions with the targets of rows.

        Parameters
        ----------
        rows : array, frame, list of dict, or path, optional
            By default, a split of the data named in the config.
        targets : array, list or series, optional
            Targets (N,) or (N, O), or classes (N,), of `rows`. By default, they are read from the
            columns with the names of the targets, or from the array ``y`` of an npz file.
        split : str, optional
            Split to evaluate; ``test`` by default.
        trust_paths : bool
            Whether to read files named in the config from any path. By default, files outside the
            model's folder and its run's project must be unchanged since training, because a model
            can be untrusted.
        mistakes : int, optional
            Number of rows to return as `Evaluation.mistakes`: those with the worst predictions.
        threshold, strict, note
            As for `predict`.

        Raises
        ------
        DataError
            As for `predict`, and for unknown targets.
        UsageError
            If the data has no such split, or arguments are mutually exclusive.
        """
        from nncli.model.model_evaluation import evaluate_model

        with np.errstate(**_ERRORS):
            return evaluate_model(
                self,
                rows,
                targets,
                split=split,
                threshold=threshold,
                trust_paths=trust_paths,
                strict=strict,
                mistakes=mistakes,
                note=note,
            )

    def save(self, path: Path | str, *, replace: bool = False) -> None:
        """Write the model file atomically.

        Raises
        ------
        UsageError
            If `path` exists and `replace` is not set, or is not a regular file.
        OutputError
            If the file cannot be written.
        """
        from nncli.base.storage.files import checked_output
        from nncli.model.model_file import write_model
        from nncli.model.named_data import without_folders

        hint = ", or replace=True to replace it"
        target = checked_output(path_in(path, "path"), replace=replace, hint=hint)
        write_model(target, without_folders(self), replace=replace)

    def plot(
        self, kinds: Sequence[str] | str | None = None, **settings: Any
    ) -> "dict[str, Figure]":
        """Return plots of the model as matplotlib figures by kind.

        Settings are the keyword arguments of `nncli.plot`.
        """
        import nncli  # a later package draws them

        return nncli.plot(self, kinds, **settings)

    def __reduce__(self) -> tuple[Any, ...]:
        from nncli.model.model_file import model_bytes, model_from_bytes

        return model_from_bytes, (model_bytes(self), self.called)

    def _blocks(
        self, rows: object, threshold: float | None, **asked: Any
    ) -> "Iterator[PredictedRows]":
        from nncli.model.prediction import asked_blocks

        check_callable(asked["note"], "note")
        return _guarded(asked_blocks(self, rows, threshold, **asked))


# Override the caller's settings: `check_range` detects overflow.
_ERRORS: dict[str, Any] = {
    "divide": "warn",
    "over": "ignore",
    "under": "ignore",
    "invalid": "ignore",
}


def _guarded(blocks: "Iterator[PredictedRows]") -> "Iterator[PredictedRows]":
    """Yield the same blocks, and set NumPy's error handling while each is computed."""
    while True:
        with np.errstate(**_ERRORS):
            block = next(blocks, None)
        if block is None:
            return
        yield block
