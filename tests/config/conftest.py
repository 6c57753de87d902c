import os

import pytest

from nncli.base.errors import ConfigError
from nncli.config.load import load_config


@pytest.fixture
def load(tmp_path):
    """Write a text or bytes to ``c.yaml`` and load it."""

    def write_and_load(content, *overrides):
        path = tmp_path / "c.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_config(path, overrides)

    return write_and_load


@pytest.fixture
def problems(load, tmp_path):
    """Load an invalid config; return the lines of the error, without the directory."""

    def refused(content, *overrides):
        with pytest.raises(ConfigError) as caught:
            load(content, *overrides)
        return str(caught.value).replace(f"{tmp_path}{os.sep}c.yaml", "c.yaml").split("\n")

    return refused
