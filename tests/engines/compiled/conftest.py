"""Fixtures for tests of cached machine code."""

import pytest

from nncli.engines.compiled import machine_code


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """Return an empty cache, which `_object_code` uses as a new process would."""
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    machine_code._directory.cache_clear()
    machine_code._fingerprint.cache_clear()
    yield tmp_path / "cache"
    machine_code._directory.cache_clear()
    machine_code._fingerprint.cache_clear()


@pytest.fixture
def compilations(monkeypatch):
    """Return a list of the requests that are compiled from now on."""
    found, compiled = [], machine_code._compiled

    def noted(request):
        found.append(request)
        return compiled(request)

    monkeypatch.setattr(machine_code, "_compiled", noted)
    return found
