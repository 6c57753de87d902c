"""Models of every kind, trained for two epochs on the command line."""

from pathlib import Path

import numpy as np
import pytest

from nncli.cli.main import main
from nncli.model.model_file import read_model


def trained(directory: Path, data: str, model: str = ""):
    """Train with a config for `data` in `directory`; return the model."""
    config = directory / "c.yaml"
    text = f"data: {data}\nmodel: {{hidden_layers: [5]{model}}}\ntraining: {{epochs: 2}}\n"
    config.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["train", "-q", str(config), "-o", str(directory / "run")])
    assert not end.value.code
    return read_model(directory / "run")


def people(rows: int = 60) -> list[dict[str, object]]:
    """Return rows with numbers, text, Booleans and missing values."""
    random = np.random.default_rng(1)
    return [
        {
            "age": None if n % 11 == 5 else float(random.integers(18, 80)) + 0.1,
            "city": [None, "Bern", "Basel", "Genf"][n % 4],
            "member": bool(n % 3),
            "income": float(random.normal()),
            "kind": ["old", "young"][n % 2],
        }
        for n in range(rows)
    ]
