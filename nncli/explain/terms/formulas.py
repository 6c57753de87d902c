"""The formulas of activations, losses, optimizers and metrics in plain text."""

from nncli.explain.document.notation import Text, fill
from nncli.nn.activations import Activation
from nncli.nn.entries import Entry, Formula, Piecewise
from nncli.nn.losses import Loss
from nncli.nn.optimizers import Optimizer

_TEXT = Text(6)
_LETTERS = {"z": "z", "a": "a", "t": "t", "w": "w", "g": "g", "m": "m", "v": "v", "k": "k",
            "p": "slope", "rate": _TEXT.rate}  # fmt: skip
_COUPLED = {"z": "zᵢ", "a": "aᵢ", "other": "aⱼ", "same": "[i = j]"}
_MOMENTUM = 0.9  # any above 0 shows the equations with momentum

_OF_METRICS = {
    "accuracy": "accuracy = right rows / rows",
    "average_precision": "average_precision = Σ (recallₙ - recallₙ₋₁)·precisionₙ",
    "balanced_accuracy": "balanced_accuracy = Σ recall / classes",
    "brier": "brier = Σ (p - t)² / rows",
    "ece": "ece = Σ (rows in the bin / rows)·|frequency - mean p|",
    "hamming_loss": "hamming_loss = wrong labels / (rows·labels)",
    "log_loss": "log_loss = -Σ ln p(true class) / rows",
    "macro_f1": "macro_f1 = Σ f1 / classes",
    "mae": "mae = Σ |a - t| / rows",
    "r2": "r2 = 1 - Σ (a - t)² / Σ (t - mean of t)²",
    "rmse": "rmse = √(Σ (a - t)² / rows)",
    "weighted_f1": "weighted_f1 = Σ f1·(rows of the class) / rows",
    "f1": "f1 = 2·precision·recall / (precision + recall)",
    "precision": "precision = right predictions of the class / predictions of the class",
    "recall": "recall = right predictions of the class / rows of the class",
}
_LETTERS_OF_METRICS = {
    **dict.fromkeys(("mae", "rmse", "r2"), "a is a prediction, and t its target."),
    "brier": "p is the probability of the positive class, and t is 1 or 0.",
    "ece": "p is a predicted probability; a bin has the rows with p in a tenth of 0 to 1.",
    "log_loss": "p is the predicted probability.",
}


def formula_of_metric(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the formula of a metric and a sentence that explains its letters, if there are any."""
    tables = (_OF_METRICS, _LETTERS_OF_METRICS)
    formula, letters = (tuple(filter(None, [table.get(name)])) for table in tables)
    return formula, letters


def formulas_of(entry: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the formulas of an entry, and sentences that explain their letters."""
    names = {name: name for name in entry.parameters}
    if isinstance(entry, Activation):
        symbols = {**_LETTERS, **names, **(_COUPLED if entry.output_only else {})}
        left = ("aᵢ", "∂aᵢ/∂zⱼ") if entry.output_only else ("g(z)", "g'(z)")
        by = symbols | ({"z": "zⱼ"} if entry.output_only else {})
        formulas = _filled(entry.formula, symbols), _filled(entry.derivative, by)
        lines = tuple(f"{each} = {formula}" for each, formula in zip(left, formulas, strict=True))
        return lines, ("In the formulas, z is the weighted sum, and a the activation.",)
    if isinstance(entry, Loss):
        mean = "rows and outputs" if entry.mean_over_outputs else "rows of the sum over outputs"
        term = _filled(entry.term, {**_LETTERS, **names})
        letters = "a is an output, z its weighted sum, and t its target"
        return (f"term = {term}",), (f"The loss is the mean over {mean} of this term; {letters}.",)
    return (_equations(entry), (_STEP,)) if isinstance(entry, Optimizer) else ((), ())


_STEP = "w is a weight, g its gradient, η the learning rate, and k the number of the step."


def _equations(entry: Optimizer) -> tuple[str, ...]:
    """Return the equations with the default settings, and then with momentum if there is one."""
    letters = {**_LETTERS, **{name: name for name in entry.parameters}}
    settings = [entry.complete({})]
    if "momentum" in entry.parameters:
        settings.append({**settings[0], "momentum": _MOMENTUM})
    lines = [
        f"{left} ← {_filled(formula, letters)}"
        for each in settings
        for left, formula in entry.equations(each).items()
    ]
    return tuple(lines)


def _filled(formula: Formula | Piecewise, letters: dict[str, str]) -> str:
    return fill(_TEXT, formula.whole, letters)
