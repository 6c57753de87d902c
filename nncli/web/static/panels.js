// Panels that ask the server for what they draw, while they are open: the hidden space, the loss
// landscape, and a digit drawn by hand.

import { floatsOf } from "./arrays.js";
import { css, diverging } from "./colors.js";
import { byId, colorOf, element, fitted, setText, short } from "./dom.js";

const EVERY = 1000; // milliseconds between two questions in training
const EVERY_LANDSCAPE = 4000; // which takes the time of many steps
const DIGIT = 28; // pixels of a side
const BRUSH = 1.4; // pixels
const BRIGHTEST = 255;

class Panel {
    constructor(page, id, every = EVERY) {
        this.page = page;
        this.every = every;
        this.place = byId(id);
        this.asked = 0;
        this.place.addEventListener("toggle", () => this.update(true));
    }

    // Ask and draw; `isUrgent` if more has changed than training changes every moment.
    async update(isUrgent = false) {
        if (!this.place.open || this.place.hidden) return;
        if (this.isAsking) {
            this.isStale ||= isUrgent;
            return;
        }
        if (!isUrgent && performance.now() - this.asked < this.every) return;
        this.asked = performance.now();
        this.isAsking = true;
        await this.page.try(() => this.show());
        this.isAsking = false;
        if (!this.isStale) return;
        this.isStale = false;
        this.update(true);
    }
}

// The outputs of two units of a hidden layer for each training row.
export class HiddenSpace extends Panel {
    constructor(page) {
        super(page, "hidden-space");
        this.selects = ["hidden-layer", "hidden-x", "hidden-y"].map(byId);
        this.selects.forEach((select, n) =>
            select.addEventListener("change", () => {
                if (n === 0) this.offerUnits();
                this.update(true);
            }),
        );
    }

    take(network) {
        const hidden = network.units.slice(0, -1);
        this.place.hidden = !hidden.length;
        const sizes = JSON.stringify(hidden);
        if (sizes === this.sizes || !hidden.length) return;
        this.sizes = sizes;
        offer(
            this.selects[0],
            hidden.map((_, layer) => [layer, `Layer ${layer + 1}`]),
            hidden.length - 1,
        );
        this.offerUnits();
    }

    offerUnits() {
        const [layer, ...units] = this.selects;
        const count = this.page.network.units[Number(layer.value)];
        const names = Array.from({ length: count }, (_, unit) => [unit, `Unit ${unit + 1}`]);
        units.forEach((select, axis) => offer(select, names, Math.min(axis, count - 1)));
    }

    async show() {
        const [layer, x, y] = this.selects.map((each) => Number(each.value));
        const { network } = this.page;
        const { units, outputs } = await this.page.act("hidden", { layer });
        const values = floatsOf(outputs);
        const rows = values.length / units;
        const column = (unit) =>
            Array.from({ length: rows }, (_, row) => values[row * units + unit]);
        const points = this.page.drawing.points.find(({ name }) => name === "train");
        const colors = points && points.targets.length === rows && network === this.page.network;
        const canvas = byId("hidden-map");
        const axes = new Axes(canvas, extent(column(x)), extent(column(y)));
        axes.label(`unit ${x + 1} →`, `unit ${y + 1} ↑`);
        for (let row = 0; row < rows; row++) {
            const color = colors ? points.colorAt(points.targets[row]) : colorOf("--quiet");
            axes.point(values[row * units + x], values[row * units + y], color);
        }
    }
}

// The loss in the plane of two numbers of the network, with the path of training.
export class LossLandscape extends Panel {
    constructor(page) {
        super(page, "landscape", EVERY_LANDSCAPE);
        this.chosen = [null, null];
        this.buttons = ["landscape-x", "landscape-y"].map(byId);
        this.buttons.forEach((button, axis) =>
            button.addEventListener("click", () => {
                this.chosen[axis] = page.number.chosen();
                this.name();
                this.update(true);
            }),
        );
    }

    take(network) {
        const arrays = JSON.stringify(network.arrays);
        if (arrays === this.arrays) return;
        this.arrays = arrays;
        const second =
            network.inputs.length > 1 ? { array: "W1", at: [1, 0] } : { array: "b1", at: [0] };
        this.chosen = [{ array: "W1", at: [0, 0] }, second];
        this.name();
    }

    name() {
        this.buttons.forEach((button, axis) =>
            setText(button, `${axis ? "Up" : "Across"}: ${nameOf(this.chosen[axis])}`),
        );
    }

    async show() {
        const found = await this.page.act("landscape", { numbers: this.chosen });
        const { side, low, high } = found;
        const losses = floatsOf(found.losses);
        const known = losses.filter(Number.isFinite);
        const [least, most] = [Math.min(...known), Math.max(...known)].map((each) =>
            Math.log(each + 1e-6),
        );
        const axes = new Axes(byId("landscape-map"), [low[0], high[0]], [low[1], high[1]]);
        axes.grid(side, (n) => css(diverging(share(Math.log(losses[n] + 1e-6), least, most))));
        axes.label(`${nameOf(this.chosen[0])} →`, `${nameOf(this.chosen[1])} ↑`);
        const path = floatsOf(found.path);
        axes.path(path);
        const ends = [Math.min(...known), Math.max(...known)].map(short);
        const text = `losses from ${ends[0]} to ${ends[1]} (blue)`;
        setText(byId("landscape-range"), `${text}; the path of training ends in the circle`);
    }
}

function share(value, least, most) {
    return Number.isFinite(value) && most > least ? (value - least) / (most - least) : 1;
}

function nameOf({ array, at }) {
    return `${array}[${at.map((n) => n + 1).join(", ")}]`;
}

function offer(select, options, chosen) {
    select.replaceChildren(
        ...options.map(([value, textContent]) => element("option", { value, textContent })),
    );
    select.value = chosen;
}

function extent(values) {
    const known = values.filter(Number.isFinite);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const margin = (high - low) * 0.08 || 1;
    return [low - margin, high + margin];
}

// A square picture of a plane.
class Axes {
    constructor(canvas, across, up) {
        this.size = canvas.clientWidth;
        this.context = fitted(canvas, this.size, this.size);
        this.context.clearRect(0, 0, this.size, this.size);
        this.ends = [across, up];
    }

    place(x, y) {
        const [[left, right], [low, high]] = this.ends;
        return [
            (this.size * (x - left)) / (right - left),
            this.size * (1 - (y - low) / (high - low)),
        ];
    }

    point(x, y, color) {
        const [across, down] = this.place(x, y);
        this.context.beginPath();
        this.context.arc(across, down, 3, 0, 2 * Math.PI);
        this.context.fillStyle = color;
        this.context.fill();
        this.context.strokeStyle = colorOf("--page");
        this.context.stroke();
    }

    grid(side, colorAt) {
        const cell = this.size / side;
        for (let n = 0; n < side * side; n++) {
            this.context.fillStyle = colorAt(n);
            const [x, y] = [(n % side) * cell, Math.floor(n / side) * cell];
            this.context.fillRect(x, y, cell + 1, cell + 1);
        }
    }

    path(numbers) {
        const { context } = this;
        context.strokeStyle = context.fillStyle = colorOf("--test");
        context.lineWidth = 2;
        context.beginPath();
        for (let n = 0; n < numbers.length; n += 2)
            context.lineTo(...this.place(numbers[n], numbers[n + 1]));
        context.stroke();
        context.beginPath();
        context.arc(...this.place(numbers.at(-2), numbers.at(-1)), 5, 0, 2 * Math.PI);
        context.fill();
    }

    label(across, up) {
        const [[left, right], [low, high]] = this.ends;
        const { context, size } = this;
        context.font = "11px system-ui, sans-serif";
        context.fillStyle = colorOf("--text");
        const write = (text, x, y, align) => {
            context.textAlign = align;
            context.fillText(text, x, y);
        };
        write(short(left), 4, size - 4, "left");
        write(across, size / 2, size - 4, "center");
        write(short(right), size - 4, size - 4, "right");
        write(`${short(high)} ${up}`, 4, 12, "left");
        write(short(low), 4, size - 18, "left");
    }
}

// A digit that is drawn by hand, and what the network makes of it.
export class Digit extends Panel {
    constructor(page) {
        super(page, "digit");
        this.canvas = byId("digit-pad");
        this.pixels = new Array(DIGIT * DIGIT).fill(0);
        this.canvas.addEventListener("pointerdown", (event) => {
            this.canvas.setPointerCapture(event.pointerId);
            this.last = null;
            this.paint(event);
        });
        this.canvas.addEventListener("pointermove", (event) => {
            if (event.buttons) this.paint(event);
        });
        byId("digit-clear").addEventListener("click", () => {
            this.pixels.fill(0);
            this.update(true);
        });
    }

    take(network) {
        this.place.hidden = network.columns.length !== DIGIT * DIGIT;
    }

    // Paint a line from the last place of a stroke: a fast pointer skips those between.
    paint(event) {
        const scale = DIGIT / this.canvas.clientWidth;
        const place = [event.offsetX * scale - 0.5, event.offsetY * scale - 0.5];
        const start = this.last ?? place;
        this.last = place;
        this.pixels.forEach((before, n) => {
            const distance = distanceToLine([n % DIGIT, Math.floor(n / DIGIT)], start, place);
            const ink = Math.round(BRIGHTEST * Math.max(0, Math.min(1, 1.5 - distance / BRUSH)));
            this.pixels[n] = Math.max(before, ink);
        });
        this.draw();
        this.update(true);
    }

    draw() {
        const size = this.canvas.clientWidth;
        const context = fitted(this.canvas, size, size);
        const cell = size / DIGIT;
        this.pixels.forEach((ink, n) => {
            context.fillStyle = `rgb(${ink} ${ink} ${ink})`;
            context.fillRect((n % DIGIT) * cell, Math.floor(n / DIGIT) * cell, cell + 1, cell + 1);
        });
    }

    async show() {
        this.draw();
        const { classes, targets, config } = this.page.network;
        const inputs = config.data.source === "mnist" ? centered(this.pixels) : this.pixels;
        const { layers } = await this.page.act("values", { inputs });
        const outputs = layers.at(-1).a;
        const names = classes.length === outputs.length ? classes : targets;
        const best = outputs.indexOf(Math.max(...outputs));
        byId("digit-outputs").replaceChildren(
            ...outputs.map((output, n) => {
                const bar = element("span", { className: "bar-of" });
                bar.style.width = `${Math.round(60 * Math.max(0, Math.min(1, output ?? 0)))}px`;
                const text = `${names[n] ?? n}: ${short(output)}`;
                return element("li", { className: n === best ? "best" : "" }, [text, bar]);
            }),
        );
    }
}

// Return the distance of a point from the straight line between two others.
function distanceToLine([x, y], [x1, y1], [x2, y2]) {
    const [across, down] = [x2 - x1, y2 - y1];
    const along = ((x - x1) * across + (y - y1) * down) / (across ** 2 + down ** 2 || 1);
    const share = Math.max(0, Math.min(1, along));
    return Math.hypot(x - x1 - share * across, y - y1 - share * down);
}

// Return the pixels of a digit, moved until their center of mass is in the middle, as in MNIST.
export function centered(pixels) {
    const places = pixels.map((_, n) => [n % DIGIT, Math.floor(n / DIGIT)]);
    const ink = pixels.reduce((sum, each) => sum + each, 0);
    const [right, down] = [0, 1].map((axis) => {
        const moment = pixels.reduce((sum, each, n) => sum + each * places[n][axis], 0);
        return ink ? Math.round((DIGIT - 1) / 2 - moment / ink) : 0;
    });
    return places.map(([x, y]) => {
        const isInside = [x - right, y - down].every((each) => each >= 0 && each < DIGIT);
        return isInside ? pixels[(y - down) * DIGIT + x - right] : 0;
    });
}
