// The link to the state of a page, kept in the address.

import { applied, difference, readFragment, written } from "./state.js";

const MANY = "many"; // weights to start from that are too many for a link

// `page` is what the link describes; it has the `view` settings, which are `firstView` at first.
export class Link {
    constructor(page, firstView) {
        this.page = page;
        this.firstView = firstView;
        this.isRefused = false; // what the address says; it stays until something is changed
    }

    // Restore the state that the end of the address says; a damaged one changes nothing.
    async restore(fragment = location.hash) {
        const { page } = this;
        const { config, view, start, hide, problem } = readFragment(fragment);
        page.hidden = hide;
        if (problem) return page.tell(problem);
        Object.assign(page.view, this.firstView, view);
        page.showView();
        await page.try(() => page.sendSpeed());
        page.lessons.show(page.view.lesson);
        const origin = page.origin();
        const wanted = applied(origin.config, config);
        const weights = start === undefined ? weightsOf(origin) : start;
        await page.turn; // the page may be changing
        const isOther = Object.keys(difference(page.config, wanted)).length;
        this.isRefused = false;
        if (!isOther && isSame(weights, weightsOf(page.network))) return;
        const keeps = weights === MANY;
        try {
            await page.configure(() => wanted, keeps, keeps ? null : weights);
        } catch (error) {
            page.tell(error.message);
            page.view.lesson = "";
            page.lessons.show("");
            this.isRefused = true;
        }
    }

    // Write the state into the address, except right after a link that was refused: it may be right
    // later, such as a lesson of MNIST.
    write() {
        if (this.isRefused) {
            this.isRefused = false;
            return;
        }
        const { network, view, hidden } = this.page;
        const origin = this.page.origin();
        const state = {
            config: difference(origin.config, network.config),
            view: difference(this.firstView, view),
            start: isSame(weightsOf(network), weightsOf(origin)) ? undefined : network.start,
        };
        history.replaceState(null, "", written(state, hidden) || location.pathname);
    }
}

// Return the weights that a network or a lesson starts from; null are those of the seed.
function weightsOf({ has_start: hasStart, start }) {
    return start ?? (hasStart ? MANY : null);
}

function isSame(value, other) {
    return JSON.stringify(value) === JSON.stringify(other);
}
