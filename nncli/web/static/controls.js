// All controls that change a key of the config, in one table.
//
// key: the key of the config; label: its name on the page; place: the part of the page;
// kind: "number", "list" (of named numbers), "flag", "choice" (one of the schema's words),
// "entry" (an entry of a table, with its parameters);
// keeps: whether a change keeps the weights; suggestions: numbers that the control offers.
// Range, choices, defaults and descriptions come from the server, which reads them in the schema.

export const CONTROLS = [
    {
        key: "training.learning_rate",
        label: "Learning rate",
        place: "bar",
        kind: "number",
        keeps: true,
        suggestions: [0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
    },
    { key: "model.activation", label: "Activation", place: "bar", kind: "entry", keeps: false },
    { key: "training.optimizer", label: "Optimizer", place: "bar", kind: "entry", keeps: true },
    { key: "training.loss", label: "Loss", place: "bar", kind: "entry", keeps: true },
    {
        key: "training.l2",
        label: "L2",
        place: "bar",
        kind: "number",
        keeps: true,
        suggestions: [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    },
    { key: "data.source", label: "Source", place: "data", kind: "source", keeps: false },
    {
        key: "training.batch_size",
        label: "Batch size",
        place: "data",
        kind: "number",
        keeps: true,
        suggestions: [1, 2, 5, 10, 20, 50, 100],
        words: ["full"],
    },
    { key: "seed", label: "Seed", place: "data", kind: "number", keeps: false },
    { key: "data_seed", label: "Seed of the data", place: "more", kind: "number", keeps: false },
    {
        key: "training.l1",
        label: "L1",
        place: "more",
        kind: "number",
        keeps: true,
        suggestions: [0, 0.001, 0.003, 0.01, 0.03, 0.1],
    },
    {
        key: "training.dropout",
        label: "Dropout",
        place: "more",
        kind: "number",
        keeps: true,
        suggestions: [0, 0.1, 0.2, 0.5],
    },
    { key: "training.schedule", label: "Schedule", place: "more", kind: "entry", keeps: true },
    { key: "training.clip_norm", label: "Clip norm", place: "more", kind: "number", keeps: true },
    { key: "training.max_norm", label: "Max norm", place: "more", kind: "number", keeps: true },
    { key: "training.shuffle", label: "Shuffle", place: "more", kind: "flag", keeps: true },
    { key: "training.epochs", label: "Epochs at most", place: "more", kind: "number", keeps: true },
    { key: "training.precision", label: "Precision", place: "more", kind: "choice", keeps: true },
    { key: "training.engine", label: "Engine", place: "more", kind: "choice", keeps: true },
    {
        key: "model.normalization",
        label: "Normalization",
        place: "more",
        kind: "entry",
        keeps: false,
    },
    { key: "model.initializer", label: "Initializer", place: "more", kind: "entry", keeps: false },
    {
        key: "model.bias_initializer",
        label: "Bias initializer",
        place: "more",
        kind: "entry",
        keeps: false,
    },
    { key: "model.output", label: "Output", place: "more", kind: "entry", keeps: false },
    { key: "model.density", label: "Density", place: "more", kind: "number", keeps: false },
];

// Labels of keys of sources; other keys of a source get a control, too, with their own name.
const OF_SOURCES = {
    "data.rows": "Training rows",
    "data.test": "Test rows",
};
const LAST = ["data.scale"];

// Return the controls of a source, from its keys.
export function sourceControls(source) {
    const keys = Object.keys(source.keys);
    const ordered = [
        ...keys.filter((key) => !LAST.includes(key)),
        ...LAST.filter((key) => keys.includes(key)),
    ];
    return ordered.flatMap((key) => {
        const kind = kindOf(source.keys[key]);
        return kind
            ? [{ key, label: OF_SOURCES[key] ?? named(key), place: "source", kind, keeps: false }]
            : [];
    });
}

function kindOf(range) {
    if (Object.keys(range.entries).length) return "entry";
    if (range.enum) return "choice";
    return { integer: "number", number: "number", boolean: "flag" }[range.type];
}

function named(key) {
    const words = key.split(".").pop().replaceAll("_", " ");
    return words[0].toUpperCase() + words.slice(1);
}
