// What a page offers beside training: lessons, findings, worked examples, its config, saving, own
// points.

import { byId, element, setText, signed } from "./dom.js";
import { changed } from "./state.js";
import { rounded } from "./surface.js";

const EXAMPLE = "example";
const REMOVE = "remove";
const NEAR = 8; // pixels between a click and the point that it means

// `page` has `act(name, values)`, which throws the server's sentence, `tell(problem)`,
// `drawing`, and `network`, the newest one.
export class Tools {
    constructor(page) {
        this.page = page;
        byId("config").addEventListener("click", () => page.try(() => this.showConfig()));
        byId("copy").addEventListener("click", () => this.copy());
        byId("close").addEventListener("click", () => byId("yaml").close());
        byId("save").addEventListener("click", () => page.try(() => this.save()));
        byId("diagnose").addEventListener("click", () => page.try(() => this.diagnose()));
        byId("surface").addEventListener("click", (event) => page.try(() => this.click(event)));
        byId("close-example").addEventListener("click", () => byId("example").close());
        byId("row").addEventListener("submit", (event) => {
            event.preventDefault();
            page.try(() => this.showExample(Number(byId("row-number").value)));
        });
    }

    // Take a new network: what a click may add depends on its classes. It has the warnings of
    // `nncli train`, too.
    take(network) {
        const { classes, points, target_ends: ends, warnings } = network;
        const adds = classes.length
            ? classes.map((name, index) => [`add ${index}`, `adds a row of class ${name}`])
            : [ends.low, ends.high].map((end) => {
                  const target = rounded(end, ends);
                  return [`add ${target}`, `adds a row with target ${signed(target)}`];
              });
        const choices = [
            [EXAMPLE, "shows the worked example of a row"],
            ...adds,
            [REMOVE, "removes a row"],
        ];
        const select = byId("click");
        const chosen = select.value;
        select.replaceChildren(
            ...choices.map(([value, textContent]) => element("option", { value, textContent })),
        );
        select.value = choices.some(([value]) => value === chosen) ? chosen : EXAMPLE;
        byId("row-number").max = points.train ? points.train.count - 1 : "";
        byId("findings").replaceChildren();
        byId("warnings").replaceChildren(
            ...warnings.map((textContent) => element("li", { textContent })),
        );
    }

    async showConfig() {
        setText(byId("text"), (await this.page.act("config")).yaml);
        setText(byId("copied"), "");
        byId("yaml").showModal();
    }

    // A browser lends its clipboard only to pages of its own computer, or with encryption. For
    // others, such as those of a class, it copies what is selected.
    async copy() {
        const text = byId("text");
        if (navigator.clipboard) await navigator.clipboard.writeText(text.textContent);
        else {
            getSelection().selectAllChildren(text);
            document.execCommand("copy");
        }
        setText(byId("copied"), "Copied");
    }

    async save() {
        const { saved, notes } = await this.page.act("save");
        setText(byId("saved"), [`Saved in ${saved}`, ...notes].join("; "));
    }

    async diagnose() {
        this.showFindings((await this.page.act("findings")).findings);
    }

    // Show findings; the same ones are not shown, and read aloud, again.
    showFindings(findings) {
        const place = byId("findings");
        const text = JSON.stringify(findings);
        if (place.hasChildNodes() && this.findings === text) return;
        this.findings = text;
        place.replaceChildren(
            ...findings.map((each) =>
                element("li", {}, [
                    element("strong", { textContent: `${each.code} ${each.title}. ` }),
                    each.evidence,
                    " ",
                    element("em", { textContent: each.change ?? each.remedy ?? "" }),
                ]),
            ),
        );
        if (!findings.length)
            place.append(element("li", { textContent: "Nothing was found so far." }));
    }

    // Show the worked example of the row that the form names, from the layer of a unit on.
    async showUnit({ layer, unit }) {
        await this.showExample(Number(byId("row-number").value), [layer, unit]);
        const [text, part] = ["example-text", `layer-${layer}`].map(byId);
        text.scrollTop += part.getBoundingClientRect().top - text.getBoundingClientRect().top;
    }

    async showExample(row, unit) {
        if (this.page.hidden.includes("example")) return;
        const { html } = await this.page.act("example", { row, unit });
        byId("example-text").innerHTML = html; // from nncli, which escapes all names
        setText(byId("example-title"), `Worked example of training row ${row}`);
        byId("row-number").value = row;
        if (!byId("example").open) byId("example").showModal();
    }

    async click(event) {
        const chosen = byId("click").value;
        const { low, high } = this.page.network.plane;
        const size = event.target.clientWidth;
        const share = [event.offsetX / size, 1 - event.offsetY / size];
        const inputs = share.map((each, axis) => low[axis] + each * (high[axis] - low[axis]));
        if (chosen.startsWith("add ")) {
            await this.page.act("add", { inputs, target: Number(chosen.slice("add ".length)) });
            return;
        }
        const row = this.nearestRow(inputs, size);
        if (row === null) this.page.tell("There is no training row; click on a circle.");
        else if (chosen === REMOVE) await this.page.act("remove", { row });
        else await this.showExample(row);
    }

    // Return the number of the training row at a place, or null.
    nearestRow(place, size) {
        const { low, high } = this.page.network.plane;
        const { rows } = this.page.network.points.train;
        const { inputs } = this.page.drawing.points.find(({ name }) => name === "train");
        let [nearest, least] = [null, NEAR];
        rows.forEach((row, n) => {
            const [x, y] = [0, 1].map(
                (axis) => (size * (inputs[2 * n + axis] - place[axis])) / (high[axis] - low[axis]),
            );
            const distance = Math.hypot(x, y);
            if (distance < least) [nearest, least] = [row, distance];
        });
        return nearest;
    }
}

// The lessons: a config to begin with, and what to look at.
export class Lessons {
    constructor(page, lessons) {
        this.lessons = lessons;
        const options = lessons.map(({ name }) =>
            element("option", { value: name, textContent: name.replaceAll("_", " ") }),
        );
        byId("lesson").append(element("option", { value: "", textContent: "none" }), ...options);
        byId("lesson").addEventListener("change", () =>
            page.try(() => page.begins(byId("lesson").value)),
        );
    }

    called(name) {
        return this.lessons.find((each) => each.name === name);
    }

    // Show the texts of a lesson, if there is one of this name.
    show(name) {
        const found = this.called(name);
        byId("lesson").value = found ? name : "";
        byId("lesson-text").hidden = !found;
        if (!found) return;
        const texts = [
            ["", found.shows],
            ["Expected: ", found.expected],
            ["Try next: ", found.try_next],
        ];
        byId("lesson-text").replaceChildren(
            ...texts.map(([title, text]) =>
                element("p", {}, [element("strong", { textContent: title }), text]),
            ),
        );
    }
}

// The two columns of one's own table that are the inputs.
export class OwnColumns {
    constructor(page) {
        this.selects = ["First column", "Second column"].map((label, axis) => {
            const select = element("select", { id: `column-${axis}` });
            select.addEventListener("change", () => {
                this.avoidTwice(axis);
                page.try(() => this.send(page));
            });
            const named = element("label", { htmlFor: select.id, textContent: label });
            byId("own-columns").append(element("div", { className: "field" }, [named, select]));
            return select;
        });
    }

    // Take a network. Rows that the config lists, such as after a click, have no other columns.
    take(network) {
        const { config, numbers, columns } = network;
        this.network = network;
        const isOwn = "path" in config.data && columns.length === 2;
        byId("own-columns").hidden = !isOwn || numbers.length < 3;
        this.selects.forEach((select, axis) => {
            const options = numbers.map((name) =>
                element("option", { value: name, textContent: name }),
            );
            select.replaceChildren(...options);
            select.value = columns[axis];
        });
    }

    async send(page) {
        try {
            await page.configure((config) => this.withColumns(config), false);
        } catch (error) {
            this.take(this.network);
            throw error;
        }
    }

    // If one column is chosen twice, the other one changes, too.
    avoidTwice(axis) {
        const other = this.selects[1 - axis];
        if (other.value === this.selects[axis].value) other.value = this.network.columns[axis];
    }

    // Drop all other columns of numbers; what else was dropped stays so. Features name columns.
    withColumns(config) {
        const chosen = this.selects.map((select) => select.value);
        const { numbers } = this.network;
        const others = (config.data.drop ?? []).filter((name) => !numbers.includes(name));
        const left = numbers.filter((name) => !chosen.includes(name));
        const dropped = changed(config, "data.drop", [...others, ...left]);
        return changed(dropped, "data.features", null);
    }
}
