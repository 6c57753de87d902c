"""The starter configs and lectures that ``nncli init`` writes, which are also in ``configs/``."""

from collections.abc import Mapping
from typing import Any

from nncli.config.lectures.lecture import Lecture
from nncli.config.load import read_config
from nncli.config.overrides import Overrides
from nncli.config.render import commented_text
from nncli.config.schema import Config
from nncli.config.strict_yaml import parse
from nncli.data.builtin.generated import GENERATED


def _generated(name: str) -> dict[str, Any]:
    """Return a config that learns any data set of `GENERATED` with its default parameters."""
    parameters = GENERATED[name].complete({})
    return {
        "name": name,
        "seed": 0,
        "data": {"source": name, "rows": 1000, **parameters, "validation": 0.2},
        "model": {"hidden_layers": [16, 16], "activation": "relu"},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.02,
            "schedule": "cosine",
            "batch_size": 32,
            "epochs": 100,
        },
    }


TEMPLATES: dict[str, dict[str, Any]] = {
    "xor": {
        "name": "xor",
        "seed": 0,
        "data": {"source": "xor", "rows": 1000, "noise": 0.25, "validation": 0.2},
        "model": {"hidden_layers": [16], "activation": "tanh"},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.02,
            "batch_size": 32,
            "epochs": 40,
            "l2": 0.002,
        },
    },
    "mnist": {
        "name": "mnist",
        "seed": 0,
        "data": {"source": "mnist", "validation": 5000},
        "model": {"hidden_layers": [256], "activation": "relu"},
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "schedule": "cosine",
            "batch_size": 64,
            "epochs": 8,
            "early_stopping": {"monitor": "validation_loss", "patience": 5},
        },
    },
    **{name: _generated(name) for name in GENERATED},
}

PURPOSES = {
    "xor": "Noisy XOR: the smallest problem that one layer cannot solve",
    "mnist": "MNIST: handwritten digits, 28 by 28 pixels, ten classes",
    **{name: each.title for name, each in GENERATED.items()},
}


def overridden(values: Mapping[str, Any], overrides: Overrides) -> dict[str, Any]:
    """Return the values of a config with settings applied and checked.

    Raises
    ------
    ConfigError
    """
    loaded = read_config(values, overrides, check=lambda config, meaning: [])
    return dict(loaded.document.value)


def template_text(name: str, overrides: Overrides = ()) -> str:
    """Return the commented YAML text of a template. Raises `ConfigError` for a wrong setting."""
    values = overridden(TEMPLATES[name], overrides)
    head = (
        f"# {PURPOSES[name]}.\n"
        f"#   nncli train {name}.yaml\n"
        "# All keys except data are optional; 'nncli config show' prints all keys.\n\n"
    )
    return head + commented_text(values, Config.model_validate(values))


def lecture_text(lecture: Lecture, overrides: Overrides = ()) -> str:
    """Return a lecture with a comment on every key. Raises `ConfigError` for a wrong setting."""
    values = overridden(parse(lecture.text, lecture.name).value, overrides)
    return f"{lecture.head}\n{commented_text(values, Config.model_validate(values))}"
