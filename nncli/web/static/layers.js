// Layers and units: their settings in the config, and the controls above the network.

import { byId, element, setText } from "./dom.js";
import { changed, valueAt } from "./state.js";

const NEW_UNITS = 4; // of the first hidden layer that is added
const PER_HIDDEN = ["model.activation", "model.normalization", "training.dropout"];
const PER_LAYER = ["model.initializer", "model.bias_initializer", "model.density"];
const FITTED = ["model.initial_weights", "model.initial_biases", "model.masks"]; // to the sizes

// Return a config with other sizes of hidden layers; layers are added or removed at the end.
export function withLayers(config, sizes, before) {
    let found = changed(config, "model.hidden_layers", sizes);
    for (const key of FITTED) found = changed(found, key, undefined);
    for (const key of [...PER_HIDDEN, ...PER_LAYER]) {
        const list = valueAt(found, key);
        if (!Array.isArray(list)) continue;
        const outputs = PER_LAYER.includes(key) ? list.slice(-1) : [];
        const hidden = list.slice(0, before);
        while (hidden.length > sizes.length) hidden.pop();
        const added = hidden.at(-1) ?? outputs[0] ?? defaultOf(key);
        while (hidden.length < sizes.length) hidden.push(added);
        found = changed(found, key, [...hidden, ...outputs]);
    }
    return found;
}

function defaultOf(key) {
    return (
        { "model.activation": "tanh", "model.normalization": "none", "training.dropout": 0 }[key] ??
        1
    );
}

// Return a config with another activation of one hidden layer; one name if all are the same.
export function withActivation(config, activations, layer, name) {
    const given = valueAt(config, "model.activation");
    const list = Array.isArray(given) ? [...given] : activations.map((each) => given ?? each);
    list[layer] = name;
    const isSame = list.every((each) => JSON.stringify(each) === JSON.stringify(list[0]));
    return changed(config, "model.activation", isSame ? list[0] : list);
}

// The controls above the columns of the network. `configure(change)` changes the config.
export class Columns {
    constructor(configure) {
        this.configure = configure;
        this.place = byId("columns");
        byId("more-layers").addEventListener("click", () => {
            this.resize((sizes) => [...sizes, sizes.at(-1) ?? NEW_UNITS]);
        });
        byId("fewer-layers").addEventListener("click", () =>
            this.resize((sizes) => sizes.slice(0, -1)),
        );
    }

    resize(change) {
        this.configure((config) => {
            const before = valueAt(config, "model.hidden_layers") ?? this.sizes;
            return withLayers(config, change(before), before.length);
        });
    }

    show(network, activations, width) {
        this.network = network;
        this.sizes = network.units.slice(0, -1);
        const count = this.sizes.length;
        setText(byId("layers"), `${count} hidden layer${count === 1 ? "" : "s"}`);
        byId("fewer-layers").disabled = !count;
        if (this.hidden?.length !== count || this.hidden === undefined)
            this.build(activations, count);
        this.place.style.width = `${width * (count + 2)}px`;
        this.sizes.forEach((size, layer) => this.showLayer(layer, size));
        setText(this.inputs, plural(network.inputs.length, "input"));
        setText(this.outputs, plural(network.units.at(-1), "output"));
        setText(this.output, network.activations.at(-1).replaceAll("_", " "));
    }

    build(activations, count) {
        this.hidden = Array.from({ length: count }, (_, layer) => this.layer(activations, layer));
        this.inputs = element("span");
        this.outputs = element("span");
        this.output = element("span", { className: "quiet" });
        this.place.replaceChildren(
            element("div", { className: "column" }, [this.inputs]),
            ...this.hidden.map((each) => each.element),
            element("div", { className: "column" }, [this.outputs, this.output]),
        );
    }

    layer(activations, layer) {
        const resize = (change) => () => {
            this.resize((sizes) => sizes.with(layer, Math.max(1, sizes[layer] + change)));
        };
        const name = `hidden layer ${layer + 1}`;
        const button = (text, words, change) => {
            const made = element("button", {
                textContent: text,
                data: { control: "model.hidden_layers" },
                attributes: { "aria-label": `${words} ${name}` },
            });
            made.addEventListener("click", resize(change));
            return made;
        };
        const units = element("span");
        const fewer = button("−", "Remove a unit from", -1);
        const select = element(
            "select",
            {
                data: { control: "model.activation" },
                attributes: { "aria-label": `Activation of ${name}` },
            },
            activations.map((each) =>
                element("option", { value: each, textContent: each.replaceAll("_", " ") }),
            ),
        );
        select.addEventListener("change", () => {
            const own = this.network.activations.slice(0, -1);
            this.configure((config) => withActivation(config, own, layer, select.value));
        });
        const sizes = element("div", { className: "sizes" }, [
            fewer,
            units,
            button("+", "Add a unit to", 1),
        ]);
        return {
            element: element("div", { className: "column" }, [sizes, select]),
            units,
            fewer,
            select,
        };
    }

    showLayer(layer, size) {
        const { units, fewer, select } = this.hidden[layer];
        setText(units, String(size));
        units.title = plural(size, "unit");
        fewer.disabled = size === 1;
        select.value = this.network.activations[layer];
    }
}

function plural(count, noun) {
    return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
