// The network: units as maps of their outputs, weights as curves, biases as squares.

import { css, diverging, STEPS, weightColor } from "./colors.js";
import { colorOf, fitted, fitting, short } from "./dom.js";

const MOST_UNITS = 8; // drawn of each layer
export const MOST_OUTPUTS = 10;
const TILE = 42;
const PITCH = 60;
const TOP = 10;
const LEAST_COLUMN = 86;
const BIAS = 9;
const NEAR = 6; // pixels between the pointer and what it points at
const STOPS = 24; // places on a curve that are compared with the pointer

export class Graph {
    constructor(canvas, painter) {
        this.canvas = canvas;
        this.painter = painter;
        this.pointed = null;
    }

    // Take a new network; return the width of a column.
    take(network) {
        this.network = network;
        this.pointed = null;
        this.parts = {}; // of weights that are too many for a frame
        this.counts = [network.inputs.length, ...network.units];
        this.layOut();
    }

    layOut() {
        const columns = this.counts.length;
        const room = this.canvas.parentElement.clientWidth;
        this.column = Math.max(LEAST_COLUMN, Math.floor(room / columns));
        this.width = this.column * columns;
        const shown = Math.max(...this.counts.map((_, layer) => this.shown(layer)));
        this.height = TOP + PITCH * shown + 12;
        this.canvas.style.width = `${this.width}px`;
        this.canvas.style.height = `${this.height}px`;
        this.nodes = this.counts.map((_, layer) =>
            Array.from({ length: this.shown(layer) }, (_, unit) => ({
                layer,
                unit,
                x: (layer + 0.5) * this.column,
                y: TOP + unit * PITCH + TILE / 2,
            })),
        );
        this.edges = this.nodes
            .slice(1)
            .flatMap((to, n) =>
                to.flatMap((end) => this.nodes[n].map((start) => this.edge(start, end))),
            );
    }

    // The number of units of a layer that are drawn; of pixels, their weights are drawn as images.
    shown(layer) {
        if (layer === 0 && this.imageSide()) return 0;
        const most = layer === this.counts.length - 1 ? MOST_OUTPUTS : MOST_UNITS;
        return Math.min(this.counts[layer], most);
    }

    // The side of square images if the inputs are their pixels, else 0.
    imageSide() {
        const side = Math.sqrt(this.counts[0]);
        return Number.isInteger(side) && side >= 8 ? side : 0;
    }

    edge(start, end) {
        const [x1, x2] = [start.x + TILE / 2, end.x - TILE / 2];
        const bend = (x2 - x1) * 0.5;
        const at = this.counts[end.layer] * start.unit + end.unit;
        return { start, end, x1, y1: start.y, x2, y2: end.y, bend, at, name: `W${end.layer}` };
    }

    draw(arrays, maps) {
        this.arrays = arrays;
        const context = fitted(this.canvas, this.width, this.height);
        context.clearRect(0, 0, this.width, this.height);
        this.drawEdges(context);
        const colors = {
            text: colorOf("--text"),
            quiet: colorOf("--quiet"),
            line: colorOf("--line"),
        };
        for (const column of this.nodes)
            for (const node of column) this.drawUnit(context, node, maps, colors);
        this.nodes.forEach((column, layer) => this.drawRest(context, layer, colors));
    }

    drawEdges(context) {
        const largest = this.edges.reduce(
            (found, each) => Math.max(found, Math.abs(this.weight(each))),
            1,
        );
        for (const edge of this.edges) {
            const weight = this.weight(edge);
            const share = Math.abs(weight) / largest;
            context.lineWidth = 0.6 + 6 * share;
            context.globalAlpha = this.isPointed(edge) ? 1 : 0.25 + 0.6 * Math.sqrt(share);
            context.strokeStyle = this.isPointed(edge) ? colorOf("--text") : weightColor(weight);
            context.beginPath();
            context.moveTo(edge.x1, edge.y1);
            context.bezierCurveTo(
                edge.x1 + edge.bend,
                edge.y1,
                edge.x2 - edge.bend,
                edge.y2,
                edge.x2,
                edge.y2,
            );
            context.stroke();
        }
        context.globalAlpha = 1;
    }

    weight({ name, at, start, end }) {
        if (this.arrays[name]) return this.arrays[name][at];
        const part = this.parts[end.layer];
        return part ? part.weights[start.unit * part.units + end.unit] : 0;
    }

    isPointed(edge) {
        return this.pointed?.edge === edge;
    }

    drawUnit(context, node, maps, colors) {
        const [left, top] = [node.x - TILE / 2, node.y - TILE / 2];
        const picture = this.pictureOf(node, maps);
        if (picture) context.drawImage(picture, left, top, TILE, TILE);
        else {
            context.fillStyle = css(diverging(0));
            context.fillRect(left, top, TILE, TILE);
        }
        const isPointed = this.pointed?.unit === node;
        context.strokeStyle = isPointed ? colors.text : colors.line;
        context.lineWidth = isPointed ? 2 : 1;
        context.strokeRect(left, top, TILE, TILE);
        if (node.layer) this.drawBias(context, node, colors);
        else
            this.write(
                context,
                this.network.inputs[node.unit],
                node.x,
                top + TILE + 11,
                colors.quiet,
            );
    }

    drawBias(context, node, colors) {
        const bias = this.arrays[`b${node.layer}`]?.[node.unit];
        if (bias === undefined) return;
        const [x, y] = biasPlace(node);
        context.fillStyle = css(diverging(bias / Math.max(1, Math.abs(bias))));
        context.fillRect(x, y, BIAS, BIAS);
        const isPointed = this.pointed?.bias === node;
        context.strokeStyle = isPointed ? colors.text : colors.quiet;
        context.lineWidth = isPointed ? 2 : 1;
        context.strokeRect(x, y, BIAS, BIAS);
    }

    // Say how many units are not drawn, and the names of outputs.
    drawRest(context, layer, colors) {
        const more = this.counts[layer] - this.nodes[layer].length;
        const last = this.nodes[layer].at(-1);
        if (more && last)
            this.write(
                context,
                `${more} more`,
                last.x,
                last.y + TILE / 2 + (layer ? 17 : 25),
                colors.quiet,
            );
        if (layer < this.counts.length - 1 || this.network.classes.length <= 2) return;
        context.fillStyle = colors.quiet;
        for (const node of this.nodes[layer]) {
            const name = String(this.network.classes[node.unit]).slice(0, 6);
            context.textAlign = "left";
            context.fillText(name, node.x + TILE / 2 + 5, node.y + 4);
        }
    }

    write(context, text, x, y, color) {
        context.font = "11px system-ui, sans-serif";
        context.fillStyle = color;
        context.textAlign = "center";
        context.fillText(fitting(context, text, this.column - 6), x, y);
    }

    pictureOf(node, maps) {
        const { plane } = this.network;
        const name = `${node.layer}-${node.unit}`;
        if (plane) {
            const { side } = plane;
            if (node.layer)
                return this.painter.unit(
                    name,
                    maps[node.layer - 1],
                    node.unit,
                    side,
                    this.meaning(node),
                );
            return this.inputImage(name, plane.inputs[node.unit], side);
        }
        const side = this.imageSide();
        return node.layer === 1 && side ? this.weightImage(name, node.unit, side) : null;
    }

    // The output of a classifier with one unit goes from 0, the first class, to 1.
    meaning(node) {
        const isOutput = node.layer === this.counts.length - 1;
        return isOutput && this.network.classes.length === 2 && this.counts.at(-1) === 1
            ? this.network.range
            : {};
    }

    inputImage(name, values, side) {
        const largest = values.reduce((found, each) => Math.max(found, Math.abs(each)), 1e-9);
        return this.painter.paint(name, side, (n) => Math.round((STEPS * values[n]) / largest));
    }

    weightImage(name, unit, side) {
        const part = this.arrays.W1
            ? { weights: this.arrays.W1, units: this.counts[1] }
            : this.parts[1];
        if (!part) return null;
        const { weights, units } = part;
        let largest = 1e-9;
        for (let n = unit; n < weights.length; n += units)
            largest = Math.max(largest, Math.abs(weights[n]));
        return this.painter.paint(name, side, (n) =>
            Math.round((STEPS * weights[n * units + unit]) / largest),
        );
    }

    // Return what is at a place of the canvas: {bias}, {unit}, {edge} or null.
    at(x, y) {
        for (const node of this.nodes.flat()) {
            const [left, top] = biasPlace(node);
            const isKnown = `b${node.layer}` in this.arrays;
            if (isKnown && within(x, y, left - 2, top - 2, BIAS + 4)) return { bias: node };
        }
        for (const node of this.nodes.flat()) {
            if (within(x, y, node.x - TILE / 2, node.y - TILE / 2, TILE)) return { unit: node };
        }
        let [nearest, least] = [null, NEAR];
        for (const edge of this.edges) {
            if (x < edge.x1 || x > edge.x2) continue;
            const distance = distanceTo(edge, x, y);
            if (distance < least) [nearest, least] = [edge, distance];
        }
        return nearest && { edge: nearest };
    }

    // Return the number at what is pointed at: its array and place in it; null for a unit.
    numberAt(pointed) {
        if (pointed?.edge) {
            const { name, start, end } = pointed.edge;
            return { array: name, at: [start.unit, end.unit], value: this.weight(pointed.edge) };
        }
        if (!pointed?.bias) return null;
        const { layer, unit } = pointed.bias;
        return { array: `b${layer}`, at: [unit], value: this.arrays[`b${layer}`][unit] };
    }

    describe(pointed) {
        const number = this.numberAt(pointed);
        if (number) {
            const place = number.at.map((n) => n + 1).join(", ");
            return `${number.array}[${place}] = ${exact(number.value)}`;
        }
        const { layer, unit } = pointed.unit;
        if (!layer) return `Input ${this.network.inputs[unit]}`;
        const kind = layer === this.counts.length - 1 ? "output" : `hidden layer ${layer}`;
        const activation = this.network.activations[layer - 1].replaceAll("_", " ");
        return `Unit ${unit + 1} of ${kind} (${activation})`;
    }
}

function biasPlace(node) {
    return [node.x - TILE / 2 - BIAS / 2, node.y + TILE / 2 - BIAS / 2];
}

function within(x, y, left, top, size) {
    return x >= left && x <= left + size && y >= top && y <= top + size;
}

function distanceTo({ x1, y1, x2, y2, bend }, x, y) {
    let least = Infinity;
    for (let n = 0; n <= STOPS; n++) {
        const t = n / STOPS;
        const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
        const across = a * x1 + b * (x1 + bend) + c * (x2 - bend) + d * x2 - x;
        const down = (a + b) * y1 + (c + d) * y2 - y;
        least = Math.min(least, Math.hypot(across, down));
    }
    return least;
}

function exact(number) {
    return Number.isFinite(number) ? String(Number(number.toPrecision(6))) : short(number);
}
