"""Pages in a real browser: no console errors, no requests, accessible, and as wide as the screen.

The test needs Chromium and, for the accessibility, axe-core in the virtual environment:
``npm install --prefix .venv axe-core``.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nncli
from tests.explain.document.reader import read_page
from tests.explain.report.conftest import ignored

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
SCRIPT = """
axe.run().then(found => {
  const root = document.documentElement;
  const result = {
    violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html)]),
    requests: performance.getEntriesByType("resource").map(each => each.name),
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    background: getComputedStyle(document.body).backgroundColor,
    tooWide: root.scrollWidth - root.clientWidth,
    tooHigh: [...document.querySelectorAll(".wide")].filter(
      each => each.scrollHeight > each.clientHeight).length,
    broken: [...document.images].filter(each => !each.naturalWidth).length,
  };
  document.body.innerHTML = "<pre id=result></pre>";
  document.getElementById("result").textContent = JSON.stringify(result);
});
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.skipif(not AXE.exists(), reason=f"needs {AXE}"),
]


def browser(*arguments):
    """Run headless Chromium; return its output, and what its console said."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
               "--virtual-time-budget=20000", *arguments]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def inspected(content, folder, *arguments):
    """Return what a script finds in a page; the page itself forbids scripts."""
    allowed = re.sub("<meta http-equiv=.*?>", "", content, count=1, flags=re.DOTALL)
    assert allowed != content
    script = f"<script>{AXE.read_text(encoding='utf-8')}</script><script>{SCRIPT}</script>"
    place = folder / "page.html"
    place.write_text(allowed.replace("</body>", f"{script}</body>"), encoding="utf-8")
    shown, console = browser("--dump-dom", *arguments, place.as_uri())
    (result,) = [
        each for each in read_page(shown).find("pre") if each.attributes.get("id") == "result"
    ]
    return json.loads(result.text), console


@pytest.fixture(scope="module")
def pages(runs, tmp_path_factory):
    """Return a page of every kind."""
    folder = tmp_path_factory.mktemp("pages")
    xor = {"data": {"source": "xor", "rows": 60, "test": 40, "validation": 20}}
    nncli.train_seeds(xor, {"training.seeds": 2, "training.epochs": 3}, out=folder / "seeds")
    several = [runs / "binary", runs / "multiclass", folder / "seeds"]
    names = ["binary", "multiclass", "multilabel", "regression", "images"]
    found = {name: nncli.report(runs / name, note=ignored) for name in names}
    found["several"] = nncli.report(several, note=ignored)
    found["trace"] = nncli.trace(runs / "binary", rows=[0, 1], format="html", limit=3)
    unit = "s_in = w*x + b; y = sigmoid(s_in)/2 + mish(s_in)^2"
    at = {"w": 2, "x": -1, "b": 0.5}
    found["derive"] = nncli.derive(unit, at, format="html", limit=True)
    return found


KINDS = ["binary", "multiclass", "multilabel", "regression", "images", "several", "trace", "derive"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("scheme", "width"), [("light", 500), ("dark", 1200)])
def test_pages_are_accessible_fit_the_screen_and_request_nothing(
    pages, tmp_path, kind, scheme, width
):
    color = f"--blink-settings=preferredColorScheme={int(scheme == 'light')}"
    found, console = inspected(pages[kind], tmp_path, color, f"--window-size={width},900")
    assert found["violations"] == []
    assert found["requests"] == []
    assert found["broken"] == 0
    assert found["tooWide"] == 0
    assert found["tooHigh"] == 0
    assert found["dark"] == (scheme == "dark")
    light = sum(map(int, re.findall(r"\d+", found["background"])[:3])) / 3 > 127
    assert light == (scheme == "light")
    assert console == []


def test_a_page_as_it_is_has_no_console_message(pages, tmp_path):
    (tmp_path / "page.html").write_text(pages["binary"], encoding="utf-8")
    _, console = browser("--dump-dom", (tmp_path / "page.html").as_uri())
    assert console == []


def test_a_script_in_a_page_would_not_run(pages, tmp_path):
    place = tmp_path / "page.html"
    script = "<script>document.body.id = 'changed'</script>"
    place.write_text(pages["binary"].replace("</body>", f"{script}</body>"), encoding="utf-8")
    shown, console = browser("--dump-dom", place.as_uri())
    assert 'id="changed"' not in shown
    assert "Content Security Policy" in console[0]


def test_an_inaccessible_page_is_noticed(pages, tmp_path):
    broken = pages["binary"].replace('alt="', 'data-was="', 1)
    found, _ = inspected(broken, tmp_path)
    assert "image-alt" in [each for each, _ in found["violations"]]
