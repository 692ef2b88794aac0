"""The nodes of an ONNX graph, collected in the order in which they compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from anncli.arrays import Array

ML_DOMAIN = "ai.onnx.ml"


class Nodes:
    """Nodes and constants so far. Values are known by their names; a node is called by the value that it gives."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def add(self, op: str, given: Sequence[str], result: str, domain: str = "", **attributes: Any) -> str:
        """A node that computes the value `result`, whose name is returned."""
        self.nodes.append(helper.make_node(op, list(given), [result], name=result, domain=domain, **attributes))
        return result

    def add_all(self, op: str, given: Sequence[str], results: Sequence[str], **attributes: Any) -> None:
        """A node that computes several values."""
        self.nodes.append(helper.make_node(op, list(given), list(results), name=results[0], **attributes))

    def constant(self, name: str, values: Array) -> str:
        """A constant of this name, float32, int64 or bool; a name that is there already keeps its value."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def words(self, name: str, words: Sequence[str]) -> str:
        """A constant of words (k,)."""
        encoded = [word.encode() for word in words]
        self.constants[name] = helper.make_tensor(name, onnx.TensorProto.STRING, [len(encoded)], encoded)
        return name

    def number(self, value: float) -> str:
        """A float32 constant for all elements of a value."""
        single = np.float32(value)
        return self.constant(f"number {single!s}", np.array(single))

    def whole(self, *values: int) -> str:
        """An int64 constant (k,)."""
        return self.constant(f"whole {' '.join(map(str, values))}", np.array(values, dtype=np.int64))

    def places(self, count: int) -> str:
        """The int64 constant 0, 1, ... count - 1."""
        return self.constant(f"places {count}", np.arange(count, dtype=np.int64))
