"""Write a config as YAML: plain, or with the description of every key as a comment."""

import re
from collections.abc import Mapping
from textwrap import wrap
from typing import Any

import yaml
from pydantic import BaseModel

from nncli.base.words import is_printable, printable
from nncli.config.schema import Config
from nncli.config.strict_yaml import FLOAT

_WIDTH = 80


class _Dumper(yaml.SafeDumper):
    """Also quotes text that our own reader would parse as a number, such as ``1e3``."""


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    """Escape unprintable characters: unquoted, YAML treats some of them as line breaks."""
    style = None if is_printable(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(f"({FLOAT.pattern})$"), list("-+.0123456789")
)


def config_text(config: Config) -> str:
    """Return the YAML text of a config with every key."""
    return plain_text(config.model_dump())


def plain_text(values: Mapping[str, Any]) -> str:
    """Return the YAML text of the values of a config."""
    return _text(values, None)


def commented_text(values: Mapping[str, Any], config: Config) -> str:
    """Return the YAML text of `values`, with each key below its description.

    Parameters
    ----------
    values : mapping
        The config's values, without defaults.
    config : Config
        The validated config, which provides the descriptions.
    """
    return _text(values, config)


def _text(values: Mapping[str, Any], described: BaseModel | None) -> str:
    lines: list[str] = []
    for key, value in values.items():
        section = getattr(described, key, None)
        if described and lines:
            lines.append("")
        lines += _comment(described, key, "")
        if isinstance(value, Mapping) and value:
            lines.append(f"{key}:")
            for inner, setting in value.items():
                lines += _comment(section, inner, "  ")
                lines += setting_lines(inner, setting, "  ")
        else:
            lines += setting_lines(key, value, "")
    return "\n".join(lines) + "\n"


def setting_lines(key: str, value: Any, indent: str) -> list[str]:
    """Return the lines of a key and its value in flow style."""

    def dumped(flow: bool | None) -> str:
        text: str = yaml.dump(
            {key: value},
            Dumper=_Dumper,
            default_flow_style=flow,
            sort_keys=False,
            allow_unicode=True,
            width=_WIDTH - len(indent),
        )
        # PyYAML does not escape direction marks, even in the quotes of `_represent_text`.
        return "\n".join(map(printable, text.strip("\n").split("\n")))

    text = dumped(isinstance(value, Mapping | list) or None)
    if text.startswith("{?"):  # a long or empty key, which needs block style without the braces
        text = dumped(False)
    elif text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    return [indent + line for line in text.split("\n")]


def _comment(described: BaseModel | None, key: str, indent: str) -> list[str]:
    field = type(described).model_fields.get(key) if described else None
    description = field.description if field else None
    width = _WIDTH - len(indent) - 2
    return [f"{indent}# {line}" for line in wrap(description, width)] if description else []
