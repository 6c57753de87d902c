// The features of the two columns: which of them are the inputs of the network.

import { byId, element } from "./dom.js";
import { changed, valueAt } from "./state.js";

const KEY = "data.features";

export class Features {
    constructor(page) {
        this.page = page;
        this.place = byId("features");
        this.refusal = byId("features-refusal");
        this.names = [];
        this.boxes = [];
    }

    // Take a network, whose `features` are all that can be chosen.
    take(network) {
        this.network = network;
        const { features, inputs } = network;
        this.place.hidden = !features.length;
        const names = features.map((each) => each.name);
        if (JSON.stringify(names) !== JSON.stringify(this.names)) this.build(names);
        this.boxes.forEach((box, n) => {
            box.checked = inputs.includes(names[n]);
        });
        this.refusal.textContent = "";
    }

    build(names) {
        this.names = names;
        this.boxes = names.map(() => element("input", { type: "checkbox" }));
        const labels = names.map((name, n) => element("label", {}, [this.boxes[n], name]));
        for (const box of this.boxes) box.addEventListener("change", () => this.send());
        byId("features-list").replaceChildren(...labels);
    }

    async send() {
        const chosen = this.boxes.map((box) => box.checked);
        try {
            await this.page.configure((config) => this.withFeatures(config, chosen), false);
        } catch (error) {
            this.take(this.network);
            this.refusal.textContent = error.message;
        }
    }

    // Features that the page does not offer stay. Both columns alone need no list.
    withFeatures(config, chosen) {
        const { features, inputs, columns } = this.network;
        const offered = features.filter((_, n) => chosen[n]).map((each) => each.written);
        const given = valueAt(config, KEY) ?? [];
        const list = [...offered, ...given.filter((_, n) => !this.names.includes(inputs[n]))];
        const isAll = JSON.stringify(list) === JSON.stringify(columns);
        return changed(config, KEY, isAll ? null : list);
    }
}
