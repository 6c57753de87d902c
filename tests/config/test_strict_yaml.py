import json
import math
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from nncli.base.errors import ConfigError
from nncli.config.load import load_config
from nncli.config.strict_yaml import DEEPEST, NotYamlError, dotted, end_of, parse
from tests.timing import in_less_than

CONFIGS = Path(__file__).parents[2] / "configs"
BYTES_LIMIT = 1 << 20

# Texts that open a level, and the number of their characters before the deeper level's first value.
OPENERS = {"[": 1, "[\n": 2, "[ # [[[\n": 8, "[1, ": 1, '["[[", ': 1, "{a: ": 4, "{a: 1, 'b': ": 4}


@pytest.fixture(params=["C", "Python"])
def parser(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1.0e-8", 1e-8),
        ("1E5", 1e5),
        ("1.5e+3", 1500.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("0", 0),
        ("-0", 0),
        ("+7", 7),
        ("0.0", 0.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("true", True),
        ("false", False),
        ("True", True),
        ("TRUE", True),
        ("False", False),
        ("FALSE", False),
        ("null", None),
        ("Null", None),
        ("NULL", None),
        ("~", None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("parser")
def test_a_plain_scalar_can_be_a_number_a_boolean_or_null(text, expected):
    value = parse(f"key: {text}\n", "c.yaml").value["key"]
    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "off",
        "yes",
        "on",
        "n",
        "y",
        "No",
        "Yes",
        "ON",
        "tRUE",
        "nULL",
        "None",
        "010",
        "-010",
        "00",
        "1:30",
        "0x10",
        "0o17",
        "0b1",
        "1_000",
        "1__0",
        "2020-13-45",
        "2020-01-02",
        ".inF",
        ".Inf",
        "inf",
        "nan",
        "NaN",
        "1e",
        "1e+",
        "e5",
        ".",
        "+.e3",
        "1.2.3",
        "1,5",
        "--",
        "=",
        "٣",
    ],
)
@pytest.mark.usefixtures("parser")
def test_every_other_plain_scalar_is_the_text_as_typed(text):
    assert parse(f"key: {text}\n", "c.yaml").value == {"key": text}


@pytest.mark.parametrize("text", ["1", "1e-3", "true", "null", "~", "", ".nan"])
@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.usefixtures("parser")
def test_quoted_scalars_are_text(text, quote):
    assert parse(f"key: {quote}{text}{quote}\n", "c.yaml").value == {"key": text}


def test_block_scalars_are_text():
    assert parse("a: |\n  1\nb: >-\n  2\n", "c.yaml").value == {"a": "1\n", "b": "2"}


def test_nan_is_a_number():
    assert math.isnan(parse(".nan", "c.yaml").value)


@pytest.mark.usefixtures("parser")
def test_keys_are_text():
    text = "1: a\ntrue: b\nnull: c\n1e3: d\n'': e\n"
    assert parse(text, "c.yaml").value == {"1": "a", "true": "b", "null": "c", "1e3": "d", "": "e"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.usefixtures("parser")
def test_every_key_and_value_has_its_place(end):
    text = end.join(["# ü", "a: 1", "b:", "  - x", "  - {c: é, d: [1, 2]}", ""])
    document = parse(text, "c.yaml")
    assert document.value == {"a": 1, "b": ["x", {"c": "é", "d": [1, 2]}]}
    assert document.keys == {
        ("a",): "c.yaml:2:1",
        ("b",): "c.yaml:3:1",
        ("b", 1, "c"): "c.yaml:5:6",
        ("b", 1, "d"): "c.yaml:5:12",
    }
    assert document.values == {
        (): "c.yaml:2:1",
        ("a",): "c.yaml:2:4",
        ("b",): "c.yaml:4:3",
        ("b", 0): "c.yaml:4:5",
        ("b", 1): "c.yaml:5:5",
        ("b", 1, "c"): "c.yaml:5:9",
        ("b", 1, "d"): "c.yaml:5:15",
        ("b", 1, "d", 0): "c.yaml:5:16",
        ("b", 1, "d", 1): "c.yaml:5:19",
    }


def test_a_missing_value_has_the_place_of_its_parent():
    document = parse("a: 1\nb:\n  c: {d: 2}\n", "c.yaml")
    assert document.place(("b", "c", "missing", "deeper")) == "c.yaml:3:6"
    assert document.place(("missing",)) == document.place(()) == "c.yaml:1:1"
    assert document.place(("b", "c"), of_key=True) == "c.yaml:3:3"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b", 2, "c"), "a.b[2].c"),
        (("größe",), "größe"),
        (("",), '""'),
        (("a", "b\nc"), 'a."b\\nc"'),
        (("\x9b",), '"\\u009b"'),
        (("\u2028",), '"\\u2028"'),
    ],
)
def test_a_path_is_written_on_one_line(path, expected):
    assert dotted(path) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x 1\n", "1:4: found an anchor (&); repeat the value instead"),
        ("a: 1\nb: &x {c: 1}\n", "2:4: found an anchor (&); repeat the value instead"),
        ("&x a: 1\n", "1:1: expected a plain word as key"),
        ("a: *x\n", "1:4: found an alias (*x); repeat the value instead"),
        ("*x : 1\n", "1:1: expected a plain word as key"),
        ("a: &x [*x]\n", "1:4: found an anchor (&); repeat the value instead"),
        ("<<: *x\n", "1:5: found an alias (*x); repeat the value instead"),
        ("a: !!int 3\n", "1:4: found a tag (tag:yaml.org,2002:int); remove it"),
        ("a: ! 3\n", "1:4: found a tag (!); remove it"),
        ("- !mine {}\n", "1:3: found a tag (!mine); remove it"),
        (
            "a: !!python/object:os.system [ls]\n",
            "1:4: found a tag (tag:yaml.org,2002:python/object:os.system); remove it",
        ),
        ("a: !x%0Ay 3\n", '1:4: found a tag ("!x\\ny"); remove it'),
        ("!!str a: 3\n", "1:1: expected a plain word as key"),
        ("? [a]\n: b\n", "1:3: expected a plain word as key"),
        ("a: 1\n? {b: c}\n: d\n", "2:3: expected a plain word as key"),
        ("a: 1\n---\na: 2\n", "2:1: found a second document; a config has one"),
        ("a: 1\n...\n---\n", "3:1: found a second document; a config has one"),
        ("[" * 21 + "]" * 21, None),
        ("[" * 22 + "]" * 22, "1:22: nested more than 20 levels deep"),
        ("a: " + "[" * 20 + "]" * 20, None),
        ("a: " + "[" * 21 + "]" * 21, "1:24: nested more than 20 levels deep"),
        ("- " * 2000, "1:43: nested more than 20 levels deep"),
        ("[" * 2000, "1:22: nested more than 20 levels deep"),
        ("[\n" * 2000, "22:1: nested more than 20 levels deep"),
        ("{a: " * 2000, "1:85: nested more than 20 levels deep"),
        ("? " * 2000, "1:3: expected a plain word as key"),
        (
            "a: 1\n# é\nb: \x01\n",
            "3:4: found the character '\\x01', which YAML does not allow; remove it",
        ),
        ("é: 'ü\x00'\n", "1:6: found the character '\\x00', which YAML does not allow; remove it"),
        ("\x7f", "1:1: found the character '\\x7f', which YAML does not allow; remove it"),
        ("\ufffe", "1:1: found the character '\\ufffe', which YAML does not allow; remove it"),
    ],
)
@pytest.mark.usefixtures("parser")
def test_unneeded_yaml_features_are_refused_with_their_place(text, problem):
    if problem is None:
        parse(text, "c.yaml")
        return
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    assert str(caught.value) == f"c.yaml:{problem}"


@st.composite
def too_deep(draw):
    """Draw a text that nests too deeply, and the offset of the first level beyond the limit."""
    starts = {"": 0, "# é\n": 0, "a: ": 1, "- ": 1, "- - - ": 3, "'a':\n  b: [1]\n  c:\n  - ": 3}
    start = draw(st.sampled_from([*starts]))
    kinds = draw(st.lists(st.sampled_from([*OPENERS]), min_size=1, max_size=3, unique=True))
    openers = draw(st.lists(st.sampled_from(kinds), min_size=45, max_size=45))
    more = kinds[0] * draw(st.just(0) | st.integers(900, 3000))
    marks = st.sampled_from("\n\t \"'@`%&*!|>[]{}?:,-#.\\")
    letters = st.characters(exclude_categories=["Cc", "Cs", "Cn"])
    rest = draw(st.text(marks | letters, max_size=20))  # too short to close all levels
    last = DEEPEST - starts[start]
    before = start + "".join(openers[:last])
    return start + "".join(openers) + more + rest, len(before) + OPENERS[openers[last]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(too_deep())
@pytest.mark.usefixtures("parser")
def test_the_first_level_too_many_is_named_whatever_follows(drawn):
    text, place = drawn
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    assert str(caught.value) == f"c.yaml:{end_of(text[:place])}: nested more than 20 levels deep"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\n  b: 2\n", "2:4"),
        ("a: b: c\n", "1:5"),
        ("a: 'b\n", "2:1"),
        ("a: [1\n", "2:1"),
        ("a: @b\n", "1:4"),
        ("a: `b`\n", "1:4"),
        ('a: "\\q"\n', "1:5"),
        ("%YAML 2.0\n---\na: 1\n", "1:1"),
        ("a: 1\n\ufeffb: 2\n", "2:2"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text, place):
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    assert str(caught.value).startswith(f"c.yaml:{place}: not YAML: ")
    assert str(caught.value).isprintable()


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("a:\n  b: 1\n c: 2\n", "3:2", "indent all keys of a section equally"),
        (
            "a:\n  b: 1\n    c: 2\n",
            "3:6",
            "indent all keys of a section equally, or put a text with a colon in quotes",
        ),
        ("a: 'b\n", "2:1", "close the quote"),
    ],
)
def test_usual_errors_in_yaml_have_a_remedy(text, place, remedy):
    with pytest.raises(ConfigError) as caught:
        parse(text, "c.yaml")
    assert re.fullmatch(rf"c\.yaml:{place}: not YAML: [^;]+; {remedy}", str(caught.value))


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("data:\n\tsource: xor\n", "2:1", "indent with spaces"),
        ("\ta: 1\n", "1:1", "indent with spaces"),
        ("a:\n  b: 1\n\tc: 2\n", "3:1", "indent with spaces"),
        ("a:\n  b: 1\n \tc: 2\n", "3:2", "indent with spaces"),
        ("a:\n\t- 1\n", "2:1", "indent with spaces"),
        ("a: 1\n\t# note\nb: 2\n", "2:1", "indent with spaces"),
        ("a: |\n\tb\n", "2:1", "indent with spaces"),
        ('a: "b"\n\tc: 1\n', "2:1", "indent with spaces"),
        ("a:\n  -\t1\n", "2:4", "write a space instead"),
        ("a:\n  -\tb: 1\n", "2:4", "write a space instead"),
        ("?\ta\n: 1\n", "1:2", "write a space instead"),
        ("a: 1\n\t\nb: 2\n", "2:1", "remove it"),
    ],
)
def test_a_tab_that_yaml_does_not_allow_is_called_a_tab(text, place, remedy):
    with pytest.raises(NotYamlError) as caught:
        parse(text, "c.yaml")
    assert str(caught.value) == f"c.yaml:{place}: found a tab; {remedy}"


@pytest.mark.parametrize("config", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_tab_anywhere_in_the_indentation_is_found_at_its_place(config):
    lines = config.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        spaces = len(line) - len(line.lstrip(" "))
        for column in range(spaces):
            tabbed = f"{line[:column]}\t{line[spaces:]}"
            text = "\n".join([*lines[: number - 1], tabbed, *lines[number:]])
            try:
                value = parse(text, "c.yaml").value
            except NotYamlError as error:
                problem = "found a tab; indent with spaces"
                assert str(error) == f"c.yaml:{number}:{column + 1}: {problem}"  # noqa: PT017
            else:  # YAML allows tabs within brackets and before comments that follow a value
                assert value == parse("\n".join(lines), "c.yaml").value


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML without its C parser")
def test_a_tab_that_yaml_allows_is_accepted():
    text = "a:\t1\nb: 2\t# note\nc: [1,\t2,\n\t3]\nd: 'x\ty'\ne: |\n  x\n  \ty\n"
    assert parse(text, "c.yaml").value == {
        "a": 1,
        "b": 2,
        "c": [1, 2, 3],
        "d": "x\ty",
        "e": "x\n\ty\n",
    }


@pytest.mark.usefixtures("parser")
def test_every_duplicate_key_is_reported_with_both_places():
    document = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n'b': 4\na: 5\n", "c.yaml")
    assert document.problems == [
        "c.yaml:2:11: b.c: is already set at c.yaml:2:5; remove one of the two",
        "c.yaml:3:1: a: is already set at c.yaml:1:1; remove one of the two",
        "c.yaml:4:1: b: is already set at c.yaml:2:1; remove one of the two",
        "c.yaml:5:1: a: is already set at c.yaml:3:1; remove one of the two",
    ]


def test_the_same_key_in_two_mappings_is_no_duplicate():
    assert parse("a: {c: 1}\nb: [{c: 1}, {c: 2}]\n", "c.yaml").problems == []


def test_duplicate_keys_are_reported_together_with_other_problems(problems):
    assert problems("data: xor\nfoo: 1\ndata: mnist\ntraining: {epochs: -1}\n") == [
        "c.yaml:2:1: foo: unknown key; expected one of name, seed, data_seed, data, model, "
        "training, diagnose",
        "c.yaml:3:1: data: is already set at c.yaml:1:1; remove one of the two",
        "c.yaml:4:20: training.epochs: found -1; expected 0 or more",
    ]


@pytest.mark.parametrize("key", ["<<", "1", "null", "true", "😀"])
def test_a_key_of_any_kind_is_an_unknown_key(problems, key):
    assert problems(f"data: xor\n{key}: {{a: 1}}\n") == [
        f"c.yaml:2:1: {key}: unknown key; expected one of name, seed, data_seed, data, model, "
        "training, diagnose"
    ]


@pytest.mark.parametrize(
    ("key", "shown"), [('""', '""'), ('"a\\nb"', '"a\\nb"'), ('"\\x9b"', '"\\u009b"')]
)
def test_a_key_that_does_not_print_is_shown_escaped(problems, key, shown):
    assert problems(f"data: xor\n{key}: 1\n") == [
        f"c.yaml:2:1: {shown}: unknown key; expected one of name, seed, data_seed, data, model, "
        "training, diagnose"
    ]


@pytest.mark.parametrize("content", ["", "\n", "# nothing\n", "~", "null", "{}"])
def test_an_empty_config_lacks_its_data(problems, content):
    assert problems(content) == ["c.yaml:1:1: data: missing required key"]


@pytest.mark.parametrize(
    ("content", "shown"),
    [("- data: xor", "a list"), ("[]", "a list"), ("xor", '"xor"'), ("5", "5"), ("true", "true")],
)
def test_a_config_is_a_mapping(problems, content, shown):
    assert problems(content) == [
        f"c.yaml:1:1: the config: found {shown}; expected a mapping of keys"
    ]


def test_a_byte_order_mark_and_line_ends_of_windows_are_accepted(load):
    config = load(b"\xef\xbb\xbfdata: xor\r\nseed: 3\r\n").config
    assert (config.data.source, config.seed) == ("xor", 3)


@pytest.mark.usefixtures("parser")
def test_places_count_neither_a_byte_order_mark_nor_carriage_returns(problems):
    assert problems(b"\xef\xbb\xbfdata: xro\r\n\r\nseed: x\r\n") == [
        "c.yaml:1:7: data: unknown source \"xro\"; did you mean 'xor'?",
        'c.yaml:3:7: seed: found "x"; expected an integer',
    ]
    assert problems(b"\xef\xbb\xbfa: \x01") == [
        "c.yaml:1:4: found the character '\\x01', which YAML does not allow; remove it"
    ]


@pytest.mark.parametrize(
    ("content", "place", "byte", "offset"),
    [
        ("data: xor".encode("utf-16"), "1:1", "0xff", 0),
        (b"\xfe\xff\x00d", "1:1", "0xfe", 0),
        ("data: xor # größer".encode("latin-1"), "1:15", "0xf6", 14),
        ("# größe\ndata: xor # ".encode() + b"\xe9\n", "2:13", "0xe9", 22),
        (b"\xef\xbb\xbfdata: xor\n\xff", "2:1", "0xff", 13),
        (b"data: \xed\xa0\x80", "1:7", "0xed", 6),
    ],
)
def test_what_is_not_utf_8_is_named_with_its_place(problems, content, place, byte, offset):
    assert problems(content) == [
        f"c.yaml:{place}: not UTF-8 text (byte {byte} at offset {offset}); save the file as UTF-8"
    ]


def test_utf_16_without_a_mark_is_refused(problems):
    assert problems("data: xor".encode("utf-16-le")) == [
        "c.yaml:1:2: found the character '\\x00', which YAML does not allow; remove it"
    ]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("filling", ["x", "é", "€", "😀"])
def test_a_megabyte_is_the_limit(load, problems, start, filling):
    size = len(filling.encode())
    text = b"data: xor\n#"
    room = BYTES_LIMIT - len(start) - len(text)
    text = start + text + filling.encode() * (room // size) + b"x" * (room % size)
    assert load(text).config.data.source == "xor"
    for longer in (text + b"x", text + filling.encode() * 300_000):
        assert problems(longer) == ["c.yaml:1:1: larger than 1 MiB, the limit for a config"]


@pytest.mark.parametrize(
    "content",
    [
        "data: xor\nseed: " + "9" * 5000,
        "data: xor\nseed: " + "9" * 1_000_000,
        "data: xor\ntraining: {learning_rate: " + "9" * 5000 + "}",
        "data: xor\ntraining: {learning_rate: 1e" + "9" * 5000 + "}",
        "data: xor\nmodel: {hidden_layers: [" + "1" * 5000 + "]}",
        "data: xor\nseed: " + "9" * 100,
        "data: " + "x" * 1_000_000,
        "data: xor\n" + "x" * 1_000_000,
        "data: xor\n? " + "x" * 1_000_000 + "\n: 1",
        "data: xor\nseed: [" + "[]," * 100_000 + "]",
        "{" * 500_000,
        "a: " * 300_000,
        "#" * (BYTES_LIMIT - 1) + "\n",
    ],
    ids=lambda content: content[:30].replace("\n", " "),
)
def test_a_hostile_config_is_refused_soon_and_on_few_lines(problems, content):
    lines = in_less_than(1, lambda: problems(content))
    assert len(lines) <= 2
    assert all(line.startswith("c.yaml:") and line.isprintable() for line in lines)
    assert all(len(line) < 400 for line in lines)


def test_a_number_of_a_hundred_digits_is_still_a_number(load):
    assert (
        load(f"data: xor\ntraining: {{learning_rate: {'9' * 100}}}").config.training
        == load("data: xor\ntraining: {learning_rate: 1e100}").config.training
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path, why in (
        (tmp_path / "missing.yaml", "no such file or directory"),
        (tmp_path, "is a directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        assert str(caught.value) == (
            f"{path}: cannot be read ({why}); 'nncli init' writes a config to start from"
        )


@pytest.mark.parametrize("name", ["backpropagation", "learning_rate_0.1"])
@pytest.mark.parametrize("ending", ["", ".yaml"])
def test_the_missing_config_of_a_lecture_has_the_command_that_writes_it(tmp_path, name, ending):
    path = tmp_path / f"{name}{ending}"
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == (
        f"{path}: cannot be read (no such file or directory); "
        f"'nncli init lecture {name}' writes the config of this lecture"
    )


def test_fifty_thousand_keys_and_values_are_the_limit(problems):
    for count in (49_995, 49_996):
        text = "data: xor\nseed: [" + "0," * count + "]"
        (line,) = problems(text)
        assert ("found a list" in line) == (count == 49_995)
    assert line == (
        "c.yaml:2:99998: more than 50,000 keys and values; large tables belong in files"
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=150)
@given(json_values, st.booleans())
@example({"a": "\U0001f389", "\U00010000": ["x\U0010ffff", "\\ud83c", "\ue000"]}, False)
@example(["\U0001f389", r"\\ud83c\udf89"], False)
def test_output_of_json_is_read(value, ascii_alone):
    text = json.dumps(value, ensure_ascii=ascii_alone)
    assume(not re.search("[\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029]", text))
    assert parse(text, "c.yaml").value == value


@pytest.mark.usefixtures("parser")
def test_surrogates_are_special_only_in_double_quotes():
    text = 'a: "\\uD83C\\uDF89!"\nb: \'\\ud83c\'\nc: \\ud83c\\udf89\nd: "\\\\ud83c"\n'
    assert parse(text, "c.yaml").value == {
        "a": "\U0001f389!",
        "b": "\\ud83c",
        "c": "\\ud83c\\udf89",
        "d": "\\ud83c",
    }


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    "text",
    ['"\\ud83c"', '"x\\udf89"', '"\\udf89\\ud83c"', '"\\ud83c \\udf89"', '"\\ud83c\\ud83c\\udf89"'],
)
def test_half_a_surrogate_pair_is_refused_with_its_place(text):
    for before, place in (("key: ", "1:6"), ("- 1\n- ", "2:3"), ("{a: 2, ", "1:8")):
        closed = f"{before}{text}: 3}}" if before[0] == "{" else before + text
        with pytest.raises(ConfigError) as caught:
            parse(closed, "c.yaml")
        assert str(caught.value).startswith(f"c.yaml:{place}: ")
        assert str(caught.value).endswith(" has half a surrogate pair; expected text")


@pytest.mark.parametrize("escape", ["\\UFFFFFFFF", "\\U00110000", "\\U80000000"])
def test_escapes_beyond_unicode_are_refused_next_to_surrogates(escape):
    with pytest.raises(ConfigError, match=r"^c\.yaml:1:\d+: not YAML: "):
        parse(f'"\\ud83c\\udf89 {escape}"', "c.yaml")
