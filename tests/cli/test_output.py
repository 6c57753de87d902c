"""Output tables with names in any script."""

from nncli.cli.output import print_pairs, print_table, seen_width, shortened


def test_columns_stay_aligned(capsys):
    names = ["abc", "日本語", "e\u0301te\u0301", "ﬀ", "\u202e"]
    print_table(("name", "rows"), [(name, "1") for name in names])
    lines = capsys.readouterr().out.splitlines()
    assert {seen_width(line) for line in lines} == {12}
    print_pairs([(name, 1) for name in names])
    assert {seen_width(line) for line in capsys.readouterr().out.splitlines()} == {9}


def test_a_text_is_cut_by_its_display_width():
    assert shortened("日本語日本語", 12) == "日本語日本語"
    assert shortened("日本語日本語", 11) == "日本語日.."
    assert shortened("a\nb", 10) == r"a\nb"
