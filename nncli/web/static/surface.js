// Maps of outputs in the plane of two inputs, and the rows as points on it.

import { classColor, classPixel, css, divergingPixels, STEPS } from "./colors.js";
import { colorOf, fitted, fitting, signed } from "./dom.js";

const RADIUS = 3;
const NAME = 0.6; // of the width, of the name of an axis
const PALENESS = 0.65;

// Turns maps into pictures; the pixels of a picture are written into the same memory again.
export class Painter {
    constructor() {
        this.pictures = new Map();
        this.pixels = divergingPixels();
    }

    picture(name, side) {
        const found = this.pictures.get(name);
        if (found?.canvas.width === side) return found;
        const canvas = Object.assign(document.createElement("canvas"), {
            width: side,
            height: side,
        });
        const context = canvas.getContext("2d");
        const image = context.createImageData(side, side);
        const made = { canvas, context, image, pixels: new Uint32Array(image.data.buffer) };
        this.pictures.set(name, made);
        return made;
    }

    newColors() {
        this.pixels = divergingPixels();
    }

    // Paint the numbers of a function of the place, from -STEPS to STEPS.
    paint(name, side, numberAt) {
        const { canvas, context, image, pixels } = this.picture(name, side);
        for (let n = 0; n < pixels.length; n++) pixels[n] = this.pixels[numberAt(n) + STEPS];
        context.putImageData(image, 0, 0);
        return canvas;
    }

    // Paint a unit of a layer's map. `as` says what the colors mean.
    unit(name, map, unit, side, as = {}) {
        const { values } = map;
        const start = unit * side * side;
        if (!as.low && !as.high && !as.discrete)
            return this.paint(name, side, (n) => values[start + n]);
        const { low = -map.largest[unit], high = map.largest[unit], discrete } = as;
        const scale = map.largest[unit] / STEPS;
        const table = new Int8Array(2 * STEPS + 1);
        for (let n = -STEPS; n <= STEPS; n++) {
            const share = (2 * (n * scale - low)) / (high - low) - 1;
            const limited = Math.max(-1, Math.min(1, share));
            table[n + STEPS] = Math.round(STEPS * (discrete ? Math.sign(limited) * 0.75 : limited));
        }
        return this.paint(name, side, (n) => table[values[start + n] + STEPS]);
    }

    // Paint the class of the largest output, blended by its probability.
    classes(name, map, count, side, discrete) {
        const { canvas, context, image, pixels } = this.picture(name, side);
        const size = side * side;
        const colors = Array.from({ length: count }, (_, index) =>
            Array.from({ length: 101 }, (_, n) =>
                classPixel(index, count, discrete ? 0.85 : n / 100),
            ),
        );
        for (let n = 0; n < size; n++) {
            let [best, largest] = [0, -Infinity];
            for (let index = 0; index < count; index++) {
                const output = (map.values[index * size + n] / STEPS) * map.largest[index];
                if (output > largest) [best, largest] = [index, output];
            }
            pixels[n] = colors[best][Math.round(100 * Math.max(0, Math.min(1, largest)))];
        }
        context.putImageData(image, 0, 0);
        return canvas;
    }
}

// Draw a map as large as its canvas, with axes and points.
export class Surface {
    constructor(canvas) {
        this.canvas = canvas;
        this.top = document.createElement("canvas"); // axes and points, which stay
        this.isCurrent = false;
    }

    // `lines` are drawn between the map and the points; the one at `pointed` is wider.
    draw(picture, network, points, { smooth, lines, pointed }) {
        const size = this.canvas.clientWidth;
        if (!size) return; // a link has hidden it
        const context = fitted(this.canvas, size, size);
        if (!this.isCurrent || this.top.width !== this.canvas.width)
            this.drawTop(network, points, size);
        context.clearRect(0, 0, size, size);
        context.imageSmoothingEnabled = smooth;
        context.globalAlpha = PALENESS; // so that points of the same color are seen
        context.drawImage(picture, 0, 0, size, size);
        context.globalAlpha = 1;
        lines.forEach((line, unit) => this.line(context, line, size, unit === pointed ? 4 : 1.5));
        context.drawImage(this.top, 0, 0, size, size);
    }

    line(context, pieces, size, width) {
        context.strokeStyle = colorOf("--text");
        context.lineWidth = width;
        context.beginPath();
        for (const [x1, y1, x2, y2] of pieces) {
            context.moveTo(x1 * size, y1 * size);
            context.lineTo(x2 * size, y2 * size);
        }
        context.stroke();
    }

    drawTop(network, points, size) {
        const context = fitted(this.top, size, size);
        context.clearRect(0, 0, size, size);
        for (const each of points) this.points(context, each, network, size);
        this.axes(context, network.plane, size);
        this.isCurrent = true;
    }

    axes(context, { names, low, high }, size) {
        context.fillStyle = colorOf("--text");
        context.font = "11px system-ui, sans-serif";
        const text = (words, x, y, align) => {
            context.textAlign = align;
            context.fillText(fitting(context, words, NAME * size), x, y);
        };
        const tick = (number, axis) =>
            signed(rounded(number, { low: low[axis], high: high[axis] }));
        text(tick(low[0], 0), 4, size - 4, "left");
        text(`${names[0]} →`, size / 2, size - 4, "center");
        text(tick(high[0], 0), size - 4, size - 4, "right");
        text(`${tick(high[1], 1)} ${names[1]} ↑`, 4, 12, "left");
    }

    // Training rows are filled circles, test rows are squares with a dark edge.
    points(context, { name, inputs, targets, colorAt }, { plane: { low, high } }, size) {
        const [width, height] = [high[0] - low[0], high[1] - low[1]];
        context.lineWidth = 1;
        context.strokeStyle = name === "train" ? "rgb(255 255 255 / 0.9)" : "rgb(20 24 28 / 0.85)";
        for (let n = 0; n < targets.length; n++) {
            const x = ((inputs[2 * n] - low[0]) / width) * size;
            const y = size - ((inputs[2 * n + 1] - low[1]) / height) * size;
            context.beginPath();
            if (name === "train") context.arc(x, y, RADIUS, 0, 2 * Math.PI);
            else context.rect(x - RADIUS + 0.5, y - RADIUS + 0.5, 2 * RADIUS - 1, 2 * RADIUS - 1);
            context.fillStyle = colorAt(targets[n]);
            context.fill();
            context.stroke();
        }
    }
}

// Return a number between two ends, with the digits that tell tenths of their distance apart.
export function rounded(number, { low, high }) {
    const step = 10 ** Math.floor(Math.log10(high - low) - 1);
    return Number((Math.round(number / step) * step).toPrecision(12));
}

export function pointColors(network) {
    const count = network.classes.length;
    if (!count) return null;
    const colors = network.classes.map((_, index) => css(classColor(index, count)));
    return (target) => colors[target] ?? colors[0];
}
