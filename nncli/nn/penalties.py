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
        Kennard, 1970). The penalty changes the gradient, but reported losses exclude it so that
        training and validation losses are comparable.
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

    def add_penalties(
        self, gradients: Sequence[Array], weights: Sequence[Array], scratch: Array
    ) -> None:
        """Add the gradient of the penalties, λ₁ sign(w) + λ₂ w, in place.

        Parameters
        ----------
        gradients, weights : sequences of array (I, O)
            The gradients and the weight matrices, one per dense layer.
        scratch : array (P,)
            Scratch space at least as large as any matrix; overwritten.
        """
        if not self.l1 and not self.l2:
            return
        for gradient, W in zip(gradients, weights, strict=True):
            part = scratch[: W.size].reshape(W.shape)
            if self.l1:
                np.sign(W, out=part)
                np.multiply(part, self.l1, out=part)
                np.add(gradient, part, out=gradient)
            if self.l2:
                np.multiply(W, self.l2, out=part)
                np.add(gradient, part, out=gradient)

    def penalty(self, weights: Sequence[Array]) -> float:
        """Return λ₁ Σ |w| + λ₂/2 Σ w²."""
        return sum(
            self.l1 * float(np.abs(W).sum()) + self.l2 / 2 * float(np.vdot(W, W)) for W in weights
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
