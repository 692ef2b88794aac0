"""The names of the network formats: one line a format, read by help, completion, errors and docs. It imports nothing.

To add a format, write one module with an object FORMAT (see base.NetworkFormat) and add one line here.
"""

from __future__ import annotations

from typing import NamedTuple


class NetworkFormatName(NamedTuple):
    """module: the module of this room that defines FORMAT; help: half a line about the files; reads, writes: whether
    networks can be read from such files and written to them; holds_tasks: it holds networks for other tasks than
    classification; holds_decisions: it holds calibrations, and how a threshold was chosen; endings: usual endings of file names, with the dot; extra:
    the extra of the package that the format needs, or ''; general: the format has no mark of its own, so it reads what no
    other format recognises."""

    module: str
    help: str
    reads: bool = True
    writes: bool = True
    holds_tasks: bool = False
    holds_decisions: bool = False
    endings: tuple[str, ...] = ()
    extra: str = ""
    general: bool = False


NETWORK_FORMAT_NAMES: dict[str, NetworkFormatName] = {
    "ann": NetworkFormatName("ann", "YAML text with comments, names, scaling and record", holds_tasks=True, holds_decisions=True, endings=(".nn", ".net"), general=True),
    "ann1dn": NetworkFormatName("ann1dn", "the numbers that ann1dn reads and writes", endings=(".nn",)),
}  # fmt: skip

# Endings by which a file name is that of a network, also of formats that cannot be read: such a file is no data.
NETWORK_ENDINGS = tuple(
    dict.fromkeys(
        [
            *(ending for info in NETWORK_FORMAT_NAMES.values() for ending in info.endings),
            *(".onnx", ".keras", ".h5", ".nnet", ".pmml", ".skops"),
        ]
    )
)

# Formats that a network can be trained in: read, and written back.
DIALECTS = tuple(name for name, info in NETWORK_FORMAT_NAMES.items() if info.reads and info.writes)
