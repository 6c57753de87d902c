// The fields of the controls: one that shows and changes each key of the config.

import { element } from "./dom.js";
import { valueAt } from "./state.js";

const DEFAULT = "(default)";
const SEVERAL = "(per layer)";
let count = 0;

// A field of one control. `range` is what the schema says of its key; `change(control, value)`
// changes the config and throws an Error with the server's sentence if it is refused.
export class Field {
    constructor(control, range, change) {
        this.control = control;
        this.range = range;
        this.change = change;
        this.id = `field-${++count}`;
        this.refusal = element("span", {
            className: "refusal",
            id: `${this.id}-refusal`,
            attributes: { role: "alert" },
        });
        this.input = KINDS[control.kind].input(this);
        this.input.id = this.id;
        this.input.title = range.description ?? "";
        this.input.setAttribute("aria-describedby", this.refusal.id);
        this.input.addEventListener("change", () => this.send(KINDS[control.kind].read(this)));
        const label = element("label", { htmlFor: this.id, textContent: control.label });
        this.parameters = element("div", {
            className: "parameters",
            data: { control: control.key },
        });
        if (control.place === "bar") this.parameters.dataset.title = control.label;
        this.element = element(
            "div",
            { className: `field ${control.kind}`, data: { control: control.key } },
            [
                label,
                this.input,
                ...(control.kind === "entry" ? [this.parameters] : []),
                this.refusal,
            ],
        );
    }

    // Say no longer that a value was refused.
    forget() {
        this.refusal.textContent = "";
        this.input.removeAttribute("aria-invalid");
    }

    async send(value) {
        this.forget();
        try {
            await this.change(this.control, value);
        } catch (error) {
            this.refusal.textContent = error.message;
            this.input.setAttribute("aria-invalid", "true");
            this.show(this.config, this.filled);
        }
    }

    // Show the value of a config, or what is used instead of a missing one.
    show(config, filled) {
        this.config = config;
        this.filled = filled;
        const value = valueAt(config, this.control.key) ?? null;
        KINDS[this.control.kind].show(this, value, filled[this.control.key]);
    }
}

function option(value, text = value) {
    return element("option", { value, textContent: text });
}

function words(text) {
    return String(text).replaceAll("_", " ");
}

function numberInput(field) {
    const { suggestions, words: others = [] } = field.control;
    const input = element("input", {
        type: "text",
        inputMode: "decimal",
        autocomplete: "off",
        spellcheck: false,
    });
    if (suggestions) {
        const list = element(
            "datalist",
            { id: `${field.id}-list` },
            [...suggestions, ...others].map((each) => option(String(each))),
        );
        document.body.append(list);
        input.setAttribute("list", list.id);
    }
    return input;
}

// A text that is no number goes to the server, which says what it expects.
function readNumber(text) {
    const plain = text.trim().replace("−", "-");
    if (plain === "") return null;
    return Number.isFinite(Number(plain)) ? Number(plain) : plain;
}

function shownNumber(field, value, filled) {
    field.input.value = value ?? "";
    field.input.placeholder = String(filled ?? field.range.default ?? "none");
}

function choiceInput(field) {
    return element(
        "select",
        {},
        field.range.enum.map((each) => option(each, words(each))),
    );
}

function entryInput(field) {
    const names = Object.keys(field.range.entries);
    const first = field.range.default === null ? [option("", DEFAULT)] : [];
    return element("select", {}, [...first, ...names.map((name) => option(name, words(name)))]);
}

function showEntry(field, value, filled) {
    const { input, range, parameters } = field;
    const several = Array.isArray(value);
    const chosen = several ? SEVERAL : (value?.name ?? value ?? range.default ?? "");
    input.querySelector("option.several")?.remove();
    if (several) input.append(Object.assign(option(SEVERAL), { className: "several" }));
    const first = input.querySelector('option[value=""]');
    if (first) first.textContent = filled ? `${words(filled)} ${DEFAULT}` : DEFAULT;
    input.value = chosen;
    const needed = Object.entries(range.entries[chosen]?.parameters ?? {});
    if (parameters.dataset.of !== chosen) {
        parameters.dataset.of = chosen;
        parameters.replaceChildren(
            ...needed.map(([name, each]) => parameterInput(field, chosen, name, each)),
        );
    }
    for (const each of parameters.querySelectorAll("input")) {
        const given = value?.[each.name];
        if (each.type === "checkbox")
            each.checked = given ?? needed.find(([name]) => name === each.name)[1].default;
        else each.value = given ?? "";
    }
}

function parameterInput(field, chosen, name, range) {
    const isFlag = range.type === "boolean";
    const input = element("input", {
        name,
        type: isFlag ? "checkbox" : "text",
        title: range.description,
        placeholder: String(range.default),
        inputMode: "decimal",
        autocomplete: "off",
    });
    input.addEventListener("change", () => {
        const current = valueAt(field.config, field.control.key);
        const before = typeof current === "object" ? current : {};
        const value = isFlag ? input.checked : readNumber(input.value);
        const { [name]: _, ...others } = { ...before, name: chosen };
        field.send(value === null ? others : { ...others, [name]: value });
    });
    return element("label", {}, [element("span", { textContent: words(name) }), input]);
}

// For each kind: its input, how to read the value, how to show one.
const KINDS = {
    number: {
        input: numberInput,
        read: (field) => readNumber(field.input.value),
        show: shownNumber,
    },
    flag: {
        input: () => element("input", { type: "checkbox" }),
        read: (field) => field.input.checked,
        show: (field, value) => {
            field.input.checked = value ?? field.range.default;
        },
    },
    choice: {
        input: choiceInput,
        read: (field) => field.input.value,
        show: (field, value) => {
            field.input.value = value ?? field.range.default;
        },
    },
    entry: { input: entryInput, read: (field) => field.input.value || null, show: showEntry },
    source: {
        input: choiceInput,
        read: (field) => field.input.value,
        show: (field, value) => {
            if (![...field.input.options].some((each) => each.value === value))
                field.input.append(option(value));
            field.input.value = value;
        },
    },
};
