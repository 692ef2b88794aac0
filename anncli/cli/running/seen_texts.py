"""Texts that trained a network which predicts the next symbol: its file keeps the digest of each whole text."""

from __future__ import annotations

from anncli.dataset.dataset import Dataset
from anncli.errors import printable
from anncli.network.network import Network


def seen_texts(network: Network, data: Dataset) -> list[str]:
    """Names of the texts that the network file names as its training data: a part of each may be its validation or test set."""
    known = {entry.get("sha256") for entry in network.record.get("data", ()) if isinstance(entry, dict)}
    return [printable(source.name) for source in data.sources if source.sha256 in known]


def seen_texts_line(network: Network, data: Dataset) -> str:
    """What a report says of them."""
    seen = seen_texts(network, data)
    if not seen:
        return "texts that trained the network: none of these"
    return f"{', '.join(seen[:10])}: trained the network, so these figures say little about new texts"
