import tomllib
from pathlib import Path

import pytest

import nncli
from nncli.base.extras import EXTRAS, install_command

ROOT = Path(__file__).parents[2]
OF_DEVELOPMENT = {"all", "test", "test-all", "docs", "lint", "fuzz", "benchmark"}


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = {name: packages for name, packages in extras.items() if name not in OF_DEVELOPMENT}
    assert found == {name: [extra.package] for name, extra in EXTRAS.items()}


@pytest.mark.parametrize("name", EXTRAS)
def test_a_checkout_installs_its_own_extras(name, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(nncli, "__file__", str(tmp_path / "nncli" / "__init__.py"))
    assert install_command(name) == f"pip install -e '.[{name}]' in {tmp_path}"


@pytest.mark.parametrize("name", EXTRAS)
def test_an_installation_names_the_package_and_never_nncli(name, tmp_path, monkeypatch):
    monkeypatch.setattr(nncli, "__file__", str(tmp_path / "nncli" / "__init__.py"))
    assert install_command(name) == f"pip install '{EXTRAS[name].package}'"
    assert "nncli" not in install_command(name)


def test_no_text_installs_nncli_by_name():
    files = [*(ROOT / "nncli").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = {path: path.read_text("utf-8").replace("'", "").replace('"', "") for path in files}
    assert [path for path, text in texts.items() if "install nncli" in text] == []
