"""Activation functions, each beside its derivative.

``forward(Z, out, **parameters)`` writes the activation A = g(Z) of the weighted sums `Z`, shape
(B, O), to `out`, another array of the same shape and dtype.

``backward(dA, Z, A, out, **parameters)`` writes ∂loss/∂Z = ∂loss/∂A · g'(Z) to `out`, which may be
`dA` itself. `Z` and `A` are what the forward pass read and wrote; a function may use either as
scratch space, so both are undefined afterwards. The caller has no more use for them: the weight
gradient that reads `A` is computed first.

``slope_gradient(dA, Z, A, out)``, of an activation whose units learn their slope, writes
∂loss/∂slope, shape (O,), to `out`. It goes before `backward` and keeps `dA` and `Z`, but may use
`A` as scratch space, so that the `backward` of such an activation must do without it. The `slope`
that its `forward` and `backward` get is an array (O,), one number a unit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, pi, sqrt

import numpy as np

from nncli.nn.entries import Array, Entry, Formula, Parameter, Piecewise

# exp of more than this overflows. At the bound the sigmoid is 6e-39 in float32, 1e-308 in float64.
_LARGEST_EXPONENT = {np.dtype(np.float32): 88.0, np.dtype(np.float64): 709.0}

# A unit is saturated on a row when its derivative is less than this share of the largest there is.
SATURATED = 0.1

# From here on the normal density is 0 in both; the square of a much larger number overflows.
_ZERO_DENSITY = 60.0

_SELU_LAMBDA = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772

_ERFC = (
    -0.6513268598908547,
    0.6419697923564901,
    0.019476473204185572,
    -0.009561514786808641,
    -0.0009465953444819868,
    0.00036683949785280286,
    4.2523324806848585e-05,
    -2.0278578112341484e-05,
    -1.624290004572969e-06,
    1.3036558354116784e-06,
    1.5626441760267387e-08,
    -8.523809590658519e-08,
    6.529054335796349e-09,
    5.059343476801543e-09,
    -9.913641383926539e-10,
    -2.273652379639914e-10,
    9.64678035421067e-11,
    2.394077307303424e-12,
    -6.886111520365734e-12,
    8.945866570486422e-13,
    3.130140124383292e-13,
    -1.1268059430954034e-13,
    4.0997769947949028e-16,
)


def identity(Z: Array, out: Array) -> None:
    """Write g(z) = z."""
    np.copyto(out, Z)


def identity_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write the gradient as it is: g'(z) = 1."""
    if out is not dA:
        np.copyto(out, dA)


def sigmoid(Z: Array, out: Array) -> None:
    """Write the logistic function g(z) = 1 / (1 + e⁻ᶻ) (Verhulst, 1838).

    The exponent is bounded, so that no input overflows and small values keep their precision.
    """
    np.negative(Z, out=out)
    np.minimum(out, _LARGEST_EXPONENT[out.dtype], out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.reciprocal(out, out=out)


def sigmoid_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = a (1 - a)."""
    np.multiply(dA, A, out=out)
    np.subtract(1, A, out=A)
    np.multiply(out, A, out=out)


def tanh(Z: Array, out: Array) -> None:
    """Write the hyperbolic tangent g(z) = (eᶻ - e⁻ᶻ) / (eᶻ + e⁻ᶻ)."""
    np.tanh(Z, out=out)


def tanh_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 - a²."""
    np.multiply(A, A, out=A)
    np.subtract(1, A, out=A)
    np.multiply(dA, A, out=out)


def relu(Z: Array, out: Array) -> None:
    """Write the rectified linear unit g(z) = max(z, 0) (Nair and Hinton, 2010)."""
    out.fill(0)  # NumPy's maximum of two arrays is three times as fast as that of an array and 0
    np.maximum(Z, out, out=out)


def relu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 where z > 0, else 0; g'(0) is taken as 0."""
    np.greater(A, 0, out=A)
    np.multiply(dA, A, out=out)


def leaky_relu(Z: Array, out: Array, slope: float) -> None:
    """Write g(z) = z where z > 0, else slope · z (Maas, Hannun and Ng, 2013)."""
    np.multiply(Z, slope, out=out)
    np.maximum(Z, out, out=out)


def leaky_relu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, else slope; g'(0) is taken as slope."""
    np.sign(Z, out=Z)
    np.maximum(Z, slope, out=Z)
    np.multiply(dA, Z, out=out)


def prelu(Z: Array, out: Array, slope: Array) -> None:
    """Write the parametric ReLU g(z) = z where z > 0, else p z, p learned (He et al., 2015)."""
    np.multiply(Z, slope, out=out)
    np.copyto(out, Z, where=Z > 0)


def prelu_backward(dA: Array, Z: Array, A: Array, out: Array, slope: Array) -> None:
    """Multiply by g'(z) = 1 where z > 0, else p; g'(0) is taken as p."""
    above = Z > 0
    np.copyto(Z, slope)
    np.copyto(Z, 1, where=above)
    np.multiply(dA, Z, out=out)


def prelu_slope_gradient(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write ∂loss/∂p = Σ over rows of dA · min(z, 0) (He et al., 2015, equation 9)."""
    np.minimum(Z, 0, out=A)
    np.multiply(dA, A, out=A)
    np.add.reduce(A, axis=0, out=out)


def step(Z: Array, out: Array) -> None:
    """Write the binary step g(z) = 1 where z > 0, else 0 (McCulloch and Pitts, 1943)."""
    np.heaviside(Z, 0, out=out)


def step_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Write 0: the step is flat wherever it has a derivative."""
    out.fill(0)


def elu(Z: Array, out: Array, alpha: float) -> None:
    """Write g(z) = z where z > 0, else α (eᶻ - 1) (Clevert, Unterthiner and Hochreiter, 2016)."""
    np.minimum(Z, 0, out=out)
    np.expm1(out, out=out)
    np.multiply(out, alpha, out=out)
    np.copyto(out, Z, where=Z > 0)


def elu_backward(dA: Array, Z: Array, A: Array, out: Array, alpha: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, else α eᶻ = a + α."""
    np.add(A, alpha, out=A)
    np.copyto(A, 1, where=Z > 0)
    np.multiply(dA, A, out=out)


def selu(Z: Array, out: Array) -> None:
    """Write g(z) = λ elu(z), λ = 1.0507, α = 1.67326 (Klambauer et al., 2017)."""
    elu(Z, out, _SELU_ALPHA)
    np.multiply(out, _SELU_LAMBDA, out=out)


def selu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = λ where z > 0, else λ α eᶻ = a + λ α."""
    np.add(A, _SELU_LAMBDA * _SELU_ALPHA, out=A)
    np.copyto(A, _SELU_LAMBDA, where=Z > 0)
    np.multiply(dA, A, out=out)


def gelu(Z: Array, out: Array) -> None:
    """Write g(z) = z Φ(z), with Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    Exact, Φ(z) = erfc(-z / √2) / 2, not the approximation by tanh.
    """
    _half_erfc(Z, out)
    np.multiply(out, Z, out=out)


def gelu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = Φ(z) + z φ(z), with φ the normal density."""
    _half_erfc(Z, A)
    near = np.minimum(np.abs(Z), _ZERO_DENSITY)
    density = np.exp(-0.5 * near * near)
    np.multiply(Z, density, out=Z)
    np.multiply(Z, 1 / sqrt(2 * pi), out=Z)
    np.add(A, Z, out=A)
    np.multiply(dA, A, out=out)


def _half_erfc(Z: Array, out: Array) -> None:
    """Write Φ(z) = erfc(-z / √2) / 2, right to 1e-13 of its value.

    With x = |z| / √2 and t = 2 / (2 + x), ln(erfc(x) / t) + x² is smooth in t; the coefficients
    are its Chebyshev expansion on 0 ≤ t ≤ 1.
    """
    from numpy.polynomial.chebyshev import chebval  # not for those who do without GELU

    # Past 26 (float64) or 9 (float32) erfc underflows to 0, as it should.
    x = np.minimum(np.abs(Z), _ZERO_DENSITY) * (0.5**0.5)
    t = 2 / (2 + x)
    smooth = chebval(2 * t - 1, np.asarray(_ERFC, Z.dtype))
    tail = 0.5 * t * np.exp(smooth - x * x)
    np.subtract(1, tail, out=out)
    np.copyto(out, tail, where=Z < 0)


def softplus(Z: Array, out: Array) -> None:
    """Write g(z) = ln(1 + eᶻ) (Dugas et al., 2001)."""
    np.logaddexp(Z, 0, out=out)


def softplus_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 / (1 + e⁻ᶻ) = 1 - e⁻ᵃ."""
    np.negative(A, out=A)
    np.expm1(A, out=A)
    np.negative(A, out=A)
    np.multiply(dA, A, out=out)


def softsign(Z: Array, out: Array) -> None:
    """Write g(z) = z / (1 + |z|), also called ElliotSig (Elliott, 1993)."""
    np.abs(Z, out=out)
    np.add(out, 1, out=out)
    np.divide(Z, out, out=out)


def softsign_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = 1 / (1 + |z|)²."""
    np.abs(Z, out=Z)
    np.add(Z, 1, out=Z)
    np.divide(dA, Z, out=out)  # twice: the square of a large sum overflows
    np.divide(out, Z, out=out)


def sqlu(Z: Array, out: Array, alpha: float) -> None:
    """Write the square linear unit (Wuraola and Patel, 2018).

    g(z) = z where z > 0, α (z + z²/4) where -2 ≤ z ≤ 0, and -α below; z + z²/4 = (1 + z/2)² - 1.
    """
    np.clip(Z, -2, 0, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 1, out=out)
    np.multiply(out, out, out=out)
    np.subtract(out, 1, out=out)
    np.multiply(out, alpha, out=out)
    np.copyto(out, Z, where=Z > 0)


def sqlu_backward(dA: Array, Z: Array, A: Array, out: Array, alpha: float) -> None:
    """Multiply by g'(z) = 1 where z > 0, α (1 + z/2) where -2 ≤ z ≤ 0, and 0 below."""
    np.clip(Z, -2, 0, out=A)
    np.multiply(A, alpha / 2, out=A)
    np.add(A, alpha, out=A)
    np.copyto(A, 1, where=Z > 0)
    np.multiply(dA, A, out=out)


def silu(Z: Array, out: Array) -> None:
    """Write g(z) = z / (1 + e⁻ᶻ), also called swish (Elfwing, Uchibe and Doya, 2018)."""
    sigmoid(Z, out)
    np.multiply(out, Z, out=out)


def silu_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = s + a (1 - s) = a - s (a - 1), with s the sigmoid of z."""
    sigmoid(Z, Z)
    np.subtract(A, 1, out=A)
    np.multiply(Z, A, out=Z)
    np.subtract(A, Z, out=A)
    np.add(A, 1, out=A)
    np.multiply(dA, A, out=out)


def mish(Z: Array, out: Array) -> None:
    """Write g(z) = z tanh(ln(1 + eᶻ)) (Misra, 2019)."""
    softplus(Z, out)
    np.tanh(out, out=out)
    np.multiply(out, Z, out=out)


def mish_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by g'(z) = t + z s (1 - t²), with t = tanh(ln(1 + eᶻ)) and s the sigmoid of z."""
    softplus(Z, A)
    s = -np.expm1(-A)
    np.tanh(A, out=A)
    np.multiply(Z, s, out=Z)
    np.multiply(Z, 1 - A * A, out=Z)
    np.add(A, Z, out=A)
    np.multiply(dA, A, out=out)


def softmax(Z: Array, out: Array) -> None:
    """Write g(z)ᵢ = e^zᵢ / Σⱼ e^zⱼ over the units of each row (Bridle, 1990).

    The row's largest z is subtracted first, which changes nothing but keeps e^z finite.
    """
    np.subtract(Z, Z.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    np.divide(out, out.sum(axis=1, keepdims=True), out=out)


def softmax_backward(dA: Array, Z: Array, A: Array, out: Array) -> None:
    """Multiply by the Jacobian ∂aᵢ/∂zⱼ = aᵢ (δᵢⱼ - aⱼ): out = a (dA - Σⱼ dAⱼ aⱼ)."""
    np.multiply(dA, A, out=Z)
    np.subtract(dA, Z.sum(axis=1, keepdims=True), out=out)
    np.multiply(out, A, out=out)


@dataclass(frozen=True)
class Activation(Entry):
    """An activation function.

    Attributes
    ----------
    forward, backward : functions
        As the module says.
    formula, derivative : Formula or Piecewise
        g(<z>), and g' of <z> or of <a>; <p> is a slope that is learned. Where units are coupled,
        ∂aᵢ/∂zⱼ of <a> = aᵢ, <other> = aⱼ and <same>, which is 1 where i = j, else 0.
    initializer : str
        The name of the weight initializer that suits a layer with this activation.
    output_for : tuple of str
        The tasks for which it can be the output activation.
    reach : (float, float)
        What its values at the output of a regression lie between.
    probabilities : bool
        Whether its values, at the output, are probabilities.
    low : float
        At the output of a classifier, the target of a class that a row is not of; that of its own
        class is 1.
    loss : str
        The name of the loss that suits it at the output of a classifier.
    trainable : bool
        Whether gradient descent can train the layers before it.
    output_only : bool
        Whether it couples the units of a row, so that it can stand at the output only.
    slope_gradient : function or None
        As the module says, if every unit learns its own slope; a parameter `slope` is then what
        they start from. Such an activation can stand in hidden layers only.
    responsive : (float, float) or None
        If it saturates, flat towards both ends, the least and the largest a at which g'(z) is still
        `SATURATED` of the largest g': a unit is saturated where its activation is outside.
    """

    forward: Callable[..., None]
    backward: Callable[..., None]
    formula: Formula | Piecewise = field(kw_only=True)
    derivative: Formula | Piecewise = field(kw_only=True)
    initializer: str
    output_for: tuple[str, ...] = ()
    reach: tuple[float, float] = (-inf, inf)
    probabilities: bool = False
    low: float = 0.0
    loss: str = "mean_squared_error"
    trainable: bool = True
    output_only: bool = False
    slope_gradient: Callable[..., None] | None = None
    responsive: tuple[float, float] | None = None


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(
        "z: a linear layer",
        identity,
        identity_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "regression"),
        low=-1.0,
        formula=Formula("<z>", "<z>"),
        derivative=Formula("1", "1"),
    ),
    "step": Activation(
        "1 where z > 0, else 0: a perceptron's threshold",
        step,
        step_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        loss="perceptron",
        trainable=False,
        formula=Piecewise(((0, Formula("1", "1")), (-inf, Formula("0", "0")))),
        derivative=Formula("0", "0"),
    ),
    "sigmoid": Activation(
        "1 / (1 + exp(-z)): between 0 and 1",
        sigmoid,
        sigmoid_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "multilabel", "regression"),
        reach=(0.0, 1.0),
        probabilities=True,
        loss="sigmoid_cross_entropy",
        formula=Formula("1 / (1 + e^-<z>)", r"\frac{1}{1 + e^{-<z>}}"),
        derivative=Formula("<a>·(1 - <a>)", "<a> (1 - <a>)"),
        # a (1 - a) = SATURATED / 4
        responsive=((1 - sqrt(1 - SATURATED)) / 2, (1 + sqrt(1 - SATURATED)) / 2),
    ),
    "tanh": Activation(
        "hyperbolic tangent: between -1 and 1",
        tanh,
        tanh_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "regression"),
        reach=(-1.0, 1.0),
        low=-1.0,
        formula=Formula("tanh(<z>)", r"\tanh(<z>)"),
        derivative=Formula("1 - <a>²", "1 - {<a>}^2"),
        # 1 - a² = SATURATED
        responsive=(-sqrt(1 - SATURATED), sqrt(1 - SATURATED)),
    ),
    "relu": Activation(
        "max(z, 0)",
        relu,
        relu_backward,
        initializer="he_normal",
        formula=Formula("max(0, <z>)", r"\max(0, <z>)"),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("0", "0")))),
    ),
    "leaky_relu": Activation(
        "z where z > 0, else slope * z",
        leaky_relu,
        leaky_relu_backward,
        initializer="he_normal",
        parameters={
            "slope": Parameter(0.01, "slope for negative sums", at_least=0.0, below=1.0),
        },
        formula=Piecewise(
            ((0, Formula("<z>", "<z>")), (-inf, Formula("<slope>·<z>", r"<slope> \cdot <z>")))
        ),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("<slope>", "<slope>")))),
    ),
    "prelu": Activation(
        "z where z > 0, else slope * z: every unit learns its own slope",
        prelu,
        prelu_backward,
        initializer="he_normal",
        parameters={
            "slope": Parameter(
                0.25, "what slopes start from; exempt from penalties", at_least=0.0, at_most=1.0
            ),
        },
        slope_gradient=prelu_slope_gradient,
        formula=Piecewise(
            ((0, Formula("<z>", "<z>")), (-inf, Formula("<p>·<z>", r"<p> \cdot <z>")))
        ),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("<p>", "<p>")))),
    ),
    "elu": Activation(
        "z where z > 0, else alpha * (exp(z) - 1)",
        elu,
        elu_backward,
        initializer="he_normal",
        parameters={"alpha": Parameter(1.0, "limit for negative sums, with a minus", above=0.0)},
        formula=Piecewise(
            (
                (0, Formula("<z>", "<z>")),
                (-inf, Formula("<alpha>·(e^<z> - 1)", "<alpha> (e^{<z>} - 1)")),
            )
        ),
        derivative=Piecewise(
            ((0, Formula("1", "1")), (-inf, Formula("<a> + <alpha>", "<a> + <alpha>")))
        ),
    ),
    "selu": Activation(
        "scaled ELU: keeps mean 0 and variance 1",
        selu,
        selu_backward,
        initializer="lecun_normal",
        formula=Piecewise(
            (
                (0, Formula("1.0507·<z>", r"1.0507 \cdot <z>")),
                (-inf, Formula("1.7581·(e^<z> - 1)", "1.7581 (e^{<z>} - 1)")),
            )
        ),
        derivative=Piecewise(
            ((0, Formula("1.0507", "1.0507")), (-inf, Formula("<a> + 1.7581", "<a> + 1.7581")))
        ),
    ),
    "gelu": Activation(
        "z times the normal distribution function of z",
        gelu,
        gelu_backward,
        initializer="he_normal",
        formula=Formula("<z>·Φ(<z>)", r"<z>\, \Phi(<z>)"),
        derivative=Formula("Φ(<z>) + <z>·φ(<z>)", r"\Phi(<z>) + <z>\, \varphi(<z>)"),
    ),
    "softplus": Activation(
        "ln(1 + exp(z)): a smooth ReLU",
        softplus,
        softplus_backward,
        initializer="xavier_normal",
        formula=Formula("ln(1 + e^<z>)", r"\ln(1 + e^{<z>})"),
        derivative=Formula("1 / (1 + e^-<z>)", r"\frac{1}{1 + e^{-<z>}}"),
    ),
    "softsign": Activation(
        "z / (1 + abs(z)), also ElliotSig: between -1 and 1",
        softsign,
        softsign_backward,
        initializer="xavier_normal",
        formula=Formula("<z> / (1 + |<z>|)", r"\frac{<z>}{1 + |<z>|}"),
        derivative=Formula("1 / (1 + |<z>|)²", r"\frac{1}{(1 + |<z>|)^2}"),
        # (1 - |a|)² = SATURATED
        responsive=(sqrt(SATURATED) - 1, 1 - sqrt(SATURATED)),
    ),
    "sqlu": Activation(
        "z where z > 0, else a parabola down to -alpha at z = -2",
        sqlu,
        sqlu_backward,
        initializer="he_normal",
        parameters={"alpha": Parameter(1.0, "limit for negative sums, with a minus", above=0.0)},
        formula=Piecewise(
            (
                (0, Formula("<z>", "<z>")),
                (-2, Formula("<alpha>·(<z> + <z>²/4)", "<alpha> (<z> + {<z>}^2/4)")),
                (-inf, Formula("-<alpha>", "-<alpha>")),
            )
        ),
        derivative=Piecewise(
            (
                (0, Formula("1", "1")),
                (-2, Formula("<alpha>·(1 + <z>/2)", "<alpha> (1 + <z>/2)")),
                (-inf, Formula("0", "0")),
            )
        ),
    ),
    "silu": Activation(
        "z * sigmoid(z), also swish",
        silu,
        silu_backward,
        initializer="he_normal",
        formula=Formula("<z> / (1 + e^-<z>)", r"\frac{<z>}{1 + e^{-<z>}}"),
        derivative=Formula("<a> + (1 - <a>) / (1 + e^-<z>)", r"<a> + \frac{1 - <a>}{1 + e^{-<z>}}"),
    ),
    "mish": Activation(
        "z * tanh(softplus(z))",
        mish,
        mish_backward,
        initializer="he_normal",
        formula=Formula("<z>·tanh(s), s = ln(1 + e^<z>)", r"<z> \tanh s, \; s = \ln(1 + e^{<z>})"),
        derivative=Formula(
            "tanh(s) + <z>·(1 - tanh²(s)) / (1 + e^-<z>), s = ln(1 + e^<z>)",
            r"\tanh s + \frac{<z> (1 - \tanh^2 s)}{1 + e^{-<z>}}, \; s = \ln(1 + e^{<z>})",
        ),
    ),
    "softmax": Activation(
        "exp(z) divided by its sum over the units: one probability a class",
        softmax,
        softmax_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        probabilities=True,
        loss="cross_entropy",
        output_only=True,
        formula=Formula("e^<z> / Σ e^z", r"\frac{e^{<z>}}{\sum e^z}"),
        derivative=Formula("<a>·(<same> - <other>)", "<a> (<same> - <other>)"),
    ),
}
