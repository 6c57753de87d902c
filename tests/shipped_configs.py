"""The configs in ``configs/``, as ``nncli init`` writes them.

`python -m tests.shipped_configs` renews them.
"""

from pathlib import Path

from nncli.config.lectures.lecture import lectures
from nncli.config.templates import TEMPLATES, lecture_text, template_text

CONFIGS = Path(__file__).parents[1] / "configs"


def shipped_configs():
    """Return the text of every config by its path."""
    starters = {f"{name}.yaml": template_text(name) for name in TEMPLATES}
    of_lectures = {f"lectures/{each.name}.yaml": lecture_text(each) for each in lectures().values()}
    return {CONFIGS / name: text for name, text in (starters | of_lectures).items()}


if __name__ == "__main__":
    for path, text in shipped_configs().items():
        path.write_bytes(text.encode())
