"""A node of an ONNX graph with the values of its inputs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.formats.networks.onnx.values import Flow, UnreadError


class Node(NamedTuple):
    """op: its type; attributes: by their names; given: the values of its inputs, None for one that is left out; rows: the first
    size of tensors that hold rows, 0 where one row has no such size."""

    op: str
    attributes: dict[str, Any]
    given: list[Any]
    rows: int

    def array(self, at: int, default: Array | None = None) -> Array:
        """An input that must be constant."""
        value = self.given[at] if at < len(self.given) else None
        if value is None and default is not None:
            return default
        if not isinstance(value, np.ndarray) or value.dtype == object:
            raise UnreadError(f"{self.op} takes numbers that depend on the inputs where dense layers have constants")
        return value.astype(np.float64)

    def flow(self, at: int = 0) -> Flow:
        """An input that depends on those of the graph."""
        value = self.given[at] if at < len(self.given) else None
        if not isinstance(value, Flow):
            raise UnreadError(f"{self.op} does not take what the inputs gave in this place")
        return value
