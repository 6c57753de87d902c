// Curves of the training and test rows over the steps.

import { colorOf, fitted, short } from "./dom.js";

const MOST_POINTS = 1000;
const MOST_CHANGES = 50;
const LEFT = 46;
const BOTTOM = 18;
const NAMES = ["train", "test"];

// Numbers over steps, counted through changes of the settings. If there are too many, every second
// one is forgotten.
export class History {
    constructor() {
        this.clear();
    }

    clear() {
        this.steps = [];
        this.values = { train: [], test: [] };
        this.changes = []; // steps after which a setting or a weight was changed
    }

    // Go on after a change, from which the steps of a network are counted.
    change() {
        const last = this.steps.at(-1) ?? 0;
        if (last && this.changes.at(-1) !== last) this.changes.push(last);
        this.changes.splice(0, this.changes.length - MOST_CHANGES);
    }

    get before() {
        return this.changes.at(-1) ?? 0;
    }

    // Forget the values, as those to come measure something else, but not the steps.
    forget() {
        for (const name of NAMES) this.values[name].fill(null);
    }

    add(ownStep, values) {
        const step = this.before + ownStep;
        const last = this.steps.length - 1;
        if (this.steps[last] === step) this.pop();
        this.steps.push(step);
        for (const name of NAMES) this.values[name].push(values[name] ?? null);
        if (this.steps.length > MOST_POINTS) this.thin();
    }

    pop() {
        this.steps.pop();
        for (const name of NAMES) this.values[name].pop();
    }

    thin() {
        const keep = (_, n) => n % 2 === 0;
        this.steps = this.steps.filter(keep);
        for (const name of NAMES) this.values[name] = this.values[name].filter(keep);
    }
}

export class Chart {
    constructor(canvas) {
        this.canvas = canvas;
    }

    draw(history, { log = false, names = NAMES } = {}) {
        const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
        const context = fitted(this.canvas, width, height);
        context.clearRect(0, 0, width, height);
        const known = names
            .flatMap((name) => history.values[name])
            .filter((each) => each !== null && (!log || each > 0));
        if (!known.length) return;
        const scale = log ? Math.log10 : (each) => each;
        let [low, high] = known.reduce(
            ([a, b], each) => [Math.min(a, each), Math.max(b, each)],
            [Infinity, -Infinity],
        );
        if (!log) low = Math.min(low, 0);
        if (low === high) [low, high] = log ? [low / 2, high * 2] : [low, high + 1];
        const last = Math.max(history.steps.at(-1), 1);
        const x = (step) => LEFT + ((width - LEFT - 6) * step) / last;
        const y = (value) =>
            6 +
            (height - BOTTOM - 6) * (1 - (scale(value) - scale(low)) / (scale(high) - scale(low)));
        this.frame(context, { width, height, low, high, last, y });
        this.changes(context, history.changes.map(x), height);
        for (const name of names) this.line(context, history, name, x, y, log);
    }

    frame(context, { width, height, low, high, last, y }) {
        context.font = "11px system-ui, sans-serif";
        context.fillStyle = colorOf("--quiet");
        context.strokeStyle = colorOf("--line");
        context.lineWidth = 1;
        for (const value of [low, high]) {
            const down = Math.round(y(value)) + 0.5;
            context.beginPath();
            context.moveTo(LEFT, down);
            context.lineTo(width - 6, down);
            context.stroke();
            context.textAlign = "right";
            context.fillText(short(value), LEFT - 5, down + 4);
        }
        context.textAlign = "left";
        context.fillText("0", LEFT, height - 4);
        context.textAlign = "right";
        context.fillText(`step ${last.toLocaleString("en")}`, width - 6, height - 4);
    }

    // A vertical line for each change of the settings.
    changes(context, places, height) {
        context.strokeStyle = colorOf("--quiet");
        context.lineWidth = 1;
        context.setLineDash([2, 3]);
        context.beginPath();
        for (const place of places) {
            const across = Math.round(place) + 0.5;
            context.moveTo(across, 6);
            context.lineTo(across, height - BOTTOM);
        }
        context.stroke();
        context.setLineDash([]);
    }

    // Training rows are a solid line, test rows a dashed one.
    line(context, history, name, x, y, log) {
        context.strokeStyle = colorOf(`--${name}`);
        context.lineWidth = 1.6;
        context.setLineDash(name === "test" ? [5, 3] : []);
        context.beginPath();
        let isOpen = false;
        history.values[name].forEach((value, n) => {
            const isKnown = value !== null && (!log || value > 0);
            if (isKnown) context[isOpen ? "lineTo" : "moveTo"](x(history.steps[n]), y(value));
            isOpen = isKnown;
        });
        context.stroke();
        context.setLineDash([]);
    }
}
