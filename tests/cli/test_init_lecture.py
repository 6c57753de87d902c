"""``nncli init lecture`` and ``nncli init --list``."""

import json

import pytest

import nncli as api
from tests.shipped_configs import CONFIGS

LECTURES = CONFIGS / "lectures"
FIRST = next(iter(api.lectures()))


@pytest.mark.parametrize(
    ("name", "command"), [("learning_rate_0.1", "train"), ("backpropagation", "trace")]
)
def test_a_lecture_is_written_under_its_name(nncli, tmp_path, name, command):
    done = nncli("init", "lecture", name)
    message = f"Wrote {name}.yaml. Next:\n  nncli {command} {name}.yaml\n"
    assert (done.code, done.out, done.err) == (0, message, "")
    written = (tmp_path / f"{name}.yaml").read_bytes()
    assert written == (LECTURES / f"{name}.yaml").read_bytes()


def test_a_lecture_trains_in_any_folder(nncli, tmp_path):
    nncli("init", "lecture", "and_perceptron")
    assert nncli("train", "-q", "and_perceptron.yaml", "-o", "run").code == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text("utf-8"))
    assert metrics["test"]["metrics"]["accuracy"] == 1


def test_a_lecture_traces_in_any_folder(nncli):
    nncli("init", "lecture", "product")
    done = nncli("trace", "product.yaml")
    assert done.code == 0
    assert "  ∂L/∂x[1] = " in done.out


def test_settings_change_a_lecture_and_keep_its_comments(nncli):
    before = nncli("init", "lecture", "noisy_xor", "-o", "-").out.splitlines()
    done = nncli("init", "lecture", "noisy_xor", "seed=5", "training.l2=0.5", "-o", "-")
    assert (done.code, done.err) == (0, "")
    after = done.out.splitlines()
    assert after[:3] == before[:3]
    new = [line for line in after if line not in before]
    assert [line for line in new if "#" not in line] == ["seed: 5", "  l2: 0.5"]
    assert new[1].startswith("  # L2 penalty: ")


def test_a_wrong_setting_of_a_lecture_is_refused(nncli, tmp_path):
    done = nncli("init", "lecture", "noisy_xor", "training.rate=1")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("command line: training.rate: unknown key")
    assert [*tmp_path.iterdir()] == []


def test_another_file_is_chosen_and_replaced_only_with_force(nncli, tmp_path):
    assert nncli("init", "lecture", "xor_wider", "-o", "a.yaml").code == 0
    wider = (tmp_path / "a.yaml").read_bytes()
    again = ("init", "lecture", "xor_deeper", "-o", "a.yaml")
    refused = nncli(*again)
    assert refused.err == (
        "Error: a.yaml: already exists; choose another file with -o, or --force to replace it\n"
    )
    assert (refused.code, (tmp_path / "a.yaml").read_bytes()) == (2, wider)
    assert nncli(*again, "--force").code == 0
    assert (tmp_path / "a.yaml").read_bytes() == (LECTURES / "xor_deeper.yaml").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["lecture"],
            f"lecture needs a name, such as {FIRST}; 'nncli init --list' lists all lectures",
        ),
        (
            ["lecture", "seed=1"],
            f"lecture needs a name, such as {FIRST}; 'nncli init --list' lists all lectures",
        ),
        (
            ["lecture", "xor_perceptrn"],
            "unknown lecture 'xor_perceptrn'; did you mean 'xor_perceptron'?",
        ),
        (
            ["lecture", "configs/lectures/same_start.yaml"],
            "unknown lecture 'configs/lectures/same_start.yaml'; 'nncli init --list' lists all "
            "lectures",
        ),
        (
            ["same_start"],
            "unknown template 'same_start'; it is a lecture: nncli init lecture same_start",
        ),
        (
            ["lecture", "same_start", "--target", "y"],
            "lecture has built-in data; --data and --target are for table and images",
        ),
    ],
)
def test_a_wrong_name_is_answered_with_what_to_type(nncli, tmp_path, arguments, message):
    done = nncli("init", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"Error: {message}\n")
    assert [*tmp_path.iterdir()] == []


def test_the_list_has_every_template_and_lecture_in_80_columns(nncli):
    done = nncli("init", "--list")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    templates, (heading,), found = (block.splitlines() for block in done.out.strip().split("\n\n"))
    generated = ["circle", "gauss", "moons", "spiral", "plane", "waves", "hills"]
    names = ["xor", "mnist", *generated, "table", "images", "lecture"]
    assert [line.split()[0] for line in templates] == names
    assert heading == "Lectures, in the order of the course: nncli init lecture NAME"
    assert [line.split(maxsplit=1) for line in found] == [
        [each.name, each.shows] for each in api.lectures().values()
    ]


def test_python_gives_the_same_config(tmp_path):
    found = api.first_config("lecture", {"seed": 2}, lecture="same_start")
    assert str(found.path) == "same_start.yaml"
    assert found.text.startswith("# The same initial weights for every unit\n# Expected: ")
    assert "\nseed: 2\n" in found.text


@pytest.mark.parametrize(
    ("template", "lecture", "message"),
    [
        (
            "lecture",
            None,
            f"lecture needs a name, such as {FIRST}; nncli.lectures() returns all lectures",
        ),
        ("lecture", 3, "lecture: found 3; expected the name of a lecture"),
        ("xor", "same_start", "lecture: found 'same_start'; expected None for the template xor"),
        (
            "product",
            None,
            "unknown template 'product'; it is a lecture: first_config(\"lecture\", "
            'lecture="product")',
        ),
    ],
)
def test_python_names_what_to_write(template, lecture, message):
    with pytest.raises(api.UsageError) as caught:
        api.first_config(template, lecture=lecture)
    assert str(caught.value) == message
