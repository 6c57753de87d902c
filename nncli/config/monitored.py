"""The names of the values that early stopping can monitor."""

from typing import Any

from nncli.config.choices import Checked, refusal, shown
from nncli.config.synonyms import choice_hint
from nncli.metrics.names import METRICS
from nncli.metrics.scores import SCORES

_OF_TRAINING = dict.fromkeys(["loss", *(score.name for score in SCORES.values())])
_OF_VALIDATION = dict.fromkeys(["loss", *(each for names in METRICS.values() for each in names)])
MONITORED = (
    *(f"validation_{each}" for each in _OF_VALIDATION),
    *(f"train_{each}" for each in _OF_TRAINING),
)
"""Loss and metrics of every task; for training rows only what every epoch measures anyway."""


class Monitored(Checked):
    """Annotation for one of `MONITORED`."""

    def check(self, value: Any) -> str:
        """Return `value`, if it is allowed."""
        if isinstance(value, str) and value in MONITORED:
            return value
        hint = choice_hint(value, MONITORED) if isinstance(value, str) else ""
        raise refusal(
            f"found {shown(value)}; expected validation_ or train_ and a metric, such as "
            f"validation_loss{hint}"
        )

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what is allowed."""
        return {"enum": [*MONITORED]}
