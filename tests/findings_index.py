"""The table of all findings in docs/findings/README.md, and the pages that nncli explains.

The table is generated from the table of rules; the package has a copy of each page.
`python -m tests.findings_index` updates both.
"""

import re
from pathlib import Path

import nncli
from nncli.config.finding_codes import FINDINGS
from nncli.explain.diagnosis.rules.table import RULES, RULES_OF_SEVERAL

PAGE = Path(__file__).parents[1] / "docs" / "findings" / "README.md"
PAGES = sorted(PAGE.parent.glob("N*.md"))
COPIES = Path(nncli.__file__).parent / "explain" / "terms" / "finding_pages"
PLACE = re.compile(r"(?<=tests\.findings_index -->\n).*(?=<!-- end of findings -->)", re.DOTALL)
NEEDS = {"run": "no data", "rows": "the data", "trial": "`--prove`"}


def table_text():
    """Return the table as Markdown, with an empty line before and after it."""
    rows = [f"| {_link(code)} | {title} | {_facts(code)} |" for code, title in FINDINGS.items()]
    head = ["| code | finding | severity | needs |", "|---|---|---|---|"]
    return "\n".join(["", *head, *rows, "", ""])


def _link(code):
    return f"[{code}]({code}.md)" if (PAGE.parent / f"{code}.md").exists() else code


def _facts(code):
    if code not in RULES and code in RULES_OF_SEVERAL:
        return f"{RULES_OF_SEVERAL[code].severity} | folds or seeds"
    rule = RULES.get(code)
    return f"{rule.severity} | {NEEDS[rule.needs]}" if rule else " | "


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(PLACE.sub(lambda _: table_text(), page), encoding="utf-8")
    for path in PAGES:
        (COPIES / path.name).write_bytes(path.read_bytes())
