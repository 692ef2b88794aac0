"""What tests of exports have in common."""

from __future__ import annotations

from anncli.analysis.proof import Proof, prove
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.network.network import Network


def proof_of(network: Network, name: str, request: ExportRequest | None = None) -> Proof | str:
    """The proof of an export, or the words in which the format refuses the network."""
    export, request = export_format(name), request or ExportRequest()
    return export.refusal(network, request) or prove(export, export.render(network, request), network, request)
