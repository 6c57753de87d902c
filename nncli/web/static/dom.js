// Building elements of a page.

export function byId(id) {
    return document.getElementById(id);
}

export function element(name, properties = {}, children = []) {
    const { data = {}, attributes = {}, ...others } = properties;
    const made = Object.assign(document.createElement(name), others);
    Object.assign(made.dataset, data);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
}

// Change a text only if it differs: a change costs a layout.
export function setText(place, text) {
    if (place.textContent !== text) place.textContent = text;
}

// Make a canvas as large as it is shown, in the pixels of the screen; return its context.
export function fitted(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) {
        canvas.width = across;
        canvas.height = down;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
}

// Return a text, shortened to fit into some pixels of a canvas.
export function fitting(context, text, width) {
    if (context.measureText(text).width <= width) return text;
    const letters = [...text];
    while (letters.length && context.measureText(`${letters.join("")}…`).width > width)
        letters.pop();
    return `${letters.join("")}…`;
}

export function colorOf(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Return a number as it is printed, with a minus sign instead of a hyphen.
export function signed(number) {
    return String(number).replace("-", "−");
}

// Return a number with three digits, and no more zeros than it needs.
export function short(number) {
    if (number === null || number === undefined) return "–";
    const size = Math.abs(number);
    if (size !== 0 && (size < 1e-3 || size >= 1e5)) return number.toExponential(1);
    return size >= 100 ? number.toFixed(0) : String(Number(number.toPrecision(3)));
}
