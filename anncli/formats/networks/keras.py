"""The network format `keras`: models of Keras 2 and 3 in .keras and .h5 files, where they are chains of dense layers.

A .keras file is a zip archive with config.json and model.weights.h5; an .h5 file has both in one. Nothing of Keras is imported and no code
of a file is run: layers are known by the names of their classes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.archive import Archive
from anncli.formats.networks.hdf5 import MAGIC, Hdf5
from anncli.formats.networks.keras_layers import Layer, network_of
from anncli.network.network import Network

_MOST_CONFIG = 8 << 20
# Where Keras 3 and the last Keras 2 keep the numbers of layers.
_FOLDERS = ("layers", "_layer_checkpoint_dependencies")


class Keras:
    """The format `keras`."""

    def parse(self, data: bytes, path: Path) -> Network:
        if data.startswith(MAGIC):
            return _OldFile(data, path).network()
        return _NewFile(data, path).network()


FORMAT = Keras()


class _File:
    """What both kinds of files have in common: a description of the layers as JSON, and their numbers in HDF5."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fault(self, message: str, advice: str | None = None) -> NetworkError:
        return NetworkError(message, path=shown_name(self._path), advice=advice)

    def read_config(self, text: str | bytes) -> Mapping[str, Any]:
        if len(text) > _MOST_CONFIG:
            raise self.fault("the description of its layers is larger than 8 MiB")
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise self.fault("the description of its layers is no correct JSON", "copy the file again") from None
        if not isinstance(found, dict):
            raise self.fault("has no description of a model")
        return found

    def chain(self, model: Mapping[str, Any]) -> list[Layer]:
        """The layers of a model in the order in which they are computed; raises NetworkError for one that is no chain."""
        kind, config = model.get("class_name"), model.get("config")
        if kind not in ("Sequential", "Functional", "Model"):
            raise self.fault(f"holds a model of the kind {kind!s:.40}; Sequential and Functional ones are read")
        # Keras 2.1 had a list in place of the configuration of a Sequential model.
        entries = config if isinstance(config, list) else config.get("layers") if isinstance(config, dict) else None
        if not isinstance(entries, list) or not all(
            isinstance(e, dict) and isinstance(e.get("config"), dict) for e in entries
        ):
            raise self.fault("has no list of layers")
        layers = [
            Layer(str(e.get("class_name")), str(e["config"].get("name", e.get("name", ""))), e["config"])
            for e in entries
        ]
        if kind != "Sequential" and isinstance(config, dict):
            self._check_chain(config, entries, layers)
        return layers

    def _check_chain(self, config: Mapping[str, Any], entries: list[Any], layers: list[Layer]) -> None:
        """Raises NetworkError unless each layer reads the one before it in the list, and nothing else."""
        for key in ("input_layers", "output_layers"):
            count = len(set(_layer_names(config.get(key))))
            if count != 1:
                raise self.fault(f"the model has {count} {key.replace('_', ' ')}, which ann does not have")
        for k, (entry, layer) in enumerate(zip(entries, layers, strict=True)):
            read = _layer_names(entry.get("inbound_nodes"))
            wanted = [layers[k - 1].name] if k else []
            if read != wanted:
                others = ", ".join(read[:5]) or "nothing"
                raise self.fault(f"layer {layer.name!s:.60} reads {others}: the model is no chain of layers")
        if _layer_names(config.get("output_layers")) != [layers[-1].name]:
            raise self.fault("the output of the model is not its last layer")


def _layer_names(value: Any) -> list[str]:
    """The layers that a description of connections names, in both forms: ["name", 0, 0, ...] and {"keras_history": ["name", 0, 0]}."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [one["keras_history"]] if "keras_history" in one else list(one.values())
        elif isinstance(one, list):
            if len(one) >= 3 and isinstance(one[0], str) and isinstance(one[1], int):
                found.append(one[0])
            else:
                waiting += one
    return found


class _OldFile(_File):
    """An .h5 file: attributes model_config and training_config, and the numbers in model_weights/LAYER."""

    def __init__(self, data: bytes, path: Path) -> None:
        super().__init__(path)
        self._hdf5 = Hdf5(data, path)

    def network(self) -> Network:
        config = self._hdf5.attribute("", "model_config")
        if not config:
            advice = "save the whole model: model.save('model.keras')"
            raise self.fault("has weights, but no description of the layers", advice)
        layers = self.chain(self.read_config(config[0]))
        training = self._hdf5.attribute("", "training_config")
        loss = self.read_config(training[0]).get("loss") if training else None
        return network_of([layer._replace(numbers=self._numbers(layer)) for layer in layers], loss, self._path)

    def _numbers(self, layer: Layer) -> list[Array]:
        group = f"model_weights/{layer.name}"
        names = self._hdf5.attribute(group, "weight_names") or []
        return [self._hdf5.array(f"{group}/{name}") for name in names]


class _NewFile(_File):
    """A .keras file: the numbers of a layer stand in layers/NAME/vars/0, 1 ..., where NAME is made of its class."""

    def __init__(self, data: bytes, path: Path) -> None:
        super().__init__(path)
        self._archive = Archive(data, path)

    def network(self) -> Network:
        config = self.read_config(self._archive.read("config.json", _MOST_CONFIG))
        layers = self.chain(config)
        hdf5 = Hdf5(self._archive.read("model.weights.h5"), self._path)
        compiled = config.get("compile_config")
        loss = compiled.get("loss") if isinstance(compiled, dict) else None
        places = self._places(layers, hdf5)
        return network_of(
            [layer._replace(numbers=_numbered(hdf5, places[k])) for k, layer in enumerate(layers)], loss, self._path
        )

    def _places(self, layers: list[Layer], hdf5: Hdf5) -> list[str]:
        """The group of the numbers of each layer: its name stands there, or it is found by the class and the order."""
        named = {}
        for group in hdf5.groups:
            if group.startswith("layers/") and group.endswith("/vars"):
                name = hdf5.attribute(group, "name")
                if name:
                    named[name[0]] = group
        used: dict[str, int] = {}
        found = []
        for layer in layers:
            stem = _snake_case(layer.kind)
            count = used.get(stem, 0)
            used[stem] = count + 1
            end = f"{stem}{f'_{count}' if count else ''}/vars"
            possible = [f"{folder}/{end}" for folder in _FOLDERS]
            by_order = next((group for group in possible if group in hdf5.groups), possible[0])
            found.append(named.get(layer.name, by_order))
        return found


def _numbered(hdf5: Hdf5, group: str) -> list[Array]:
    found: list[Array] = []
    while (path := f"{group}/{len(found)}") in hdf5.datasets:
        found.append(hdf5.array(path))
    return found


def _snake_case(name: str) -> str:
    """As Keras names the groups: BatchNormalization is batch_normalization, ReLU is re_lu."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
