"""The findings of every shipped config, as a table in docs/findings/shipped.md.

`python -m tests.shipped_findings` trains them all and writes the page; MNIST must be in the cache.
"""

import re
from pathlib import Path

from nncli.config.finding_codes import FINDINGS
from nncli.explain.diagnosis.diagnosis import Diagnosis
from tests.explain.diagnosis.runs import diagnosed
from tests.shipped_configs import CONFIGS

PAGE = CONFIGS.parent / "docs" / "findings" / "shipped.md"
SHIPPED = [*sorted(CONFIGS.glob("*.yaml")), *sorted(CONFIGS.glob("lectures/*.yaml"))]
OF_MNIST = [path for path in SHIPPED if "mnist" in path.stem]

HEAD = """\
# Findings of the shipped configs

Here you see what `nncli diagnose` finds after training each config in [configs/](../../configs/).
Those with a finding fail on purpose, to show why. Those that only show given weights, or one step,
have none: nothing was to be learned.

<!-- generated: python -m tests.shipped_findings -->

| config | findings | what it shows |
|---|---|---|
"""


def row_of(path: Path, found: Diagnosis) -> str:
    """Return the row of a config: its name, its findings with their titles, its first comment."""
    link = f"[{path.stem}](../../{path.relative_to(CONFIGS.parent).as_posix()})"
    findings = [f"[{code}]({code}.md) {FINDINGS[code]}" for code in found.codes]
    muted = f"; it mutes {', '.join(found.ignored)}" if found.ignored else ""
    shows = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").rstrip(".")
    return f"| {link} | {', '.join(findings) or 'none'}{muted} | {shows} |"


def row_on_page(path: Path) -> str:
    """Return the row of a config on the page; empty if it has none."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return next((line for line in lines if line.startswith(f"| [{path.stem}](")), "")


def codes_on_page(path: Path) -> list[str]:
    """Return the findings that the page has for a config."""
    return re.findall(r"\[(N\d{3})\]", row_on_page(path))


if __name__ == "__main__":
    rows = [row_of(path, diagnosed(path)) for path in SHIPPED]
    PAGE.write_text("\n".join([HEAD.rstrip(), *rows, ""]), encoding="utf-8")
