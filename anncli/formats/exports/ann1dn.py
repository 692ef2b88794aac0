"""Export as a file of ann1dn. It is proved by reading it back, as ann1dn itself cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping

from anncli.formats.exports.base import Answers, ExportRequest, ProofRows, ToolMissingError
from anncli.formats.networks.storage import refusal, render
from anncli.network.network import Network


class Ann1dnExport:
    """See base.ExportFormat."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        return refusal("ann1dn", network.topology, network.scaling)

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": render(network, "ann1dn")}

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Answers | None:
        raise ToolMissingError("ann1dn is not installed")


EXPORT = Ann1dnExport()
