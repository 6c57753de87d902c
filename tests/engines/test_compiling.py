"""Compilation is told once and measured, only for the training that waits for it."""

from nncli.base.clock import Clock
from nncli.engines.compiling import Compilation, compiling, tell_compiling, tell_not_kept

USUAL = "Compiling the training steps: a few seconds, only the first time."


def test_it_is_told_once_and_measured_each_time():
    lines, clock = [], Clock()
    found = Compilation(clock, lines.append)
    assert (found.seconds, found.summary) == (0, "done before")
    measured = []
    for _ in range(2):
        with found.followed(), compiling():
            tell_compiling(lambda: None)
            assert lines == [USUAL]
        measured.append(found.seconds)
    assert 0 < measured[0] < measured[1]
    assert list(clock.seconds) == ["compilation"]
    assert 0 < clock.seconds["compilation"] <= found.seconds
    assert (lines, found.not_kept) == ([USUAL], None)


def test_code_that_is_not_kept_is_told_with_the_reason():
    lines = []
    found = Compilation(tell=lines.append)
    with found.followed():
        tell_compiling(lambda: "/cache: is\nfull; free it")
        tell_not_kept("another reason")
    assert lines == ["Compiling the training steps, at each start: /cache: is\\nfull; free it"]
    assert found.not_kept == "/cache: is\nfull; free it"


def test_code_that_turns_out_not_to_be_kept_is_told_once():
    lines = []
    with (found := Compilation(tell=lines.append)).followed():
        for _ in range(2):
            with compiling():
                tell_compiling(lambda: None)
            tell_not_kept("/cache: is full")
    assert lines == [USUAL, "The compiled steps are not kept: /cache: is full"]
    assert found.summary.endswith(" s at each start: /cache: is full")


def test_only_the_inner_one_follows_and_none_follows_outside():
    outer, inner = [], []
    with Compilation(tell=outer.append).followed():
        with Compilation(tell=inner.append).followed():
            tell_compiling(lambda: None)
        assert (outer, inner) == ([], [USUAL])
        tell_compiling(lambda: None)
    with compiling():
        tell_compiling(lambda: None)
        tell_not_kept("no reason")
    assert (outer, inner) == ([USUAL], [USUAL])


def test_a_silent_one_says_nothing(capsys):
    with (found := Compilation()).followed():
        tell_compiling(lambda: "no place")
    assert found.not_kept == "no place"
    assert capsys.readouterr() == ("", "")
