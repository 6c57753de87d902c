import pytest


def table(text):
    """Return the lines of the last block of a text: first columns mapped to the other columns."""
    head, *lines = text.split("\n\n")[-1].splitlines()
    return head.split(), {line[:14].strip(): line[14:].split() for line in lines}


DATA_SETS = "xor, gate, circle, gauss, moons, spiral, plane, waves, hills, mnist"


@pytest.mark.usefixtures("without_mnist")
def test_the_list_has_every_data_set_and_its_place(nncli, tmp_path):
    result = nncli("data", "list")
    assert (result.code, result.err) == (0, "")
    assert "xor      Noisy XOR" in result.out
    assert "spiral   Spiral arms around the origin, one per class.\n" in result.out
    assert "mnist    MNIST: 60,000 and 10,000 handwritten digits" in result.out
    lines = result.out.splitlines()
    places = {
        line.split()[0]: below.strip() for line, below in zip(lines[::2], lines[1::2], strict=True)
    }
    assert places["xor"] == "generated from the seed"
    assert places["hills"] == "generated from the seed"
    assert places["gate"] == "four rows, built in"
    assert places["rows"] == "given in the config"
    place = tmp_path / "empty-cache" / "mnist"
    assert f"\n         not yet in {place}; an 11.6 MB download\n" in result.out


@pytest.mark.usefixtures("with_mnist")
def test_the_list_says_where_a_data_set_is(nncli, mnist_cache):
    assert f"\n         in {mnist_cache / 'mnist'}\n" in nncli("data", "list").out
    assert nncli("data", "fetch", "mnist").out == f"mnist: in {mnist_cache / 'mnist'}\n"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("xor", "generated from the seed"),
        ("gate", "four rows, built in"),
        ("rows", "given in the config"),
    ],
)
def test_existing_data_needs_no_download(nncli, name, place):
    result = nncli("data", "fetch", name)
    assert result.code == 0
    assert result.out == f"{name}: {place}; nothing to download\n"


@pytest.mark.usefixtures("without_mnist")
def test_a_download_that_fails_is_one_line_with_a_remedy(nncli):
    result = nncli("data", "fetch", "mnist")
    assert result.code == 1
    assert result.error.startswith("Error: train-images-idx3-ubyte.gz")
    assert "copy the files here: " in result.error


def test_a_built_in_data_set_is_shown(nncli):
    result = nncli("data", "show", "xor")
    assert (result.code, result.err) == (0, "")
    facts = dict(line.split(maxsplit=1) for line in result.out.split("\n\n")[0].splitlines())
    assert facts == {
        "source": "xor",
        "task": "binary",
        "target": "xor",
        "columns": "2: x1 to x2",
        "type": "float32",
    }
    splits, rows = table(result.out)
    assert splits == ["train", "test"]
    assert rows["rows"] == ["1000", "10000"]
    assert rows["xor 0"] == rows["xor 1"] == ["500", "5000"]


def test_a_generated_regression_is_shown(nncli):
    result = nncli("data", "show", "plane")
    assert "task     regression\ntarget   y\n" in result.out
    lines = [line.split() for line in result.out.splitlines()]
    assert ["rows", "1000", "10000"] in lines
    assert ["mean", "of", "y", "0.1934", "0.1972"] in lines


@pytest.mark.usefixtures("with_mnist")
def test_mnist_is_shown(nncli):
    splits, rows = table(nncli("data", "show", "mnist").out)
    assert splits == ["train", "validation", "test"]
    assert rows["rows"] == ["55000", "5000", "10000"]
    assert rows["digit 0"][2] == "980"
    assert rows["smallest value"] == ["0", "0", "0"]
    assert rows["largest value"] == ["255", "255", "255"]


def test_the_data_of_a_config_is_shown_with_its_overrides(nncli, xor_config):
    splits, rows = table(nncli("data", "show", xor_config, "data.noise=0.0").out)
    assert splits == ["train", "validation", "test"]
    assert rows["rows"] == ["60", "20", "60"]
    assert rows["xor 1"] == ["30", "10", "30"]
    assert rows["smallest value"] == ["0", "0", "0"]
    assert rows["largest value"] == ["1", "1", "1"]
    assert rows["mean"][2] == "0.5"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "mnits"], "Error: unknown data set 'mnits'; did you mean 'mnist'?"),
        (
            ["fetch", "cifar10"],
            f"Error: unknown data set 'cifar10'; expected one of {DATA_SETS}",
        ),
        (["show", "mnits"], "Error: unknown data set 'mnits'; did you mean 'mnist'?"),
        (
            ["show", "cifar10"],
            f"Error: unknown data set 'cifar10'; expected one of {DATA_SETS}",
        ),
        (["show", "missing.yaml"], "missing.yaml: cannot be read (no such file or directory); "),
        (["show", "csv", "data.path=x.csv"], "Error: csv needs data.target; give a config"),
        (["show", "xor", "data.row=9"], "command line: data.row: unknown key; did you mean"),
        (["show", "xor.yaml", "data.row=9"], "command line: data.row: unknown key; did you mean"),
    ],
)
def test_an_unknown_name_is_one_line_with_a_suggestion(nncli, xor_config, arguments, message):
    result = nncli("data", *arguments)
    assert result.code == 2
    assert result.error.startswith(message)


def test_a_data_set_takes_settings(nncli):
    result = nncli("data", "show", "circle", "data.rows=24", "data.test=8")
    rows = dict(line.split()[:2] for line in result.out.splitlines() if line.startswith("rows"))
    assert (result.code, rows) == (0, {"rows": "24"})


@pytest.mark.parametrize("command", ["fetch", "show"])
def test_the_suggested_names_are_those_of_data_sets(nncli, command):
    result = nncli("data", command, "cifar")
    assert result.error == f"Error: unknown data set 'cifar'; expected one of {DATA_SETS}"
    assert nncli("data", command, "cvs").error.endswith(f"expected one of {DATA_SETS}")


ROWS = "data: {source: rows, inputs: [[1, 2], [3, 5]], columns: [a, b], "


def test_the_rows_of_a_config_are_described(nncli, tmp_path):
    text = ROWS + "targets: [[1, -1], [2, 0.5]], target: [c, d]}"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    result = nncli("data", "show", "c.yaml")
    assert (result.code, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines()]
    assert ["task", "regression"] in lines
    assert ["target", "c,", "d"] in lines
    assert ["columns", "2:", "a", "to", "b"] in lines
    assert ["rows", "2", "2"] in lines
    assert ["largest", "value", "5", "5"] in lines
    assert ["mean", "of", "c", "1.5", "1.5"] in lines
    assert ["smallest", "value", "of", "d", "-1", "-1"] in lines


def test_the_classes_of_the_rows_of_a_config_are_counted(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(ROWS + "labels: [q, p]}", encoding="utf-8")
    lines = [line.split() for line in nncli("data", "show", "c.yaml").out.splitlines()]
    assert ["y", "p", "1", "1"] in lines
    assert ["y", "q", "1", "1"] in lines


@pytest.mark.parametrize("overrides", [(), ("data.targets=[1]",)])
def test_rows_alone_cannot_be_described(nncli, overrides):
    result = nncli("data", "show", "rows", *overrides)
    assert result.code == 2
    assert result.error == ("Error: rows needs data.inputs; give a config instead of the name")


def test_rows_cannot_be_downloaded(nncli):
    assert nncli("data", "fetch", "rows").out == (
        "rows: given in the config; nothing to download\n"
    )


@pytest.mark.parametrize("name", ["arrays", "frame"])
def test_sources_whose_rows_are_given_in_python_are_no_data_sets(nncli, name):
    listed = nncli("data", "list").out
    assert "csv" in listed
    assert f"{name} " not in listed
    for command in ("fetch", "show"):
        done = nncli("data", command, name)
        assert done.code == 2
        assert done.error.startswith(f"Error: unknown data set '{name}'; ")
        assert f"{name}," not in done.error
