"""What a network format is: it reads a network from a file, and a dialect writes the networks that it can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology


class NetworkReader(Protocol):
    """One format. A module of this room holds one as FORMAT; names.py says by what its files are known."""

    def parse(self, data: bytes, path: Path) -> Network:
        """The network in the bytes of a file; path is for messages.

        A format that is no dialect gives a network whose source has the dialect `ann`, the name of the format as `origin` and
        `remarks` about what was assumed or lost; outputs that the file records are its self_test. Libraries of an extra are
        imported here and not before, by loading.needed().
        Raises: NetworkError with the place of a fault, and for what cannot be represented, by its name.
        """
        ...


class NetworkFormat(NetworkReader, Protocol):
    """A dialect: networks are trained in it and written back."""

    def refusal(self, topology: Topology, scaling: Scaling) -> str | None:
        """Why the format cannot hold a network of this topology and scaling, or None; what can be left out is no reason."""
        ...

    def render(self, network: Network) -> bytes:
        """The bytes of a file; the same network always gives the same bytes. Ask refusal() first."""
        ...


@runtime_checkable
class InPieces(Protocol):
    """A dialect whose files may be large."""

    def pieces(self, network: Network) -> Iterator[bytes]:
        """What render() gives, piece by piece."""
        ...
