"""What keeps weights small and steps short: penalties, clipping, a limit on norms.

Biases are exempt from the penalties and from the limit: they do not scale with the inputs. So are
the slopes that units learn: a penalty would pull them to 0, and make a plain ReLU of every unit
(He et al., 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from nncli.nn.entries import Array


@dataclass(frozen=True)
class Regularization:
    """How a gradient is changed before the step, and the weights after it.

    Attributes
    ----------
    l1, l2 : float
        λ₁ and λ₂ of the penalty λ₁ Σ |w| + λ₂/2 Σ w² on the weights (Tibshirani, 1996; Hoerl and
        Kennard, 1970). It shapes the gradient; reported losses are without it, so that they can
        be compared with those of other rows.
    clip_norm : float or None
        The gradient of all layers together is scaled down to this norm if it is longer (Pascanu,
        Mikolov and Bengio, 2013).
    clip_value : float or None
        Every number of the gradient is brought between this and its negative, before the norm.
    max_norm : float or None
        After the step the weights into every unit are scaled down to this norm if theirs is
        larger (Srebro and Shraibman, 2005).
    """

    l1: float = 0.0
    l2: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    max_norm: float | None = None

    def add_penalties(
        self, gradients: Sequence[Array], weights: Sequence[Array], scratch: Array
    ) -> None:
        """Add the penalties' gradient λ₁ sign(w) + λ₂ w in place.

        Parameters
        ----------
        gradients, weights : sequences of array (I, O)
            Of every matrix of weights.
        scratch : array (P,)
            At least as long as any; overwritten.
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
        """Clip the flat gradient vector in place, by value, then by norm."""
        if self.clip_value is not None:
            np.clip(gradient, -self.clip_value, self.clip_value, out=gradient)
        if self.clip_norm is not None:
            norm = float(np.dot(gradient, gradient)) ** 0.5
            if not isfinite(norm):  # squares overflow long before the numbers do
                largest = float(np.abs(gradient).max())
                norm = largest * float(np.linalg.norm(gradient / largest))
            if norm > self.clip_norm:
                np.multiply(gradient, self.clip_norm / norm, out=gradient)

    def limit_norms(self, weights: Sequence[Array]) -> None:
        """Scale down, in place, the weights into every unit whose norm is too large."""
        if self.max_norm is None:
            return
        for W in weights:
            norms = np.sqrt(np.einsum("io,io->o", W, W))
            np.multiply(W, np.minimum(1, self.max_norm / np.maximum(norms, 1e-30)), out=W)
