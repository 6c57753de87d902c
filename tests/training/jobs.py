"""A scripted job for the tests of observers."""

from dataclasses import dataclass, field

from nncli.metrics.scores import ACCURACY, Score
from nncli.nn.network import Block, blocks
from nncli.training.plan import Plan
from nncli.training.progress import Progress
from tests.nn.networks import build_layers
from tests.training.scripted import ScriptedEngine, numbered, plan_of


@dataclass
class ScriptedJob:
    """A job with four rows, one per step, and as many steps as its engine has."""

    plan: Plan = field(default_factory=plan_of)
    engine: ScriptedEngine = field(default_factory=lambda: ScriptedEngine([(1.0, 0)] * 100))
    score: Score = ACCURACY
    progress: Progress = field(default_factory=Progress)
    title: str = ""
    warnings: tuple[str, ...] = ()
    order = numbered(4, 1)
    blocks: tuple[Block, ...] = blocks(build_layers((2, 3, 1), "tanh", "sigmoid"))

    def check_data(self):
        """Do nothing, as the rows are in memory."""

    def evaluations(self):
        """Return no evaluations."""
        return {}
