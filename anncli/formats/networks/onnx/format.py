"""The network format `onnx`: models of dense layers, read with the package onnx."""

from __future__ import annotations

from anncli.formats.files.textfile import Path
from anncli.formats.loading import needed
from anncli.network.network import Network


class Onnx:
    """The format `onnx`."""

    def parse(self, data: bytes, path: Path) -> Network:
        needed("onnx", "the network format onnx", "onnx")
        from anncli.formats.networks.onnx.model import read_network

        return read_network(data, path)


FORMAT = Onnx()
