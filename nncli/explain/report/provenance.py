"""The sections of a report on the config, and on how to repeat the run."""

from collections.abc import Iterator, Mapping
from typing import Any

from nncli.base.errors import NncliError
from nncli.base.storage.run_files import CONFIG
from nncli.base.words import printable, shell_word
from nncli.config.defaults import completed
from nncli.config.places import PATHS_FROM
from nncli.config.render import config_text, setting_lines
from nncli.config.resolve import Misfit, resolve
from nncli.config.saved_settings import saved_settings
from nncli.config.schema import Config
from nncli.config.sources import SOURCES
from nncli.explain.document.elements import Code, Element, Facts, Heading, Paragraph, Table
from nncli.explain.report.figures import brief
from nncli.explain.report.reported import Reported
from nncli.training.outcome import INTERRUPTED

_MOST_TEXT = 60
_FACTS = {
    "nncli_version": "nncli",
    "numpy_version": "NumPy",
    "python_version": "Python",
    "engine": "engine",
    "threads": "threads",
    "finished": "finished",
}


def config(about: Reported) -> Iterator[Element]:
    """Yield the settings that are not defaults, and the whole config with these marked."""
    changed = _changed(about)
    write = about.write
    yield Heading("Config", 2)
    if changed:
        rows = [
            [write.name(key), _text(about, value), _text(about, default)]
            for key, (value, default) in changed.items()
        ]
        caption = "Settings that are not the default"
        yield Table(caption, ["setting", "value", "default"], rows, texts=3)
    else:
        yield Paragraph("All settings are defaults.")
    lines = [*_without_folders(about.config_text)]
    marked = frozenset(_lines_of(lines, changed))
    yield Heading("The whole config", 3)
    yield Paragraph("Every key with its value; lines that are not the default are marked.")
    yield Code(lines, marked)


def provenance(about: Reported) -> Iterator[Element]:
    """Yield versions, the fingerprint of the data, and the command that repeats the run."""
    plain, record = about.write.plain, about.record
    yield Heading("How to repeat it", 2)
    if about.is_of_python_data:
        yield Paragraph(
            "The rows were passed from Python and not saved, so no command repeats this run. Pass "
            f"them to {about.write.name('nncli.train')} again, with the config above."
        )
    else:
        yield Code([printable(_command(about))])
        yield Paragraph(_effect(about))
    facts = [
        (name, plain(brief(str(record[key])))) for key, name in _FACTS.items() if key in record
    ]
    facts.append(("seed", str(about.settings["seed"])))
    for name, checksum in about.model.fingerprint.items():
        facts.append((f"checksum of {plain(name)}", about.write.name(checksum)))
    yield Facts(facts)


def _command(about: Reported) -> str:
    """Return the command that trains the same network again."""
    config = shell_word(str(about.directory / CONFIG))
    command = f"nncli train {config}"
    if isinstance(engine := about.record.get("engine"), str):
        command += f" training.engine={shell_word(engine)}"
    if type(threads := about.record.get("threads")) is int:
        command += f" --threads {threads}"
    return command


def _effect(about: Reported) -> str:
    """Return what the command gives."""
    if about.record.get("ended") == INTERRUPTED:
        return "This run was interrupted; the command trains it to the end, with other weights."
    return (
        "With the same data, the same versions and the same kind of processor this gives the same "
        "weights, bit for bit."
    )


def _without_folders(text: str) -> Iterator[str]:
    """Yield the lines of a config, except the folders of the machine that trained."""
    is_left_out = False
    for line in text.splitlines():
        if not line.startswith(" "):
            is_left_out = line.startswith(f"{PATHS_FROM}:")
        if not is_left_out:
            yield printable(line)


def _changed(about: Reported) -> dict[str, tuple[Any, Any]]:
    """Return value and default of the settings that differ from the default, or have none."""
    source = about.settings["data.source"]
    needed = {key: about.settings.get(f"data.{key}") for key in SOURCES[source].required_keys()}
    defaults = _defaults(about, {"data": {"source": source, **needed}})
    given = {"data.source", *(f"data.{key}" for key in needed)}
    return {
        key: (value, None if key in given else defaults.get(key))
        for key, value in about.settings.items()
        if key != "name" and (key in given or _differ(value, defaults.get(key)))
    }


def _differ(value: Any, default: Any) -> bool:
    """Return whether two values have different effects; null and false both turn something off."""
    return value != default and not (value is None and default is False)


def _defaults(about: Reported, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of a config that gives only these values, for as many rows."""
    task, rows = about.model.task, {name: each.rows for name, each in about.splits.items()}
    try:
        whole = resolve(completed(Config.model_validate(values), task, rows), task).config
        return saved_settings(config_text(whole), "defaults")
    except (NncliError, Misfit, ValueError):  # the source needs more, as in earlier versions
        return {}


def _text(about: Reported, value: Any) -> str:
    """Return a setting as in a config; ``-`` if it is null."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else "".join(setting_lines("x", value, ""))[3:]
    return about.write.plain(brief(" ".join(text.split()), _MOST_TEXT))


def _lines_of(lines: list[str], changed: Mapping[str, Any]) -> Iterator[int]:
    """Yield the numbers of the lines that have changed settings, with all their lines."""
    keys = {".".join(key.split(".")[:2]) for key in changed}
    section, current = "", ""
    for at, line in enumerate(lines):
        name, colon, rest = line.partition(":")
        if colon and not line.startswith(" "):
            section, current = (name, "") if not rest.strip() else ("", name)
        elif colon and section and line.startswith("  ") and not line.startswith("   "):
            current = f"{section}.{name.strip()}"
        if current in keys:
            yield at
