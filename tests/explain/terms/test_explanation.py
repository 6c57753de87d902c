"""Every term that nncli uses is explained, and found by each of its names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncli
from nncli import explanation, meanings_of, names_by_kind
from nncli.base.errors import UsageError
from nncli.config.finding_codes import FINDINGS
from nncli.config.keys import known_keys
from nncli.config.monitored import MONITORED
from nncli.config.reference import TABLES
from nncli.config.sources import SOURCES
from nncli.config.synonyms import CHOICES, KEYS, letters
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.terms.everyday import EVERYDAY
from nncli.explain.terms.explanation import meanings
from nncli.metrics.names import METRICS
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS

KEYS_OF_SOURCES = sorted({key for name in SOURCES for key in known_keys({"data": name})})
PARAMETERS = sorted(
    {key for it in TABLES.values() for each in it.values() for key in each.parameters}
)
NAMES_OF_TABLES = sorted({name for table in TABLES.values() for name in table})


def assert_explained(name, kind=None):
    """Check that a name has an explanation that says more than the name."""
    found = meanings_of(name)
    if kind:
        assert kind in {each.kind for each in found}, name
    for each in found:
        assert len(" ".join((each.text, *each.facts)).split()) > 1, each
        assert each.text or any(it.kind == "term" for it in found), each
        assert each.text.strip(".").lower() not in {it.lower() for it in each.names}
        assert all(text.endswith(".") for text in (each.text, *each.facts) if text), each
    page = explanation(name)
    assert page.endswith("\n")
    assert max(map(len, page.splitlines())) <= 80
    assert page.isascii() or re.sub("[\n]", "", page).isprintable()
    assert "`" not in page
    assert "](" not in page


@pytest.mark.parametrize("key", KEYS_OF_SOURCES)
def test_every_key_is_explained_with_and_without_its_section(key):
    kind = "parameter" if key.startswith("training.optimizer.") else "config key"
    if key != "data.source":
        assert_explained(key.rpartition(".")[2], kind)
    if kind == "config key" and key != "data.source":
        assert_explained(key, kind)


@pytest.mark.parametrize("name", NAMES_OF_TABLES)
def test_every_choice_is_explained_with_its_summary_and_parameters(name):
    assert_explained(name)
    page = re.sub(r"\s+", " ", explanation(name)).lower()
    for table in TABLES.values():
        if name in table:
            assert table[name].summary.lower() in page
            assert all(f"{key} (" in page for key in table[name].parameters)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_explained(name):
    assert_explained(name, "parameter")


def test_every_other_word_of_a_key_is_explained():
    words = {
        word
        for source in SOURCES
        for each in known_keys({"data": source}).values()
        for word in each.words
    }
    for word in words - {"true", "false"}:
        assert_explained(word)


@pytest.mark.parametrize(
    "name", sorted({"loss", *(it for each in METRICS.values() for it in each)})
)
def test_every_metric_is_explained(name):
    assert_explained(name, "metric")
    (metric,) = [each for each in meanings_of(name) if each.kind == "metric"]
    assert metric.facts[0].startswith(("For: ", "For every task."))
    for task in METRICS:
        assert (task in metric.facts[0]) == (name in METRICS[task])


@pytest.mark.parametrize("name", MONITORED)
def test_every_value_to_monitor_is_a_column(name):
    assert_explained(name, "column")


@pytest.mark.parametrize(
    "data",
    [
        {"source": "xor", "rows": 40, "test": 10, "validation": 0.5},
        {"source": "rows", "inputs": [[0], [1], [2]], "targets": [0.5, 1.5, 2.5]},
    ],
)
def test_every_column_of_a_history_is_explained(data):
    model = {"activation": "tanh", "hidden_layers": [2, 2]}
    config = {"data": data, "model": model, "training": {"epochs": 1, "l2": 0.01}}
    if "validation" in data:
        config["training"]["early_stopping"] = {"monitor": "validation_brier"}
    history = nncli.train(config).history
    assert {"gradient_norm_3", "saturated_2", "penalty"} <= {*history}
    for name in history:
        assert_explained(name, "column")


@pytest.mark.parametrize("code", FINDINGS)
def test_every_finding_is_explained_by_its_page_without_the_example(code):
    assert_explained(code, "finding")
    assert explanation(code.lower()) == explanation(code)
    text = explanation(code)
    assert text.startswith(f"{code}: {FINDINGS[code]}\n===")
    assert text.count("\n----") in (2, 3)  # how it is known; why; what to do
    assert "\nHow it is known\n" in text
    assert "\nWhy it happens" in text
    assert "nncli train -q" not in text
    assert not re.search(r"```|\*\*|<!--|\n#|\n\| ", text)
    page = re.sub(r"\s+", " ", text)
    assert f"docs/findings/{code}.md" in page
    assert f"diagnose: {{ignore: [{code}]}}" in page
    if code in RULES:
        assert f"a {RULES[code].severity}" in page


@pytest.mark.parametrize("code", FINDINGS)
def test_the_title_of_a_finding_is_a_term(code):
    for name in (FINDINGS[code], FINDINGS[code].removeprefix("the ").upper()):
        assert code in {each.name for each in meanings_of(name)}
    found = meanings_of(FINDINGS[code])
    if len(found) == 1:
        assert explanation(FINDINGS[code]) == explanation(code)


def test_a_finding_that_is_also_a_term_is_explained_in_short():
    text = explanation("overfitting")
    assert "\nFinding N040\n" in text
    assert "nncli explain N040" in re.sub(r"\s+", " ", text)
    assert "How it is known" not in text


def test_a_table_of_a_page_has_aligned_columns_within_80():
    lines = explanation("N003").splitlines()
    change = next(line.index("change") for line in lines if line.startswith("  cause  "))
    rows = {line[2:change].strip(): line[change:] for line in lines if line.startswith("  ")}
    assert rows["dropout leaves too few units"] == "training.dropout=0"
    assert rows["the loss still falls at the end"] == "a learning rate ten times as high"


def test_the_page_of_a_finding_is_in_json():
    (found,) = meanings_of("dead units")
    assert (found.kind, found.name) == ("finding", "N020")
    assert found.as_json()["page"] == found.page
    assert "page" not in meanings_of("adam")[0].as_json()


def test_every_term_of_the_glossary_is_explained():
    terms = names_by_kind()["terms"]
    assert len(terms) > 80
    for name in terms:
        assert_explained(name, "term")


@pytest.mark.parametrize("table", [EVERYDAY, KEYS, CHOICES], ids=["everyday", "keys", "choices"])
def test_every_other_name_is_explained_by_what_it_means(table):
    for name, means in table.items():
        found = {name for each in meanings_of(name) for name in each.names}
        if table is not CHOICES:
            assert {each.rpartition(".")[2] for each in means} <= found, name
        else:  # a name of nncli is that name, whatever others mean by it
            own = {letters(it) for each in meanings() for it in each.names}
            assert found & {*means} or letters(name) in own, name


@pytest.mark.parametrize(
    ("spellings", "title"),
    [
        (["learning_rate", "Learning Rate", "LEARNING-RATE", "learningRate"], "learning rate"),
        (["epoch", "Epoch"], "epoch"),
        (["softmax", "SoftMax"], "softmax"),
        (["leaky_relu", "LeakyReLU", "leaky relu"], "leaky_relu"),
        (["batches"], "batch"),
        (["categories"], "category"),
        (["weights"], "weight"),
    ],
)
def test_spelling_and_plural_do_not_matter(spellings, title):
    pages = {explanation(each) for each in spellings}
    assert len(pages) == 1
    assert pages.pop().startswith(f"{title}\n")


@pytest.mark.parametrize(
    ("term", "title", "says"),
    [
        ("lr", "learning rate, also called lr", "Config key training.learning_rate"),
        ("mse", "mean_squared_error, also called mse", "term = (a - t)²"),
        ("minibatch", "batch, also called minibatch", "Config key training.batch_size"),
        ("ECE", "expected calibration error", "Metric ece"),
        ("weight decay", "weight_decay", "Config key training.l2"),
        ("neurons", "unit, also called neurons", "One element of a layer"),
        ("he", "he_normal, also called he", "Write model.initializer: he_normal."),
        ("sgd", "sgd", "With momentum: v ← momentum·v + g, w ← w - η·v\n"),
        ("sgd", "sgd", "Without momentum: w ← w - η·g\n"),
        ("sgd", "sgd", "v ← momentum·v + g, w ← w - η·(g + momentum·v)\n"),
        ("sgd", "sgd", "η the learning rate; v starts at 0."),
        ("adam", "adam", "m and v start at 0."),
        ("gelu", "gelu", "Φ is the\n  standard normal distribution function, φ its density."),
        ("bias", "bias", "\n\nA number that each unit adds"),
        ("exponential", "exponential", "Multiplied by decay in every epoch."),
        ("decimal", "data.decimal", 'Choices: ".",\n  ",".'),
        ("mae", "mean absolute error", "of several targets is the mean of theirs."),
        ("ece", "expected calibration error", "frequency is the fraction of them"),
        ("training.optimizer", "optimizer", "Choices: sgd, adagrad,"),
        ("gradient_norm_7", "gradient norm", "layer N"),
        ("chain rule", "chain rule", "∂f/∂x = ∂f/∂q·∂q/∂x"),
        ("feedforward", "forward pass, also called feedforward", "nncli trace --forward"),
        ("linearly-separable", "linearly separable", "XOR is not"),
        ("noisy XOR", "xor, also called noisy XOR", "Noisy XOR: points around"),
        ("Θ", "theta, also called Θ", "--form theta"),
        ("η", "learning rate, also called η", "Config key training.learning_rate"),
        (".", ".", 'Write data.decimal: ".".'),
    ],
)
def test_a_term_is_found_by_the_names_of_others(term, title, says):
    page = explanation(term)
    assert page.splitlines()[0] == title
    assert says in page


def test_every_term_begins_with_a_capital_letter():
    texts = [each.text for each in meanings() if each.kind == "term"]
    assert [text for text in texts if not text[0].isupper()] == []


def test_a_term_with_several_meanings_has_all_of_them():
    kinds = [(each.kind, each.of) for each in meanings_of("momentum")]
    assert kinds == [("term", ""), ("parameter", "batch_norm"), ("parameter", "sgd")]
    assert [each.kind for each in meanings_of("step")] == ["term", "activation", "schedule"]
    assert [each.name for each in meanings_of("l2")] == ["training.l2"]
    assert {each.kind for each in meanings_of("precision")} == {"term", "config key", "metric"}


def test_formulas_are_those_of_the_tables():
    assert meanings_of("tanh")[-1].formulas == ("g(z) = tanh(z)", "g'(z) = 1 - a²")
    assert meanings_of("leaky_relu")[0].formulas == (
        "g(z) = z if z > 0, else slope·z",
        "g'(z) = 1 if z > 0, else slope",
    )
    assert meanings_of("normalized_sigmoid")[0].formulas == (
        "aᵢ = (1 / (1 + e^-zᵢ)) / Σ (1 / (1 + e^-z))",
        "∂aᵢ/∂zⱼ = aᵢ·([i = j] - aⱼ) / (1 + e^zⱼ)",
    )
    for table in (ACTIVATIONS, LOSSES, OPTIMIZERS):
        for name in table:
            formulas = [line for each in meanings_of(name) for line in each.formulas]
            assert formulas, name
            assert not any("<" in line for line in formulas)


def test_a_normalization_has_its_steps_and_the_running_values():
    (of_rows,), (of_batches,) = (
        [each for each in meanings_of(name) if each.kind == "normalization"]
        for name in ("layer_norm", "batch_norm")
    )
    assert of_rows.formulas == (
        "μ = mean of z over the units",
        "v = mean of (z - μ)² over the units",
        "n = (z - μ) / √(v + epsilon)",
        "y = γ·n + β",
    )
    assert of_batches.formulas[:2] == (
        "μ = mean of z over the rows",
        "v = mean of (z - μ)² over the rows",
    )
    assert of_batches.formulas[4] == "r ← (1 - momentum)·r + momentum·μ"
    assert "Predictions use r and s in place of μ and v." in of_batches.facts
    assert not any("Predictions" in fact for fact in of_rows.facts)


def test_every_letter_of_the_formulas_is_explained():
    letter = re.compile("(?<![A-Za-z0-9_])[a-zA-ZηΦφ](?![A-Za-z0-9])")
    for each in meanings():
        said = {*letter.findall(" ".join((each.text, *each.facts)))}
        defined = re.findall(r"(\w) = ", " ".join(each.formulas))
        for line in each.formulas:
            used = letter.findall(re.sub(r"\[i = j\]", "", line))
            assert {*used} <= {*said, *defined, "e", "g"}, line


def test_sentences_begin_with_capitals_or_formulas():
    for each in meanings():
        assert not re.match("(a|[a-z]{2,}) [a-z]{2}", each.text), each


def test_related_terms_are_explained_too():
    for each in meanings():
        if related := explanation(each.name).partition("\nRelated: ")[2]:
            for name in re.sub(r"\s+", " ", related).strip(" .").split(", "):
                assert meanings_of(name)
                assert name != each.name


@pytest.mark.parametrize(
    ("term", "hint"),
    [
        ("epochz", "; did you mean 'epoch' or 'best epoch'?"),
        ("qqqqqq", "; nncli explain lists all terms"),
        ("", "; nncli explain lists all terms"),
        ("a\x1b[31m" + "x" * 500, "; nncli explain lists all terms"),
    ],
)
def test_an_unknown_term_is_answered_with_the_nearest(term, hint):
    with pytest.raises(UsageError) as caught:
        explanation(term)
    message = str(caught.value)
    assert message.startswith("explain: unknown term '")
    assert message.endswith(hint)
    assert message.isprintable()
    assert len(message) < 150


def test_a_term_that_is_no_text_is_refused():
    with pytest.raises(UsageError, match="term: found 3; expected a text"):
        explanation(3)


@given(term=st.text(max_size=20))
def test_any_text_is_explained_or_refused(term):
    try:
        assert explanation(term)
    except UsageError as error:
        assert str(error).isprintable()  # noqa: PT017
