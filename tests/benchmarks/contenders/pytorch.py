"""PyTorch, as its documentation recommends for speed on a CPU.

One tensor holds all rows, and batches are taken by index, which is faster than a DataLoader over
single rows. The optimizer is fused, gradients are set to None, the loop reads no values back from
tensors, and prediction runs in inference mode. See PyTorch's Performance Tuning Guide and the
pages of `torch.optim.Adam` and `torch.inference_mode`.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tests.benchmarks.answer import Contender, Options, main
from tests.benchmarks.rows import Rows, as_float32
from tests.benchmarks.weights import initial_weights
from tests.benchmarks.work import Work

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
LOSSES = {"softmax": nn.CrossEntropyLoss, "sigmoid": nn.BCEWithLogitsLoss, "identity": nn.MSELoss}
OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


class Training(Contender):
    """A plain training loop; the option ``compile`` compiles the module."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self.threads = str(torch.get_num_threads())
        self._work, self._X_test = work, rows.X_test
        self._model = _module(work)
        if options.get("compile"):
            self._model.compile()
        self._loss = LOSSES[work.output]()
        self._X = torch.from_numpy(as_float32(rows.X))
        self._y = torch.from_numpy(np.array(rows.y))
        if work.output != "softmax":
            self._y = self._y.to(torch.float32).unsqueeze(1)
        self._optimizer = OPTIMIZERS[work.optimizer](
            self._model.parameters(), lr=work.learning_rate, fused=True
        )

    def rounds(self, count: int) -> None:
        """Train for `count` epochs."""
        for _ in range(count):
            if self._work.is_full_batch:
                self._step(self._X, self._y)
                continue
            for chosen in torch.randperm(len(self._X)).split(self._work.batch_rows):
                self._step(self._X.index_select(0, chosen), self._y.index_select(0, chosen))

    def predictions(self) -> NDArray[Any]:
        """Return the predicted classes or numbers of the test rows."""
        with torch.inference_mode():
            Z = self._model(torch.from_numpy(as_float32(self._X_test))).numpy()
        if self._work.output == "softmax":
            return np.asarray(Z.argmax(axis=1))
        return Z[:, 0] > 0 if self._work.output == "sigmoid" else Z[:, 0]

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        self._loss(self._model(X), y).backward()
        self._optimizer.step()


class Prediction(Contender):
    """Prediction from NumPy rows to probabilities and classes as NumPy arrays."""

    def __init__(self, work: Work, rows: Rows, options: Options) -> None:
        self.threads = str(torch.get_num_threads())
        self._model, self._X = _module(work), as_float32(rows.X)
        self._chosen: NDArray[Any] = np.empty(0)

    @torch.inference_mode()
    def rounds(self, count: int) -> None:
        """Predict all rows `count` times."""
        for _ in range(count):
            probabilities = torch.softmax(self._model(torch.from_numpy(self._X)), dim=1)
            self._chosen = probabilities.argmax(dim=1).numpy()
            probabilities.numpy()

    def predictions(self) -> NDArray[Any]:
        """Return the classes predicted by the last call."""
        return self._chosen


def _module(work: Work) -> nn.Module:
    modules: list[nn.Module] = []
    for W in initial_weights(work):
        linear = nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.zero_()
        modules += [linear, ACTIVATIONS[work.hidden]()]
    return nn.Sequential(*modules[:-1])


if __name__ == "__main__":
    main(Training, Prediction)
