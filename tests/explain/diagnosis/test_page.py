"""Pages of a diagnosis: every format has all of it, and names what was not looked at."""

import re
import sys

import pytest

from nncli import Change, Diagnosis, Evidence, Finding
from nncli.explain.diagnosis.finding import Condition
from nncli.explain.diagnosis.rules.table import RULES

WORST = Finding(
    "N023",
    "problem",
    Evidence(
        "the 8 units of layer 1 <have> exactly the same weights, " + "and more of the same " * 6,
        "they start equal",
        Change("model.hidden_layers", [8, 8]),
        formula=Condition("w[1] = w[2] < 3", r"w_1 = w_2 < 3", "w[j]: <weight> of unit j"),
    ),
    ("N051",),
)
OTHER = Finding("N051", "warning", Evidence("the layers are linear", "no bend", remedy="use one"))
ALL = [*RULES]
WITHOUT_TRIALS = [code for code, rule in RULES.items() if rule.needs != "trial"]


def diagnosis(findings=(), **settings):
    return Diagnosis("runs/a_b", [*findings], **{"checked": ALL, **settings})


def words(page):
    return re.sub(r"\s+", " ", page)


def test_text_has_all_parts_within_80_columns():
    page = diagnosis([WORST, OTHER]).page()
    assert max(map(len, page.splitlines())) <= 80
    assert page.startswith("runs/a_b: 1 problem, 1 warning\n====")
    for part in (WORST.found.evidence.strip(), "w[1] = w[2] < 3", "they start equal",
                 "symbols w[j]: <weight> of unit j",
                 "model.hidden_layers=[8, 8]", "linear layers in a row (N051)",
                 "docs/findings/N023.md", "use one"):  # fmt: skip
        assert part in words(page)
    assert page.index("N023 problem") < page.index("N051 warning")


def test_html_and_markdown_escape_texts_and_typeset_formulas():
    pytest.importorskip("latex2mathml", reason="needs the extra html")
    html, markdown = (diagnosis([WORST]).page(each) for each in ("html", "markdown"))
    assert "1 &lt;have&gt; exactly" in html
    assert "<math><mrow><msub>" in html
    assert "w[j]: &lt;weight&gt; of unit j" in html
    assert r"runs/a\_b: 1 problem" in markdown
    assert "$w_1 = w_2 < 3$" in markdown


def test_html_without_latex2mathml_has_the_text_of_a_formula(monkeypatch):
    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    assert "<code>w[1] = w[2] &lt; 3</code>" in diagnosis([WORST]).page("html")


@pytest.mark.parametrize("trained", [True, False])
def test_no_findings_says_what_was_looked_at_and_what_that_means(trained):
    page = words(diagnosis(checked=["N023"], is_trained=trained).page())
    assert page.startswith("runs/a_b: no findings =")
    assert f"1 of {len(WITHOUT_TRIALS)} checks found nothing" in page
    assert ("nncli eval measures how good it is" in page) == trained
    assert ("train it, and diagnose the run" in page) == (not trained)


def test_codes_that_were_not_checked_have_their_reason_once():
    codes = [code for code in RULES if code != "N023"]
    page = words(diagnosis(checked=["N023"], unchecked=dict.fromkeys(codes, "no.csv: gone")).page())
    assert page.count("no.csv: gone") == 1
    assert all(code in page for code in codes)
    assert "Not checked" not in diagnosis().page()


def test_codes_beyond_what_was_asked_for_are_named():
    page = words(diagnosis(checked=[]).page())
    assert all(code in page.partition("Not checked: ")[2] for code in WITHOUT_TRIALS)


def test_rules_that_only_prove_checks_are_not_named_as_missing():
    page = words(diagnosis(checked=WITHOUT_TRIALS).page())
    assert "Not checked" not in page
    assert f"{len(WITHOUT_TRIALS)} of {len(WITHOUT_TRIALS)} checks found nothing" in page


def test_without_a_remedy_there_is_no_line_for_it():
    bare = Finding("N051", "warning", Evidence("the layers are linear", "no bend"))
    assert "to do" not in diagnosis([bare]).page()
    assert "to do" in diagnosis([OTHER]).page()


def test_muted_findings_are_named():
    assert "Found, but muted by diagnose.ignore: N023, N051." in words(
        diagnosis(ignored=["N023", "N051"]).page()
    )


def test_an_unknown_format_is_refused():
    with pytest.raises(Exception, match="format: found 'pdf'; expected text, markdown or html"):
        diagnosis().page("pdf")
