"""A rule about targets that are the same in all training rows."""

from collections.abc import Iterator

from nncli.base.storage.mapping import row_blocks
from nncli.base.words import count
from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Evidence
from nncli.explain.diagnosis.rules.seen import trains

_FEWEST_ROWS = 4  # fewer are worked examples, such as a step of backpropagation for one row


def constant_target(case: Case) -> Iterator[Evidence]:
    """Find a target that is the same in all training rows: nothing can be learned."""
    rows = _rows(case)
    if not trains(case) or rows < _FEWEST_ROWS or not _is_constant(case):
        return
    names = case.subject.model.targets if case.is_trained else case.dataset.targets
    which = f"target {names[0]}" if len(names) == 1 else count(len(names), "target")
    value = _value(case)
    yield Evidence(
        f"all {rows} training rows have the same {which}{f': {value}' if value else ''}",
        "there is nothing to learn: the best answer is this constant, whatever the inputs are",
        remedy="choose another data.target, or use training rows whose targets differ",
    )


def _rows(case: Case) -> int:
    """Return the number of training rows; 0 if it is not known."""
    if case.is_trained:
        return case.splits["train"].rows if "train" in case.splits else 0
    return len(case.dataset.splits["train"])


def _is_constant(case: Case) -> bool:
    if case.is_trained:
        train = case.splits["train"]
        if case.task == "regression":
            return train.mae_of_medians == 0
        return train.guess_metrics.get("accuracy") == 1
    split = case.dataset.splits["train"]
    first = split.targets[split.rows[0]]
    return all((block == first).all() for _, block in row_blocks(split.targets, split.rows))


def _value(case: Case) -> str:
    """Return the target in words; empty for labels and several numbers."""
    if case.is_trained:
        values = case.splits["train"].guess
    else:
        data = case.dataset
        split = data.splits["train"]
        first = split.targets[split.rows[0]]
        values = [data.classes[int(first)]] if split.of_classes else first.tolist()
    if case.task == "multilabel" or len(values) != 1:
        return ""
    return values[0] if isinstance(values[0], str) else f"{values[0]:g}"
