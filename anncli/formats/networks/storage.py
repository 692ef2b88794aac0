"""Network files of both dialects, told apart by their first word: a number opens an ann1dn file."""

from __future__ import annotations

import re

from anncli.errors import NetworkError, UsageError, did_you_mean
from anncli.formats.files.textfile import BOM, Path, decode, read_bytes, replace_file, shown_name
from anncli.formats.networks import ann
from anncli.formats.networks.numbers import MAX_NETWORK_BYTES
from anncli.network.network import Network

DIALECTS = ("ann", "ann1dn")

_OPENS_WITH_NUMBER = re.compile(rb"\s*[-+.]?[0-9]")


_ADVICE = "check the name, or make a network with `ann init`"


def load(path: Path) -> Network:
    """The network in a file (`-`: standard input); raises NetworkError when there is none or it is damaged."""
    return parse(read_source(path), path)


def read_source(path: Path) -> bytes:
    """The bytes of a network file, for parse(); raises NetworkError when they cannot be read."""
    return read_bytes(path, NetworkError, MAX_NETWORK_BYTES, missing=_ADVICE)


def parse(data: bytes, path: Path) -> Network:
    """The network that the bytes of a file hold; `path` is for messages; raises NetworkError when they are damaged."""
    if not data.strip():
        raise NetworkError("the file is empty", path=shown_name(path), advice=_ADVICE)
    if _OPENS_WITH_NUMBER.match(data.removeprefix(BOM)):
        from anncli.formats.networks import ann1dn

        # Only numbers matter there, and the free text behind them may be in any 8-bit encoding.
        return ann1dn.parse_network(data.removeprefix(BOM).decode("latin-1"), path)
    network = ann.parse_network(decode(data, path, NetworkError), path)
    if data.startswith(BOM):
        network.source = network.source._replace(head=f"\ufeff{network.source.head or ''}")
    return network


def render(network: Network, dialect: str | None = None, path: Path = "") -> bytes:
    """The bytes of a network file, in the dialect the network came from unless another is named.

    Raises NetworkError when the dialect cannot hold the network, UsageError for an unknown dialect.
    """
    dialect = dialect or network.source.dialect
    if dialect not in DIALECTS:
        raise UsageError(f"unknown network dialect '{dialect}'", advice=did_you_mean(dialect, DIALECTS))
    if dialect == "ann1dn":
        from anncli.formats.networks import ann1dn

        return ann1dn.render_network(network, path).encode("utf-8")
    return ann.render_network(network, network.source.head).encode("utf-8")


def save(network: Network, path: Path, dialect: str | None = None) -> None:
    """Write a network whole or not at all (`-`: standard output); raises AnnError when that fails, else as render."""
    replace_file(path, render(network, dialect, path))


read_network = load
write_network = save
