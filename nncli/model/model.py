"""A trained model: the network, and all that is needed to use it."""

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
    from nncli.data.rows.reading import Taken
    from nncli.engines.batches import Scaled
    from nncli.metrics.tasks import Evaluation
    from nncli.model.predicted import PredictedRows


@dataclass(frozen=True)
class Model:
    """A trained network with all that is needed to use it.

    It predicts and evaluates rows of any form: an array (N, I) of numbers; a data frame of pandas,
    polars or pyarrow; a list with a dict for each row; the path of a file, ``-`` for standard
    input, or of a folder of images. Several threads may use one model at once. A pickle of it
    holds the bytes of its model file.

    Attributes
    ----------
    network : Network
    preprocessing : Preprocessing
    task : str
    targets : list of str
        Names of what is predicted.
    classes : list of str
        Empty for a regression and for several labels.
    objective : Objective
        What it was trained for.
    config : dict
        The config it was trained by, every default filled in.
    metrics : dict
        Final metrics of each split.
    training : dict
        The training record: epochs, best epoch, seconds, date.
    fingerprint : dict of str to str
        That of its data; empty where this was passed from Python, and in files of earlier versions.
    provenance : dict
        The versions that wrote the file, once it has been read from one.
    called : str
        What it is called in messages: the path that it was read from.
    folder : Path or None
        Where its file lay when it was read.
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
        """What rows it takes, and what is known of the files that its own came from."""
        from nncli.data.files.hints import hints_of

        data = self.config.get("data")
        hints = hints_of(data if isinstance(data, dict) else {})
        return replace(self.preprocessing.taken, hints=hints)

    @cached_property
    def threshold(self) -> float | None:
        """The probability over which the second class, or a label, is predicted.

        None where there is none. Raises `ModelFileError` when its config has something else there.
        """
        from nncli.model.thresholds import own_threshold

        return own_threshold(self)

    def scaled(self, dtype: np.dtype[Any]) -> "Scaled":
        """Return what scales inputs of a type; it is made once for each."""
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
        """Return what is predicted for every row.

        Parameters
        ----------
        rows : array, frame, list of dict, or path
        threshold : float, optional
            In the place of the model's own.
        strict : bool
            Whether it is an error what the training rows do not have: a blank cell, a category, or
            a number outside of its range by more than twice the range. By default a warning counts
            them; a blank number takes the median of the training rows, and a category that is not
            known is none of the known ones.
        note : function of str
            Told, in a line each, of what looks wrong or was guessed; by default it warns.

        Returns
        -------
        array
            Of classes their names (N,): as int64 where all are whole numbers, as Booleans where
            they are ``false`` and ``true``, else as text. Of several labels 0 and 1 (N, L). Of a
            regression numbers (N,), or (N, O) of several targets, in float64.

        Raises
        ------
        DataError
            With the place, what was found and what was expected.
        UsageError
            When there is nothing to compare a threshold with.
        """
        from nncli.model.prediction import in_one

        blocks = self._blocks(rows, threshold, proba=False, strict=strict, note=note, at_once=True)
        return in_one(block.predictions.result() for block in blocks)

    def predict_proba(
        self, rows: object, *, strict: bool = False, note: Note = warn
    ) -> NDArray[Any]:
        """Return the probabilities of every class (N, classes), or label (N, L).

        Parameters and errors are as for `predict`; raises `UsageError` when the outputs are no
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
        """Yield predictions in blocks, so that memory is bounded, however many rows there are.

        Parameters
        ----------
        rows, threshold, strict, note
            As for `predict`.
        proba : bool
            Whether probabilities are kept, where there are some.
        id_column : str or sequence of str, optional
            The columns of a table that stand beside the predictions, in the place of the model's
            own. One that is called as a column of predictions is there called ``id``.
        truth : bool
            Whether the targets of the rows stand beside, and the errors; blank where one is not
            known.
        advance : function of int
            Told how many bytes of a file have been read since it was last told.

        Raises
        ------
        DataError, UsageError
            As `predict`; blocks before an error are yielded.
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
        note: Note = warn,
    ) -> "Evaluation":
        """Compare predictions with the targets of rows.

        Parameters
        ----------
        rows : array, frame, list of dict, or path, optional
            By default those of a split of the data that its config names.
        targets : array, list or series, optional
            The targets (N,) or (N, O), or classes (N,), of `rows`; by default they are in columns
            of their names, or in the array ``y`` of an npz file.
        split : str, optional
            ``test`` by default.
        trust_paths : bool
            Whether the files that its config names are read wherever they are. By default those
            outside of its own folder, and of the project of its run, have to be unchanged since its
            training, as a model may be another person's.
        threshold, strict, note
            As for `predict`.

        Raises
        ------
        DataError
            As `predict`, and for targets that the model does not know.
        UsageError
            When the data has no such split, or arguments exclude each other.
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
                note=note,
            )

    def save(self, path: Path | str, *, replace: bool = False) -> None:
        """Write the model file, whole or not at all.

        Raises
        ------
        UsageError
            When `path` exists and `replace` is not set, or it is no regular file.
        OutputError
            When it cannot be written.
        """
        from nncli.base.storage.files import checked_output
        from nncli.model.model_file import write_model
        from nncli.model.named_data import without_folders

        hint = ", or replace=True to replace it"
        target = checked_output(path_in(path, "path"), replace=replace, hint=hint)
        write_model(target, without_folders(self), replace=replace)

    def __reduce__(self) -> tuple[Any, ...]:
        from nncli.model.model_file import model_bytes, model_from_bytes

        return model_from_bytes, (model_bytes(self), self.called)

    def _blocks(
        self, rows: object, threshold: float | None, **asked: Any
    ) -> "Iterator[PredictedRows]":
        from nncli.model.prediction import asked_blocks

        check_callable(asked["note"], "note")
        return _guarded(asked_blocks(self, rows, threshold, **asked))


# Whatever the caller has set: what leaves the range of numbers is seen by `check_range`.
_ERRORS: dict[str, Any] = {
    "divide": "warn",
    "over": "ignore",
    "under": "ignore",
    "invalid": "ignore",
}


def _guarded(blocks: "Iterator[PredictedRows]") -> "Iterator[PredictedRows]":
    """Yield the same, with NumPy's errors treated as nncli does while a block is made."""
    while True:
        with np.errstate(**_ERRORS):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def load(path: Path | str) -> Model:
    """Return the model of a weights file, or of a run directory.

    Raises
    ------
    ModelFileError
        When it is missing, damaged, or anything but what nncli writes.
    """
    from nncli.model.model_file import read_model

    return read_model(path_in(path, "path"))
