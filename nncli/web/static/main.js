// The page: it connects the controls, the drawing and the server.

import { CONTROLS, sourceControls } from "./controls.js";
import { css, classColor, diverging } from "./colors.js";
import { byId, element, setText, signed } from "./dom.js";
import { Drawing } from "./drawing.js";
import { Features } from "./features.js";
import { Field } from "./fields.js";
import { Columns } from "./layers.js";
import { hasLines } from "./lines.js";
import { NumberForm } from "./number.js";
import { Link } from "./link.js";
import { listenToPointer } from "./pointer.js";
import { Digit, HiddenSpace, LossLandscape } from "./panels.js";
import { changed, valueAt } from "./state.js";
import { Stream } from "./stream.js";
import { rounded } from "./surface.js";
import { Lessons, OwnColumns, Tools } from "./tools.js";

const SPEEDS = [1, 5, 30, 300]; // steps a second
const CHECKS = { test: true, discretize: false, lines: false, log: false };
const FIRST_VIEW = { speed: "", lesson: "", ...CHECKS };
const WRITES = "input, select, textarea"; // take letters
const CONTROLS_OF_SPACE = `${WRITES}, button, a, summary, [tabindex]`;

class Page {
    constructor() {
        this.view = { ...FIRST_VIEW };
        this.drawing = new Drawing(this.view);
        this.drawing.onDraw = (arrays) => this.number.showValue(arrays);
        this.drawing.onLayout = () => this.showColumns();
        this.stream = new Stream(
            (message) => this.take(message),
            (problem) => this.end(problem),
        );
        this.drawing.ask = (name, values) => this.act(name, values);
        this.number = new NumberForm((number) => this.act("number", number));
        this.fields = [];
        this.turn = Promise.resolve(); // after the last action
        this.begun = new Promise((done) => (this.endBegin = done));
        this.build = 0; // which of its configs the server trains
        this.hint = byId("pointed").textContent;
        this.link = new Link(this, FIRST_VIEW);
        this.tools = new Tools(this);
        this.own = new OwnColumns(this);
        this.features = new Features(this);
        this.panels = [new HiddenSpace(this), new LossLandscape(this), new Digit(this)];
        byId("speed").append(
            element("option", { value: "", textContent: "as fast as possible" }),
            ...SPEEDS.map((each) =>
                element("option", {
                    value: String(each),
                    textContent: `${each} step${each === 1 ? "" : "s"} a second`,
                }),
            ),
        );
        this.listen();
        this.stream.read().then(
            () => this.end("The server has ended this page; start it again, then reload."),
            () => this.end("The server cannot be reached; start it again, then reload."),
        );
    }

    // Say a problem, or nothing.
    tell(problem) {
        if (!this.isOver) setText(byId("problem"), problem);
    }

    // Say why the page has ended; the first reason stays. A page that was refused has no content.
    end(problem) {
        this.tell(problem);
        this.isOver = true;
        this.takesInput(false);
        for (const each of document.querySelectorAll("header, main")) each.hidden = !this.network;
    }

    // Whether controls can be used. Before the link is restored, it would undo their changes.
    takesInput(takes) {
        for (const each of document.querySelectorAll("header, main")) {
            each.inert = !takes || Boolean(this.isOver);
        }
    }

    take(message) {
        if (message.type === "network") this.try(() => this.takeNetwork(message));
        else if (message.type === "frame") this.takeFrame(message);
        else if (message.type === "findings") this.tools.showFindings(message.findings);
    }

    async takeNetwork(network) {
        const isFirst = !this.first;
        this.network = network;
        this.learn(network);
        if (isFirst) this.first = network;
        else this.tell("");
        this.drawing.take(network);
        this.tools.take(network);
        this.own.take(network);
        this.features.take(network);
        for (const each of this.panels) each.take(network);
        if (isFirst) await this.begin();
        this.showNetwork();
        if (!isFirst) return;
        this.takesInput(true);
        this.endBegin();
    }

    // Build the controls, then restore the state of the link.
    async begin() {
        this.choices = await this.act("choices");
        const { keys, sources } = this.choices;
        const ranges = {
            ...keys,
            "data.source": { enum: Object.keys(sources), description: "data to learn from" },
        };
        this.addFields(CONTROLS, ranges);
        this.columns = new Columns((change) => this.try(() => this.configure(change, false)));
        this.lessons = new Lessons(this, (await this.act("lessons")).lessons);
        await this.link.restore();
    }

    // Begin a lesson, or without a name what the page began with.
    async begins(lesson) {
        const before = this.view.lesson;
        this.view.lesson = lesson;
        const { config, start } = this.origin();
        try {
            await this.configure(() => config, false, start);
        } catch (error) {
            this.view.lesson = before; // such as of MNIST, which is not in the cache
            throw error;
        } finally {
            this.lessons.show(this.view.lesson);
        }
    }

    // The config, and the weights to start from, from which a link says the differences.
    origin() {
        return this.lessons.called(this.view.lesson) ?? this.first;
    }

    addFields(controls, ranges) {
        for (const control of controls) {
            const field = new Field(control, ranges[control.key], (...change) =>
                this.change(...change),
            );
            this.fields.push(field);
            byId(`controls-${control.place}`).append(field.element);
            if (control.place === "bar" && control.kind === "entry")
                byId("controls-more").prepend(field.parameters);
        }
    }

    // Change a key of the config as a control says.
    change({ key, kind, keeps }, value) {
        if (kind === "source")
            return this.configure((config) => this.withSource(config, value), false);
        return this.configure((config) => changed(config, key, value), keeps);
    }

    // Another source has other keys; those of the same name stay if they have the same default:
    // noise is of another size in other data. The loss may not fit it.
    withSource(config, source) {
        const { sources } = this.choices;
        const keys = sources[source]?.keys;
        const { features, ...others } = config.data;
        const before = config.data.source in sources ? config.data : others; // of own columns
        const old = sources[config.data.source]?.keys ?? {};
        const kept = Object.entries(before).filter(
            ([name]) => keys?.[`data.${name}`]?.default === (old[`data.${name}`]?.default ?? null),
        );
        // Only what the page began with may have a source that nobody can choose.
        const data = keys ? { source, ...Object.fromEntries(kept) } : this.first.config.data;
        return changed(changed({ ...config, data }, "training.loss"), "model.output");
    }

    // Train the config that `change` makes of the current one.
    configure(change, keep, start) {
        return this.act("configure", (config) => ({ config: change(config), keep, start }));
    }

    // Remember what the server trains; a message about a config before it may come after an answer.
    learn({ build, config }) {
        if (build > this.build) for (const field of this.fields) field.forget();
        if (build >= this.build) [this.build, this.config] = [build, config];
    }

    async try(action) {
        try {
            await action();
        } catch (error) {
            this.tell(error.message);
        }
    }

    // Carry out an action after those before it, and return its answer. `values` may be a function of
    // the config that the server has by then.
    act(name, values) {
        const done = this.turn.then(async () => {
            const given = typeof values === "function" ? values(this.config) : values;
            const answer = await this.stream.act(name, given);
            if (answer.config) this.learn(answer);
            return answer;
        });
        this.turn = done.catch(() => {});
        return done;
    }

    // Restore another link, after the one that the page began with.
    async follow(address) {
        await this.begun;
        await this.link.restore(new URL(address).hash);
        this.showNetwork();
    }

    showNetwork() {
        const { network } = this;
        if (!this.columns) return; // not built yet
        this.showSource(valueAt(network.config, "data.source"));
        for (const field of this.fields) field.show(network.config, network.used);
        this.number.take(network.arrays);
        this.showColumns();
        setText(byId("loss-name"), network.loss.replaceAll("_", " "));
        setText(byId("score-name"), network.score.replaceAll("_", " "));
        byId("restart").hidden = !network.has_start;
        byId("surface").parentElement.hidden = !network.plane;
        byId("clicks").hidden = !network.plane;
        byId("discretize").parentElement.hidden = !network.plane || !network.classes.length;
        byId("lines").parentElement.hidden = !hasLines(network);
        this.showLegend();
        this.link.write();
        this.hide();
    }

    showColumns() {
        if (!this.columns) return;
        const { entries } = this.choices.keys["model.activation"];
        this.columns.show(this.network, Object.keys(entries), this.drawing.graph.column);
    }

    showSource(source) {
        if (this.source === source) return;
        this.source = source;
        const place = byId("controls-source");
        this.fields = this.fields.filter((field) => field.control.place !== "source");
        place.replaceChildren();
        const known = this.choices.sources[source] ?? this.choices.files[source];
        if (known) this.addFields(sourceControls(known), known.keys);
    }

    showLegend() {
        const { network } = this;
        const colors = network.classes.length
            ? network.classes.map((name, index) => [
                  css(classColor(index, network.classes.length)),
                  String(name),
              ])
            : ["low", "high"].map((end, n) => {
                  const target = rounded(network.target_ends[end], network.target_ends);
                  return [css(diverging(2 * n - 1)), `target ${signed(target)}`];
              });
        const swatches = colors.map(([color, text]) => {
            const swatch = element("span", { className: "swatch" });
            swatch.style.background = color;
            return element("span", { className: "named" }, [swatch, text]);
        });
        const shapes = [
            ["circle", "training row"],
            ["square", "test row"],
        ].map(([shape, text]) =>
            element("span", { className: "named" }, [
                element("span", { className: `shape ${shape}` }),
                text,
            ]),
        );
        byId("legend").hidden = !network.plane && !network.classes.length;
        byId("legend").replaceChildren(...swatches, ...(network.plane ? shapes : []));
    }

    takeFrame(frame) {
        this.drawing.takeFrame(frame);
        for (const each of this.panels) each.update(!frame.plays);
        const play = byId("play");
        setText(play, frame.plays ? "Pause" : "Play");
        play.disabled = frame.is_done;
        if (frame.problem) this.tell(frame.problem);
        else if (frame.is_done)
            this.tell("All epochs are done; raise “Epochs at most” to train on.");
    }

    hide() {
        for (const each of document.querySelectorAll("[data-control]")) {
            each.classList.toggle("hidden", this.hidden.includes(each.dataset.control));
        }
    }

    showView() {
        byId("speed").value = this.view.speed;
        for (const name of Object.keys(CHECKS)) byId(name).checked = this.view[name];
    }

    sendSpeed() {
        const { speed } = this.view;
        return this.act("speed", { steps_a_second: speed ? Number(speed) : null });
    }

    listen() {
        const click = (id, action) => byId(id).addEventListener("click", action);
        const acts = (id, action) => click(id, () => this.try(() => this.act(...action())));
        acts("play", () => [this.drawing.frame?.plays ? "pause" : "play"]);
        acts("step", () => ["step"]);
        acts("epoch", () => ["epoch"]);
        acts("reset", () => ["reset", ({ seed = 0 }) => ({ seed })]);
        acts("reseed", () => ["reset", ({ seed = 0 }) => ({ seed: seed + 1 })]);
        acts("restart", () => ["reset"]);
        byId("speed").addEventListener("change", () =>
            this.changeView("speed", byId("speed").value),
        );
        for (const name of Object.keys(CHECKS)) {
            byId(name).addEventListener("change", () => this.changeView(name, byId(name).checked));
        }
        window.addEventListener("hashchange", ({ newURL }) => this.follow(newURL));
        document.addEventListener("keydown", (event) => this.press(event));
        listenToPointer(this);
    }

    changeView(name, value) {
        this.view[name] = value;
        if (name === "speed") this.try(() => this.sendSpeed());
        this.drawing.surface.isCurrent = false;
        this.drawing.schedule();
        this.link.write();
    }

    press(event) {
        const key = { " ": "play", s: "step", e: "epoch", r: "reset" }[event.key];
        const taken = event.target.closest(key === "play" ? CONTROLS_OF_SPACE : WRITES);
        const isFree = !taken && !document.querySelector("dialog[open], main[inert]");
        const isOther = event.ctrlKey || event.metaKey || event.altKey;
        if (!key || !isFree || isOther || byId(key).classList.contains("hidden")) return;
        event.preventDefault();
        byId(key).click();
    }
}

new Page();
