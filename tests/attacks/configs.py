"""Untrusted configs, each made by a few bytes of code."""

import os
from collections.abc import Callable
from pathlib import Path

MEGABYTE = 1 << 20


def text(start: str, again: str = "", end: str = "", *, size: int = MEGABYTE) -> bytes:
    """Return `start`, as many `again` as fit into `size` bytes, and `end`."""
    times = (size - len(start.encode()) - len(end.encode())) // max(len(again.encode()), 1)
    return (start + again * times * bool(again) + end).encode()


def wide(size: int) -> bytes:
    """Return a mapping of distinct unknown keys."""
    keys = (f"k{number}: 1\n" for number in range(size // 6))
    return "".join(keys).encode()[:size].rpartition(b"\n")[0]


def laughs() -> bytes:
    """Return nine lists of nine aliases of the previous list: a billion values if expanded."""
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    return "\n".join(lines).encode()


# Configs that are read silently are harmless; all others are refused with exit code 2.
CONFIGS: dict[str, bytes] = {
    "a billion laughs": laughs(),
    "an alias of itself": b"a: &a [*a]\n",
    "a mapping that is its own key": b"&a {*a : 1}\n",
    "an alias without an anchor": b"data: *mnist\n",
    "an alias with a long name": text("data: *", "a"),
    "an anchor with a long name": text("data: &", "a", " xor"),
    "a merge": b"base: {a: 1}\n<<: {data: xor}\n",
    "a merge of an alias": b"base: &b {a: 1}\ndata: {<<: *b}\n",
    "a tag for Python": b"!!python/object/apply:os.system ['touch pwned']\n",
    "a tag for Python inside": b"data: !!python/name:os.system\n",
    "a tag with a long name": text("data: !", "a", " xor"),
    "a tag with an escape": b"data: !a%1B%5B2J xor\n",
    "a tag directive": b"%TAG ! tag:evil.example,2000:\n---\ndata: !x 1\n",
    "many directives": text("", "%A b\n", "---\ndata: xor\n"),
    "a binary value": b"data: !!binary AAAA\n",
    "a set": b"data: !!set {a, b}\n",
    "two thousand open brackets": b"[" * 2000,
    "two thousand open braces": b"{" * 2000,
    "two thousand open keys": b"{a: " * 2000,
    "two thousand dashes": b"- " * 2000,
    "two thousand questions": b"? " * 2000,
    "brackets on a megabyte": text("data: ", "["),
    "braces on a megabyte": text("data: ", "{"),
    "closing brackets": text("data: xor\nx: ", "]"),
    "dashes on a megabyte": text("", "- "),
    "questions on a megabyte": text("", "? "),
    "colons on a megabyte": text("", ": "),
    "keys of keys": text("", "a: "),
    "steps to the right": "".join(f"{' ' * n}a:\n" for n in range(1400)).encode(),
    "empty lists": text("data: xor\nseed: [", "[],", "]"),
    "empty mappings": text("data: xor\nseed: [", "{},", "]"),
    "small numbers": text("data: xor\nseed: [", "0,", "]"),
    "small mappings": text("data: xor\nseed: [", "{a: 1},", "]"),
    "numbers for layers": text("data: xor\nmodel: {hidden_layers: [", "1,", "]}"),
    "texts for layers": text("data: xor\nmodel: {hidden_layers: [", "x,", "]}"),
    "names for activations": text("data: xor\nmodel: {activation: [", "x,", "]}"),
    "mappings for activations": text("data: xor\nmodel: {activation: [", "{x: 1},", "]}"),
    "numbers for inputs": text("data: {source: rows, inputs: [", "0,", "], targets: [0]}"),
    "texts for inputs": text("data: {source: rows, inputs: [[", "x,", "]], targets: [0]}"),
    "labels": text("data: {source: rows, inputs: [[1]], labels: [", "[],", "]}"),
    "texts for weights": text("data: xor\nmodel: {initial_weights: [[[", "x,", "]]]}"),
    "a key by its old name and its new one": b"data: xor\ntraining: {kernels: a, engine: b}\n",
    "the old name of a key again": text("data: xor\ntraining: {", "kernels: numpy,", "}"),
    "a huge value of an old name": text("data: xor\ntraining: {kernels: ", "a", "}"),
    "a huge list of an old name": text("data: xor\ntraining: {kernels: [", "a,", "]}"),
    "a mapping of an old name": text("data: xor\ntraining: {kernels: {", "a: 1,", "}}"),
    "an escape in an old name's value": b'data: xor\ntraining: {kernels: "\\e[2J"}\n',
    "an old name in a list": b"data: xor\ntraining: [kernels]\n",
    "an old name outside its section": b"data: xor\nkernels: numpy\n",
    "unknown keys": wide(MEGABYTE),
    "the same key again": text("", "a: 1\n"),
    "the same key again inside": text("data: {", "source: xor,", "}"),
    "a huge key": text("", "a", ": 1"),
    "a huge key in quotes": text('"', "\\n", '": 1'),
    "a huge question": text("? ", "a", "\n: 1"),
    "a huge known path": text("data: {source: xor, ", "a", ": 1}"),
    "a huge source": text("data: ", "a"),
    "a huge source that is nearly one": text("data: ", "xor"),
    "a huge activation": text("data: xor\nmodel: {activation: ", "relu", "}"),
    "a huge name": text("data: xor\nname: ", "a"),
    "a huge path": text("data: xor\nmodel: {initial_weights: ", "a", "}"),
    "an integer of 5,000 digits": text("data: xor\nseed: ", "9", size=5000),
    "an integer of a million digits": text("data: xor\nseed: ", "9"),
    "integers of a hundred digits": text("data: xor\nseed: [", "9" * 100 + ",", "]"),
    "a float of a million digits": text("data: xor\nseed: 0.", "3"),
    "an exponent of a million digits": text("data: xor\nseed: 1e", "9"),
    "underscores": text("data: xor\nseed: 1", "_0"),
    "minutes of minutes": text("data: xor\nseed: 1", ":59"),
    "a date that is none": b"data: xor\nseed: 2001-02-30\n",
    "a time that is none": b"data: xor\nseed: 9999-99-99T99:99:99.9Z\n",
    "a date far away": b"data: xor\nseed: 99999999-01-01\n",
    "not a number": b"data: xor\ntraining: {learning_rate: .nan}\n",
    "infinity": b"data: xor\ntraining: {learning_rate: .inf}\n",
    "a layer beyond memory": b"data: xor\nmodel: {hidden_layers: [" + b"9" * 99 + b"]}\n",
    "a NUL": b"data: xor\0\n",
    "a NUL by its escape": b'data: xor\nmodel: {initial_weights: "a\\0b"}\n',
    "half a character by its escape": b'data: xor\nname: "\\ud800"\n',
    "escapes for a terminal": b'data: xor\n"\\e[2J\\a": 1\n',
    "an escape for a terminal": b"data: xor\n\x1b[2J: 1\n",
    "a line for a message": b'data: xor\n"a\\nError: b": 1\n',
    "text from right to left": b'data: xor\n"\\u202egpj": 1\n',
    "a C1 control": "data: xor\nx\x9b31m: 1\n".encode(),
    "not UTF-8": b"data: xor\n# \xff\xfe\n",
    "UTF-16": "data: xor\n".encode("utf-16"),
    "UTF-32": "data: xor\n".encode("utf-32"),
    "a surrogate in UTF-8": b"data: \xed\xa0\x80\n",
    "an overlong slash": b"data: \xc0\xaf\n",
    "a mark in the middle": "data: xor\n\ufeffseed: 1\n".encode(),
    "a megabyte and a byte": text("data: xor\n#", "x") + b"x",
    "eight megabytes": text("data: xor\n#", "x", size=8 << 20),
    "comments on a megabyte": text("data: xor\n", "#\n"),
    "blanks on a megabyte": text("data: xor\n", " "),
    "lines on a megabyte": text("data: xor\n", "\n"),
    "tabs on a megabyte": text("data: xor\n", "\t"),
    "carriage returns": text("data: xor\n", "\r"),
    "an open quote": text("data: '", "x"),
    "quotes on a megabyte": text("data: '", "''"),
    "escapes on a megabyte": text('data: "', "\\x41", '"'),
    "a folded text": text("data: >\n", " a\n\n"),
    "a text with deep indentation": text("data: |9\n", " "),
    "documents on a megabyte": text("", "---\n"),
    "a document behind": b"data: xor\n---\ndata: mnist\n",
    "a model file": b"PK\3\4" + bytes(200),
    "only percent signs": text("", "%"),
    "only ampersands": text("", "&"),
    "only exclamation marks": text("", "!"),
    "only bars": text("", "|"),
}


def pipe(path: Path) -> None:
    """Make a pipe without a writer."""
    os.mkfifo(path)


NOT_FILES: dict[str, Callable[[Path], None]] = {
    "a directory": Path.mkdir,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "an endless device": lambda path: path.symlink_to("/dev/zero"),
    "the terminal": lambda path: path.symlink_to("/dev/tty"),
    "a pipe": pipe,
    "a sparse terabyte": lambda path: (path.touch(), os.truncate(path, 1 << 40))[0],
}
