"""What a page begins with."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
import yaml

import nncli
from nncli.base.errors import DataError, NncliError, UsageError
from nncli.web.playground.application import playground
from nncli.web.playground.files import Files
from nncli.web.playground.session import Session
from nncli.web.playground.start import start_of
from tests.web.client import Client
from tests.web.test_session import last, messages, numbers_in


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    rows = random.normal(size=(60, 3))
    lines = [
        f"{a:.3f},{word},{b:.3f},{c:.3f},{'yes' if a * b > 0 else 'no'}"
        for (a, b, c), word in zip(rows, ["red", "blue"] * 30, strict=True)
    ]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["a,word,b,c,answer", *lines]), encoding="utf-8")
    return path


def test_without_a_name_it_is_xor():
    network = last(Session(start_of(None)), "network")
    assert network["config"]["data"]["source"] == "xor"
    assert network["plane"]["names"] == ["x1", "x2"]


def test_a_table_is_learned_from_any_two_columns(table):
    page = Session(start_of(table))
    network = last(page, "network")
    assert network["numbers"] == ["a", "b", "c"]
    assert network["inputs"] == ["a", "b"]
    assert network["targets"] == ["answer"]
    config = network["config"]
    assert config["data"]["path"] == "FILE"
    config["data"]["drop"] = ["word", "a"]
    page.act({"do": "configure", "config": config})
    assert last(page, "network")["inputs"] == ["b", "c"]


def test_a_table_needs_two_columns_of_numbers(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("a,b,c\n1,x,yes\n2,y,no\n3,x,yes\n4,y,no\n", encoding="utf-8")
    with pytest.raises(DataError, match="two columns of numbers"):
        start_of(path)


def test_no_answer_has_the_path_of_a_file(table):
    page = Session(start_of(table))
    told = [repr(messages(page)), repr(page.act({"do": "config"}))]
    config = page._setting.values
    table.unlink()
    with pytest.raises(NncliError) as error:
        page.act({"do": "configure", "config": {**config, "seed": 3}})
    told.append(str(error.value))
    for text in told:
        assert table.name not in text
        assert str(table.parent) not in text


def test_what_is_told_of_a_file_nearby_does_not_name_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "private.csv"
    lines = [f"{n % 30},{n % 7},{'yes' if n % 30 > 14 else 'no'}" for n in range(300)]
    path.write_text("\n".join(["a,b,answer", *lines]), encoding="utf-8")
    page = Session(start_of(path))
    network = last(page, "network")
    (told,) = network["warnings"]
    assert told.startswith("FILE: 'a' alone predicts the target")
    path.write_text("a,b,answer\n1,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^FILE: line 2: "):
        page.act({"do": "configure", "config": network["config"]})


def test_a_page_that_opens_without_its_file_is_not_told_the_path(table):
    with playground(table) as server:
        client = Client(server)
        client.sign_in()
        table.unlink()
        answer = client.get("/events")
    assert answer.status == 400
    assert answer.error.startswith("FILE: cannot be read (no such file or directory)")
    assert table.name not in answer.error
    assert server.failure is None


def test_a_warning_about_a_file_does_not_have_its_path(tmp_path):
    path = tmp_path / "constant.csv"
    rows = [f"{n},3,{n % 3},{'yes' if n % 2 else 'no'}" for n in range(40)]
    path.write_text("\n".join(["a,b,c,answer", *rows]), encoding="utf-8")
    page = Session(start_of(path))
    warnings = last(page, "network")["warnings"]
    assert any(each.startswith("FILE: 'b' never changes") for each in warnings), warnings
    assert str(tmp_path) not in repr(warnings)


def test_paths_of_several_files_and_of_files_in_a_folder_are_hidden():
    files = Files({"FILE 1": "/data/a", "FILE 2": "/data/a.csv", "FILE 3": "/d\n"})
    told = {"notes": ["/data/a.csv: is empty", "/data/a/cat/1.png: cannot be read", "/d\\n: x", 3]}
    shown = {"notes": ["FILE 2: is empty", "FILE 1: cannot be read", "FILE 3: x", 3]}
    assert files.without_paths(told) == shown


@pytest.mark.parametrize(
    "path", ["own.csv", "/etc/passwd", "FILE 1", "../own.csv", "", 3, None, [[]], [{}], [["FILE"]]]
)
def test_a_page_reads_no_other_file(table, path):
    page = Session(start_of(table))
    data = {**page._setting.values["data"], "path": path}
    with pytest.raises(NncliError):
        page.act({"do": "configure", "config": {**page._setting.values, "data": data}})


def test_a_config_is_shown_as_it_is_written(tmp_path, monkeypatch, table):
    text = f"data: {{source: csv, path: {table.name}, target: answer, drop: [word, c]}}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path.parent)
    page = Session(start_of(tmp_path / "config.yaml"))
    data = last(page, "network")["config"]["data"]
    given = {"source": "csv", "path": "FILE", "target": "answer", "drop": ["word", "c"]}
    assert data == {**given, "validation": 0}
    page.act({"do": "step"})


def test_points_of_a_regression_have_the_scale_of_the_output(tmp_path):
    path = tmp_path / "prices.csv"
    rows = [f"{n % 7},{n % 5},{100.25 * n + 500}" for n in range(35)]
    path.write_text("\n".join(["a,b,price", *rows]), encoding="utf-8")
    page = Session(start_of(path))
    network, frame = messages(page)
    targets = numbers_in(network["points"]["train"]["targets"])
    outputs = numbers_in(page.act({"do": "hidden", "layer": 2})["outputs"])
    loss, _ = frame["measured"]["train"]
    assert loss == pytest.approx(((outputs - targets) ** 2).mean(), rel=1e-5)
    assert (targets.mean(), targets.std()) == pytest.approx((0, 1), abs=1e-5)
    with pytest.raises(UsageError, match="points: the targets of this data are scaled"):
        page.act({"do": "add", "inputs": [1, 2], "target": 1})


def test_a_point_added_to_a_table_changes_no_setting(table):
    page = Session(start_of(table))
    before = last(page, "network")["used"]
    assert before["training.l2"] > 0
    page.act({"do": "add", "inputs": [0.5, 0.5], "target": 1})
    after = last(page, "network")
    rows = after["points"]["train"]["count"]  # listed rows are also the test rows
    assert after["used"] == {**before, "data.test": rows}


def test_only_a_table_has_a_target(tmp_path):
    path = tmp_path / "gate.yaml"
    path.write_text("data: gate\n", encoding="utf-8")
    for what in (None, path):
        with pytest.raises(UsageError, match="target: there is no table"):
            start_of(what, target="answer")


def test_the_name_of_a_source_alone_becomes_a_section(tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text("data: gate\n", encoding="utf-8")
    assert last(Session(start_of(path)), "network")["config"]["data"] == {"source": "gate"}


def test_a_run_is_continued_from_its_weights(tmp_path, table):
    config = {
        "data": {"source": "csv", "path": str(table), "target": "answer", "drop": ["word", "c"]},
        "training": {"epochs": 3},
        "model": {"hidden_layers": [4]},
    }
    result = nncli.train(config, out=tmp_path / "run")
    page = Session(start_of(tmp_path / "run"))
    assert np.array_equal(page._view.network.parameters, result.model.network.parameters)
    text = page.act({"do": "config"})["yaml"]
    weights = np.array(yaml.safe_load(text)["model"]["initial_weights"][0], np.float32)
    assert np.array_equal(weights, result.model.network.arrays["W1"])


def test_a_saved_page_reads_the_file_again(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = Session(start_of(table))
    page.act({"do": "epoch"})
    saved = Path(page.act({"do": "save"})["saved"])
    again = nncli.train(saved / "config.yaml")
    model = nncli.load(saved)
    assert np.array_equal(model.network.parameters, again.model.network.parameters)


def test_no_error_names_the_folders_of_nncli(tmp_path, monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "other"))
    with pytest.raises(UsageError) as found, Files().hidden_in_errors():
        raise DataError(f"{tmp_path}/cache/mnist/images.gz: is damaged; {tmp_path}/other: is full")
    assert str(found.value) == "the cache: is damaged; the temporary folder: is full"
