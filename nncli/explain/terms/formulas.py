"""The formulas of activations, normalizations, losses, optimizers and metrics in plain text."""

import re

from nncli.explain.document.notation import Text, fill
from nncli.nn.activations import Activation
from nncli.nn.entries import Entry, Formula, Piecewise
from nncli.nn.layers.kinds import Normalization
from nncli.nn.layers.layer import Layer
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
    **dict.fromkeys(
        ("mae", "rmse", "r2"),
        "a is a prediction, and t its target; the metric of several targets is the mean of theirs.",
    ),
    "average_precision": "recallₙ and precisionₙ are those of the n-th threshold, the highest "
    "first.",
    "brier": "p is the probability of the positive class, and t is 1 or 0.",
    "ece": "p is the probability of the positive class, or with more than two classes of the "
    "predicted one; a bin has the rows with p in a tenth of 0 to 1; frequency is the fraction of "
    "them that have this class.",
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
        letters = "In the formulas, z is the weighted sum, and a the activation"
        normal = "; Φ is the standard normal distribution function, φ its density"
        return lines, (f"{letters}{normal if 'Φ' in lines[0] else ''}.",)
    if isinstance(entry, Loss):
        mean = "rows and outputs" if entry.mean_over_outputs else "rows of the sum over outputs"
        term = _filled(entry.term, {**_LETTERS, **names})
        letters = "a is an output, z its weighted sum, and t its target"
        return (f"term = {term}",), (f"The loss is the mean over {mean} of this term; {letters}.",)
    if isinstance(entry, Normalization) and entry.layer:
        return _steps(entry.layer(1, entry.complete({})))
    return _equations(entry) if isinstance(entry, Optimizer) else ((), ())


def _steps(layer: Layer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the steps of a normalization and the updates of its state, and their letters."""
    worked = layer.worked
    names = {letter: name.replace("_", " ") for name, letter in worked.symbols.items()}
    letters = {each: each for each in ("z", "rows", *names, *layer.parameters)}
    lines = []
    for line in worked.forward:
        written = _filled(line.formula, letters)
        mean = f"mean of {written} over the {line.mean}" if line.mean else written
        lines.append(f"{line.letter} = {mean}")
        letters[line.letter] = line.letter
    for name, formula in worked.kept.items():
        lines.append(f"{worked.symbols[name]} ← {_filled(formula, letters)}")
    known = ", ".join(f"{letter} the {name}" for letter, name in names.items())
    about = f"In the formulas, z is the weighted sum, y its normalized value, {known}."
    kept = " and ".join(worked.symbols[name] for name in worked.kept)
    used = f"Predictions use {kept} in place of μ and v." if kept else ""
    return tuple(lines), tuple(filter(None, [about, used]))


def _equations(entry: Optimizer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the equations, for each kind of momentum on its own line, and their letters."""
    letters = {**_LETTERS, **{name: name for name in entry.parameters}}
    settings = entry.complete({})
    kinds = {"": settings}
    if "nesterov" in entry.parameters:
        kinds = {
            "Without momentum: ": settings,
            "With momentum: ": settings | {"momentum": _MOMENTUM},
            "With Nesterov momentum: ": settings | {"momentum": _MOMENTUM, "nesterov": True},
        }
    steps = {
        kind: [f"{left} ← {_filled(each, letters)}" for left, each in entry.equations(it).items()]
        for kind, it in kinds.items()
    }
    lines = tuple(
        line
        for kind, step in steps.items()
        for line in ([f"{kind}{', '.join(step)}"] if kind else step)
    )
    kept = [each[0] for each in [*steps.values()][-1][:-1]]
    start = f"; {' and '.join(kept)} start{'s' * (len(kept) == 1)} at 0" if kept else ""
    number = ", k the number of the step" if re.search(r"\bk\b", " ".join(lines)) else ""
    return lines, (f"w is a weight, g its gradient, η the learning rate{number}{start}.",)


def _filled(formula: Formula | Piecewise, letters: dict[str, str]) -> str:
    return fill(_TEXT, formula.whole, letters)
