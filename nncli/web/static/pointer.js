// What the pointer does on the network: it names what it points at, a click edits a number or shows
// the worked example of a unit.

import { byId, setText } from "./dom.js";

// `page` has the `drawing`, the form of a `number`, the `tools`, and the `hint` while nothing is pointed at.
export function listenToPointer(page) {
    const canvas = byId("graph");
    const { graph } = page.drawing;
    const at = (event) => graph.arrays && graph.at(event.offsetX, event.offsetY);
    const point = (pointed) => {
        graph.pointed = pointed;
        canvas.classList.toggle("pointed", Boolean(pointed) && pointed.unit?.layer !== 0);
        setText(byId("pointed"), pointed ? graph.describe(pointed) : page.hint);
        setText(byId("shown"), pointed?.unit ? graph.describe(pointed) : "");
        page.drawing.schedule();
    };
    canvas.addEventListener("pointermove", (event) => point(at(event)));
    canvas.addEventListener("pointerleave", () => point(null));
    canvas.addEventListener("click", (event) => {
        const pointed = at(event);
        const number = graph.numberAt(pointed);
        if (number) page.number.edit(number);
        else if (pointed?.unit?.layer) page.try(() => page.tools.showUnit(pointed.unit));
    });
}
