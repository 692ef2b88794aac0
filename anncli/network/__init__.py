"""What a network is: layers, one flat parameter vector, activations, initial weights, forward and backward."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anncli.network.network import Layer as Layer
    from anncli.network.network import Network as Network
    from anncli.network.network import SelfTest as SelfTest
    from anncli.network.network import Topology as Topology
    from anncli.network.scaling import Scaling as Scaling

_HOMES = {
    "Layer": "anncli.network.network",
    "Network": "anncli.network.network",
    "Scaling": "anncli.network.scaling",
    "SelfTest": "anncli.network.network",
    "Topology": "anncli.network.network",
}


def __getattr__(name: str) -> Any:
    # Lazy, because the name tables of this room are read by `ann --help`, which must not import numpy.
    if name not in _HOMES:
        raise AttributeError(f"module 'anncli.network' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
