"""What a rule is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from nncli.explain.diagnosis.case import Case
from nncli.explain.diagnosis.finding import Evidence, Severity

Check = Callable[[Case], Iterator[Evidence]]
Needs = Literal["run", "rows", "trial"]
Shown = Literal["train", "unseen"]


@dataclass(frozen=True)
class Rule:
    """How a finding is known.

    Attributes
    ----------
    check : function of Case
        Yields the evidence, once for each place; nothing if all is well, or if the rule does not
        apply to the case.
    severity : str
    needs : str
        ``run``: only what training knows at its end, that is the config, the trained network, the
        history and the saved metrics; such a rule takes no longer than a millisecond or two.
        ``rows``: it reads the data, or fits something. ``trial``: it trains, with ``--prove``.
    explains : tuple of str
        Codes of findings that are symptoms of this one, and then are not reported.
    shown_by : str
        Which rows show that the change helps: ``train`` or ``unseen``.
    by_loss : bool
        Whether the loss shows it; else the metric that does not depend on how often a class occurs.
    unprovable : str
        Why no training can show that the change helps; else empty.
    """

    check: Check
    severity: Severity
    needs: Needs
    explains: tuple[str, ...] = ()
    shown_by: Shown = "train"
    by_loss: bool = True
    unprovable: str = ""
