"""Evaluate formulas in plain text, to check printed pages."""

import math
import re

FUNCTIONS = {
    "e": math.e,
    "ln": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "tanh": math.tanh,
    "max": max,
    "min": min,
    "abs": abs,
    "sqrt": math.sqrt,
    "clip": lambda x, limit: min(max(x, -limit), limit),
    "sign": lambda x: (x > 0) - (x < 0),
    "Φ": lambda x: math.erfc(-x / math.sqrt(2)) / 2,
    "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}
REPLACEMENTS = [
    (r"½", "0.5"),
    (r"tanh²\((\w+)\)", r"tanh(\1)**2"),
    (r"²", "**2"),
    (r"[×·]", "*"),
    (r"≥", ">="),
    (r"\^", "**"),
    (r"√\(", "sqrt("),
    (r"√(\d[\d.]*(e[-+]?\d+)?)", r"sqrt(\1)"),
    (r"\|([^|]*)\|", r"abs(\1)"),
    (r"\bln ([\w.]+(e-\d+)?)", r"ln(\1)"),
    (r", else", " else"),
]


def evaluate(text, names=None):
    """Return the value of a formula in plain text."""
    names = {**FUNCTIONS, **(names or {})}
    if match := re.fullmatch(r"(.*), (\w) = (.*)", text):  # defines a letter, such as s
        text, letter, meaning = match.groups()
        names[letter] = evaluate(meaning, names)
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    if " if " in text:
        text = re.sub(r", (?![^()]*\))", " else ", text)
    return eval(text, {"__builtins__": {}}, names)  # the project's own text is safe
