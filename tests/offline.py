"""Keep tests off the network."""

import pytest


def go_offline(patch: pytest.MonkeyPatch) -> None:
    """Route every download through a proxy that does not exist."""
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"):
        patch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        patch.delenv(name, raising=False)
