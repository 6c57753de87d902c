"""The codes and titles of all findings of ``nncli diagnose``.

Configs name them in ``diagnose.ignore``; ``explain/diagnosis/rules/table.py`` has a rule for each.
"""

from typing import Any

from nncli.config.choices import Checked, refusal, shown
from nncli.config.synonyms import choice_hint

FINDINGS: dict[str, str] = {
    "N001": "the outputs are constant",
    "N002": "no better than the best constant",
    "N003": "no better than a linear model",
    "N004": "a class is never predicted",
    "N005": "the accuracy is the share of the largest class",
    "N010": "the loss at the start is far from that of a guess",
    "N011": "the learning rate is too high",
    "N012": "the steps are too short",
    "N013": "a plateau that still has a gradient",
    "N014": "too few epochs",
    "N015": "stopped too early",
    "N016": "training diverged",
    "N020": "dead units",
    "N021": "saturated units",
    "N022": "unused inputs",
    "N023": "units that stay the same",
    "N024": "the gradient vanishes",
    "N025": "the gradient explodes",
    "N030": "the inputs are not scaled",
    "N031": "columns of very different sizes",
    "N032": "constant columns",
    "N033": "one column alone predicts the target",
    "N034": "the same rows in several splits",
    "N035": "a row number as input",
    "N036": "labels that look wrong",
    "N037": "a constant target",
    "N038": "targets of neighboring rows",
    "N040": "overfitting",
    "N041": "the training rows are memorized",
    "N042": "the network is too small",
    "N043": "better on validation rows than in training",
    "N044": "too few validation rows to tell",
    "N045": "seeds differ more than the gain",
    "N050": "output, loss and targets do not fit together",
    "N051": "linear layers in a row",
    "N053": "a few rows cannot be learned",
}


class FindingCode(Checked):
    """Annotation for one of `FINDINGS`."""

    def check(self, value: Any) -> str:
        """Return `value`, if it is allowed."""
        if isinstance(value, str) and value in FINDINGS:
            return value
        hint = choice_hint(value, [*FINDINGS]) if isinstance(value, str) else ""
        raise refusal(f"found {shown(value)}; expected the code of a finding, such as N040{hint}")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"enum": [*FINDINGS]}
