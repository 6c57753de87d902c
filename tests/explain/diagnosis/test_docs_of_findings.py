"""Every finding has a row in the index of docs/findings/, and a page with its title."""

import pytest

from nncli.config.finding_codes import FINDINGS
from tests import shipped_findings
from tests.findings_index import COPIES, PAGE, PAGES, PLACE, table_text


def test_the_index_is_generated_from_the_rules():
    found = PLACE.search(PAGE.read_text(encoding="utf-8"))
    assert found, f"{PAGE} has no place for the table"
    assert found[0] == table_text(), "update it with: python -m tests.findings_index"


def test_every_page_is_about_a_finding():
    assert {path.stem for path in PAGES} <= {*FINDINGS}
    assert {*PAGE.parent.glob("*.md")} == {*PAGES, PAGE, shipped_findings.PAGE}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_begins_with_its_code(path):
    title = path.read_text(encoding="utf-8").splitlines()[0]
    assert title.startswith(f"# {path.stem}")


def test_the_pages_are_those_that_nncli_explains():
    """`python -m tests.findings_index` copies them."""
    copies = {path.name: path.read_bytes() for path in COPIES.glob("*.md")}
    assert copies == {path.name: path.read_bytes() for path in PAGES}
