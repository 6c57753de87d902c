"""The benchmarks run, and report their results in the documented form."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("the benchmarks need POSIX to measure memory", allow_module_level=True)

from tests.benchmarks import table
from tests.benchmarks.cases import CASES, Case, Whole
from tests.benchmarks.measure import Answer, Failed, Result, interleaved
from tests.benchmarks.registry import COMPILED, NNCLI, PEERS
from tests.benchmarks.scaling import AXES, THREADS, curve, fit, with_threads

ROOT = Path(__file__).parents[2]
MNIST = ROOT.parent / "shared" / "mnist"
CONTENDERS = {**NNCLI, **PEERS}
TRIED = [each.name for each in NNCLI.values() if each.is_installed and each.threads is None]


def compare(folder: Path, *arguments: str) -> str:
    """Run the documented command as a quick check; return its output."""
    output = folder / "page.md"
    command = [sys.executable, "-m", "tests.benchmarks.compare", "--quick", "-o", str(output)]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "NNCLI_CACHE": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return output.read_text(encoding="utf-8")


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Return the cells of the table below each heading."""
    found = {}
    for part in re.split(r"^#+ ", page, flags=re.MULTILINE)[1:]:
        lines = [line for line in part.splitlines() if line.startswith("|")]
        found[part.splitlines()[0]] = [
            [cell.strip() for cell in line.strip("|").split("|")] for line in lines
        ]
    return found


def answer(seconds: float, score: float = 0.97, **more: float) -> Answer:
    return Answer(seconds=seconds, score=score, peak_bytes=100_000_000, **more)


@pytest.mark.slow
def test_a_quick_check_of_nncli_alone_fills_every_table(tmp_path: Path) -> None:
    page = compare(tmp_path, "--peers", "none")
    tables = tables_of(page)
    for case in CASES.values():
        assert (case.title in tables) == isinstance(case, Case)  # the whole process needs MNIST
    for case in filter(lambda case: isinstance(case, Case), CASES.values()):
        header, _, *lines = tables[case.title]
        assert header == [
            case.unit, "median", "range", "GFLOP/s", "products", case.score, "MB", "ratio"
        ]  # fmt: skip
        assert [line[0] for line in lines] == TRIED
        for line in lines:
            assert re.fullmatch(r"[\d.]+ (s|ms|µs)", line[1])
            assert float(line[3]) > 0
            assert (line[4] == "") == (case.work.task == "predict")
            assert float(line[6]) > 20
    for axis in AXES:
        assert [line[0] for line in tables[axis.title][2:]] == TRIED
    if NNCLI[COMPILED].is_installed:
        lines = tables["Threads of the compiled engine"][2:]
        assert [line[0] for line in lines] == [*THREADS]
        assert all(line[1].endswith(" (1.00)") for line in lines)
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not next to the project")
def test_a_whole_process_learns_from_the_cache(tmp_path: Path) -> None:
    shutil.copytree(MNIST, tmp_path / "mnist", copy_function=shutil.copyfile)
    page = compare(tmp_path, "--peers", "none", "--cases", "whole")
    lines = tables_of(page)[CASES["whole"].title][2:]
    assert len(lines) == len(TRIED)
    assert all(0.1 < float(line[5]) < 1 for line in lines)


def test_an_unknown_case_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.compare", "--cases", "mnst"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "unknown: mnst; known: mnist-128, " in done.stderr


def test_a_score_more_than_a_point_below_the_best_is_marked() -> None:
    case = CASES["mnist-128"]
    scores = {"nncli": [0.97, 0.5, 0.98], "jax": [0.965], "pytorch": [0.959]}
    result = Result({name: [answer(1, each) for each in some] for name, some in scores.items()})
    assert table.too_low(case, result) == {"pytorch"}
    text = table.case_section(case, result, CONTENDERS)
    assert "| PyTorch | 1 s | 1-1 |  |  | 0.9590! |" in text
    assert "!: " in text
    assert "!" not in table.case_section(case, result, CONTENDERS, marks=False)


def test_a_whole_process_must_reach_its_goal() -> None:
    whole = CASES["whole"]
    assert isinstance(whole, Whole)
    result = Result({"nncli": [answer(1, 0.971)], "jax": [answer(1, 0.969)]})
    assert table.too_low(whole, result) == {"jax"}


def test_ratios_are_taken_repeat_by_repeat() -> None:
    result = Result(
        {
            "nncli": [answer(1), answer(8), answer(3)],
            "pytorch": [answer(2), answer(10), answer(4)],  # ratios 0.5, 0.8, 0.75
        }
    )
    contenders = {name: CONTENDERS[name] for name in ("nncli", "pytorch")}
    assert "| xor | nncli | 0.75 |" in table.ratios_section({"xor": result}, contenders)
    assert "| PyTorch | 4 s | 2-10 |" in table.case_section(CASES["xor"], result, contenders)


def test_rates_and_fractions_follow_from_the_seconds() -> None:
    answers = [answer(0.02, flops=10**9, products_seconds=0.015)]
    text = table.case_section(CASES["xor"], Result({"nncli": answers}), CONTENDERS)
    assert "| nncli | 20 ms | 20-20 | 50 | 0.75 | 0.9700 | 100 | 1.00 |" in text


def test_contenders_take_turns_and_one_that_fails_is_not_asked_again() -> None:
    asked = []

    def ask(contender):
        asked.append(contender.name)
        if contender.name == "JAX":
            raise Failed("no memory")
        return [answer(1)]

    contenders = {name: CONTENDERS[name] for name in ("nncli", "jax", "pytorch")}
    result = interleaved(contenders, 3, ask, lambda *report: None)
    assert asked == ["nncli", "JAX", "PyTorch", "PyTorch", "nncli", "PyTorch", "nncli"]
    assert result.failures == {"jax": "no memory"}
    assert [len(each) for each in result.answers.values()] == [3, 3]
    assert "JAX failed: no memory" in table.case_section(CASES["xor"], result, contenders)


def test_a_disturbed_measurement_is_repeated() -> None:
    found = iter([answer(9, others=0.9), answer(2, others=0.5), answer(1, others=0.02)])
    contenders = {"nncli": CONTENDERS["nncli"]}
    result = interleaved(contenders, 1, lambda _: [next(found)], lambda *report: None, tries=4)
    assert [each.seconds for each in result.answers["nncli"]] == [1]


def test_a_persistent_disturbance_is_reported() -> None:
    contenders = {"nncli": CONTENDERS["nncli"]}
    result = interleaved(contenders, 1, lambda _: [answer(1, others=0.9)], lambda *report: None)
    text = table.case_section(CASES["xor"], result, contenders)
    assert "Other processes used up to 0.9 cores meanwhile." in text


def test_the_exponent_is_that_of_a_power_law() -> None:
    flops = [1e6, 4e6, 9e6]
    exponent, factor = fit(flops, [2e-9 * each**0.5 for each in flops])
    assert exponent == pytest.approx(0.5)
    assert factor == pytest.approx(2e-9)


def test_a_curve_has_the_medians_of_a_step() -> None:
    axis = next(axis for axis in AXES if axis.unit == "a step")
    repeats = [[answer(seconds)] * len(axis.works) for seconds in (1, 3, 2)]
    steps = axis.works[0].rows / axis.works[0].batch_rows
    assert curve(axis, "nncli", repeats).seconds == [pytest.approx(2 / steps)] * len(axis.works)


def test_threads_double_up_to_one_per_core() -> None:
    assert [*with_threads(1)] == [1]
    assert [*with_threads(2)] == [1, 2]
    assert [*with_threads(6)] == [1, 2, 4, 6]
    assert with_threads(4)[4].environment()["OPENBLAS_NUM_THREADS"] == "4"


def test_processes_may_keep_their_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for contender in CONTENDERS.values():
        assert "PYTHONDONTWRITEBYTECODE" not in contender.environment()


def test_a_fraction_of_one_thread_is_taken_repeat_by_repeat() -> None:
    result = Result({"1": [answer(2), answer(8)], "2": [answer(1), answer(6)]})
    assert "| deep | 5 s (1.00) | 3.5 s (0.62) |" in table.threads_section({"deep": result})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.9996e-3, "1000 µs"), (0.00123456, "1.23 ms"), (1.5, "1.5 s"), (4321.0, "4321 s")],
)
def test_times_have_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert table.seconds_text(seconds) == text


def test_the_extra_names_every_peer() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = " ".join(project["optional-dependencies"]["benchmark"])
    assert all(peer.package in extra for peer in PEERS.values())
    assert "matplotlib" in extra
