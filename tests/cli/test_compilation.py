"""The user sees that the compiled engine compiles, how long it takes, and if it does so again."""

import json
import re

import pytest

pytest.importorskip("numba", reason="the extra 'fast' is not installed: pip install -e '.[fast]'")

from nncli.engines.compiled import machine_code
from nncli.engines.compiled.machine_code import Request

SPIN = Request("interpreter.spin", ("int64",))
TOLD = "Compiling the training steps: a few seconds, only the first time.\n"


@pytest.fixture
def train(nncli, xor_config):
    """Return a function that trains with the compiled engine, whose other code is there already."""

    def run(*options):
        return nncli("train", xor_config, "training.engine=compiled", *options)

    assert run("-q").code == 0
    return run


@pytest.fixture
def forget(monkeypatch, tmp_path):
    """Return a function that lets a part of the code be compiled again; its cache is empty."""
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    machine_code._directory.cache_clear()
    yield lambda: machine_code._addresses.pop(SPIN)
    machine_code._directory.cache_clear()


def profile(out):
    lines = out.split("where the time went")[1].splitlines()[1:]
    return {line.split("  ")[0]: float(line.split()[-2]) for line in lines}


def test_the_first_compilation_is_told_and_measured(train, forget):
    forget()
    first = train("--profile")
    assert first.err.startswith(TOLD + "epoch 1/3  train loss ")
    seconds = profile(first.out)
    assert [*seconds][:3] == ["preparation", "compilation", "steps"]
    assert 0 < seconds["compilation"] < seconds["all"]
    forget()  # now it is in the cache
    second = train("--profile")
    assert second.err == first.err.removeprefix(TOLD)
    assert [*profile(second.out)][:2] == ["preparation", "steps"]


def test_quiet_training_does_not_tell_it(train, forget):
    forget()
    assert train("-q").err == ""
    forget()
    assert train("-q", "--dry-run").err == ""


def test_several_trainings_tell_it_once(train, forget):
    forget()
    assert train("training.seeds=2").err.count("Compiling") == 1


def rows(out):
    """Return the pairs of a dry run, with each value on one line."""
    joined = re.sub(r"\n {10,}", " ", out)
    return dict(re.split("  +", line, maxsplit=1) for line in joined.splitlines() if "  " in line)


def test_a_dry_run_says_whether_code_was_compiled(train, forget):
    forget()
    done = train("--dry-run")
    assert done.err == TOLD
    found = rows(done.out)["compilation"]
    assert re.fullmatch(r"done now, in \d\.\d s; training loads the code from the cache", found)
    forget()
    done = train("--dry-run")
    assert (done.err, rows(done.out)["compilation"]) == ("", "done before")
    assert "compilation" not in rows(train("--dry-run", "training.engine=numpy").out)


def test_a_cache_that_is_not_used_is_named(train, forget, nncli, tmp_path):
    (tmp_path / "cache").write_text("not a directory", encoding="utf-8")
    forget()
    reason = machine_code.why_not_kept()
    assert str(tmp_path / "cache") in reason
    done = train("--dry-run")
    assert done.err == f"Compiling the training steps, at each start: {reason}\n"
    found = rows(done.out)["compilation"].replace(" ", "")
    assert re.fullmatch(r"\d\.\dsateachstart:" + re.escape(reason.replace(" ", "")), found)
    assert max(map(len, done.out.splitlines())) <= 80
    assert json.loads(nncli("info", "--json").out)["engines"]["compiled"]["not_kept"] == reason
    text = nncli("info").out
    assert max(map(len, text.splitlines())) <= 80
    expected = f"compiled code  not kept, compiled at each start: {reason}".replace(" ", "")
    assert expected in "".join(text.split())


def test_info_does_not_mention_a_cache_that_is_used(forget, nncli):
    assert json.loads(nncli("info", "--json").out)["engines"]["compiled"]["not_kept"] is None
    assert "compiled code" not in nncli("info").out
