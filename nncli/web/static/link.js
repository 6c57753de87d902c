// The link to the state of a page, kept in the address.

import { applied, difference, readFragment, written } from "./state.js";

// `page` is what the link describes; it has the `view` settings, which are `firstView` at first.
export class Link {
    constructor(page, firstView) {
        this.page = page;
        this.firstView = firstView;
    }

    // Restore the state that the address says.
    async restore() {
        const { page } = this;
        const { config, view, start, hide, problem } = readFragment(location.hash);
        page.hidden = hide;
        Object.assign(page.view, this.firstView, view);
        page.showView();
        if (problem) page.tell(problem);
        await page.try(() => page.sendSpeed());
        page.lessons.show(page.view.lesson);
        const origin = page.origin();
        const wanted = applied(origin.config, config);
        const weights = start === undefined ? origin.start : start;
        const isOther = Object.keys(difference(page.network.config, wanted)).length;
        if (isOther || !isSame(weights, page.network.start))
            await page.try(() => page.configure(() => wanted, false, weights));
    }

    write() {
        const { network, view, hidden } = this.page;
        const origin = this.page.origin();
        const state = {
            config: difference(origin.config, network.config),
            view: difference(this.firstView, view),
            start: isSame(network.start, origin.start) ? undefined : network.start,
        };
        history.replaceState(null, "", written(state, hidden) || location.pathname);
    }
}

// Whether two networks start from the same weights; null and undefined are those of the seed.
function isSame(start, other) {
    return JSON.stringify(start ?? null) === JSON.stringify(other ?? null);
}
