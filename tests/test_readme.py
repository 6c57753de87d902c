"""What the README says is what the program does."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nncli.config.reference import config_reference
from nncli.data.builtin.mnist import PARTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_config_reference_is_made_from_the_schema() -> None:
    found = re.search(
        r"<!-- config reference: .*? -->\n(.*)<!-- end of config reference -->", README, re.DOTALL
    )
    assert found is not None
    assert found[1] == config_reference()  # nncli config schema --markdown


def test_the_files_of_mnist_are_named_with_size_and_checksum() -> None:
    for part in PARTS.values():
        file = part.compressed
        assert f"| `{file.name}` | {file.size_bytes} | `{file.sha256}` |" in README


def test_the_five_lines_run_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nncli.model.model import Model
    from nncli.model.model_file import write_model
    from nncli.model.prediction import predict_rows
    from nncli.model.preprocessing import Preprocessing
    from nncli.nn.layers.kinds import block
    from nncli.nn.network import Network, parameter_count
    from nncli.nn.objective import Objective

    random = np.random.default_rng(0)
    layers = [*block(784, 16, "relu"), *block(16, 10, "softmax")]
    parameters = random.normal(size=parameter_count(layers)).astype(np.float32)
    model = Model(
        network=Network(layers, parameters),
        preprocessing=Preprocessing([f"pixel{n}" for n in range(784)], 0.0, 1 / 255),
        task="multiclass",
        targets=["digit"],
        classes=list("abcdefghij"),
        objective=Objective("cross_entropy", {}),
        config={},
        metrics={},
        training={},
    )
    write_model(tmp_path / "weights.npz", model)
    monkeypatch.chdir(tmp_path)
    rows = random.integers(0, 256, (50, 784)).astype(np.float32)
    (code,) = [each for each in PYTHON if "np.load" in each]
    assert len(code.splitlines()) == 5
    names: dict[str, Any] = {"X": rows}
    exec(code, names)
    names["model"].close()
    np.testing.assert_array_equal(names["digits"], predict_rows(model, rows).chosen)


def test_the_lines_in_python_train_a_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = [each for each in PYTHON if "nncli.train" in each]
    exec(code, {})
    accuracy, predictions = capsys.readouterr().out.split("\n", 1)
    assert 0.9 < float(accuracy) < 0.96
    assert predictions == "[1 0]\n"


def test_ci_runs_the_readme_test_command() -> None:
    command = re.search(r"<!-- test command -->\n```sh\n(.*?)\n```", README, re.DOTALL)
    assert command is not None
    assert command[1].endswith("-m pytest")
    assert "test command" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
