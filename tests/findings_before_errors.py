"""The findings that precede the error of a training that diverges."""

import re

FINDINGS = re.compile(
    r"\A\n(N\d{3} .+\n)*(and \d+ more findings?\n)?To see why:\n  nncli diagnose .+\n(?=Error: )"
)


def without_findings(err: str) -> str:
    """Return what is on standard error after the findings about a divergence, if there are any."""
    return FINDINGS.sub("", err)
