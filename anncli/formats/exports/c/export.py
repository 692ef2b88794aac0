"""Export as C99: NAME.c and NAME.h, or one header with everything. It is proved by compiling and running it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from anncli.errors import quoted
from anncli.formats.exports.base import ExportRequest, Facts, Predicted, ProofRows
from anncli.formats.exports.c.chain import KINDS
from anncli.formats.exports.c.fixed.network import fixed_network
from anncli.formats.exports.c.fixed.source import fixed_parts, fixed_sizes
from anncli.formats.exports.c.fixed.twin import measured_errors
from anncli.formats.exports.c.harness import run_compiled
from anncli.formats.exports.c.layers import ACTIVATIONS
from anncli.formats.exports.c.sizes import measured
from anncli.formats.exports.c.source import Parts, float_parts, float_sizes
from anncli.formats.exports.steps import kind_refusal, layer_refusal
from anncli.network.network import Network

# Of a weight or bias in fixed-point numbers.
_LARGEST = 1e4
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}\Z")


class CExport:
    """See base.ExportFormat."""

    def __init__(self, header_only: bool = False) -> None:
        self._header_only = header_only

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        if not _IDENTIFIER.match(request.name):
            allowed = "at most 61 letters, digits and _, first a letter"
            return f"functions in C cannot begin with {quoted(request.name)}; give another --name: {allowed}"
        if request.bits:
            return layer_refusal(network, "C in fixed-point numbers", ACTIVATIONS) or fixed_refusal(network)
        return kind_refusal(network, "C", KINDS, ACTIVATIONS)

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return parts_of(network, request).files(request.name, self._header_only)

    def facts(self, files: Mapping[str, bytes], network: Network, request: ExportRequest) -> Facts:
        """The size in flash and RAM, and of fixed-point numbers the bounds of the errors."""
        if not request.bits:
            return Facts(None, measured(float_sizes(network, files[""].decode()), files, request.name).lines())
        fixed = fixed_network(network, request)
        lines = measured(fixed_sizes(network, fixed, files[""].decode()), files, request.name).lines()
        errors = measured_errors(fixed, network)
        error = (
            f"{errors.found.max():.3g} on {len(fixed.ranges.rows)} rows, at most {fixed.bound.max():.3g} in the worst case; "
            f"range: {fixed.ranges.source}"
        )
        return Facts(errors.limit, [*lines, ("error", error)])

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        return run_compiled(files, network, request.name, rows)


def parts_of(network: Network, request: ExportRequest) -> Parts:
    """The pieces of the C files; ask refusal() first."""
    return fixed_parts(network, request) if request.bits else float_parts(network, request)


def fixed_refusal(network: Network) -> str | None:
    """Why the network cannot be computed in integers, or None."""
    calibration = network.calibration
    if calibration is not None and network.members and calibration.method != "isotonic":
        return (
            f"fixed-point numbers cannot hold {calibration.method} calibration of an ensemble; leave --int8 or --int16 out, "
            "or train one network"
        )
    largest = max(float(abs(parameters).max()) for parameters in network.members or (network.all_parameters,))
    if largest > _LARGEST:
        return f"fixed-point numbers cannot hold a weight of {largest:.3g}, only up to {_LARGEST:g}; scale the inputs"
    return None


EXPORT = CExport()
