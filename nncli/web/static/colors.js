// Colors that color-blind readers can distinguish: those of nncli's plots.

const BLUE = [0, 114, 178];
const ORANGE = [230, 159, 0];
const CLASSES = [
    [0, 114, 178],
    [230, 159, 0],
    [0, 158, 115],
    [204, 121, 167],
    [86, 180, 233],
    [213, 94, 0],
    [240, 228, 66],
    [102, 102, 102],
    [0, 70, 110],
    [150, 100, 60],
];
const MIDDLE = { light: [244, 245, 246], dark: [38, 43, 49] };
export const STEPS = 127; // numbers of a map are from -STEPS to STEPS

const isDark = matchMedia("(prefers-color-scheme: dark)");

export function onSchemeChange(callback) {
    isDark.addEventListener("change", callback);
}

function middle() {
    return isDark.matches ? MIDDLE.dark : MIDDLE.light;
}

function mix(from, to, share) {
    return from.map((each, n) => Math.round(each + (to[n] - each) * share));
}

// Canvas pixels are bytes red, green, blue, alpha; all computers with browsers are little-endian.
function pixel([red, green, blue]) {
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function css(color) {
    return `rgb(${color.join(" ")})`;
}

// Return the color of a number from -1 (orange) to 1 (blue).
export function diverging(share) {
    const limited = Math.max(-1, Math.min(1, share));
    return mix(middle(), limited < 0 ? ORANGE : BLUE, Math.abs(limited));
}

export function weightColor(weight) {
    return css(weight < 0 ? ORANGE : BLUE);
}

// Return the pixels of the numbers -STEPS to STEPS of a map.
export function divergingPixels() {
    const pixels = new Uint32Array(2 * STEPS + 1);
    for (let n = -STEPS; n <= STEPS; n++) pixels[n + STEPS] = pixel(diverging(n / STEPS));
    return pixels;
}

// With two classes, the first is orange and the second blue, as their output goes from 0 to 1.
export function classColor(index, classes) {
    return classes === 2 ? [ORANGE, BLUE][index] : CLASSES[index % CLASSES.length];
}

// Return the pixel of a class with a probability between an even share and 1.
export function classPixel(index, classes, probability) {
    const even = 1 / classes;
    const share = Math.max(0, Math.min(1, (probability - even) / (1 - even)));
    return pixel(mix(middle(), classColor(index, classes), 0.15 + 0.75 * share));
}
