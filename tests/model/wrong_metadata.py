"""Invalid metadata of model files: changes, and the errors that they cause.

The model is that of `tests.model.test_model_file.make_model`: two layers, 3-4-1, tanh and sigmoid.
"""

from tests.model.old_formats import as_format_2, in_format_1, in_format_2


def set_to(*keys, value):
    """Return a change of the metadata that sets the value at `keys`."""

    def change(metadata):
        inner = metadata
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return change


def without(*keys):
    """Return a change of the metadata that removes the value at `keys`."""

    def change(metadata):
        inner = metadata
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]

    return change


def layer(index, **values):
    """Return a change that sets values of a layer, and removes those that are None."""

    def change(metadata):
        changed = {**metadata["layers"][index], **values}
        metadata["layers"][index] = {k: each for k, each in changed.items() if each is not None}

    return change


def layers(arrange):
    """Return a change that replaces the list of layers."""

    def change(metadata):
        metadata["layers"] = arrange(metadata["layers"])

    return change


def features(*given):
    """Return a change to format 5 with these features, each a kind and its inputs."""

    def change(metadata):
        metadata["format_version"] = 5
        metadata["preprocessing"]["features"] = [
            {"kind": kind, "inputs": inputs} for kind, inputs in given
        ]

    return change


def with_layers_of_format_3(metadata):
    described = metadata["layers"]
    as_format_2(metadata)
    metadata["layers"] = described


def with_layers_of_format_2(metadata):
    as_format_2(metadata)
    metadata["format_version"] = 3


TANH = {"kind": "tanh", "parameters": {}, "arrays": []}
SOFTMAX = {"kind": "softmax", "parameters": {}, "arrays": []}
DROPOUT = {"kind": "dropout", "parameters": {"rate": 0.5}, "arrays": []}

IN_ANY_FORMAT = {
    "a newer format": (set_to("format_version", value=6), "install a newer nncli"),
    "format 0": (set_to("format_version", value=0), "format version 0; expected 1 or more"),
    "format -1": (set_to("format_version", value=-1), "format version -1; expected 1 or more"),
    "format 1.0": (set_to("format_version", value=1.0), "not of type int"),
    "format true": (set_to("format_version", value=True), "not of type int"),
    "no format": (without("format_version"), "no format_version"),
    "not JSON": (lambda _: "{'format_version': 1}", "not valid JSON"),
    "nothing": (lambda _: "", "not valid JSON"),
    "a list": (lambda _: "[1]", "no format_version"),
    "deeply nested": (lambda _: "[" * 100_000, "not valid JSON"),
    "a key twice": (lambda _: '{"format_version": 1, "format_version": 1}', "duplicate key"),
    "NaN": (set_to("metrics", "test", "loss", value=float("nan")), "NaN is not JSON"),
    "infinity": (set_to("preprocessing", "scale", value=float("-inf")), "-Infinity is not JSON"),
    "too many digits": (lambda _: '{"format_version": ' + "1" * 5000 + "}", "not valid JSON"),
    "a column too few": (without("preprocessing", "columns", 0), "does not have 3 columns"),
    "columns that are numbers": (
        set_to("preprocessing", "columns", value=[1, 2, 3]),
        "not a list of strings",
    ),
    "an offset too few": (set_to("preprocessing", "offset", value=[1, 2]), "nor 3 numbers"),
    "an offset of text": (set_to("preprocessing", "offset", value="1"), "nor 3 numbers"),
    "a scale of nothing": (set_to("preprocessing", "scale", value=None), "nor 3 numbers"),
    "an integer beyond all": (
        set_to("preprocessing", "scale", value=10**400),
        "an integer of 401 digits",
    ),
    "no scale": (without("preprocessing", "scale"), "no scale"),
    "no preprocessing": (without("preprocessing"), "no preprocessing"),
    "a class too few": (without("classes", 1), "1 different classes for 1 outputs"),
    "a class too much": (set_to("classes", value=list("abc")), "3 different classes for 1 outputs"),
    "a class twice": (set_to("classes", value=["a", "a"]), "1 different classes for 1 outputs"),
    "a target too much": (set_to("targets", value=["a", "b"]), "2 different targets for 1 outputs"),
    "no targets": (without("targets"), "no targets"),
    "no target": (set_to("targets", value=[]), "0 different targets for 1 outputs"),
    "targets that are numbers": (set_to("targets", value=[1]), "not a list of strings"),
    "classes of a regression": (
        set_to("task", value="regression"),
        "has 2 different classes for 1 outputs",
    ),
    "an unknown task": (set_to("task", value="ranking"), "does not suit the task 'ranking'"),
    "classes that are numbers": (set_to("classes", value=[0, 1]), "not a list of strings"),
    "classes as text": (set_to("classes", value="01"), "classes in its metadata"),
    "an unknown loss": (set_to("loss", value="hinje"), "unknown loss 'hinje'"),
    "no loss": (without("loss"), "no loss"),
    "no parameters of the loss": (without("loss_parameters"), "no loss_parameters"),
    "a parameter of the loss too much": (
        set_to("loss_parameters", value={"delta": 1.0}),
        "wrong parameters for sigmoid_cross_entropy",
    ),
    "a parameter of the loss too few": (
        set_to("loss", value="huber"),
        "wrong parameters for huber",
    ),
    "a parameter of text": (
        lambda metadata: metadata.update(loss="huber", loss_parameters={"delta": "1"}),
        "wrong parameters for huber",
    ),
    "no task": (without("task"), "no task"),
    "no config": (without("config"), "no config"),
    "a config of text": (set_to("config", value="mnist"), "config in its metadata"),
    "metrics that are text": (set_to("metrics", "test", "loss", value="0"), "metrics are not"),
    "metrics without splits": (set_to("metrics", value={"loss": 1}), "metrics are not"),
    "no checksums": (without("sha256"), "no sha256"),
    "a checksum too few": (without("sha256", "b1"), "b1 does not match its SHA-256 checksum"),
    "another checksum": (
        set_to("sha256", "b1", value="0" * 64),
        "b1 does not match its SHA-256 checksum",
    ),
    "a checksum of nothing": (
        set_to("sha256", "b1", value=None),
        "b1 does not match its SHA-256 checksum",
    ),
    "a fingerprint as a list": (
        set_to("data_fingerprint", value=["train rows"]),
        "data_fingerprint in its metadata is not of type dict",
    ),
    "a fingerprint of nothing": (
        set_to("data_fingerprint", value=None),
        "data_fingerprint in its metadata is not of type dict",
    ),
    "a fingerprint of an unknown part": (
        set_to("data_fingerprint", value={"train \x1b[2J": "0"}),
        "data_fingerprint in its metadata is not a valid fingerprint",
    ),
    "a fingerprint of numbers": (
        set_to("data_fingerprint", value={"train rows": 1}),
        "data_fingerprint in its metadata is not a valid fingerprint",
    ),
    "no version": (without("nncli_version"), "no nncli_version"),
    "a version of numbers": (set_to("numpy_version", value=2), "numpy_version in its metadata"),
}

IN_FORMAT_3 = {
    "features missing": (set_to("format_version", value=5), "has no features"),
    "two features": (features(("input", [0]), ("square", [1])), "does not have 3 features"),
    "no features": (features(), "does not have 3 features"),
    "an unknown feature": (features(("cube", [0])), "the unknown kind 'cube'; a newer nncli may"),
    "a feature of no column": (features(("square", [3])), "the wrong inputs for square"),
    "a feature of column -1": (features(("square", [-1])), "the wrong inputs for square"),
    "a feature of column true": (features(("square", [True])), "the wrong inputs for square"),
    "a feature of too many": (features(("square", [0, 1])), "the wrong inputs for square"),
    "a product of one": (features(("product", [0])), "the wrong inputs for product"),
    "a feature without inputs": (features(("sine", 0)), "inputs in its metadata is not of type"),
    "a feature without kind": (features((None, [0])), "kind in its metadata is not of type str"),
    "no layers": (set_to("layers", value=[]), "has no layers"),
    "layers missing": (without("layers"), "no layers"),
    "layers as a mapping": (set_to("layers", value={}), "layers in its metadata is not of type"),
    "layers of format 2": (with_layers_of_format_2, "no kind"),
    "a layer of nothing": (set_to("layers", 0, value=None), "no kind"),
    "a layer as a list": (set_to("layers", 0, value=["dense", 3, 4]), "no kind"),
    "no kind": (layer(0, kind=None), "no kind"),
    "a kind that is a number": (layer(0, kind=1), "kind in its metadata is not of type str"),
    "a kind that is a list": (layer(0, kind=["dense"]), "kind in its metadata is not of type str"),
    "an unknown kind": (layer(1, kind="tanhh"), "a layer of the unknown kind 'tanhh'"),
    "a kind by its class": (layer(0, kind="Dense"), "a layer of the unknown kind"),
    "a kind that is never saved": (
        layers(lambda each: [*each[:2], DROPOUT, *each[2:]]),
        "a layer of the unknown kind 'dropout'",
    ),
    "no parameters": (layer(0, parameters=None), "no parameters"),
    "parameters as a list": (layer(0, parameters=[3, 4]), "parameters in its metadata is not of"),
    "a size too few": (without("layers", 0, "parameters", "inputs"), "wrong parameters for dense"),
    "a size too much": (
        set_to("layers", 0, "parameters", "depth", value=1),
        "wrong parameters for dense",
    ),
    "a size of text": (
        set_to("layers", 0, "parameters", "inputs", value="3"),
        "wrong parameters for dense",
    ),
    "a size of true": (
        set_to("layers", 2, "parameters", "outputs", value=True),
        "wrong parameters for dense",
    ),
    "a size of nothing": (
        set_to("layers", 0, "parameters", "inputs", value=None),
        "wrong parameters for dense",
    ),
    "a size that is no whole number": (
        set_to("layers", 0, "parameters", "inputs", value=3.0),
        "inputs in its metadata is not of type int",
    ),
    "a layer of size 0": (set_to("layers", 0, "parameters", "inputs", value=0), "do not fit"),
    "a layer of a size below 0": (
        set_to("layers", 2, "parameters", "outputs", value=-1),
        "layer 2 has sizes (4, -1) that do not fit",
    ),
    "layers that do not fit": (
        set_to("layers", 0, "parameters", "outputs", value=5),
        "layer 2 has sizes (4, 1) that do not fit",
    ),
    "a giant layer": (
        set_to("layers", 0, "parameters", "inputs", value=2**40),
        "expected float32 of shape",
    ),
    "a size of 20 digits": (
        set_to("layers", 0, "parameters", "inputs", value=10**19),
        "W1 is float32 of shape (3, 4); expected",
    ),
    "a parameter too much": (
        layer(1, parameters={"slope": 0.1}),
        "wrong parameters for tanh",
    ),
    "a parameter too few": (layer(1, kind="leaky_relu"), "wrong parameters for leaky_relu"),
    "a parameter of another name": (
        layer(1, kind="leaky_relu", parameters={"slopes": 0.1}),
        "wrong parameters for leaky_relu",
    ),
    "a parameter of text for a layer": (
        layer(1, kind="leaky_relu", parameters={"slope": "0.1"}),
        "wrong parameters for leaky_relu",
    ),
    "a list for a parameter of a layer": (
        layer(1, kind="prelu", parameters={"slope": [0.1] * 4}),
        "wrong parameters for prelu",
    ),
    "an activation that would learn slopes": (
        layer(1, kind="prelu", parameters={"slope": 0.25}, arrays=["slope1"]),
        "lacks slope1",
    ),
    "an output that would learn slopes": (
        layer(3, kind="prelu", parameters={"slope": 0.25}, arrays=["slope2"]),
        "lacks slope2",
    ),
    "no arrays": (layer(0, arrays=None), "no arrays"),
    "arrays as text": (layer(0, arrays="W1"), "arrays in its metadata is not of type list"),
    "arrays as numbers": (
        layer(0, arrays=[1, 2]),
        "arrays in its metadata is not a list of strings",
    ),
    "an array too few": (layer(0, arrays=["W1"]), "list the wrong arrays"),
    "an array too many": (layer(1, arrays=["slope1"]), "list the wrong arrays"),
    "an array twice": (layer(0, arrays=["W1", "b1", "W1"]), "list the wrong arrays"),
    "arrays of another layer": (layer(0, arrays=["W2", "b2"]), "list the wrong arrays"),
    "arrays in another order": (layer(0, arrays=["b1", "W1"]), "list the wrong arrays"),
    "the metadata as an array": (
        layer(0, arrays=["metadata", "b1"]),
        "list the wrong arrays",
    ),
    "a layer too few": (layers(lambda each: each[:2]), "unexpected members W2, b2"),
    "a layer too many": (layers(lambda each: [*each[:3], TANH, *each[2:]]), "that do not fit"),
    "an activation alone": (layers(lambda each: each[1:2]), "does not begin with a dense layer"),
    "an activation first": (layers(lambda each: [TANH, *each]), "do not fit"),
    "dense layers alone": (layers(lambda each: each[::2]), "layer 1 does not end with its"),
    "no activation": (layers(lambda each: [each[0], *each[2:]]), "layer 1 does not end with its"),
    "no output activation": (layers(lambda each: each[:3]), "layer 2 does not end with its"),
    "two activations": (
        layers(lambda each: [*each[:2], TANH, *each[2:]]),
        "layer 1 does not end with its activation",
    ),
    "two output activations": (
        layers(lambda each: [*each, each[-1]]),
        "layer 2 does not end with its activation",
    ),
    "softmax in a hidden layer": (layer(1, **SOFTMAX), "output activation in a hidden layer"),
    "an output that is none for the task": (
        layer(3, kind="relu"),
        "has the output relu, which does not suit the task 'binary'",
    ),
}

IN_FORMAT_2 = {
    "no layers": (set_to("layers", value=[]), "has no layers"),
    "layers missing": (without("layers"), "no layers"),
    "layers as a mapping": (set_to("layers", value={}), "layers in its metadata is not of type"),
    "a layer of nothing": (set_to("layers", 0, value=None), "no inputs"),
    "a layer of text": (set_to("layers", 0, "inputs", value="3"), "inputs in its metadata"),
    "a size of true": (set_to("layers", 1, "outputs", value=True), "outputs in its metadata"),
    "a layer too few": (without("layers", 1), "unexpected members W2, b2"),
    "a layer of size 0": (set_to("layers", 0, "inputs", value=0), "do not fit"),
    "layers that do not fit": (set_to("layers", 0, "outputs", value=5), "do not fit"),
    "a giant layer": (set_to("layers", 0, "inputs", value=2**40), "expected float32 of shape"),
    "no activation": (without("layers", 0, "activation"), "no activation"),
    "an activation that is a number": (
        set_to("layers", 0, "activation", value=1),
        "activation in its metadata is not of type str",
    ),
    "an unknown activation": (
        set_to("layers", 0, "activation", value="tanhh"),
        "a layer of the unknown kind 'tanhh'",
    ),
    "a dense layer for an activation": (
        layer(0, activation="dense", activation_parameters={"inputs": 4, "outputs": 4}),
        "layer 1 does not end with its activation",
    ),
    "no parameters": (without("layers", 0, "activation_parameters"), "no activation_parameters"),
    "a parameter too much": (
        set_to("layers", 0, "activation_parameters", value={"slope": 0.1}),
        "wrong parameters for tanh",
    ),
    "a parameter too few": (
        set_to("layers", 0, "activation", value="leaky_relu"),
        "wrong parameters for leaky_relu",
    ),
    "an activation that would learn slopes": (
        layer(0, activation="prelu", activation_parameters={"slope": 0.25}),
        "lacks slope1",
    ),
    "an output that would learn slopes": (
        layer(1, activation="prelu", activation_parameters={"slope": 0.25}),
        "lacks slope2",
    ),
    "softmax in a hidden layer": (
        set_to("layers", 0, "activation", value="softmax"),
        "output activation in a hidden layer",
    ),
    "an output that is none for the task": (
        set_to("layers", 1, "activation", value="relu"),
        "has the output relu, which does not suit the task 'binary'",
    ),
    "a type too few": (without("preprocessing", "types", 0), "3 columns of numbers"),
    "an unknown type": (set_to("preprocessing", "types", 0, value="date"), "3 columns of numbers"),
    "types of nothing": (set_to("preprocessing", "types", value=None), "3 columns of numbers"),
}

WRONG_METADATA = {
    **IN_ANY_FORMAT,
    **IN_FORMAT_3,
    **{
        f"{name}, in format 2": (in_format_2(change), words)
        for name, (change, words) in {**IN_ANY_FORMAT, **IN_FORMAT_2}.items()
    },
    **{
        f"{name}, in format 1": (in_format_1(change), words)
        for name, (change, words) in IN_FORMAT_2.items()
    },
    "layers of format 3, in format 2": (with_layers_of_format_3, "no inputs"),
}
