"""The network format `sklearn`: models of scikit-learn in skops files.

A skops file is a zip archive: `schema.json` describes the objects, and arrays are NumPy files. Only values are read here: no class of
the file is looked up, and nothing of it is run, so neither skops nor scikit-learn is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, quoted
from anncli.formats.data.npy_head import read_head
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.archive import Archive
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.sklearn_model import Estimator, network_of
from anncli.network.network import Network

_SCHEMA = "schema.json"
# Its objects take many times its text.
_MOST_SCHEMA = 8 << 20
_MOST_ITEMS = 1_000_000


class Skops:
    """The format `sklearn`."""

    def parse(self, data: bytes, path: Path) -> Network:
        return _File(Archive(data, path), path).network()


FORMAT = Skops()


class _Attributes(Mapping[str, Any]):
    """The attributes of an object, decoded when they are asked for."""

    def __init__(self, file: _File, nodes: Mapping[str, Any]) -> None:
        self._file, self._nodes = file, nodes

    def __getitem__(self, name: str) -> Any:
        return self._file.value(self._nodes[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)


class _File:
    def __init__(self, archive: Archive, path: Path) -> None:
        self._archive, self._path = archive, path
        self._by_id: dict[Any, Any] | None = None
        try:
            self._root = json.loads(archive.read(_SCHEMA, _MOST_SCHEMA))
        except (ValueError, RecursionError):
            raise archive.fault(f"{_SCHEMA} is no correct JSON", "copy the file again") from None

    def network(self) -> Network:
        try:
            model = self.value(self._root)
        except RecursionError:
            raise self._archive.fault(f"the objects of {_SCHEMA} stand too deep in each other") from None
        if not isinstance(model, Estimator):
            raise self._archive.fault("holds no model of scikit-learn", "save a fitted MLP, or a pipeline with one")
        return network_of(model, self._path)

    def value(self, node: Any, depth: int = 0) -> Any:
        """What a node stands for: plain values, lists, mappings, arrays, and Estimators; None for what is none of these."""
        if not isinstance(node, dict) or depth > 50:
            raise self._wrong()
        loader, content = node.get("__loader__"), node.get("content")
        if loader == "CachedNode":
            return self.value(self._object(node.get("__id__")), depth + 1)
        if loader == "JsonNode":
            return self._plain(node)
        if loader in ("ListNode", "TupleNode"):
            return [self.value(item, depth + 1) for item in self._items(content)]
        if loader == "DictNode":
            return _Attributes(self, self._mapping(content))
        if loader == "NdArrayNode":
            return self._array(node, depth)
        if loader == "ObjectNode":
            state = content.get("content") if isinstance(content, dict) else None
            attributes = _Attributes(self, state if isinstance(state, dict) else {})
            return Estimator(str(node.get("__class__")), str(node.get("__module__")), attributes)
        return None

    def _plain(self, node: Mapping[str, Any]) -> Any:
        text = node.get("content")
        if not isinstance(text, str) or not node.get("is_json", True):
            return text if isinstance(text, str) else None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise self._wrong() from None

    def _array(self, node: Mapping[str, Any], depth: int) -> Array:
        if node.get("type") == "json":
            found = [self.value(item, depth + 1) for item in self._items(node.get("content"))]
            if not all(isinstance(item, (str, int, float)) for item in found):
                raise self._wrong()
            return np.array(found, dtype=object)
        name = node.get("file")
        if not isinstance(name, str):
            raise self._wrong()
        data = self._archive.read(name)
        shown = f"{shown_name(self._path)}: {name}"
        try:
            head, rest = read_head(iter([data]), shown, takes_single=True)
        except DataError as fault:
            raise self._archive.fault(f"part {quoted(name)} {fault.message}") from None
        if head.n_bytes != len(rest) or head.n_bytes > 8 * MAX_PARAMETERS:
            raise self._archive.fault(
                f"part {quoted(name)} holds {len(rest)} bytes, and its head says {head.n_bytes}", "copy the file again"
            )
        return np.frombuffer(rest, head.dtype).reshape(head.shape, order="F" if head.is_fortran else "C")

    def _items(self, content: Any) -> list[Any]:
        if not isinstance(content, list) or len(content) > _MOST_ITEMS:
            raise self._wrong()
        return content

    def _mapping(self, content: Any) -> Mapping[str, Any]:
        if not isinstance(content, dict):
            raise self._wrong()
        return content

    def _object(self, key: Any) -> Any:
        """The node that was written in full under this number."""
        if self._by_id is None:
            self._by_id = {}
            waiting = [self._root]
            while waiting:
                node = waiting.pop()
                if isinstance(node, dict):
                    if "__id__" in node and node.get("__loader__") != "CachedNode" and isinstance(node["__id__"], int):
                        self._by_id.setdefault(node["__id__"], node)
                    waiting += node.values()
                elif isinstance(node, list):
                    waiting += node
        if key not in self._by_id:
            raise self._wrong()
        return self._by_id[key]

    def _wrong(self) -> Exception:
        return self._archive.fault(f"{_SCHEMA} does not describe objects as skops does", "save the model anew")
