"""Untrusted files are refused in one line or harmless, quickly and with little memory."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.attacks.configs import CONFIGS, NOT_FILES
from tests.attacks.measure import Outcome, measured
from tests.attacks.model_files import MODEL_FILES, NO_MODELS, model_file
from tests.attacks.table_models import CONFIGS_OF_MODELS, TABLE_MODELS
from tests.base.test_npz_file import WRONG
from tests.model.test_model_file import WRONG_FILES, with_metadata
from tests.model.wrong_metadata import WRONG_METADATA

MODEL_SECONDS, MODEL_MEGABYTES = 2, 300
CONFIG_SECONDS, CONFIG_MEGABYTES = 1, 200
MOST_LINES = 101  # a config's problems are reported together
LONGEST_LINE = 400  # including the path of the file

pytestmark = pytest.mark.slow

# Strange files that the model reader accepts, as nncli could have written them.
HARMLESS_MODELS = {
    "the largest numbers",
    "the smallest numbers",
    "as many lists as there may be",
    "as many mappings as there may be",
    "as many numbers as there may be",
    "as many texts as there may be",
    "as long a text as there may be",
    "a text of escapes",
    "a name of a million letters",
    "names for a terminal",
    "a config for a terminal",
    "a fingerprint of a million letters",
    "as it is written",
    "an id for a terminal",
    "a scale of 0",
    "a table as it is written",
    "a table of format 2",
    "a model of format 2",
}
HARMLESS_CONFIGS = {
    "comments on a megabyte",
    "blanks on a megabyte",
    "lines on a megabyte",
    "carriage returns",
}


def made(directory: Path, files: Mapping[str, Callable[[Path], object]], ending: str) -> list[Path]:
    """Make every file that this system supports."""
    paths = []
    for name, make in files.items():
        path = directory / (name.replace("/", "-") + ending)
        if hasattr(os, "mkfifo") or name not in NOT_FILES:
            make(path)
            paths.append(path)
    return paths


def writes(content: bytes | Callable[[], bytes]) -> Callable[[Path], object]:
    """Return a function that writes a file with this content."""
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content())


def assert_one_line_each(outcome: Outcome, code: int, most_lines: int) -> None:
    lines = outcome.err.split("\n")
    assert (outcome.code, outcome.out, lines.pop()) == (code, "", ""), outcome.name
    assert 1 <= len(lines) <= most_lines, outcome.name
    assert all(each.isprintable() and len(each) <= LONGEST_LINE for each in lines), outcome.name


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return the result of ``nncli show`` for every model file, by name."""
    files = {name: writes(make) for name, make in (MODEL_FILES | TABLE_MODELS).items()}
    files |= {f"zip {name}": writes(content) for name, (content, _) in WRONG.items()}
    files |= {f"file {name}": writes(make) for name, (make, _) in WRONG_FILES.items()}
    files |= {
        f"metadata {name}": writes(with_metadata(change))
        for name, (change, _) in WRONG_METADATA.items()
    }
    files |= {"as it is written": writes(model_file()), **NO_MODELS}
    paths = made(tmp_path_factory.mktemp("models"), files, ".npz")
    yield {each.name.removesuffix(".npz"): each for each in measured(["show"], paths)}
    for path in paths:
        path.unlink(missing_ok=True) if not path.is_dir() else None


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """Return the result of ``nncli eval`` for models with hostile configs, by name."""
    files = {name: writes(make) for name, make in CONFIGS_OF_MODELS.items()}
    paths = made(tmp_path_factory.mktemp("evaluated"), files, ".npz")
    yield {each.name.removesuffix(".npz"): each for each in measured(["eval"], paths)}
    for path in paths:
        path.unlink()


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    """Return the result of ``nncli config check`` for every config, by name."""
    files = {name: writes(content) for name, content in CONFIGS.items()} | NOT_FILES
    paths = made(tmp_path_factory.mktemp("configs"), files, ".yaml")
    found = measured(["config", "check"], paths)
    return {each.name.removesuffix(".yaml"): each for each in found}


def test_there_are_enough_files():
    assert len(MODEL_FILES) + len(NO_MODELS) >= 60
    assert len(CONFIGS) + len(NOT_FILES) >= 30


def test_every_model_file_is_refused_in_one_line_or_harmless(models):
    for name, outcome in models.items():
        if name in HARMLESS_MODELS:
            assert (outcome.code, outcome.err) == (0, ""), name
            assert all(each.isprintable() for each in outcome.out.split("\n")), name
        else:
            assert_one_line_each(outcome, 2 if name == "a link to nowhere" else 1, 1)


def test_every_config_is_refused_line_by_line_or_harmless(configs):
    for name, outcome in configs.items():
        if name in HARMLESS_CONFIGS:
            assert (outcome.code, outcome.err) == (0, ""), name
        else:
            assert_one_line_each(outcome, 2, MOST_LINES)


def test_every_config_of_a_model_is_refused_in_one_line(evaluated):
    for outcome in evaluated.values():
        assert_one_line_each(outcome, outcome.code or 2, 1)


def test_no_model_file_takes_long_or_much_memory(models, evaluated):
    outcomes = [*models.values(), *evaluated.values()]
    assert max(each.seconds for each in outcomes) < MODEL_SECONDS
    assert max(each.peak_megabytes for each in outcomes) < MODEL_MEGABYTES


def test_no_config_takes_long_or_much_memory(configs):
    assert max(each.seconds for each in configs.values()) < CONFIG_SECONDS
    assert max(each.peak_megabytes for each in configs.values()) < CONFIG_MEGABYTES


def test_no_file_runs_anything(models, configs):
    assert not Path("pwned").exists()
    assert not (Path(__file__).parents[2] / "pwned").exists()
