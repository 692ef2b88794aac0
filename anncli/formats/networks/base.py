"""What a network format is: it recognises its files, reads a network from one, and writes a network that it can hold."""

from __future__ import annotations

from typing import Protocol

from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology


class NetworkFormat(Protocol):
    """One format. A module of this room holds one as FORMAT; names.py says which of reading and writing it can do."""

    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes, without byte order mark, is of this format."""
        ...

    def parse(self, data: bytes, path: Path) -> Network:
        """The network in the bytes of a file; path is for messages. Raises: NetworkError with the place of a fault."""
        ...

    def refusal(self, topology: Topology, scaling: Scaling) -> str | None:
        """Why the format cannot hold a network of this topology and scaling, or None; what can be left out is no reason."""
        ...

    def render(self, network: Network) -> bytes:
        """The bytes of a file; the same network always gives the same bytes. Ask refusal() first."""
        ...
