// The form that edits one number of the network: a weight, a bias, or one of another array.

import { byId, element } from "./dom.js";

export class NumberForm {
    constructor(set) {
        this.form = byId("number");
        this.array = element("select", { attributes: { "aria-label": "Array" } });
        this.places = element("span", { className: "places" });
        this.value = element("input", {
            type: "text",
            inputMode: "decimal",
            autocomplete: "off",
            attributes: { "aria-label": "Value", "aria-describedby": "number-refusal" },
        });
        this.refusal = element("span", {
            id: "number-refusal",
            className: "refusal",
            attributes: { role: "alert" },
        });
        this.form.append(
            this.array,
            this.places,
            element("span", { textContent: "=" }),
            this.value,
            element("button", { textContent: "Set" }),
            this.refusal,
        );
        this.array.addEventListener("change", () => this.choose(this.array.value));
        this.places.addEventListener("change", () => this.showValue());
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.send(set);
        });
    }

    async send(set) {
        this.refusal.textContent = "";
        try {
            const text = this.value.value.trim().replace("−", "-");
            await set({ ...this.chosen(), value: text === "" ? null : Number(text) });
        } catch (error) {
            this.refusal.textContent = error.message;
        }
    }

    // Take the arrays of a network, by name with their shapes.
    take(shapes) {
        const chosen = this.array.value;
        const isSame = JSON.stringify(shapes) === JSON.stringify(this.shapes);
        this.shapes = shapes;
        if (isSame) return;
        this.array.replaceChildren(
            ...Object.keys(shapes).map((name) =>
                element("option", { value: name, textContent: name }),
            ),
        );
        this.choose(shapes[chosen] ? chosen : Object.keys(shapes)[0]);
    }

    choose(name, at = []) {
        const labels = this.shapes[name].length === 2 ? ["Input", "Unit"] : ["Unit"];
        this.array.value = name;
        this.places.replaceChildren(
            ...this.shapes[name].map((size, axis) =>
                element("input", {
                    type: "number",
                    min: 1,
                    max: size,
                    value: (at[axis] ?? 0) + 1,
                    attributes: { "aria-label": labels[axis] ?? "Place" },
                }),
            ),
        );
        this.showValue();
    }

    at() {
        return [...this.places.children].map((each) => Number(each.value) - 1);
    }

    // Return the place that is chosen.
    chosen() {
        return { array: this.array.value, at: this.at() };
    }

    // Show the current number, unless the user is writing another one.
    showValue(arrays = this.arrays) {
        this.arrays = arrays;
        if (!arrays || !this.shapes || document.activeElement === this.value) return;
        const shape = this.shapes[this.array.value];
        const at = this.at().reduce((found, n, axis) => found * shape[axis] + n, 0);
        const number = arrays[this.array.value]?.[at];
        const text = number === undefined ? "" : String(Number(number.toPrecision(6)));
        if (this.value.value !== text) this.value.value = text;
    }

    edit({ array, at }) {
        this.choose(array, at);
        this.value.focus();
        this.value.select();
    }
}
