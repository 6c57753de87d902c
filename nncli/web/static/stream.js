// The connection to the server: one stream of messages, and actions.

const TRIES = 4;
const RETRY_MILLISECONDS = 1000;
const UNAVAILABLE = 503;

export class Stream {
    constructor(onMessage, onProblem) {
        this.onMessage = onMessage;
        this.onProblem = onProblem;
        this.page = "";
    }

    // Read messages until the stream ends. EventSource would not tell why the server refuses.
    async read() {
        const answer = await this.open();
        if (!answer.ok) {
            this.onProblem((await answer.json()).error);
            return;
        }
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        for (;;) {
            const { value, done } = await reader.read();
            if (done) break;
            const events = (text + value).split("\n\n");
            text = events.pop();
            for (const event of events) this.take(event);
        }
    }

    // Open the stream. The server may need a moment to see that another page is closed, such as this
    // one before it was reloaded.
    async open() {
        for (let left = TRIES; ; left--) {
            const answer = await fetch("/events");
            if (answer.status !== UNAVAILABLE || left === 1) return answer;
            await new Promise((done) => setTimeout(done, RETRY_MILLISECONDS));
        }
    }

    take(event) {
        if (!event.startsWith("data: ")) return; // a comment, which keeps the connection alive
        const message = JSON.parse(event.slice("data: ".length));
        if (message.page) this.page = message.page;
        else this.onMessage(message);
    }

    // Return the answer of the server. Throws an Error with its sentence if it refuses.
    async act(name, values = {}) {
        const answer = await fetch(`/pages/${this.page}`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ do: name, ...values }),
        });
        const found = await answer.json();
        if (!answer.ok) throw new Error(found.error);
        return found;
    }
}
