"""``nncli plot`` draws functions without a run, model or config."""


def test_a_kind_may_come_first(nncli, tmp_path):
    result = nncli("plot", "losses", "schedules", "--format", "svg")
    assert result.out.split() == ["plots/losses.svg", "plots/schedules.svg"]
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"losses.svg", "schedules.svg"}


def test_a_kind_that_needs_a_run_says_so(nncli):
    result = nncli("plot", "curves")
    assert result.code == 2
    assert result.error == "Error: curves: needs the history of a run; give a run directory"


def test_an_existing_path_comes_before_a_kind(nncli, tmp_path):
    (tmp_path / "losses").mkdir()
    assert nncli("plot", "losses").error.startswith("Error: losses/weights.npz: ")
