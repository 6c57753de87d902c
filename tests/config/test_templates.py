from itertools import pairwise
from pathlib import Path

import pytest

from nncli.config.load import load_config
from nncli.config.templates import TEMPLATES, template_text

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_among_the_configs_unchanged(name):
    assert (CONFIGS / f"{name}.yaml").read_bytes() == template_text(name).encode()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_a_valid_config_of_its_own_name(name):
    config = load_config(CONFIGS / f"{name}.yaml").config
    assert (config.name, config.data.source) == (name, TEMPLATES[name]["data"]["source"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_short_lines_that_tell_what_to_do(name):
    lines = template_text(name).splitlines()
    assert max(map(len, lines)) <= 80
    assert not any(line.endswith(" ") for line in lines)
    assert lines[0].startswith("# ")
    assert f"nncli train {name}.yaml" in lines[1]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_key_of_a_template_except_the_source_is_explained(name):
    lines = template_text(name).splitlines()
    for before, line in pairwise(lines):
        is_key = line and not line.lstrip().startswith("#")
        if is_key and not line.lstrip().startswith("source:"):
            assert before.lstrip().startswith("# "), line
