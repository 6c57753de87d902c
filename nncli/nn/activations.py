"""The table of activation functions, with their formulas, and suitable initializers and losses.

The functions themselves are in `nncli.nn.activation_functions`, which documents their signatures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import acosh, inf, sqrt

from nncli.nn import activation_functions as functions
from nncli.nn.entries import Entry, Formula, Parameter, Piecewise

# A unit is saturated on a row if its derivative is below this fraction of the maximum of g'.
SATURATED = 0.1


@dataclass(frozen=True)
class Activation(Entry):
    """An activation function.

    Attributes
    ----------
    forward, backward : functions
        g and its derivative; see `activation_functions`.
    formula, derivative : Formula or Piecewise
        g(<z>), and g' as a function of <z> or <a>; <p> is a learned slope. If units are coupled,
        the derivative is ∂aᵢ/∂zⱼ with <a> = aᵢ, <other> = aⱼ, <z> = zⱼ, and <same> = 1 if i = j,
        else 0.
    initializer : str
        The default weight initializer of a layer with this activation.
    output_for : tuple of str
        The tasks for which it can be the output activation.
    reach : (float, float)
        The range of its values at the output of a regression.
    probabilities : bool
        Whether its output values are probabilities, with its sums as logits. Metrics and
        predictions then use the logits: probabilities are their softmax if `of_softmax`, else
        1 / (1 + e^-<z>), which is divided by the sum over several classes.
    of_softmax : bool
        Whether the probabilities of several classes are the softmax of its sums.
    low : float
        At the output of a classifier, the target for the classes that a row does not belong to;
        the target for its own class is 1.
    chosen_at_0 : bool
        Whether a classifier with one such output predicts the second class at z = 0.
    loss : str
        The default loss at the output of a classifier.
    trainable : bool
        Whether gradient descent can train the layers before it.
    output_only : bool
        Whether it couples the units of a row and is therefore allowed only at the output.
    slope_gradient : function or None
        The gradient of the slopes if each unit learns its own; see `activation_functions`. The
        parameter `slope` is their initial value. Such an activation is allowed only in hidden
        layers.
    responsive : float or None
        For an activation that flattens at both ends, the largest |z| where g'(z) is at least
        `SATURATED` times the maximum of g'. A unit is saturated if its |z| is larger.
    """

    forward: Callable[..., None]
    backward: Callable[..., None]
    formula: Formula | Piecewise = field(kw_only=True)
    derivative: Formula | Piecewise = field(kw_only=True)
    initializer: str
    output_for: tuple[str, ...] = ()
    reach: tuple[float, float] = (-inf, inf)
    probabilities: bool = False
    of_softmax: bool = False
    low: float = 0.0
    chosen_at_0: bool = False
    loss: str = "mean_squared_error"
    trainable: bool = True
    output_only: bool = False
    slope_gradient: Callable[..., None] | None = None
    responsive: float | None = None


ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(
        "z: a linear layer",
        functions.identity,
        functions.identity_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "regression"),
        low=-1.0,
        formula=Formula("<z>", "<z>"),
        derivative=Formula("1", "1"),
    ),
    "step": Activation(
        "1 where z >= 0, else 0: a perceptron's threshold",
        functions.step,
        functions.step_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        chosen_at_0=True,
        loss="perceptron",
        trainable=False,
        formula=Piecewise(((0, Formula("1", "1")), (-inf, Formula("0", "0"))), from_bounds=True),
        derivative=Formula("0", "0"),
    ),
    "sigmoid": Activation(
        "1 / (1 + exp(-z)): between 0 and 1",
        functions.sigmoid,
        functions.sigmoid_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "multilabel", "regression"),
        reach=(0.0, 1.0),
        probabilities=True,
        loss="sigmoid_cross_entropy",
        formula=Formula("1 / (1 + e^-<z>)", r"\frac{1}{1 + e^{-<z>}}"),
        derivative=Formula("<a>·(1 - <a>)", "<a> (1 - <a>)"),
        responsive=2 * acosh(1 / sqrt(SATURATED)),  # g'(z) = 1 / (2 cosh(z/2))²
    ),
    "tanh": Activation(
        "hyperbolic tangent: between -1 and 1",
        functions.tanh,
        functions.tanh_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass", "regression"),
        reach=(-1.0, 1.0),
        low=-1.0,
        formula=Formula("tanh(<z>)", r"\tanh(<z>)"),
        derivative=Formula("1 - <a>²", "1 - {<a>}^2"),
        responsive=acosh(1 / sqrt(SATURATED)),  # g'(z) = 1 / cosh(z)²
    ),
    "relu": Activation(
        "max(z, 0)",
        functions.relu,
        functions.relu_backward,
        initializer="he_normal",
        formula=Formula("max(0, <z>)", r"\max(0, <z>)"),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("0", "0")))),
    ),
    "leaky_relu": Activation(
        "z where z > 0, else slope * z",
        functions.leaky_relu,
        functions.leaky_relu_backward,
        initializer="he_normal",
        parameters={
            "slope": Parameter(0.01, "slope for negative z", at_least=0.0, below=1.0),
        },
        formula=Piecewise(
            ((0, Formula("<z>", "<z>")), (-inf, Formula("<slope>·<z>", r"<slope> \cdot <z>")))
        ),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("<slope>", "<slope>")))),
    ),
    "prelu": Activation(
        "z where z > 0, else slope * z: every unit learns its own slope",
        functions.prelu,
        functions.prelu_backward,
        initializer="he_normal",
        parameters={
            "slope": Parameter(
                0.25, "initial slope; exempt from penalties", at_least=0.0, at_most=1.0
            ),
        },
        slope_gradient=functions.prelu_slope_gradient,
        formula=Piecewise(
            ((0, Formula("<z>", "<z>")), (-inf, Formula("<p>·<z>", r"<p> \cdot <z>")))
        ),
        derivative=Piecewise(((0, Formula("1", "1")), (-inf, Formula("<p>", "<p>")))),
    ),
    "elu": Activation(
        "z where z > 0, else alpha * (exp(z) - 1)",
        functions.elu,
        functions.elu_backward,
        initializer="he_normal",
        parameters={"alpha": Parameter(1.0, "-alpha is the lower limit", above=0.0)},
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
        functions.selu,
        functions.selu_backward,
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
        functions.gelu,
        functions.gelu_backward,
        initializer="he_normal",
        formula=Formula("<z>·Φ(<z>)", r"<z>\, \Phi(<z>)"),
        derivative=Formula("Φ(<z>) + <z>·φ(<z>)", r"\Phi(<z>) + <z>\, \varphi(<z>)"),
    ),
    "softplus": Activation(
        "ln(1 + exp(z)): a smooth ReLU",
        functions.softplus,
        functions.softplus_backward,
        initializer="xavier_normal",
        formula=Formula("ln(1 + e^<z>)", r"\ln(1 + e^{<z>})"),
        derivative=Formula("1 / (1 + e^-<z>)", r"\frac{1}{1 + e^{-<z>}}"),
    ),
    "softsign": Activation(
        "z / (1 + abs(z)), also called ElliotSig: between -1 and 1",
        functions.softsign,
        functions.softsign_backward,
        initializer="xavier_normal",
        formula=Formula("<z> / (1 + |<z>|)", r"\frac{<z>}{1 + \lvert <z> \rvert}"),
        derivative=Formula("1 / (1 + |<z>|)²", r"\frac{1}{(1 + \lvert <z> \rvert)^2}"),
        responsive=1 / sqrt(SATURATED) - 1,  # g'(z) = 1 / (1 + |z|)²
    ),
    "sqlu": Activation(
        "z where z > 0, else a parabola down to -alpha at z = -2",
        functions.sqlu,
        functions.sqlu_backward,
        initializer="he_normal",
        parameters={"alpha": Parameter(1.0, "-alpha is the minimum", above=0.0)},
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
        "z * sigmoid(z), also called swish",
        functions.silu,
        functions.silu_backward,
        initializer="he_normal",
        formula=Formula("<z> / (1 + e^-<z>)", r"\frac{<z>}{1 + e^{-<z>}}"),
        derivative=Formula("<a> + (1 - <a>) / (1 + e^-<z>)", r"<a> + \frac{1 - <a>}{1 + e^{-<z>}}"),
    ),
    "mish": Activation(
        "z * tanh(softplus(z))",
        functions.mish,
        functions.mish_backward,
        initializer="he_normal",
        formula=Formula("<z>·tanh(s), s = ln(1 + e^<z>)", r"<z> \tanh s, \; s = \ln(1 + e^{<z>})"),
        derivative=Formula(
            "tanh(s) + <z>·(1 - tanh²(s)) / (1 + e^-<z>), s = ln(1 + e^<z>)",
            r"\tanh s + \frac{<z> (1 - \tanh^2 s)}{1 + e^{-<z>}}, \; s = \ln(1 + e^{<z>})",
        ),
    ),
    "softmax": Activation(
        "exp(z) divided by its sum over the units: one probability per class",
        functions.softmax,
        functions.softmax_backward,
        initializer="xavier_normal",
        output_for=("binary", "multiclass"),
        probabilities=True,
        of_softmax=True,
        loss="cross_entropy",
        output_only=True,
        formula=Formula("e^<z> / Σ e^z", r"\frac{e^{<z>}}{\sum e^z}"),
        derivative=Formula("<a>·(<same> - <other>)", "<a> (<same> - <other>)"),
    ),
    "normalized_sigmoid": Activation(
        "1 / (1 + exp(-z)) divided by its sum over the units: one probability per class",
        functions.normalized_sigmoid,
        functions.normalized_sigmoid_backward,
        initializer="xavier_normal",
        output_for=("multiclass",),
        probabilities=True,
        output_only=True,
        formula=Formula(
            "(1 / (1 + e^-<z>)) / Σ (1 / (1 + e^-z))",
            r"\frac{1 / (1 + e^{-<z>})}{\sum 1 / (1 + e^{-z})}",
        ),
        derivative=Formula(
            "<a>·(<same> - <other>) / (1 + e^<z>)", r"\frac{<a> (<same> - <other>)}{1 + e^{<z>}}"
        ),
    ),
}
