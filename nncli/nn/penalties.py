"""Regularization: weight penalties, gradient clipping and the max-norm constraint.

Penalties and max-norm exclude biases, which do not scale with the inputs. They also exclude learned
slopes: a penalty would pull them to 0 and turn every unit into a plain ReLU (He et al., 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from nncli.nn.entries import Array


@dataclass(frozen=True)
class Regularization:
    """Changes to the gradient before a step and to the weights after it.

    Attributes
    ----------
    l1, l2 : float
        λ₁ and λ₂ of the penalty λ₁ Σ |w| + λ₂/2 Σ w² on the weights (Tibshirani, 1996; Hoerl and
        Kennard, 1970). Training minimizes the sum of loss and penalty. Reported losses exclude the
        penalty, so that those of training and validation rows are comparable.
    clip_norm : float or None
        Upper limit of the gradient norm over all layers. A larger gradient is scaled down to it
        (Pascanu, Mikolov and Bengio, 2013).
    clip_value : float or None
        Each component of the gradient is clipped to ± this value, before the norm.
    max_norm : float or None
        Upper limit of the norm of the weights into each unit. After a step, larger weight vectors
        are scaled down to it (Srebro and Shraibman, 2005).
    """

    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    max_norm: float | None = None

    @property
    def penalizes(self) -> bool:
        """Whether there is a penalty on the weights."""
        return bool(self.l1 or self.l2)

    def add_penalties(
        self, gradients: Sequence[Array], weights: Sequence[Array], scratch: Sequence[Array]
    ) -> float:
        """Add the gradient of the penalty, λ₁ sign(w) + λ₂ w, in place; return the penalty.

        Parameters
        ----------
        gradients, weights, scratch : sequences of contiguous array (I, O)
            The gradients, the weight matrices and scratch space, which is overwritten: one each per
            dense layer.
        """
        if not self.penalizes:
            return 0.0
        absolute = squares = 0.0
        for gradient, W, part in zip(gradients, weights, scratch, strict=True):
            flat = W.ravel()
            if self.l1:
                np.sign(W, out=part)
                absolute += float(flat.dot(part.ravel()))
                np.multiply(part, self.l1, out=part)
                np.add(gradient, part, out=gradient)
            if self.l2:
                squares += float(flat.dot(flat))
                np.multiply(W, self.l2, out=part)
                np.add(gradient, part, out=gradient)
        value = self.l1 * absolute + self.l2 / 2 * squares
        return value if isfinite(value) else self.penalty(weights)  # float32 may have overflowed

    def penalty(self, weights: Sequence[Array]) -> float:
        """Return λ₁ Σ |w| + λ₂/2 Σ w², computed in float64."""
        wide = [W.astype(np.float64, copy=False) for W in weights]
        return sum(
            self.l1 * float(np.abs(W).sum()) + self.l2 / 2 * float(np.vdot(W, W)) for W in wide
        )

    def clip(self, gradient: Array) -> None:
        """Clip the flat gradient vector in place, first by value, then by norm."""
        if self.clip_value is not None:
            np.clip(gradient, -self.clip_value, self.clip_value, out=gradient)
        if self.clip_norm is not None:
            norm = float(np.dot(gradient, gradient)) ** 0.5
            if not isfinite(norm):  # squares overflow long before the components do
                largest = float(np.abs(gradient).max())
                norm = largest * float(np.linalg.norm(gradient / largest))
            if norm > self.clip_norm:
                np.multiply(gradient, self.clip_norm / norm, out=gradient)

    def limit_norms(self, weights: Sequence[Array]) -> None:
        """Scale down, in place, the weights into units whose norm exceeds `max_norm`."""
        if self.max_norm is None:
            return
        for W in weights:
            norms = np.sqrt(np.einsum("io,io->o", W, W))
            np.multiply(W, np.minimum(1, self.max_norm / np.maximum(norms, 1e-30)), out=W)
