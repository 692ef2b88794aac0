"""Exports that are code or drawings are no networks any more: where a network is read, they are named as what they are."""

from __future__ import annotations

import pytest
from random_networks import random_network

from anncli.errors import NetworkError
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.formats.networks.storage import parse


@pytest.mark.parametrize("name", ["c", "c-header", "python", "javascript", "sql", "graphviz"])
def test_code_and_drawings_are_refused_in_words(name: str) -> None:
    files = export_format(name).render(random_network(3), ExportRequest("net"))
    for text in files.values():
        with pytest.raises(
            NetworkError, match=r"is code or a drawing as ann export writes them.*name the network that it"
        ):
            parse(text if isinstance(text, bytes) else text.encode(), f"net.{name}")
