// Draws the latest frame: only when the browser draws, and as few pixels as possible.

import { Decoder, floatsOf } from "./arrays.js";
import { Chart, History } from "./chart.js";
import { css, diverging, onSchemeChange } from "./colors.js";
import { byId, element, setText, short } from "./dom.js";
import { Graph, MOST_OUTPUTS } from "./graph.js";
import { firstLines, hasLines } from "./lines.js";
import { Painter, pointColors, Surface } from "./surface.js";

const MOST_MEASURES = 500;
const ASK_MILLISECONDS = 500; // between two questions for weights that frames leave out
const SPOKEN_MILLISECONDS = 1000; // between two texts for screen readers
const COUNTED = { "epochs-name": "Epoch", "steps-name": "Step" };
const RANGES = { tanh: [-1, 1], identity: [-1, 1] }; // of the output for two classes; others 0 to 1

export class Drawing {
    constructor(view) {
        this.view = view;
        this.painter = new Painter();
        this.decoder = new Decoder();
        this.graph = new Graph(byId("graph"), this.painter);
        this.surface = new Surface(byId("surface"));
        this.charts = { loss: new Chart(byId("loss")), score: new Chart(byId("score")) };
        this.histories = { loss: new History(), score: new History() };
        this.isDue = false;
        this.measures = 0;
        this.spoken = this.asked = 0;
        this.later = null; // a timer, while a question has to wait
        onSchemeChange(() => this.redraw());
        new ResizeObserver(() => this.resized()).observe(document.body);
    }

    // Take a new network, before its first frame.
    take(network) {
        this.takeHistory(network);
        this.network = network;
        this.frame = null;
        network.range = rangeOf(network);
        if (network.plane) network.plane.inputs = mapsOf(network.plane);
        const splits = Object.entries(network.points).reverse(); // training rows are drawn last
        this.points = splits.map(([name, each]) => ({
            name,
            inputs: floatsOf(each.inputs),
            targets: floatsOf(each.targets),
            colorAt: colorOfTargets(network),
        }));
        this.decoder = new Decoder();
        this.surface.isCurrent = false;
        this.graph.take(network);
        this.buildBars(network);
    }

    // After a change that keeps the weights, curves go on if they measure the same.
    takeHistory(network) {
        for (const [name, history] of Object.entries(this.histories)) {
            if (!network.goes_on) history.clear();
            else {
                history.change();
                if (this.network[name] !== network[name]) history.forget();
            }
        }
    }

    takeFrame(frame) {
        if (this.frame?.step === frame.step) frame.changes = this.frame.changes; // of the last step
        this.frame = frame;
        const column = (n) =>
            Object.fromEntries(
                Object.entries(frame.measured).map(([name, each]) => [name, each[n]]),
            );
        this.histories.loss.add(frame.step, column(0));
        this.histories.score.add(frame.step, column(1));
        this.isNew = true;
        this.schedule();
    }

    schedule() {
        if (this.isDue) return;
        this.isDue = true;
        requestAnimationFrame(() => {
            this.isDue = false;
            if (this.frame) this.draw();
        });
    }

    redraw() {
        this.painter.newColors();
        this.surface.isCurrent = false;
        if (this.network)
            this.points.forEach((each) => {
                each.colorAt = colorOfTargets(this.network);
            });
        this.schedule();
    }

    resized() {
        if (!this.network) return;
        this.graph.layOut();
        this.surface.isCurrent = false;
        this.onLayout?.();
        this.schedule();
    }

    draw() {
        const start = performance.now();
        if (this.isNew) this.decoder.take(this.frame);
        this.isNew = false;
        this.graph.draw(this.decoder.arrays, this.decoder.maps);
        if (this.network.plane) this.drawSurface();
        this.drawCurves();
        this.showNumbers();
        if (++this.measures > MOST_MEASURES) {
            performance.clearMeasures("draw");
            this.measures = 0;
        }
        performance.measure("draw", { start, end: performance.now() });
        this.onDraw?.(this.decoder.arrays);
        this.askForWeights(start);
    }

    askLater() {
        this.later = null;
        this.schedule();
    }

    // Ask for the weights of large layers, as far as they are drawn.
    async askForWeights(now) {
        const { network, decoder, graph } = this;
        const missing = network.units.flatMap((_, layer) =>
            `W${layer + 1}` in decoder.arrays ? [] : [layer],
        );
        if (!missing.length || this.askedFor === this.frame) return;
        const wait = ASK_MILLISECONDS - (now - this.asked);
        if (wait > 0) {
            this.later ??= setTimeout(() => this.askLater(), wait);
            return;
        }
        [this.asked, this.askedFor] = [now, this.frame];
        for (const layer of missing) {
            const { units, weights } = await this.ask("weights", { layer, units: MOST_OUTPUTS });
            if (this.network !== network) return; // another one by now
            graph.parts[layer + 1] = { units, weights: floatsOf(weights) };
        }
        this.schedule();
    }

    drawSurface() {
        const { network, view } = this;
        const { side } = network.plane;
        const unit = this.graph.pointed?.unit;
        const points = this.points.filter(({ name }) => name === "train" || view.test);
        const picture = unit
            ? this.graph.pictureOf(unit, this.decoder.maps)
            : this.outputPicture(side);
        const shows = view.lines && hasLines(network);
        const lines = shows ? firstLines(network, this.decoder.arrays) : [];
        const pointed = unit?.layer === 1 ? unit.unit : null;
        this.surface.draw(picture, network, points, { smooth: !view.discretize, lines, pointed });
    }

    outputPicture(side) {
        const { network, view } = this;
        const map = this.decoder.maps.at(-1);
        const count = network.units.at(-1);
        if (network.classes.length && count > 1) {
            return this.painter.classes("output", map, count, side, view.discretize);
        }
        const discrete = view.discretize && network.classes.length > 0;
        return this.painter.unit("output", map, 0, side, { ...network.range, discrete });
    }

    drawCurves() {
        const names = this.view.test ? ["train", "test"] : ["train"];
        this.charts.loss.draw(this.histories.loss, { log: this.view.log, names });
        this.charts.score.draw(this.histories.score, { names });
    }

    showNumbers() {
        const { frame, network } = this;
        setText(byId("steps"), frame.step.toLocaleString("en"));
        setText(byId("epochs"), frame.epoch.toLocaleString("en"));
        const before = this.histories.loss.before;
        byId("all-steps").parentElement.hidden = !before;
        setText(byId("all-steps"), (before + frame.step).toLocaleString("en"));
        for (const [id, name] of Object.entries(COUNTED))
            setText(byId(id), before ? `${name} since change` : name);
        const said = (n) =>
            Object.entries(frame.measured)
                .filter(([name]) => name === "train" || this.view.test)
                .map(([name, each]) => [name, short(each[n])]);
        showValues(byId("losses"), said(0));
        showValues(byId("scores"), said(1));
        this.showBars(frame);
        const now = performance.now();
        if (frame.plays && now - this.spoken < SPOKEN_MILLISECONDS) return;
        this.spoken = now;
        const sentence = said(0)
            .map(([name, loss]) => `${name} loss ${loss}`)
            .join(", ");
        const scores = said(1)
            .map(([name, score]) => `${name} ${network.score} ${score}`)
            .join(", ");
        const inputs = `${network.inputs.length} inputs`;
        const plane = network.plane?.names.join(" and ") ?? "two inputs";
        const step = before
            ? `step ${before + frame.step} in all, last change after step ${before}`
            : `step ${frame.step}`;
        speak("loss", `Curves of the loss; ${step}: ${sentence}`);
        speak("score", `Curves of the ${network.score}; ${step}: ${scores}`);
        speak(
            "graph",
            `Network with ${inputs} and layers of ${network.units.join(", ")} units; ${sentence}`,
        );
        speak("surface", `Output of the network in the plane of ${plane}; ${sentence}`);
    }

    buildBars(network) {
        this.bars = network.units.map((_, layer) => {
            const cells = [0, 1].map(() => ({
                bar: element("span", { className: "bar-of" }),
                text: element("span"),
            }));
            const row = element("tr", {}, [
                element("th", {
                    scope: "row",
                    textContent: layer === network.units.length - 1 ? "Output" : String(layer + 1),
                }),
                ...cells.map(({ bar, text }) => element("td", {}, [bar, text])),
            ]);
            return { row, cells };
        });
        byId("bars").replaceChildren(...this.bars.map((each) => each.row));
    }

    showBars({ gradients, changes }) {
        [gradients, changes].forEach((numbers, column) => {
            const largest = Math.max(...numbers.map((each) => each ?? 0), 1e-30);
            this.bars.forEach(({ cells }, layer) => {
                const value = numbers[layer];
                setText(cells[column].text, short(value));
                cells[column].bar.style.width = `${Math.round((50 * (value ?? 0)) / largest)}px`;
            });
        });
    }
}

// Return a map of the plane for each input of the network, as the network sees it.
function mapsOf({ side, inputs }) {
    const [all, size] = [floatsOf(inputs), side * side];
    return Array.from({ length: all.length / size }, (_, input) =>
        all.subarray(input * size, (input + 1) * size),
    );
}

function speak(id, text) {
    byId(id).setAttribute("aria-label", text);
}

function showValues(place, values) {
    const text = values.map(([name, value]) => `${name} ${value}`).join("|");
    if (place.dataset.text === text) return;
    place.dataset.text = text;
    place.replaceChildren(
        ...values.map(([name, value]) =>
            element("span", { className: `value ${name}`, textContent: `${name} ${value}` }),
        ),
    );
}

// The ends of the output's colors: of two classes, or of the targets of a regression.
function rangeOf(network) {
    if (network.classes.length) {
        const [low, high] = RANGES[network.activations.at(-1)] ?? [0, 1];
        return { low, high };
    }
    const targets = network.points.train ? [...floatsOf(network.points.train.targets)] : [-1, 1];
    const [low, high] = [Math.min(...targets), Math.max(...targets)];
    return low === high ? { low: low - 1, high: high + 1 } : { low, high };
}

function colorOfTargets(network) {
    const { low, high } = network.range;
    return (
        pointColors(network) ??
        ((target) => css(diverging((2 * (target - low)) / (high - low) - 1)))
    );
}
