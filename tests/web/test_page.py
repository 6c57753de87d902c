"""The playground in a real browser: the Chromium of the system, driven by playwright."""

import json
import shutil
import socket
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import numpy as np
import pytest
import yaml

import nncli
from nncli.web.playground.application import playground
from nncli.web.playground.choices import choices

AXE = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]

DRAWN = "performance.getEntriesByName('draw').map(each => each.duration)"
TABLE = "import('/controls.js').then(({ CONTROLS }) => CONTROLS)"
ANOTHER = {  # values to choose, for the keys whose kind does not tell one
    "training.learning_rate": ("0.125", 0.125),
    "training.batch_size": ("full", "full"),
    "training.dropout": ("0.25", 0.25),
    "model.density": ("0.5", 0.5),
    "training.engine": ("auto", "auto"),
    "training.loss": ("mean_squared_error", "mean_squared_error"),
    "model.output": ("tanh", "tanh"),
    "data.source": ("gate", "gate"),
}
OF_SOURCES = {"data.rows": 40, "data.test": 20, "data.noise": 0.25, "data.classes": 3}
NOISY = {"data.rows", "data.test", "data.noise"}
NEEDED = {  # controls, by source
    "gate": {"data.gate"},
    "gauss": {*NOISY, "data.classes"},
    "spiral": {*NOISY, "data.classes", "data.turns"},
    **dict.fromkeys(["xor", "circle", "moons", "plane", "waves", "hills"], NOISY),
}
SOURCE_TABLE = """known => import("/controls.js").then(
({ sourceControls }) => sourceControls(known))"""
# The left and upper end of the network of four columns, and the width of one of them.
PLACE = """(() => {
  const box = document.getElementById("graph").getBoundingClientRect();
  return [box.x, box.y, box.width / 4];
})()"""
# What a canvas shows.
PICTURE = "id => document.getElementById(id).toDataURL()"
# The colors of the output at its left and at its right side.
SIDES = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
  const { width, height } = document.getElementById("surface");
  const picture = document.getElementById("surface").getContext("2d");
  const { data } = picture.getImageData(0, height / 2, width, 1);
  done([0.03, 0.97].map((share) => [...data.slice(4 * Math.round(share * width)).slice(0, 3)]));
})))"""
# Texts that fit into 100 pixels, and the width of the longer one.
FITTING = """import("/dom.js").then(({ fitting }) => {
  const context = document.createElement("canvas").getContext("2d");
  const long = fitting(context, "age of the younger one of both parents", 100);
  const width = context.measureText(long).width;
  return { short: fitting(context, "age", 100), long, width };
})"""
# The width of the network, and the number of different colors near a place of its canvas.
WIDTH = "document.getElementById('graph').getBoundingClientRect().width"
COLORS = """([x, y]) => new Promise(done =>
requestAnimationFrame(() => requestAnimationFrame(() => {
  const canvas = document.getElementById("graph");
  const { data } = canvas.getContext("2d").getImageData(x - 18, y - 18, 36, 36);
  done(new Set(new Uint32Array(data.buffer)).size);
})))"""
# The line of the first unit of the network, and the ends of another one, at a quarter.
LINES = """new Promise((done) => fetch("/events").then(async (answer) => {
  const [{ firstLines, zeroLine }, { floatsOf }] = await Promise.all(
    ["/lines.js", "/arrays.js"].map((each) => import(each)));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\\n\\n").length < 4) text += (await reader.read()).value;
  reader.cancel();
  const [network, frame] = text.split("\\n\\n").slice(1)
    .map((each) => each && JSON.parse(each.slice(6)));
  const all = floatsOf(network.plane.inputs);
  const plane = { ...network.plane, inputs: [all.subarray(0, 1600), all.subarray(1600)] };
  const arrays = { W1: floatsOf(frame.arrays.W1), b1: floatsOf(frame.arrays.b1) };
  const [first] = firstLines({ plane, units: network.units }, arrays);
  const quarter = Float32Array.from({ length: 100 }, (_, n) => (n % 10) + 0.5 - 2.5);
  const places = zeroLine(quarter, 10).flatMap(([a, b, c, d]) => [[a, b], [c, d]])
    .sort((one, other) => one[1] - other[1]);
  done({ first, straight: [places[0], places.at(-1)], low: plane.low, high: plane.high });
}))"""
# How bright the pixels in the middle of the drawn digit are, from left to right.
MIDDLE = """(() => {
  const pad = document.getElementById("digit-pad");
  const { data } = pad.getContext("2d").getImageData(0, pad.height / 2, pad.width, 1);
  return Array.from({ length: pad.width }, (_, n) => data[4 * n]);
})()"""
CENTERED = "pixels => import('/panels.js').then(({ centered }) => centered(pixels))"
# Curves that go on, with values of another loss.
HISTORY = """import("/chart.js").then(({ History }) => {
  const history = new History();
  [[0, 1], [10, 2]].forEach(([step, train]) => history.add(step, { train }));
  history.change();
  history.forget();
  [[0, 3], [5, 4]].forEach(([step, train]) => history.add(step, { train }));
  return { steps: history.steps, train: history.values.train, changes: history.changes };
})"""
WAITING = """new Promise((done, fail) => {
  setTimeout(() => fail(new Error("not in time")), 20000);
  const look = () => (CONDITION) ? done() : requestAnimationFrame(look);
  look();
})"""
CONFIG = {
    "data": {"source": "xor", "rows": 200, "test": 200},
    "model": {"hidden_layers": [4, 2], "activation": "tanh"},
    "training": {"learning_rate": 0.01, "batch_size": 10, "epochs": 100_000, "engine": "numpy"},
}


@pytest.fixture(scope="module")
def browser():
    """Start Chromium once."""
    with sync_api.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


class Opened:
    """A page of a server, and what its console said and what it asked for."""

    def __init__(self, page, url):
        self.page, self.messages, self.requests = page, [], []
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(url)

    def another(self):
        """Open another page of the same server in the same browser."""
        return Opened(self.page.context.new_page(), self.page.url)

    def wait(self, condition):
        """Wait until a condition holds; playwright's own way needs what the page forbids."""
        self.page.evaluate(WAITING.replace("CONDITION", condition))

    def config(self):
        """Return the config that the page shows."""
        self.page.click("#config")
        self.wait("document.getElementById('yaml').open")
        found = yaml.safe_load(self.page.inner_text("#text"))
        self.page.click("#close")
        return found

    def value(self, key):
        found = self.config()
        for name in key.split("."):
            found = found.get(name, {}) if isinstance(found, dict) else {}
        return found

    def steps(self):
        return int(self.page.inner_text("#steps").replace(",", ""))

    def train_loss(self):
        return float(self.page.inner_text("#losses .train").split()[-1])

    def field(self, key):
        return self.page.locator(f".field[data-control='{key}'] > :is(input, select)")


@pytest.fixture
def opened(browser, tmp_path):
    """Return a function that opens a page; check at the end that it was quiet."""
    found, closing = [], []

    def begin(config=CONFIG, fragment="", table=None, host="127.0.0.1", token=None, **settings):
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        server = playground(table or path, host=host, token=token)
        url = server.__enter__().url
        context = browser.new_context(**settings)
        closing.extend([context.close, lambda: server.__exit__(None, None, None)])
        page = Opened(context.new_page(), url + fragment)
        page.wait("!document.querySelector('main').inert")
        found.append((page, server))
        return page

    yield begin
    for close in closing:
        close()
    for page, server in found:
        assert page.messages == []
        assert server.failure is None
        host = server.url.partition("?")[0]
        assert [each for each in page.requests if not each.startswith(host)] == []


def chosen(control, known):
    """Return what to enter in a control, and the value that the config then has."""
    key = control["key"]
    if key in ANOTHER:
        return ANOTHER[key]
    kind = control["kind"]
    if kind == "number":
        return ("3", 3)
    if kind == "flag":
        return (None, not known["default"])
    names = [*(known["entries"] or known["enum"])]
    other = next(each for each in names if each != known["default"])
    return (other, other)


def enter(field, control, text):
    if control["kind"] == "number":
        field.fill(text)
        field.press("Enter")
    elif control["kind"] == "flag":
        field.click()
    else:
        field.select_option(text)


def test_each_control_changes_the_config_that_the_page_shows(opened):
    page = opened()
    keys = choices()["keys"]
    page.page.click("details summary")
    table = page.page.evaluate(TABLE)
    assert len(table) > 20
    for control in table:
        text, expected = chosen(control, keys.get(control["key"], {}))
        with page.page.expect_response(lambda response: "/pages/" in response.url):
            enter(page.field(control["key"]), control, text)
        found = page.value(control["key"])
        refusals = page.page.locator(".refusal").all_inner_texts()
        assert (found, "".join(refusals)) == (expected, ""), control["key"]


def test_each_control_of_each_source_changes_the_config(opened):
    page = opened()
    sources = {name: each for name, each in choices()["sources"].items() if name != "mnist"}
    assert {*sources} == {*NEEDED}
    for number, (source, known) in enumerate(sources.items()):
        with page.page.expect_response(lambda response: "/pages/" in response.url):
            page.field("data.source").select_option(source)
        table = page.page.evaluate(f"({SOURCE_TABLE})({json.dumps(known)})")
        assert {each["key"] for each in table} >= NEEDED[source]
        expected = {"source": source}
        for control in table:
            key = control["key"]
            text, value = chosen(control, known["keys"][key])
            if key in OF_SOURCES:  # another number for each source, which may keep it
                value = OF_SOURCES[key] + number
                text = str(value)
            expected[key.removeprefix("data.")] = value
            with page.page.expect_response(lambda response: "/pages/" in response.url):
                enter(page.field(key), control, text)
        assert page.value("data") == expected
        assert "".join(page.page.locator(".refusal").all_inner_texts()) == ""
        assert page.page.is_visible("#surface")


def test_parameters_of_a_choice_are_set(opened):
    page = opened()
    page.page.click("details summary")
    field = page.page.locator(".parameters[data-control='training.optimizer'] input[name='beta1']")
    assert field.get_attribute("placeholder") == "0.9"
    with page.page.expect_response(lambda found: "configure" in (found.request.post_data or "")):
        field.fill("0.5")
        field.press("Enter")
    assert page.value("training.optimizer") == {"name": "adam", "beta1": 0.5}


def test_a_unit_that_is_pointed_at_is_shown_large(opened):
    page = opened()
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")
    x, y, column = page.page.evaluate(PLACE)
    before = page.page.evaluate(PICTURE, "surface")
    page.page.mouse.move(x + 1.5 * column, y + 31)
    page.wait("document.getElementById('shown').textContent")
    assert page.page.inner_text("#shown") == "Unit 1 of hidden layer 1 (tanh)"
    page.wait(f"({PICTURE})('surface') !== {json.dumps(before)}")
    page.page.mouse.move(0, 0)
    page.wait(f"({PICTURE})('surface') === {json.dumps(before)}")


def test_a_refused_value_is_explained_next_to_its_control(opened):
    page = opened()
    field = page.field("training.learning_rate")
    field.fill("-1")
    field.press("Enter")
    page.wait(
        "document.querySelector('[data-control=\"training.learning_rate\"] .refusal').textContent"
    )
    said = page.page.inner_text("[data-control='training.learning_rate'] .refusal")
    assert "training.learning_rate" in said
    assert "found -1; expected more than 0" in said
    assert field.input_value() == "0.01"
    page.messages.clear()  # the browser tells of every refused request
    page.field("training.batch_size").fill("20")
    page.field("training.batch_size").press("Enter")
    page.wait("!document.querySelector('[aria-invalid]')")
    assert "".join(page.page.locator(".refusal").all_inner_texts()) == ""


def test_xor_learns(opened):
    page = opened()
    before = page.train_loss()
    page.page.keyboard.press("Space")
    page.wait("Number(document.getElementById('steps').textContent.replace(/,/g, '')) > 500")
    page.page.keyboard.press("Space")
    page.wait("document.getElementById('play').textContent === 'Play'")
    assert page.train_loss() < before / 2
    page.page.keyboard.press("r")
    page.wait("document.getElementById('steps').textContent === '0'")
    assert page.train_loss() == before
    label = page.page.get_attribute("#loss", "aria-label")
    assert label.startswith("Curves of the loss; step 0")


def test_the_end_of_training_is_said_and_reset_forgets_it(opened):
    page = opened({**CONFIG, "training": {**CONFIG["training"], "epochs": 1}})
    page.page.click("#epoch")
    page.wait("document.getElementById('problem').textContent.startsWith('All epochs are done')")
    page.page.click("#reset")
    page.wait("document.getElementById('problem').textContent === ''")


def test_keys_take_a_step_and_an_epoch(opened):
    page = opened()
    page.page.keyboard.press("s")
    page.wait("document.getElementById('steps').textContent === '1'")
    page.page.keyboard.press("e")
    page.wait("document.getElementById('epochs').textContent === '1'")
    assert page.steps() == 20
    page.page.focus("#speed")
    page.page.keyboard.press("s")  # which belongs to the control
    page.page.keyboard.press("Escape")
    assert page.steps() == 20


def test_a_clicked_weight_is_edited(opened):
    page = opened()
    left, top, column = page.page.evaluate(PLACE)
    x, y = left + column, top + 31
    page.page.mouse.move(x, y)
    page.wait("document.getElementById('pointed').textContent.startsWith('W1[1, 1] = ')")
    page.page.mouse.click(x, y)
    page.page.keyboard.type("0.375")
    page.page.keyboard.press("Enter")
    page.wait("!document.getElementById('restart').hidden")
    assert page.value("model.initial_weights")[0][0][0] == 0.375


def test_a_click_on_a_unit_shows_its_part_of_the_worked_example(opened):
    page = opened()
    page.page.fill("#row-number", "3")
    left, top, column = page.page.evaluate(PLACE)
    x, y = left + 2.5 * column, top + 31
    page.page.mouse.click(x, y)
    page.wait("document.getElementById('example').open")
    assert page.page.inner_text("#example-title") == "Worked example of training row 3"
    below = page.page.evaluate(
        "document.getElementById('layer-2').getBoundingClientRect().top"
        " - document.getElementById('example-text').getBoundingClientRect().top"
    )
    assert -1 < below < 40
    assert page.page.evaluate("document.getElementById('example').scrollTop") == 0
    page.page.keyboard.press("Escape")
    page.page.mouse.click(left + 0.5 * column, y)  # an input has none
    assert not page.page.evaluate("document.getElementById('example').open")


def test_the_title_of_a_worked_example_stays_on_a_phone(opened):
    page = opened(viewport={"width": 360, "height": 740})
    page.page.evaluate("document.getElementById('graph').scrollIntoView()")
    left, top, column = page.page.evaluate(PLACE)
    page.page.mouse.click(left + 2.5 * column, top + 31)
    page.wait("document.getElementById('example').open")
    assert page.page.evaluate("document.getElementById('example').scrollTop") == 0
    assert page.page.evaluate("document.getElementById('example-text').scrollTop") > 0


def test_a_hidden_worked_example_is_not_shown_by_a_click(opened):
    page = opened(fragment="#hide=example")
    left, top, column = page.page.evaluate(PLACE)
    page.page.mouse.click(left + 1.5 * column, top + 31)
    page.page.click("#surface")
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")
    assert not page.page.evaluate("document.getElementById('example').open")


def test_layers_and_units_are_added_and_removed(opened):
    page = opened()
    page.page.click("#more-layers")
    page.wait("document.querySelectorAll('.column').length === 5")
    page.page.get_by_label("Add a unit to hidden layer 1").dblclick()  # the second one waits
    page.wait("document.querySelector('.sizes span').textContent === '6'")
    assert page.value("model.hidden_layers") == [6, 2, 2]
    page.page.get_by_label("Activation of hidden layer 2").select_option("relu")
    page.wait("document.querySelectorAll('.column select')[1].value === 'relu'")
    assert page.value("model.activation") == ["tanh", "relu", "tanh"]
    page.page.click("#fewer-layers")
    page.wait("document.querySelectorAll('.column').length === 4")
    assert page.value("model.activation") == ["tanh", "relu"]


def test_a_state_is_restored_from_its_link(opened):
    first = opened()
    first.page.click("#more-layers")
    first.wait("document.querySelectorAll('.column').length === 5")
    first.page.check("#log")
    fragment = first.page.evaluate("location.hash")
    second = opened(fragment=f"{fragment}&hide=step,training.loss")
    second.wait("document.querySelectorAll('.column').length === 5")
    assert second.config() == first.config()
    assert second.page.is_checked("#log")
    assert not second.page.is_visible("#step")
    assert not second.field("training.loss").is_visible()
    assert second.page.is_visible("#epoch")


def test_a_link_hides_the_controls_of_layers_and_what_a_key_does(opened):
    page = opened(fragment="#hide=model.hidden_layers,model.activation,step")
    for each in ("#more-layers", "#fewer-layers", ".sizes button", ".column select"):
        assert not page.page.locator(each).first.is_visible(), each
    assert page.page.locator(".sizes span").all_inner_texts() == ["4", "2"]
    page.page.keyboard.press("s")
    page.page.keyboard.press("e")
    page.wait("document.getElementById('epochs').textContent === '1'")
    assert page.steps() == 20


def test_a_page_trains_without_its_output(opened):
    page = opened(fragment="#hide=output")
    assert not page.page.is_visible("#surface")
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")


def test_weights_that_were_set_are_part_of_the_link(opened):
    first = opened()
    first.page.click("#epoch")
    first.wait("document.getElementById('steps').textContent === '20'")
    first.page.fill("#number [aria-label=Value]", "0.375")
    first.page.keyboard.press("Enter")
    first.wait("!document.getElementById('restart').hidden")
    second = opened(fragment=first.page.evaluate("location.hash"))
    second.wait("!document.getElementById('restart').hidden")
    assert second.config() == first.config()
    assert second.value("model.initial_weights")[0][0][0] == 0.375
    second.page.click("#reset")  # to the weights of the seed, as on the first page
    second.wait("document.getElementById('restart').hidden")
    assert "initial_weights" not in second.config()["model"]
    third = opened(fragment=second.page.evaluate("location.hash"))
    assert third.config() == second.config()


def test_a_link_with_weights_of_another_network_is_refused(opened):
    state = urlsafe_b64encode(b'{"start": {"W1": [[1.5]]}}').decode().rstrip("=")
    page = opened(fragment=f"#state={state}")
    page.wait("document.getElementById('problem').textContent.includes('another network')")
    page.messages.clear()  # the browser tells of the refused request
    assert not page.page.is_visible("#restart")
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")


# None of them is an object of objects.
@pytest.mark.parametrize("state", ["%%%", "bnVsbA", "eyJjb25maWciOm51bGx9", "eyJzdGFydCI6MX0"])
def test_a_damaged_link_is_refused(opened, state):
    page = opened(fragment=f"#state={state}")
    assert "damaged" in page.page.inner_text("#problem")
    assert page.value("model.hidden_layers") == [4, 2]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (800, "dark"), (1400, "light")])
def test_pages_fit_the_screen(opened, width, scheme):
    page = opened(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = page.page.evaluate(
        "[document.documentElement.scrollWidth - document.documentElement.clientWidth,"
        " getComputedStyle(document.body).backgroundColor]"
    )
    assert found[0] == 0
    assert found[1] == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(21, 24, 28)")


def test_settings_that_are_opened_do_not_move_the_output(opened):
    page = opened(viewport={"width": 800, "height": 600})
    before = page.page.locator("#output").bounding_box()
    page.page.click("details[data-control=more] summary")
    page.page.evaluate("scrollTo(0, 0)")
    assert page.page.locator("#output").bounding_box()["y"] == before["y"]
    network = page.page.locator("#network").bounding_box()
    assert before["y"] < network["y"] + network["height"] + 40


@pytest.mark.skipif(not AXE.exists(), reason=f"needs {AXE}")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(opened, scheme):
    page = opened(color_scheme=scheme)
    page.page.click("details summary")
    page.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.page.evaluate("axe.run()")["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_classes_are_shown_and_other_inputs_have_no_plane(opened):
    rows = {
        "source": "rows",
        "inputs": [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
        "labels": ["a", "b", "c"],
    }
    page = opened({"data": rows, "training": {"batch_size": 1, "engine": "numpy"}})
    assert page.page.locator("#legend .named").all_inner_texts() == ["a", "b", "c"]
    assert not page.page.is_visible("#surface")
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")


def test_many_weights_are_fetched_apart(opened):
    rows = {"source": "rows", "inputs": [[n / 100] * 100 for n in range(4)], "labels": [0, 1, 0, 1]}
    training = {"batch_size": 4, "engine": "numpy"}
    page = opened({"data": rows, "model": {"hidden_layers": [60]}, "training": training})
    middle = page.page.evaluate(WIDTH) / 2
    with page.page.expect_response(
        lambda found: "weights" in (found.request.post_data or "")
    ) as asked:
        page.page.click("#step")
    asked.value.finished()
    assert page.page.evaluate(COLORS, [middle, 31]) > 20


def test_lines_are_where_a_weighted_sum_is_0(opened):
    weights = [[[1.0, 0.0], [2.0, 0.0]], [[1.0], [1.0]]]
    model = {"hidden_layers": [2], "initial_weights": weights}
    data = {**CONFIG["data"], "scale": "none", "features": ["x1", {"square": "x2"}]}
    page = opened({**CONFIG, "data": data, "model": model})
    lines = page.page.evaluate(LINES)
    low, high = lines["low"], lines["high"]
    assert len(lines["first"]) > 40
    for across, down in [each[:2] for each in lines["first"]]:
        x = low[0] + across * (high[0] - low[0])
        y = high[1] - down * (high[1] - low[1])
        assert abs(x + 2 * y * y) < 0.02 * (high[0] - low[0])
    assert lines["straight"][0] == pytest.approx([0.25, -0.05])  # beyond the edges
    assert lines["straight"][1] == pytest.approx([0.25, 1.05])
    before = page.page.evaluate(PICTURE, "surface")
    page.page.check("#lines")
    page.wait(f"({PICTURE})('surface') !== {json.dumps(before)}")
    page.page.click("#fewer-layers")
    page.wait("document.getElementById('lines').parentElement.hidden")


def test_curves_go_on_after_a_change_that_keeps_the_weights(opened):
    page = opened()
    page.page.click("#epoch")
    page.wait("document.getElementById('steps').textContent === '20'")
    assert not page.page.is_visible("#all-steps")
    field = page.field("training.learning_rate")
    field.fill("0.1")
    field.press("Enter")
    page.wait("document.getElementById('steps').textContent === '0'")
    assert page.page.inner_text("#steps-name") == "Step since change"
    assert page.page.inner_text("#all-steps") == "20"
    page.page.click("#epoch")
    page.wait("document.getElementById('all-steps').textContent === '40'")
    label = page.page.get_attribute("#loss", "aria-label")
    assert label.startswith("Curves of the loss; step 40 in all, last change after step 20:")
    page.page.click("#reset")
    page.wait("document.getElementById('steps-name').textContent === 'Step'")
    assert not page.page.is_visible("#all-steps")


def test_curves_of_another_loss_begin_after_the_change(opened):
    history = opened().page.evaluate(HISTORY)
    assert history == {"steps": [0, 10, 15], "train": [None, 3, 4], "changes": [10]}


def test_features_are_chosen_among_those_of_both_columns(opened):
    page = opened()
    boxes = page.page.locator("#features label")
    assert boxes.all_inner_texts() == ["x1", "x2", "x1²", "x2²", "x1·x2", "sin x1", "sin x2"]
    page.page.get_by_label("x1·x2").check()
    page.page.get_by_label("sin x2").check()
    page.wait("document.querySelector('.column').textContent === '4 inputs'")
    products = {"product": ["x1", "x2"]}
    assert page.value("data.features") == ["x1", "x2", products, {"sine": "x2"}]
    *_, column = page.page.evaluate(PLACE)
    assert page.page.evaluate(COLORS, [column / 2, 10 + 2 * 60 + 21]) > 20  # of the product
    for name in ("x1", "x2", "sin x2"):
        page.page.get_by_label(name, exact=True).uncheck()
    page.wait("document.querySelector('.column').textContent === '1 input'")
    assert page.value("data.features") == [products]
    page.page.select_option(".field[data-control='data.source'] select", "circle")
    page.wait("document.querySelector('.field[data-control=\"data.noise\"] input')")
    assert page.value("data.features") == [products]
    page.page.get_by_label("x1·x2").uncheck()
    page.wait("document.getElementById('features-refusal').textContent.includes('empty list')")
    assert page.page.get_by_label("x1·x2").is_checked()
    page.messages.clear()  # the browser tells of every refused request


def test_both_columns_alone_are_no_list_of_features(opened):
    page = opened({**CONFIG, "data": {**CONFIG["data"], "features": ["x1", {"square": "x1"}]}})
    assert page.page.get_by_label("x1²").is_checked()
    page.page.get_by_label("x1²").uncheck()
    page.page.get_by_label("x2", exact=True).check()
    page.wait("document.querySelector('.column').textContent === '2 inputs'")
    assert "features" not in page.value("data")


def test_another_source_keeps_what_means_the_same(opened):
    page = opened({**CONFIG, "data": {**CONFIG["data"], "noise": 0.4, "balanced": False}})
    page.page.select_option(".field[data-control='data.source'] select", "circle")
    page.wait("!document.querySelector('.field[data-control=\"data.balanced\"]')")
    assert page.value("data") == {"source": "circle", "rows": 200, "test": 200}


def test_a_click_adds_and_removes_a_row(opened):
    page = opened()
    page.page.select_option("#click", "add 1")
    page.page.click("#surface", position={"x": 40, "y": 60})
    page.wait(
        "document.querySelector('.field[data-control=\"data.source\"] select').value === 'rows'"
    )
    data = page.value("data")
    assert (len(data["inputs"]), data["labels"][-1]) == (201, "1")
    page.page.select_option("#click", "remove")
    with page.page.expect_response(lambda found: "remove" in (found.request.post_data or "")):
        page.page.click("#surface", position={"x": 40, "y": 60})
    assert page.value("data")["inputs"] == data["inputs"][:-1]


def test_a_config_may_list_many_rows(opened):
    inputs = [[0.123456789 + n, 1.23456789] for n in range(1900)]
    rows = {"source": "rows", "inputs": inputs, "labels": [n % 2 for n in range(1900)]}
    page = opened({**CONFIG, "data": rows})
    field = page.field("training.learning_rate")
    with page.page.expect_response(lambda found: "configure" in (found.request.post_data or "")):
        field.fill("0.5")
        field.press("Enter")
    page.wait(
        "document.querySelector('[data-control=\"training.learning_rate\"] .refusal')"
        ".textContent === ''"
    )
    assert field.input_value() == "0.5"


def test_a_row_has_a_worked_example(opened):
    page = opened()
    page.page.fill("#row-number", "3")
    page.page.keyboard.press("Enter")
    page.wait("document.getElementById('example').open")
    text = page.page.inner_text("#example")
    assert "Worked example of training row 3" in text
    assert "Backward" in text
    assert page.page.locator("#example-text math").count() > 10


def test_a_lesson_begins_and_its_link_begins_it_again(opened):
    page = opened()
    page.page.select_option("#lesson", "same_start")
    page.wait("document.getElementById('lesson-text').innerText.includes('stay alike')")
    page.wait("document.querySelectorAll('.column').length === 3")
    again = opened(fragment=page.page.evaluate("location.hash"))
    again.wait("document.querySelectorAll('.column').length === 3")
    assert again.config() == page.config()
    assert "stay alike" in again.page.inner_text("#lesson-text")
    page.page.click("#play")
    page.wait("document.getElementById('findings').innerText.includes('N0')")


def test_findings_arise_while_a_page_plays(opened):
    training = {**CONFIG["training"], "learning_rate": 1e-9, "optimizer": "sgd"}
    page = opened({**CONFIG, "training": training})
    assert not page.page.locator("#findings li").count()
    page.page.click("#play")
    page.wait("document.querySelector('#findings li')")
    assert page.page.inner_text("#play") == "Pause"
    page.page.click("#play")
    page.wait("document.getElementById('findings').innerText.includes('N012')")


def test_the_hidden_space_and_the_loss_landscape_are_drawn(opened):
    page = opened()
    page.page.click("#epoch")
    for panel, canvas in (("hidden-space", "hidden-map"), ("landscape", "landscape-map")):
        page.page.click(f"#{panel} summary")
        page.wait(f"({PICTURE})('{canvas}').length > 2000")  # an empty one is shorter
    page.page.select_option("[aria-label='Array']", "b1")
    with page.page.expect_response(lambda found: "landscape" in (found.request.post_data or "")):
        page.page.click("#landscape-y")
    assert page.page.inner_text("#landscape-y") == "Up: b1[1]"
    assert page.page.inner_text("#landscape-range").startswith("losses from")


def test_a_drawn_digit_is_predicted(opened):
    inputs = [[255.0 * (n % 2)] * 784 for n in range(4)]
    rows = {"source": "rows", "inputs": inputs, "labels": ["white", "black"] * 2}
    page = opened({"data": rows, "training": {"batch_size": 4, "engine": "numpy"}})
    page.page.click("#digit summary")
    page.wait("document.querySelectorAll('#digit-outputs li').length === 1")
    empty = page.page.evaluate(PICTURE, "digit-pad")
    page.page.hover("#digit-pad")
    page.page.mouse.down()
    page.page.mouse.up()
    page.wait(f"({PICTURE})('digit-pad') !== {json.dumps(empty)}")
    page.wait("document.querySelectorAll('#digit-outputs li').length === 1")
    assert page.page.inner_text("#digit-outputs").startswith("y: ")


def test_a_fast_stroke_has_no_gaps(opened):
    rows = {"source": "rows", "inputs": [[255.0 * n] * 784 for n in (0, 1)], "labels": [0, 1]}
    page = opened({"data": rows, "training": {"batch_size": 2, "engine": "numpy"}})
    page.page.click("#digit summary")
    page.page.locator("#digit-pad").scroll_into_view_if_needed()
    box = page.page.locator("#digit-pad").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + 10, middle)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] - 10, middle)  # in one leap
    page.page.mouse.up()
    line = page.page.evaluate(MIDDLE)
    edge = len(line) // 8
    assert min(line[edge:-edge]) > 150


def test_a_digit_of_mnist_is_moved_to_the_middle(opened):
    pixels = np.zeros((28, 28), int)
    pixels[2:8, 15:19] = 200
    pixels[2, 15] = 40
    page = opened().page
    for rows, columns in ((0, 0), (18, 5), (3, -12)):
        drawn = np.roll(pixels, (rows, columns), (0, 1))
        moved = page.evaluate(CENTERED, drawn.ravel().tolist())
        assert np.array_equal(np.reshape(moved, (28, 28))[11:17, 12:16], pixels[2:8, 15:19])
        assert sum(moved) == pixels.sum()
    assert page.evaluate(CENTERED, [0] * 784) == [0] * 784


def test_mnist_that_is_not_in_the_cache_is_refused(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    said = "nncli data fetch mnist"
    page = opened()
    before = page.config()
    page.field("data.source").select_option("mnist")
    page.wait("document.querySelector('[data-control=\"data.source\"] .refusal').textContent")
    assert said in page.page.inner_text("[data-control='data.source'] .refusal")
    assert page.field("data.source").input_value() == "xor"
    page.page.select_option("#lesson", "same_start")
    page.wait("document.querySelectorAll('.column').length === 3")
    lesson = page.config()
    page.page.select_option("#lesson", "mnist_15_softmax")
    page.wait(f"document.getElementById('problem').textContent.includes('{said}')")
    assert page.page.input_value("#lesson") == "same_start"
    assert "stay alike" in page.page.inner_text("#lesson-text")
    assert page.config() == lesson
    page.page.select_option("#lesson", "")
    page.wait("document.querySelectorAll('.column').length === 4")
    assert page.config() == before
    page.messages.clear()  # the browser tells of every refused request


def test_a_refused_link_stays_in_the_address_until_something_changes(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path / "cache"))
    state = urlsafe_b64encode(b'{"view": {"lesson": "mnist_15_softmax"}}').decode().rstrip("=")
    page = opened(fragment=f"#state={state}")
    page.wait("document.getElementById('problem').textContent.includes('data fetch mnist')")
    page.messages.clear()  # the browser tells of the refused request
    assert not page.page.is_visible("#lesson-text")
    assert page.page.evaluate("location.hash") == f"#state={state}"
    page.page.click("#more-layers")
    page.wait("document.querySelectorAll('.column').length === 5")
    again = opened(fragment=page.page.evaluate("location.hash"))
    again.wait("document.querySelectorAll('.column').length === 5")
    assert again.page.inner_text("#problem") == ""


def test_a_page_without_javascript_says_what_it_needs(browser):
    with playground() as server:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(server.url)
        assert "needs JavaScript" in page.inner_text("body")
        context.close()


@pytest.fixture
def table(tmp_path):
    """Return the path of a table with three columns of numbers and two classes."""
    rows = [f"{n % 7},{n % 5},{n % 3},{'yes' if n % 7 > n % 3 else 'no'}" for n in range(60)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["a,b,c,answer", *rows]), encoding="utf-8")
    return path


def test_the_share_of_test_rows_of_a_table_is_chosen(opened, table):
    page = opened(table=table)
    field = page.field("data.test")
    assert field.get_attribute("placeholder") == "12"  # a fifth
    for text, value in (("0.5", 0.5), ("10", 10)):
        with page.page.expect_response(lambda response: "/pages/" in response.url):
            field.fill(text)
            field.press("Enter")
        assert page.value("data.test") == value
    page.page.select_option(".field[data-control='data.source'] select", "circle")
    page.wait("document.querySelector('.field[data-control=\"data.noise\"] input')")
    assert "test" not in page.value("data")


def test_any_two_columns_of_a_table_are_the_plane(opened, table):
    page = opened(table=table)
    assert page.value("data.drop") == ["c"]
    page.page.select_option("#column-1", "c")
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")
    assert page.value("data.drop") == ["b"]
    page.page.select_option("#column-1", "a")  # c takes the place of a
    page.wait("document.getElementById('steps').textContent === '0'")
    assert page.value("data.drop") == ["b"]
    assert page.page.is_visible("#surface")
    page.page.select_option("#click", "add 1")
    page.page.click("#surface", position={"x": 40, "y": 60})
    page.wait("document.getElementById('own-columns').hidden")  # the listed rows have no others


def test_the_output_has_the_colors_of_targets_that_are_scaled(opened, tmp_path):
    rows = [f"{n / 10},{n % 7},{2000 + 12.5 * n}" for n in range(84)]
    table = tmp_path / "own.csv"
    table.write_text("\n".join(["a,b,price", *rows]), encoding="utf-8")
    page = opened(table=table)
    page.page.click("#play")
    page.wait("Number(document.getElementById('epochs').textContent) >= 200")
    page.page.click("#play")
    low, high = page.page.evaluate(SIDES)
    assert page.page.locator("#legend .named").all_inner_texts()[:2] == [
        "target 2000",
        "target 3000",
    ]
    clicks = page.page.locator("#click option").all_inner_texts()
    assert clicks[1:3] == ["adds a row with target 2000", "adds a row with target 3000"]
    assert low[0] > low[2] + 40  # orange
    assert high[2] > high[0] + 40  # blue


def test_a_long_text_is_shortened_to_fit(opened):
    texts = opened().page.evaluate(FITTING)
    assert texts["short"] == "age"
    assert texts["long"].startswith("age of the")
    assert texts["long"].endswith("…")
    assert texts["width"] <= 100


def test_warnings_of_the_data_are_shown(opened, tmp_path):
    rows = [f"{n % 7 if n % 9 else ''},{n % 5},{'yes' if n % 7 > 3 else 'no'}" for n in range(90)]
    table = tmp_path / "own.csv"
    table.write_text("\n".join(["a,b,answer", *rows]), encoding="utf-8")
    page = opened(table=table)
    (said,) = page.page.locator("#warnings li").all_inner_texts()
    assert said.startswith("FILE: column a: 10 missing values take the median")
    page.page.select_option(".field[data-control='data.source'] select", "xor")
    page.wait("!document.querySelector('#warnings li')")


def test_a_page_of_another_computer_copies_its_config(opened):
    with socket.socket(type=socket.SOCK_DGRAM) as route:
        try:
            route.connect(("192.0.2.1", 9))  # of documents; nothing is sent
        except OSError:
            pytest.skip("needs an address that other computers reach")
        host = route.getsockname()[0]
    page = opened(host=host, token="a-token-for-tests")
    assert not page.page.evaluate("isSecureContext")
    page.page.click("#config")
    page.wait("document.getElementById('yaml').open")
    expected = page.page.inner_text("#text")
    page.page.click("#copy")
    page.wait("document.getElementById('copied').textContent === 'Copied'")
    page.page.click("#close")
    page.page.evaluate("document.body.append(document.createElement('textarea'))")
    page.page.focus("textarea")
    page.page.keyboard.press("Control+V")
    assert page.page.input_value("textarea").rstrip() == expected.rstrip()
    assert all("Cross-Origin-Opener-Policy" in each for each in page.messages)
    page.messages.clear()  # the browser tells that this header needs encryption


def test_a_page_is_saved_as_a_run(opened, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = opened()
    page.page.click("#epoch")
    page.wait("document.getElementById('epochs').textContent === '1'")
    page.page.click("#save")
    page.wait("document.getElementById('saved').textContent")
    (saved,) = (tmp_path / "runs").iterdir()
    assert saved.name in page.page.inner_text("#saved")
    assert (saved / "weights.npz").exists()


def test_pages_train_apart_and_a_fifth_one_is_refused(opened):
    first = opened()
    pages = [first]
    for _ in range(3):
        pages.append(first.another())
        pages[-1].wait("document.querySelector('#columns .column')")
    pages[1].page.click("#more-layers")
    pages[1].wait("document.querySelectorAll('.column').length === 5")
    pages[1].page.click("#epoch")
    pages[1].wait("document.getElementById('epochs').textContent === '1'")
    assert (first.steps(), first.value("model.hidden_layers")) == (0, [4, 2])
    fifth = first.another()
    fifth.wait("document.getElementById('problem').textContent.includes('pages')")
    assert not fifth.page.is_visible("main")
    assert not fifth.page.is_visible("#play")
    pages[-1].page.close()
    fifth.messages.clear()  # the browser tells of the refused request
    fifth.page.reload()
    fifth.wait("document.querySelector('#columns .column')")


def test_a_frame_is_drawn_in_eight_milliseconds(opened):
    page = opened(
        {
            **CONFIG,
            "data": {"source": "xor", "rows": 500, "test": 0},
            "model": {"hidden_layers": [8, 8]},
        }
    )
    page.page.click("#play")
    page.wait("performance.now() > 1000 + (window.begin ??= performance.now())")
    page.page.evaluate("performance.clearMeasures('draw')")
    page.wait(f"{DRAWN}.length > 40")
    page.page.click("#play")
    durations = sorted(page.page.evaluate(DRAWN))
    assert durations[len(durations) // 2] <= 8


def linked(state):
    return "#state=" + urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def test_actions_at_once_are_taken_one_after_the_other(opened):
    page = opened()
    page.page.evaluate(
        """() => {
          for (const id of ["reseed", "reseed", "more-layers", "reseed"])
            document.getElementById(id).click();
        }"""
    )
    page.wait("document.querySelectorAll('.column').length === 5")
    assert page.value("seed") == 3
    assert page.value("model.hidden_layers") == [4, 2, 2]


@pytest.mark.parametrize("key", ["seed.a", "model.activation.a.b", "training.a", "__proto__.a"])
def test_a_link_that_the_server_refuses_leaves_the_page_as_it_is(opened, key):
    fragment = linked({"config": {key: 3}, "view": {"speed": {}}})
    page = opened({**CONFIG, "seed": 3}, fragment=fragment)
    assert page.page.evaluate("({}).a") is None
    page.page.click("#step")
    page.wait("document.getElementById('steps').textContent === '1'")
    assert page.value("model.hidden_layers") == [4, 2]
    page.messages.clear()  # the browser tells of the refused request


def test_another_link_is_followed(opened):
    page = opened()
    fragment = linked({"config": {"model.hidden_layers": [3]}})
    page.page.evaluate(
        """fragment => {
          location.hash = fragment;
          document.getElementById("log").click();  // which writes the link
        }""",
        fragment,
    )
    page.wait("document.querySelector('.sizes span').textContent === '3'")
    assert page.value("model.hidden_layers") == [3]
    page.page.evaluate("location.hash = '#state=%%%'")
    page.wait("document.getElementById('problem').textContent.includes('damaged')")
    assert page.value("model.hidden_layers") == [3]


def test_many_weights_of_a_run_are_kept_by_a_link(opened, tmp_path):
    run = tmp_path / "run"
    training = {**CONFIG["training"], "epochs": 1}
    nncli.train({**CONFIG, "model": {"hidden_layers": [300]}, "training": training}, out=run)
    first = opened(table=run)
    loss = first.train_loss()
    field = first.field("training.learning_rate")
    field.fill("0.5")
    field.press("Enter")
    first.wait("location.hash")
    second = Opened(first.page.context.new_page(), first.page.url)
    second.wait("!document.querySelector('main').inert")
    assert second.value("training.learning_rate") == 0.5
    assert second.train_loss() == loss
    second.page.click("#reset")
    second.wait("document.getElementById('restart').hidden")
    third = Opened(first.page.context.new_page(), second.page.url)
    third.wait("!document.querySelector('main').inert")
    assert third.train_loss() == second.train_loss() != loss


def test_a_link_may_be_long(opened):
    rows = {"data.inputs": [[0.1234567890123456 + n, 1.2] for n in range(10_000)]}
    encode = "state => import('/state.js').then((found) => found.encoded(state))"
    text = opened().page.evaluate(encode, rows)
    assert json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))) == rows


def test_a_hidden_control_has_no_key(opened):
    page = opened(fragment="#hide=epoch")
    page.page.keyboard.press("e")
    page.page.keyboard.press("s")
    page.wait("document.getElementById('steps').textContent !== '0'")
    assert page.steps() == 1


def test_a_layer_before_an_output_with_an_initializer_is_added(opened):
    model = {"hidden_layers": [], "initializer": ["he_normal"]}
    page = opened({**CONFIG, "model": model})
    page.page.click("#more-layers")
    page.wait("document.querySelectorAll('.column').length === 3")
    assert page.value("model.initializer") == ["he_normal", "he_normal"]
