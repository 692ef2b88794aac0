"""The ops of ONNX that change the shape of a tensor and none of its numbers."""

from __future__ import annotations

import math

import numpy as np
from onnx import TensorProto

from anncli.formats.networks.onnx.constants import axes_of, new_shape, squeezed, unsqueezed
from anncli.formats.networks.onnx.node import Node
from anncli.formats.networks.onnx.values import Flow, UnreadError, shape_text

_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)


def unchanged(node: Node) -> Flow:
    """Identity, Dropout at use, and Cast between floating-point types; raises UnreadError for a Cast to whole numbers."""
    if node.op == "Cast" and node.attributes.get("to") not in _FLOATS:
        raise UnreadError("Cast makes whole numbers of what the layers compute")
    return node.flow()


def reshaped(node: Node) -> Flow:
    """Flatten, Reshape, Squeeze and Unsqueeze; raises UnreadError or ValueError where rows would not stay rows."""
    flow = node.flow()
    if node.op == "Flatten":
        axis = node.attributes.get("axis", 1)
        sizes = flow.shape[:axis], flow.shape[axis:]
        return _shaped(node, flow, (math.prod(sizes[0]), math.prod(sizes[1])))
    if node.op == "Reshape":
        wanted = node.attributes["shape"] if "shape" in node.attributes else node.array(1).astype(np.int64).tolist()
        return _shaped(node, flow, new_shape(flow.shape, wanted, bool(node.attributes.get("allowzero", 0))))
    given = [np.zeros(0) if part is None or isinstance(part, Flow) else part for part in node.given]
    axes = axes_of(given, node.attributes)
    if node.op == "Squeeze":
        return _shaped(node, flow, squeezed(flow.shape, axes))
    return _shaped(node, flow, unsqueezed(flow.shape, axes or []))


def transposed(node: Node) -> Flow:
    """Transpose, where it moves only axes of size 1; raises UnreadError for another order of the values."""
    flow = node.flow()
    order = node.attributes.get("perm", list(range(len(flow.shape)))[::-1])
    if sorted(order) != list(range(len(flow.shape))) or [k for k in order if flow.shape[k] != 1] != [
        k for k in range(len(flow.shape)) if flow.shape[k] != 1
    ]:
        raise UnreadError(f"Transpose of {shape_text(flow.shape)} puts the values of a row in another order")
    return _shaped(node, flow, tuple(flow.shape[k] for k in order))


def _shaped(node: Node, flow: Flow, shape: tuple[int, ...]) -> Flow:
    """The same numbers in another shape, in which rows still are rows."""
    if node.rows > 1 and shape[:1] != (node.rows,):
        raise UnreadError(f"{node.op} makes {shape_text(shape)} of {shape_text(flow.shape)}, which mixes rows")
    return flow.shaped(shape)
