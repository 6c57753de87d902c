"""The kinds of plots, and what `plot` does with each subject."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import nncli
from nncli.explain.plots.kinds import PLOT_KINDS

DOCS = Path(__file__).parents[3] / "docs" / "plots.md"


@pytest.mark.parametrize("name", PLOT_KINDS)
def test_every_kind_is_a_function_and_in_the_docs(name):
    kind = PLOT_KINDS[name]
    module, function = kind.drawn_by.split(":")
    assert callable(getattr(import_module(f"nncli.explain.plots.{module}"), function))
    assert re.search(rf"^\| `{name}` \| {re.escape(kind.summary)}", DOCS.read_text("utf-8"), re.M)


@pytest.mark.parametrize(
    ("name", "format_"), [*((name, "svg") for name in PLOT_KINDS), ("rate", "png"), ("rate", "pdf")]
)
def test_the_same_run_gives_the_same_file(xor_run, tmp_path, name, format_):
    contents = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        try:
            figures = nncli.plot(xor_run, name)
        except nncli.UsageError as error:
            pytest.skip(str(error))
        (path,) = nncli.save_plots(figures, folder, format=format_)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert len(contents[0]) > 1000


def test_all_kinds_that_apply_are_drawn_by_default(xor_run, tmp_path):
    assert {"curves", "rate", "gradients"} <= {*nncli.plot(xor_run)}
    (tmp_path / "alone.npz").write_bytes((xor_run / "weights.npz").read_bytes())
    with pytest.raises(nncli.UsageError, match="needs the history of a run"):
        nncli.plot(tmp_path / "alone.npz", "curves")


def test_a_run_in_memory_is_drawn_like_its_directory():
    result = nncli.train({"data": {"source": "gate", "gate": "and"}}, {"training.epochs": 2})
    assert {*result.plot("curves")} == {*nncli.plot(result, "curves")} == {"curves"}
    assert {*result.model.plot("network")} == {"network"}
    with pytest.raises(nncli.UsageError, match="curves: needs the history of a run"):
        nncli.plot(result.model, "curves")


@pytest.mark.parametrize(
    ("kinds", "problem"),
    [
        ("curvs", "curvs: unknown kind of plot; did you mean 'curves'?"),
        ("xyz", "xyz: unknown kind of plot; expected one of curves"),
        (3, "kinds"),
        ([1], "kinds"),
    ],
)
def test_unknown_kinds_are_refused(xor_run, kinds, problem):
    with pytest.raises((nncli.NncliError, TypeError), match=re.escape(problem)):
        nncli.plot(xor_run, kinds)


def test_one_kind_may_be_a_file_and_several_may_not(xor_run, tmp_path):
    figures = nncli.plot(xor_run, ["curves", "rate"])
    one = {"curves": figures["curves"]}
    assert nncli.save_plots(one, tmp_path / "c.svg") == [tmp_path / "c.svg"]
    assert (tmp_path / "c.svg").read_bytes().startswith(b"<?xml")
    for place, format_, problem in [
        (tmp_path / "c.svg", None, "found 2 plots for one file"),
        (tmp_path / "c.svg", "png", "the extension does not match"),
        (tmp_path / "x", "jpg", "format: found 'jpg'; expected png or svg or pdf"),
    ]:
        with pytest.raises(nncli.UsageError, match=problem):
            nncli.save_plots(figures, place, format=format_)
    with pytest.raises(nncli.OutputError):
        nncli.save_plots(one, tmp_path / "c.svg" / "below")
