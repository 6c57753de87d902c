// The state of a page, and how a link says it.
//
// It is a config, as in YAML, weights to start from that were set by hand, and view settings. A link
// has what differs from the page's first state: {config: {"data.noise": 0.1, ...}, view: {...},
// start: {W1: [[...]], b1: [...], ...}} as JSON in base64url, after "state=". A value null removes a
// key, and a start null is none. "hide=" lists the controls that are not shown.

const SECTIONS = ["data", "model", "training"];

export function valueAt(config, key) {
    return key.split(".").reduce((found, name) => found?.[name], config);
}

// Return a copy of a config with another value; undefined and null remove the key.
export function changed(config, key, value) {
    const [section, name] = key.split(".");
    const copy = structuredClone(config);
    const isSection = Object.hasOwn(copy, section) && isObject(copy[section]);
    if (name !== undefined && !isSection) copy[section] = {};
    const [place, last] = name === undefined ? [copy, section] : [copy[section], name];
    if (value === undefined || value === null) delete place[last];
    else place[last] = value;
    return copy;
}

// Return the keys whose values differ, with the values of `after`.
export function difference(before, after) {
    const found = {};
    for (const key of new Set([...keysOf(before), ...keysOf(after)])) {
        const [old, now] = [valueAt(before, key), valueAt(after, key)];
        if (JSON.stringify(old) !== JSON.stringify(now)) found[key] = now ?? null;
    }
    return found;
}

function keysOf(config) {
    return Object.keys(config).flatMap((key) =>
        SECTIONS.includes(key)
            ? Object.keys(config[key] ?? {}).map((name) => `${key}.${name}`)
            : [key],
    );
}

export function applied(config, differences) {
    return Object.entries(differences).reduce(
        (found, [key, value]) => changed(found, key, value),
        config,
    );
}

export function encoded(state) {
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    const text = btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
    return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decoded(text) {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (each) => each.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
}

// Return the state and the hidden controls of a link; a broken one gives a problem.
export function readFragment(fragment) {
    const found = new URLSearchParams(fragment.replace(/^#/, ""));
    const hide = (found.get("hide") ?? "").split(",").filter(Boolean);
    const nothing = { config: {}, view: {}, start: undefined, hide, problem: "" };
    try {
        const text = found.get("state");
        const { config = {}, view = {}, start } = text ? decoded(text) : {};
        if (![config, view, start ?? {}].every(isObject)) throw new TypeError("expected objects");
        return { ...nothing, config, view, start };
    } catch {
        return { ...nothing, problem: "link: its state is damaged; copy the whole link" };
    }
}

function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

// A start that is undefined is that of the page's first state.
export function written({ config, view, start }, hide) {
    const parts = [];
    if (Object.keys(config).length || Object.keys(view).length || start !== undefined) {
        parts.push(`state=${encoded({ config, view, start })}`);
    }
    if (hide.length) parts.push(`hide=${hide.join(",")}`);
    return parts.length ? `#${parts.join("&")}` : "";
}
