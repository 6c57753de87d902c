"""Train, explain and use multilayer perceptrons, with NumPy.

A config, a YAML file or a dict, describes the data, the network and its training:

>>> import nncli
>>> result = nncli.train("configs/xor.yaml", {"training.epochs": 20})
>>> result.metrics["test"]["accuracy"]  # also result.history, result.config, ...
>>> result.model.predict([[0, 1], [1, 1]])
>>> result.model.save("xor.npz")
>>> nncli.load("xor.npz").evaluate().metrics

`data` passes rows from memory instead: arrays, a data frame, or a list of dicts.

>>> nncli.train({}, data=(X, y))

Train
    `train` returns a `Result`, `cross_validate` a `CrossValidation`, and `train_seeds` a
    `SeedRuns`. `resume`, `resume_cross_validation` and `resume_seeds` continue a run. An `Observer`
    follows training and may stop it. `curves` draws a history as text.
Predict and evaluate
    `load` returns a `Model`, with `predict`, `predict_proba`, `predictions` and `evaluate`.
    `importance` measures how much each column matters to a model.
Use as scikit-learn estimators
    `MLPClassifier` and `MLPRegressor`. They also work without scikit-learn.
Compare
    `compare` returns what differs in the configs and metrics of several runs, as a `Comparison`.
Explain and check
    `diagnose` says why training went as it did and what to change, as a `Diagnosis`.
    `plot` draws data, training and models as matplotlib figures, and `save_plots` writes them.
    `report` returns a page about a run.
    `trace` shows a training step as a worked example. `derive` derives an expression by the chain
    rule, and `derive_plot` draws its graph. `gradcheck` checks backpropagation, `describe` lists
    layers, parameters and FLOPs, and `estimate` predicts time and memory.
Write configs and load data
    `first_config` writes a commented config for a data file, or one of the `lectures`.
    `load_config` reads and checks a config, `load_data` loads and splits its data, `data_row`
    returns one row of it, `export_data` writes it to a file, and `fetch` downloads a data set.
    `config_reference` and `config_schema` describe every key, `explanation` explains one term.
Errors and warnings
    Every error is an `NncliError`: `UsageError`, `ConfigError`, `ExpressionError`, `DataError`,
    `DownloadError`, `ModelFileError`, `OutputError`, `DivergenceError`, or `OutOfMemoryError`.
    Every warning is an `NncliWarning`.

`help(nncli.train)` documents a function. ``docs/python.md`` is the manual, with examples and a
table of all names. Names are imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_PUBLIC = {
    "nncli.api": ("load_data", "resume", "train"),
    "nncli.api_several": (
        "cross_validate",
        "resume_cross_validation",
        "resume_seeds",
        "train_seeds",
    ),
    "nncli.base.clock": ("Clock",),
    "nncli.base.errors": (
        "ConfigError",
        "DataError",
        "DivergenceError",
        "DownloadError",
        "ExpressionError",
        "ModelFileError",
        "NncliError",
        "NncliWarning",
        "OutOfMemoryError",
        "OutputError",
        "UsageError",
    ),
    "nncli.config.first_config": ("FirstConfig", "first_config"),
    "nncli.config.lectures.lecture": ("Lecture", "lectures"),
    "nncli.config.load": ("LoadedConfig", "load_config"),
    "nncli.config.reference": ("config_reference", "config_schema"),
    "nncli.config.schema": ("Config",),
    "nncli.config.sources": ("fetch",),
    "nncli.data.dataset": ("Dataset",),
    "nncli.estimators.mlp": ("MLPClassifier", "MLPRegressor"),
    "nncli.explain.derivation.derive": ("derive", "derive_plot"),
    "nncli.explain.diagnosis.diagnose": ("diagnose",),
    "nncli.explain.diagnosis.diagnosis": ("Diagnosis",),
    "nncli.explain.diagnosis.finding": ("Change", "Evidence", "Finding"),
    "nncli.explain.diagnosis.proof": ("Proof",),
    "nncli.explain.gradient_check": ("LayerCheck", "gradcheck"),
    "nncli.explain.plots.kinds": ("PLOT_KINDS", "plot", "save_plots"),
    "nncli.explain.report.report": ("report",),
    "nncli.explain.terms.explanation": ("explanation",),
    "nncli.explain.trace.transcript": ("trace",),
    "nncli.metrics.guess": ("Guess",),
    "nncli.metrics.tasks": ("Evaluation",),
    "nncli.model.description": ("recorded_weights",),
    "nncli.model.importance": ("Importance", "importance"),
    "nncli.model.loading": ("load",),
    "nncli.model.model": ("Model",),
    "nncli.model.predicted": ("PredictedRows",),
    "nncli.model.preprocessing": ("Preprocessing",),
    "nncli.runs.compared_run": ("ComparedRun",),
    "nncli.runs.comparison": ("Comparison", "Gap", "compare"),
    "nncli.runs.cross_validation": ("CrossValidation", "FoldResult"),
    "nncli.runs.data_row": ("DataRow", "data_row"),
    "nncli.runs.description": ("describe",),
    "nncli.runs.estimate": ("Estimate", "estimate"),
    "nncli.runs.exporting": ("export_data",),
    "nncli.runs.folds": ("is_cross_validation",),
    "nncli.runs.info": ("info",),
    "nncli.runs.result": ("Result",),
    "nncli.runs.seeds": ("SeedResult", "SeedRuns", "is_seed_runs"),
    "nncli.runs.several_results": ("Summary",),
    "nncli.training.curves": ("curves",),
    "nncli.training.loop": ("EpochReport", "StepReport"),
    "nncli.training.observers.observer": ("Job", "Observer"),
    "nncli.web.playground.application": ("playground",),
    "nncli.training.outcome": ("Outcome",),
}

# Used by the commands only: these names are not part of the public API.
_OF_COMMANDS = {
    "nncli.base.errors": ("Interrupted",),
    "nncli.config.check": ("misfits_of_data",),
    "nncli.config.first_config": (
        "TEMPLATE_NAMES",
        "TEMPLATE_PURPOSES",
        "default_place",
    ),
    "nncli.config.is_config": ("is_config",),
    "nncli.config.keys": ("keys_of_file",),
    "nncli.config.load": ("read_config",),
    "nncli.config.meant_keys": ("setting_of_option",),
    "nncli.config.sources": ("SOURCES", "data_set_names", "source_called"),
    "nncli.data.tables.column": ("Column",),
    "nncli.data.tables.column_words": ("if_missing",),
    "nncli.explain.diagnosis.quick": ("quick_diagnosis",),
    "nncli.explain.pictures": ("PICTURE_SIGNS", "drawn", "matrices"),
    "nncli.explain.terms.explanation": ("meanings_of", "names_by_kind"),
    "nncli.metrics.tasks": ("ClassificationEvaluation", "EVALUATIONS"),
    "nncli.model.description": ("LayerHistory", "layer_histories"),
    "nncli.model.formats": ("FORMATS", "Format"),
    "nncli.model.thresholds": ("check_probabilities",),
    "nncli.runs.several": ("kind_of", "kind_of_run"),
    "nncli.training.history_file": ("read_history",),
    "nncli.training.observers.interruption": ("InterruptRequest",),
}

_MODULES = {
    name: module
    for places in (_PUBLIC, _OF_COMMANDS)
    for module, names in places.items()
    for name in names
}

__all__ = sorted(name for names in _PUBLIC.values() for name in names)

if TYPE_CHECKING:
    from nncli.api import load_data as load_data
    from nncli.api import resume as resume
    from nncli.api import train as train
    from nncli.api_several import cross_validate as cross_validate
    from nncli.api_several import resume_cross_validation as resume_cross_validation
    from nncli.api_several import resume_seeds as resume_seeds
    from nncli.api_several import train_seeds as train_seeds
    from nncli.base.clock import Clock as Clock
    from nncli.base.errors import ConfigError as ConfigError
    from nncli.base.errors import DataError as DataError
    from nncli.base.errors import DivergenceError as DivergenceError
    from nncli.base.errors import DownloadError as DownloadError
    from nncli.base.errors import ExpressionError as ExpressionError
    from nncli.base.errors import Interrupted as Interrupted
    from nncli.base.errors import ModelFileError as ModelFileError
    from nncli.base.errors import NncliError as NncliError
    from nncli.base.errors import NncliWarning as NncliWarning
    from nncli.base.errors import OutOfMemoryError as OutOfMemoryError
    from nncli.base.errors import OutputError as OutputError
    from nncli.base.errors import UsageError as UsageError
    from nncli.config.check import misfits_of_data as misfits_of_data
    from nncli.config.first_config import TEMPLATE_NAMES as TEMPLATE_NAMES
    from nncli.config.first_config import TEMPLATE_PURPOSES as TEMPLATE_PURPOSES
    from nncli.config.first_config import FirstConfig as FirstConfig
    from nncli.config.first_config import default_place as default_place
    from nncli.config.first_config import first_config as first_config
    from nncli.config.is_config import is_config as is_config
    from nncli.config.keys import keys_of_file as keys_of_file
    from nncli.config.lectures.lecture import Lecture as Lecture
    from nncli.config.lectures.lecture import lectures as lectures
    from nncli.config.load import LoadedConfig as LoadedConfig
    from nncli.config.load import load_config as load_config
    from nncli.config.load import read_config as read_config
    from nncli.config.meant_keys import setting_of_option as setting_of_option
    from nncli.config.reference import config_reference as config_reference
    from nncli.config.reference import config_schema as config_schema
    from nncli.config.schema import Config as Config
    from nncli.config.sources import SOURCES as SOURCES
    from nncli.config.sources import data_set_names as data_set_names
    from nncli.config.sources import fetch as fetch
    from nncli.config.sources import source_called as source_called
    from nncli.data.dataset import Dataset as Dataset
    from nncli.data.tables.column import Column as Column
    from nncli.data.tables.column_words import if_missing as if_missing
    from nncli.estimators.mlp import MLPClassifier as MLPClassifier
    from nncli.estimators.mlp import MLPRegressor as MLPRegressor
    from nncli.explain.derivation.derive import derive as derive
    from nncli.explain.derivation.derive import derive_plot as derive_plot
    from nncli.explain.diagnosis.diagnose import diagnose as diagnose
    from nncli.explain.diagnosis.diagnosis import Diagnosis as Diagnosis
    from nncli.explain.diagnosis.finding import Change as Change
    from nncli.explain.diagnosis.finding import Evidence as Evidence
    from nncli.explain.diagnosis.finding import Finding as Finding
    from nncli.explain.diagnosis.proof import Proof as Proof
    from nncli.explain.diagnosis.quick import quick_diagnosis as quick_diagnosis
    from nncli.explain.gradient_check import LayerCheck as LayerCheck
    from nncli.explain.gradient_check import gradcheck as gradcheck
    from nncli.explain.pictures import PICTURE_SIGNS as PICTURE_SIGNS
    from nncli.explain.pictures import drawn as drawn
    from nncli.explain.pictures import matrices as matrices
    from nncli.explain.plots.kinds import PLOT_KINDS as PLOT_KINDS
    from nncli.explain.plots.kinds import plot as plot
    from nncli.explain.plots.kinds import save_plots as save_plots
    from nncli.explain.report.report import report as report
    from nncli.explain.terms.explanation import explanation as explanation
    from nncli.explain.terms.explanation import meanings_of as meanings_of
    from nncli.explain.terms.explanation import names_by_kind as names_by_kind
    from nncli.explain.trace.transcript import trace as trace
    from nncli.metrics.guess import Guess as Guess
    from nncli.metrics.tasks import EVALUATIONS as EVALUATIONS
    from nncli.metrics.tasks import ClassificationEvaluation as ClassificationEvaluation
    from nncli.metrics.tasks import Evaluation as Evaluation
    from nncli.model.description import LayerHistory as LayerHistory
    from nncli.model.description import layer_histories as layer_histories
    from nncli.model.description import recorded_weights as recorded_weights
    from nncli.model.formats import FORMATS as FORMATS
    from nncli.model.formats import Format as Format
    from nncli.model.importance import Importance as Importance
    from nncli.model.importance import importance as importance
    from nncli.model.loading import load as load
    from nncli.model.model import Model as Model
    from nncli.model.predicted import PredictedRows as PredictedRows
    from nncli.model.preprocessing import Preprocessing as Preprocessing
    from nncli.model.thresholds import check_probabilities as check_probabilities
    from nncli.runs.compared_run import ComparedRun as ComparedRun
    from nncli.runs.comparison import Comparison as Comparison
    from nncli.runs.comparison import Gap as Gap
    from nncli.runs.comparison import compare as compare
    from nncli.runs.cross_validation import CrossValidation as CrossValidation
    from nncli.runs.cross_validation import FoldResult as FoldResult
    from nncli.runs.data_row import DataRow as DataRow
    from nncli.runs.data_row import data_row as data_row
    from nncli.runs.description import describe as describe
    from nncli.runs.estimate import Estimate as Estimate
    from nncli.runs.estimate import estimate as estimate
    from nncli.runs.exporting import export_data as export_data
    from nncli.runs.folds import is_cross_validation as is_cross_validation
    from nncli.runs.info import info as info
    from nncli.runs.result import Result as Result
    from nncli.runs.seeds import SeedResult as SeedResult
    from nncli.runs.seeds import SeedRuns as SeedRuns
    from nncli.runs.seeds import is_seed_runs as is_seed_runs
    from nncli.runs.several import kind_of as kind_of
    from nncli.runs.several import kind_of_run as kind_of_run
    from nncli.runs.several_results import Summary as Summary
    from nncli.training.curves import curves as curves
    from nncli.training.history_file import read_history as read_history
    from nncli.training.loop import EpochReport as EpochReport
    from nncli.training.loop import StepReport as StepReport
    from nncli.training.observers.interruption import InterruptRequest as InterruptRequest
    from nncli.training.observers.observer import Job as Job
    from nncli.training.observers.observer import Observer as Observer
    from nncli.training.outcome import Outcome as Outcome
    from nncli.web.playground.application import playground as playground
else:

    def __getattr__(name):
        """Import a name on first use."""
        if name not in _MODULES:
            raise AttributeError(f"module 'nncli' has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return found

    def __dir__():
        return sorted({*globals(), *_MODULES})
