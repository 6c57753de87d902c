"""The metrics of evaluations and the columns of ``history.csv``."""

from collections.abc import Iterator

from nncli.config.monitored import MONITORED
from nncli.explain.terms.formulas import formula_of_metric
from nncli.explain.terms.meaning import Meaning
from nncli.metrics.names import METRICS, PENALTY, WEIGHTED_LOSS, rises, split_and_metric
from nncli.metrics.scores import SCORES

# What the glossary does not say about a metric.
_MORE = {
    "macro_f1": "The mean F1 of the classes or labels.",
    "weighted_f1": "The mean F1 of the classes, weighted by their rows.",
    "micro_f1": "The F1 over all labels pooled.",
    "support": "The number of rows of a class or label.",
    WEIGHTED_LOSS: "The loss of the validation rows, weighted by data.weight and "
    "data.class_weight as in training.",
}
_BY_CLASS = ("precision", "recall", "f1", "support")
_COLUMNS = {
    "epoch": "The number of the epoch, counted from 1.",
    PENALTY: "The penalty λΩ(w) = l1 Σ|w| + l2/2 Σw² of training.l1 and training.l2: the mean over "
    "the steps of the epoch, each before its update. Training minimizes train_loss + penalty.",
    "learning_rate": "The learning rate of the last step of the epoch, after the schedule.",
    "seconds": "The time of the training steps of the epoch, without the validation.",
    "rows_per_second": "Training rows per second in this epoch.",
    "gradient_norm_N": "The norm of the gradient of layer N: the root mean square over the steps "
    "of the epoch.",
    "saturated_N": "The fraction of sigmoid, tanh or softsign activations of layer N whose "
    "derivative is below a tenth of its maximum, on the first batch of the epoch.",
}
_SPLITS = {
    "train": ("training", "as a mean over the batches of the epoch, each before its step"),
    "validation": ("validation", "after the last step of the epoch"),
}


def metrics() -> Iterator[Meaning]:
    """Yield a meaning per metric of ``nncli eval``."""
    tasks = {name: [task for task, names in METRICS.items() if name in names] for name in _all()}
    for name, of in tasks.items():
        where = f"For: {', '.join(of)}." if of else "Printed for each class or label."
        where = "For every task." if name in ("loss", WEIGHTED_LOSS) else where
        better = (
            "" if name == "support" else f" {'Larger' if rises(name) else 'Smaller'} is better."
        )
        formulas, letters = formula_of_metric(name)
        yield Meaning("metric", name, _MORE.get(name, ""), (where + better, *letters), formulas)


def _all() -> Iterator[str]:
    known = ("loss", WEIGHTED_LOSS, *(each for names in METRICS.values() for each in names))
    yield from dict.fromkeys((*known, *_BY_CLASS))


def columns() -> Iterator[Meaning]:
    """Yield a meaning per column of ``history.csv``."""
    for name, text in _COLUMNS.items():
        yield Meaning("column", name, text, of="history.csv")
    for name in (*MONITORED, f"validation_{WEIGHTED_LOSS}"):
        split, metric = split_and_metric(name)
        rows, how = _SPLITS[split]
        usual = ("loss", *(score.name for score in SCORES.values()))
        only = "" if metric in usual else " Recorded if training.early_stopping monitors it."
        text = f"The {metric} of the {rows} rows, {how}.{only}"
        yield Meaning("column", name, text, of="history.csv")
