"""The settings that the plain engine refuses are named when the config is read."""

import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import load_config

SGD = "training.optimizer=sgd"
REFUSED = {
    "training.optimizer=adam": (
        "training.optimizer: adam; set training.optimizer: sgd, or use numpy"
    ),
    "training.optimizer=nadam": (
        "training.optimizer: nadam; set training.optimizer: sgd, or use numpy"
    ),
    "training.optimizer={name: sgd, momentum: 0.9, nesterov: true}": (
        "nesterov in training.optimizer; use numpy"
    ),
    "training.dropout=0.1": "training.dropout; use numpy",
    "training.dropout=[0, 0.2]": "training.dropout; use numpy",
    "training.max_norm=3": "training.max_norm; use numpy",
    "training.clip_norm=1": "training.clip_norm; use numpy",
    "training.clip_value=1": "training.clip_value; use numpy",
    "model.normalization=layer_norm": "model.normalization; use numpy",
    "model.normalization=[none, batch_norm]": "model.normalization; use numpy",
}
SUPPORTED = [
    "training.optimizer={name: sgd, momentum: 0.9}",
    "training.dropout=[0, 0]",
    "training.l1=0.1",
    "training.l2=0.1",
    "training.precision=float64",
    "model.normalization=[none, none]",
    "model.density=0.5",
    "training.folds=2",
    "training.early_stopping={monitor: train_loss}",
]


def overridden(*settings):
    base = ("model.hidden_layers=[3,2]", "training.engine=plain", SGD)
    return load_config({"data": {"source": "xor"}}, [*base, *settings])


@pytest.mark.parametrize(("setting", "problem"), REFUSED.items(), ids=REFUSED)
def test_a_setting_without_a_loop_is_refused_by_its_key(setting, problem):
    with pytest.raises(ConfigError) as refused:
        overridden(setting)
    (line,) = str(refused.value).splitlines()
    assert line.endswith(f": training.engine: plain does not support {problem}")


def test_every_refused_setting_is_named_at_once():
    with pytest.raises(ConfigError) as refused:
        overridden("training.dropout=0.1", "training.clip_norm=1", "training.optimizer=adam")
    found = str(refused.value)
    for key in ("training.dropout", "training.clip_norm", "training.optimizer: adam"):
        assert f"training.engine: plain does not support {key}" in found


@pytest.mark.parametrize("setting", SUPPORTED)
def test_other_settings_are_accepted(setting):
    assert overridden(setting).config.training.engine == "plain"


@pytest.mark.parametrize("setting", REFUSED)
def test_other_engines_take_them(setting):
    assert overridden("training.engine=numpy", setting).config.training.engine == "numpy"
