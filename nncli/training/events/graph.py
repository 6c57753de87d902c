"""The graph of a network, for TensorBoard."""

from collections.abc import Sequence
from typing import Any

from nncli.engines.engine import Setup
from nncli.nn.layers.dropout import with_dropout
from nncli.nn.network import numbered

_INPUT, _TARGETS = "input", "targets"


def graph_of(setup: Setup) -> bytes:
    """Return the graph of a network and its loss, as a serialized ``GraphDef``.

    Each layer as users count them is a group of nodes: weighted sums, normalization, activation and
    dropout. Nodes have the shapes of their outputs and arrays.
    """
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.versions_pb2 import VersionDef

    network = setup.network
    layers = with_dropout(network.layers, setup.dropout, setup.seed)
    nodes = [_node(_INPUT, "Placeholder", (), layers[0].inputs)]
    for number, layer in numbered(layers):
        arrays = {**layer.trained, **layer.state}
        texts = {
            **{name: f"{value}" for name, value in layer.parameters.items()},
            **{f"{name}{number}": " x ".join(map(str, shape)) for name, shape in arrays.items()},
        }
        name = f"layer_{number}/{layer.kind}"
        nodes.append(_node(name, layer.kind, [nodes[-1].name], layer.outputs, texts))
    nodes.append(_node(_TARGETS, "Placeholder", (), layers[-1].outputs))
    settings = {name: f"{value}" for name, value in setup.objective.parameters.items()}
    loss = setup.objective.name
    nodes.append(_node(f"{loss}_loss", loss, [nodes[-2].name, _TARGETS], None, settings))
    graph = GraphDef(node=nodes, versions=VersionDef(producer=22))
    content: bytes = graph.SerializeToString(deterministic=True)  # else attributes have any order
    return content


def _node(
    name: str,
    kind: str,
    inputs: Sequence[str],
    units: int | None,
    texts: dict[str, str] | None = None,
) -> Any:
    """Return a node with texts as attributes; `units` is None for a single number."""
    from tensorboard.compat.proto.attr_value_pb2 import AttrValue
    from tensorboard.compat.proto.node_def_pb2 import NodeDef
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

    sizes = () if units is None else (-1, units)
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])
    attributes = {"_output_shapes": AttrValue(list=AttrValue.ListValue(shape=[shape]))}
    for key, text in (texts or {}).items():
        attributes[key] = AttrValue(s=text.encode())
    return NodeDef(name=name, op=kind, input=inputs, attr=attributes)
