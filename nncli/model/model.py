"""A trained model: the network, and all that is needed to use it."""

from dataclasses import dataclass, field
from typing import Any

from nncli.data.dataset import Task
from nncli.data.files.image_format import ImageFormat
from nncli.data.tables.encoding import Encoding
from nncli.nn.network import Network
from nncli.nn.objective import Objective


@dataclass(frozen=True)
class Preprocessing:
    """What is done to an input row before the network sees it: ``(x - offset) * scale``.

    Attributes
    ----------
    columns : list of str
    offset, scale : float or list of float
        One number for all columns, or one for each.
    target_offset, target_scale : float or list of float
        Of a regression: its outputs are ``(t - target_offset) * target_scale``, of the targets t.
    encoding : Encoding or None
        How the columns of a table became these; None where rows are numbers as they are.
    images : ImageFormat or None
        What images the rows are, if they are, as bytes.
    """

    columns: list[str]
    offset: float | list[float]
    scale: float | list[float]
    target_offset: float | list[float] = 0.0
    target_scale: float | list[float] = 1.0
    encoding: Encoding | None = None
    images: ImageFormat | None = None


@dataclass(frozen=True)
class Model:
    """A trained network with all that is needed to use it.

    Attributes
    ----------
    network : Network
    preprocessing : Preprocessing
    task : str
    targets : list of str
        Names of what is predicted.
    classes : list of str
        Empty for a regression and for several labels.
    objective : Objective
        What it was trained for.
    config : dict
        The config it was trained by, every default filled in.
    metrics : dict
        Final metrics of each split.
    training : dict
        The training record: epochs, best epoch, seconds, date.
    provenance : dict
        The versions that wrote the file, once it has been read from one.
    name : str
        What it is called in messages: the path that it was read from.
    """

    network: Network
    preprocessing: Preprocessing
    task: Task
    targets: list[str]
    classes: list[str]
    objective: Objective
    config: dict[str, Any]
    metrics: dict[str, Any]
    training: dict[str, Any]
    provenance: dict[str, Any] = field(default_factory=dict)
    name: str = "the model"
