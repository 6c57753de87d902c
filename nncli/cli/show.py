"""``nncli show``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nncli.cli.arguments import MODEL_OR_CONFIG

if TYPE_CHECKING:
    from nncli import LayerHistory, Model, Preprocessing

_LABEL_WIDTH = 18
_TEXT_WIDTH = 60  # 80 with a label and two spaces


@click.command()
@click.argument("what", metavar="WEIGHTS|CONFIG|RUN", type=MODEL_OR_CONFIG)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--weights", is_flag=True, help="Print all weights of the model, and nothing else.")
@click.option(
    "--epoch",
    type=click.IntRange(min=0),
    metavar="N",
    help="With --weights: print the copy nearest to the end of epoch N that "
    "training.record_weights kept.",
)
def show(what: Path, as_json: bool, weights: bool, epoch: int | None) -> None:
    """Describe a model file, a config or a run directory.

    Prints layers, shapes, parameter counts and floating-point operations per row; for a trained
    model also its preprocessing, metrics, training record and provenance.
    """
    from nncli import Result, curves, describe, is_config, layer_histories, load, read_history
    from nncli.cli.diagnosed import print_in_short
    from nncli.cli.output import print_json

    if weights or epoch is not None:
        _show_weights(what, epoch, as_json=as_json)
        return
    model = None if is_config(what) else load(what)
    description = describe(model or what)
    if as_json:
        print_json(description)
        return
    layers, histories, lines, result = description["layers"], [], [], None
    if what.is_dir():
        path = what / "history.csv"
        history = read_history(path)
        histories, lines = layer_histories(history, len(layers), path), curves(history)
        if model is not None:
            result = Result(model, model.training["ended"], recorded=history, directory=what)
    print_layers(description)
    if model is not None:
        _print_model(model)
    _print_curves(lines)
    if histories:
        _print_histories(histories, [layer["activation"] for layer in layers])
    if result:
        print_in_short(result)


def _show_weights(what: Path, epoch: int | None, *, as_json: bool) -> None:
    """Print the arrays of a model, or a copy of them that was kept during training."""
    from nncli import UsageError, is_config, load, recorded_weights
    from nncli.cli.output import print_json

    if is_config(what):
        raise UsageError(f"{what}: has no weights; expected a run or a model file")
    if epoch is None:
        values = {name: array.tolist() for name, array in load(what).network.named.items()}
    else:
        copies = recorded_weights(what)
        last, after = copies["epoch"][-1], abs(copies["epoch"] - epoch)
        if epoch >= last + 1:
            raise UsageError(f"--epoch: found {epoch}; the last copy is after epoch {last:.4g}")
        values = {name: array[after.argmin()].tolist() for name, array in copies.items()}
    if as_json:
        print_json(values)
        return
    if epoch is not None:
        click.echo(f"after step {values.pop('step'):,}, epoch {values.pop('epoch'):.4g}")
    for name, array in values.items():
        _print_array(name, array if isinstance(array[0], list) else [array])


def _print_array(name: str, rows: list[list[float]]) -> None:
    """Print a matrix, or a vector as one row."""
    click.echo(f"{name} ({len(rows)} × {len(rows[0])})")
    cells = [[f"{value:.6g}" for value in row] for row in rows]
    width = max(len(cell) for row in cells for cell in row)
    for row in cells:
        click.echo(" ".join(cell.rjust(width + 1) for cell in row))


def print_layers(description: dict[str, Any]) -> None:
    """Print the table of layers of a description."""
    from nncli.cli.output import print_table

    layers = description["layers"]
    names = ["inputs", "outputs", "activation"]
    if any("normalization" in layer for layer in layers):
        names.insert(2, "normalization")
    rows = [
        (
            str(number),
            *(str(layer.get(name, "")) for name in names),
            f"{layer['parameters']:,}",
            f"{layer['flops_per_row']:,}",
        )
        for number, layer in enumerate(layers, 1)
    ]
    total = ("all", *([""] * len(names)), f"{description['parameters']:,}")
    print_table(
        ("layer", *names, "parameters", "FLOPs/row"),
        [*rows, (*total, f"{description['flops_per_row']:,}")],
    )


def _print_model(model: "Model") -> None:
    import json

    from nncli import EVALUATIONS
    from nncli.cli.output import (
        WIDTH,
        names_within,
        print_pairs,
        print_splits,
        seen_width,
        shortened,
    )

    preprocessing, record = model.preprocessing, model.training
    columns, threshold = preprocessing.columns, model.threshold
    facts = [
        *((shortened(_label(key, model), _LABEL_WIDTH), shortened(json.dumps(value).strip('"'), 57))
          for key, value in record.items()),
        *((key.replace("_", " "), shortened(value, 57)) for key, value in model.provenance.items()),
    ]  # fmt: skip
    room = WIDTH - 2 - max((seen_width(label) for label, _ in facts), default=_LABEL_WIDTH)
    pairs = [
        ("task", f"{model.task}; predicts {names_within(model.targets, _TEXT_WIDTH - 22)}"),
        *([("classes", names_within(model.classes, _TEXT_WIDTH))] if model.classes else []),
        *([] if threshold is None else [("threshold", str(threshold))]),
        ("columns", names_within(columns, _TEXT_WIDTH, first=f"{len(columns)}: ")),
        *([("images", str(preprocessing.images))] if preprocessing.images else []),
        *_features(preprocessing),
        *_scaling(preprocessing, room),
        ("loss", model.objective.name),
        ("precision", model.network.dtype.name),
        *facts,
    ]
    click.echo()
    print_pairs(pairs)
    click.echo()
    print_splits(model.metrics, ("loss", *EVALUATIONS[model.task].headline))


def _label(key: str, model: "Model") -> str:
    """Return the printed label of a key of the training record."""
    if key == "best_epoch" and "validation" not in model.metrics:
        key = "last_epoch"  # without validation rows the last epoch is kept
    return key.replace("_", " ")


def _print_curves(lines: list[str]) -> None:
    """Print curves of metrics, if standard output can show them."""
    from nncli.base.streams import can_show
    from nncli.cli.output import WIDTH, shortened

    if lines and can_show("".join(lines), sys.stdout):
        click.echo("\nmetrics over the epochs, first to last")
        for line in lines:
            click.echo(shortened(line, WIDTH))


def _print_histories(histories: list["LayerHistory"], activations: list[str]) -> None:
    """Print each layer's gradient norm and saturation in the first and last epoch.

    Layers with vanishing gradients, or nearly full saturation, learn little.
    """
    from nncli.cli.output import print_table

    click.echo("\ngradient norm, root mean square over the steps of the first and the last epoch")
    header = ["layer", "activation", "norm first", "norm last"]
    saturates = any(each.saturated for each in histories)
    if saturates:
        click.echo(
            "saturated: share of the activations on an epoch's first rows whose derivative is\n"
            "less than a tenth of the activation's largest derivative"
        )
        header += ["saturated first", "saturated last"]
    rows = []
    for number, (each, activation) in enumerate(zip(histories, activations, strict=True), 1):
        cells = [str(number), activation, *(f"{norm:.3g}" for norm in each.gradient_norm)]
        if saturates:
            cells += [f"{share:.4f}" for share in each.saturated] if each.saturated else ["", ""]
        rows.append(cells)
    print_table(header, rows)


def _features(preprocessing: "Preprocessing") -> list[tuple[str, str]]:
    """Return the features, if these are the inputs of the network."""
    from nncli.cli.output import names_within

    if preprocessing.features is None:
        return []
    names = preprocessing.inputs
    return [("features", names_within(names, _TEXT_WIDTH, first=f"{len(names)}: "))]


def _scaling(preprocessing: "Preprocessing", room: int) -> list[tuple[str, str]]:
    """Return the scaling of the inputs, on two lines if one is too short."""
    offset, scale = _span(preprocessing.offset), _span(preprocessing.scale)
    first, second = f"(x - offset) * scale; offset {offset},", f"scale {scale}"
    if len(first) + 1 + len(second) <= room:
        return [("input", f"{first} {second}")]
    return [("input", first), ("", second)]


def _span(values: float | list[float]) -> str:
    if isinstance(values, list):
        return f"{min(values):.4g} to {max(values):.4g}"
    return f"{values:.4g}"
