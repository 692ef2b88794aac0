"""Export as a file of ann1dn. It is proved by reading it back, as ann1dn itself cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.steps import table_refusal
from anncli.formats.networks.storage import parse, refusal_of, render
from anncli.network.network import Network


class Ann1dnExport:
    """See base.ExportFormat and base.ReadBack. The threshold is given to ann1dn on its command line."""

    keeps_decisions: ClassVar[bool] = False

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        return table_refusal(network, "an ann1dn file") or refusal_of(network, "ann1dn")

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": render(network, "ann1dn")}

    def read_back(self, files: Mapping[str, bytes]) -> Network:
        return parse(files[""], "export.nn")


EXPORT = Ann1dnExport()
