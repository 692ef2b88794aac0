"""`ann predict --stateful`: what it is not for."""

from __future__ import annotations

from anncli.cli.asking.values import Values
from anncli.errors import UsageError, asking
from anncli.network.network import Network
from anncli.network.streaming import check_streams
from anncli.options.wording import long_name

# Options about how tables are read, and about columns that a row of a stream does not have.
_OF_TABLES = (
    "format", "header", "decimal", "na", "size", "grey", "transpose", "sequence", "order", "ignore", "use", "weight", "missing", "category", "label",
)  # fmt: skip


def check_stateful(values: Values, network: Network) -> None:
    """Raises UsageError where --stateful is given, and the network or another option does not allow it."""
    if not values["stateful"]:
        return
    if network.forecast is not None:
        message = "--stateful reads samples row by row, and this network forecasts from windows of a long table"
        raise UsageError(message, advice="leave it out")
    with asking("--stateful"):
        check_streams(network.topology, "--stateful", ("last",))
    if network.text is not None:
        message = f"--stateful reads rows of numbers, and this network reads {network.text.kind}"
        raise UsageError(message, advice="leave it out")
    if given := [name for name in _OF_TABLES if name in values.given]:
        message = f"--stateful reads rows of numbers as they come, and {long_name(given[0])} is for tables"
        raise UsageError(message, advice="leave one of the two out")
    if values["reproducible"]:
        raise UsageError("--reproducible and --stateful exclude each other", advice="leave one of the two out")
    if network.encoder is not None and not network.encoder.is_plain:
        names = [column.name for column in network.encoder.columns if column.kind != "number"]
        message = f"--stateful reads rows of numbers, and this network has columns of words: {', '.join(names)}"
        raise UsageError(message, advice="leave it out")
