"""Documents as HTML: formulas, tables, pictures and hostile text."""

import re

import pytest

import nncli
from nncli.explain.document.elements import (
    Code,
    Equation,
    Equations,
    Facts,
    Heading,
    MathTable,
    Paragraph,
    Picture,
    Table,
)
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.html import as_html
from nncli.explain.document.markdown import as_markdown
from nncli.explain.document.notation import Html, Markdown
from tests.explain.document.reader import read_page
from tests.explain.test_formulas import all_formulas

pytest.importorskip("latex2mathml", reason="needs latex2mathml, of the extra html")

HOSTILE = ["<script>alert(1)</script>", "a & b", '"><img src=x onerror=1>', "$x_1$", "`a`", "| a"]
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@pytest.mark.parametrize("formula", list(all_formulas()))
def test_every_formula_becomes_mathml_with_the_same_numbers(formula):
    latex = re.sub(r"<(\w)\w*>", r"\1", formula.latex)
    (math,) = read_page(Html(6).inline(latex)).find("math")
    assert "\\" not in math.text
    assert not {"merror", "script"} & {each.tag for each in math.everything()}
    numbers = NUMBER.findall(latex.replace(r"\tfrac12", r"\tfrac1 2"))
    assert sorted(each.text for each in math.find("mn")) == sorted(numbers)


def test_the_page_of_a_step_has_the_numbers_of_its_text():
    config = {
        "data": {"source": "gate", "gate": "xor"},
        "model": {"hidden_layers": [2], "activation": "tanh"},
    }
    shown = {
        name: nncli.trace(config, rows=[0, 1], format=name, precision=4)
        for name in ("text", "html")
    }
    page = read_page(shown["html"])
    assert [each.text for each in page.find("h2")] == ["1 Forward", "2 Loss", "3 Backward",
                                                       "4 Update"]  # fmt: skip
    numbers = {each.text for each in page.find("mn")}
    results = re.findall(r" = (-?\d\.\d{3,})$", shown["text"], re.MULTILINE)
    assert len(results) > 10
    assert {each.removeprefix("-") for each in results} <= numbers
    links = [each.attributes["href"] for each in page.find("a")]
    assert links == [f"#{each.attributes['id']}" for each in page.find("h2")]


def test_negative_numbers_and_functions_are_spaced():
    minus = '<mo form="prefix">&#x02212;</mo><mn>3</mn>'
    for latex in ("-3", r"a = -3", r"2 \cdot (-3)"):
        assert minus in Html(6).inline(latex)
    assert minus not in Html(6).inline("a - 3")
    assert '<mspace width="0.167em" /><mi>ln</mi><mspace' in Html(6).inline(r"t \ln a")


def test_a_page_is_one_file_without_script_and_addresses():
    page = as_html([Heading("Title of <code>x</code>", 1), Paragraph("text")])
    assert page.startswith("<!DOCTYPE html>\n")
    root = read_page(page)
    assert [each.text for each in root.find("title")] == ["Title of x"]
    assert not root.find("script")
    assert not root.find("link")
    assert not re.search(r"https?:|//|@import|url\(", page)
    assert 'lang="en"' in page


def test_elements_have_their_meaning_for_readers_of_the_screen():
    table = Table("errors", ["row", "", "share"], [["1", "yes", "0.5"]], texts=2)
    picture = Picture(b"\x89PNG...", 'a "curve"')
    equations = Equations([Equation("a", [["b", "+ c"], ["3"]])])
    facts = Facts([("rows", "3")])
    code = Code(["a: 1", "b: <2>"], frozenset({1}))
    root = read_page(as_html([table, picture, equations, facts, code, MathTable("ab", ["12"])]))
    tables = root.find("table")
    assert [each.attributes.get("scope") for each in tables[0].find("th")] == ["col", "col", "row"]
    assert [each.text for each in tables[0].find("td")] == ["", "yes", "0.5"]
    assert tables[0].find("caption")[0].text == "errors"
    assert [each.text for each in tables[1].find("td")] == ["1", "2"]
    (image,) = root.find("img")
    assert image.attributes["alt"] == 'a "curve"'
    assert image.attributes["src"] == "data:image/png;base64,iVBORy4uLg=="
    assert root.find("math")[0].text == "a=b+c=3"
    assert [each.text for each in root.find("dt") + root.find("dd")] == ["rows", "3"]
    assert [each.text for each in root.find("pre") + root.find("mark")] == ["a: 1\nb: <2>",
                                                                         "b: <2>"]  # fmt: skip
    scrolling = [each.attributes for each in root.find("div")]
    assert all(each["tabindex"] == "0" and each["aria-label"] for each in scrolling)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text):
    write = Html(6)
    shown = write.plain(text), write.name(text)
    root = read_page(as_html([
        Heading(shown[0], 1), *(Paragraph(each) for each in shown), Picture(b"<svg/>", text),
        Table(shown[0], [shown[0]], [[shown[1]]]), Facts([shown]), Code([text]),
    ]))  # fmt: skip
    for tag in ("title", "h1", "p", "caption", "dt", "dd", "th", "pre"):
        assert root.find(tag)[0].text == text
    assert root.find("img")[0].attributes["alt"] == text
    assert root.find("div")[0].attributes["aria-label"] == text
    assert {each.tag for each in root.everything()} <= {
        "html", "head", "meta", "title", "style", "body", "main", "h1", "p", "code", "img", "div",
        "table", "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "pre",
    }  # fmt: skip


def test_hostile_text_is_text_in_markdown():
    write = Markdown(6)
    assert write.plain("<b> *a* | `c` [d](e) $f_1$") == (r"\<b\> \*a\* \| \`c\` \[d\](e) \$f\_1\$")
    assert write.name("a``b") == "``` a``b ```"
    assert write.name("a.yaml") == "`a.yaml`"


def test_tables_and_facts_are_markdown():
    page = [Table("a caption", ["class", "f1"], [["yes", "0.5"]]), Facts([("rows", "3")]),
            Code(["nncli eval"])]  # fmt: skip
    assert as_markdown(page) == (
        "a caption\n\n| class | f1 |\n| --- | ---: |\n| yes | 0.5 |\n\n- rows: 3\n\n"
        "```text\nnncli eval\n```\n"
    )
    with pytest.raises(TypeError, match="a picture is no element of Markdown: the curves"):
        as_markdown([Picture(b"", "the curves")])


def test_without_latex2mathml_the_command_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "latex2mathml.converter", None)
    with pytest.raises(nncli.UsageError, match="formulas in HTML require latex2mathml"):
        FORMATS["html"].write([MathTable(["x"], [["1"]])])


@pytest.mark.parametrize(
    ("latex", "prefixes"),
    [
        (r"\lvert -2 \rvert", 1),
        (r"1 + \lvert -2 - 1 \rvert", 1),
        (r"\lvert 2 - (-3) \rvert - 1", 1),
        (r"\lvert a \rvert - \lvert -1 \rvert", 1),
        (r"\frac{1}{\lvert -1 \rvert}", 1),
        (r"\lvert 2 - 1 \rvert - 1", 0),
    ],
)
def test_only_a_bar_that_opens_has_a_sign_close_to_its_number(latex, prefixes):
    (math,) = read_page(Html(6).inline(latex)).find("math")
    minus = [each for each in math.find("mo") if each.text == "\N{MINUS SIGN}"]
    assert sum(each.attributes.get("form") == "prefix" for each in minus) == prefixes
