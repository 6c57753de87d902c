"""Allowed imports between packages, and the modules that a command may load."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import nncli

PACKAGE = Path(nncli.__file__).parent

# From the bottom up: a package imports only from itself and those before it.
ROOMS = [
    "base",
    "metrics",
    "nn",
    "data",
    "engines",
    "training",
    "config",
    "model",
    "runs",
    "api",
    "api_several",
    "estimators",
    "explain",
    "web",
    "cli",
]


def imported_modules(path: Path) -> set[str]:
    """Return every nncli module that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name for name in found if name.startswith("nncli.")}


def room_of(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_a_package_imports_only_from_packages_below_it(path: Path) -> None:
    name = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if name in ("__init__", "__main__"):
        return
    below = ROOMS[: ROOMS.index(name) + 1]
    assert {room_of(module) for module in imported_modules(path)} <= set(below)


def test_commands_import_only_public_names_and_the_lowest_packages() -> None:
    found = {
        module
        for path in (PACKAGE / "cli").rglob("*.py")
        for module in imported_modules(path)
        if room_of(module) not in ("base", "cli")
    }
    assert found == set()


def test_every_public_name_is_imported_when_it_is_used() -> None:
    code = "import sys, nncli; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert not {*done.stdout.split()} & {"numpy", "pydantic", "yaml", "click", "tqdm"}
    for name in nncli.__all__:
        assert getattr(nncli, name) is not None
    assert {*nncli.__all__} <= {*dir(nncli)}
    with pytest.raises(AttributeError, match="module 'nncli' has no attribute 'trian'"):
        nncli.trian  # type: ignore[attr-defined]  # noqa: B018


def test_type_checkers_see_the_same_public_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    seen = {
        (node.module, name.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("nncli.")
        for name in node.names
        if name.asname == name.name
    }
    assert seen == {(module, name) for name, module in nncli._MODULES.items()}  # type: ignore[attr-defined]


def test_every_package_is_in_the_order() -> None:
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert names - {"__init__", "__main__", "__pycache__"} == set(ROOMS)


def test_every_folder_with_modules_is_a_package_that_is_installed() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level packages that a command has loaded by its end."""
    return {name.split(".")[0] for name in modules_loaded_by(*arguments)}


def modules_loaded_by(*arguments: str) -> set[str]:
    code = (
        "import sys\n"
        "from nncli.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print('\\n', *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )
    return set(done.stderr.split("\n")[-2].split())


def test_help_loads_neither_numpy_nor_pydantic() -> None:
    assert not loaded_by("--help") & {
        "numpy",
        "pydantic",
        "yaml",
        "tqdm",
        "requests",
        "platformdirs",
    }


def test_the_check_of_what_help_loads_can_fail() -> None:
    assert "pydantic" in loaded_by("config", "schema")


@pytest.mark.parametrize(
    "command",
    [
        *("config check", "config show", "config schema", "data list"),
        *("init xor -o -", "init lecture same_start -o -", "init --list"),
    ],
)
def test_reading_only_yaml_loads_neither_numpy_nor_data_readers(
    tmp_path: Path, command: str
) -> None:
    arguments = command.split()
    if arguments[-1] in ("check", "show"):
        config = tmp_path / "c.yaml"
        config.write_text("data: {source: xor, validation: 0.1}\n", encoding="utf-8")
        arguments.append(str(config))
    loaded = modules_loaded_by(*arguments)
    assert "nncli.config.schema" in loaded or command == "data list"
    assert not loaded & {
        "numpy._core",  # numpy itself is a lazy module until it is used
        "requests",
        "tqdm",
        "narwhals",
        "pyarrow",
        "PIL",
        "nncli.data.tables.tabular",
        "nncli.engines.numpy.engine",
        "nncli.metrics.tasks",
        "nncli.runs.job",
    }


def test_a_config_loads_the_keys_of_its_own_source(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("data: xor\n", encoding="utf-8")
    of_files = {"nncli.config.table_sources", "nncli.config.array_sources"}
    assert not modules_loaded_by("config", "check", str(config)) & of_files
    config.write_text("data: {source: csv, path: t.csv, target: y}\n", encoding="utf-8")
    assert modules_loaded_by("config", "check", str(config)) & of_files == {
        "nncli.config.table_sources"
    }


def test_only_a_wrong_config_loads_the_names_of_other_libraries(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("data: {source: gate}\n", encoding="utf-8")
    hints = "nncli.config.meant_keys"
    assert hints not in modules_loaded_by("config", "check", str(config))
    assert hints in modules_loaded_by("config", "check", str(config), "lr=1")


def test_training_on_synthetic_data_loads_nothing_for_downloads_or_bars(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("data: {source: xor, test: 10}\ntraining: {epochs: 1}\n", encoding="utf-8")
    loaded = loaded_by("train", str(config), "-o", str(tmp_path / "run"))
    assert (tmp_path / "run" / "weights.npz").exists()
    assert not loaded & {"requests", "tqdm", "platformdirs"}


def test_the_diagnosis_of_a_training_loads_nothing_slow(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("data: {source: xor, test: 10}\ntraining: {epochs: 5}\n", encoding="utf-8")
    loaded = modules_loaded_by("train", str(config), "-o", str(tmp_path / "run"))
    assert "nncli.explain.diagnosis.rules.table" in loaded
    assert not loaded & {"numpy.ma", "matplotlib", "nncli.explain.document", "sklearn"}
    of_data = ("baselines", "capacity", "constant", "duplicates", "few_rows", "flat_units")
    assert not loaded & {f"nncli.explain.diagnosis.rules.{name}" for name in of_data}


def test_a_short_training_loads_numba_only_if_asked_to_and_only_to_compile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba", reason="the extra 'fast' is not installed")
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    config = tmp_path / "c.yaml"
    config.write_text("data: {source: xor, test: 10}\ntraining: {epochs: 1}\n", encoding="utf-8")
    assert "numba" not in loaded_by("train", str(config), "-o", str(tmp_path / "auto"))
    asked = ("training.engine=compiled", "-o", str(tmp_path / "compiled"))
    assert "numba" in loaded_by("train", str(config), *asked)
    again = loaded_by("train", str(config), *asked[:2], str(tmp_path / "again"))
    assert "llvmlite" in again
    assert "numba" not in again


def test_prediction_loads_neither_pydantic_nor_yaml(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("data: {source: xor, test: 10}\ntraining: {epochs: 1}\n", encoding="utf-8")
    loaded_by("train", str(config), "-o", str(tmp_path / "run"))
    rows = tmp_path / "rows.csv"
    rows.write_text("0,1\n", encoding="utf-8")
    assert not loaded_by("predict", str(tmp_path / "run" / "weights.npz"), str(rows)) & {
        "pydantic",
        "yaml",
        "requests",
        "pyarrow",
        "PIL",
    }


def test_tensorboard_is_loaded_only_where_it_is_asked_for(tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("data: {source: xor, rows: 20}\ntraining: {epochs: 1}\n", encoding="utf-8")
    command = ["train", "-q", str(config), "-o"]
    assert not loaded_by(*command, str(tmp_path / "a")) & {"tensorboard", "google", "PIL"}
    if not find_spec("tensorboard"):
        pytest.skip("the extra 'tensorboard' is not installed")
    loaded = loaded_by(*command, str(tmp_path / "b"), "training.tensorboard=true")
    assert {"tensorboard", "PIL"} <= loaded
    assert not loaded & {"grpc", "tensorflow", "tensorboard_data_server", "werkzeug", "matplotlib"}
