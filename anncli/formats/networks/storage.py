"""Network files: read in the format that the file shows, written whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from anncli.errors import NetworkError, UsageError, value_text
from anncli.formats.files.textfile import BOM, Path, read_bytes, replace_file, shown_name
from anncli.formats.networks.base import InPieces
from anncli.formats.networks.endings import refuse_other_ending
from anncli.formats.networks.names import DIALECTS, NETWORK_FORMAT_NAMES
from anncli.formats.networks.numbers import MAX_NETWORK_BYTES
from anncli.formats.networks.refused import refuse_unread
from anncli.formats.networks.registry import dialect_format, name_of_format, network_format
from anncli.network.network import Network
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology

_MARK = re.compile(rb"^anncli[ \t]*:", re.MULTILINE)
# Where the mark of a network is looked for.
_HEAD_BYTES = 1 << 20
_NO_NETWORK = "check the name, or make a network with `ann train`"


def load(path: Path, name: str | None = None) -> Network:
    """The network in a file (`-`: standard input); raises NetworkError if there is none or the file is damaged.

    name: the format to read it as; None: the one that its content shows.
    """
    return parse(read_source(path), path, name)


def read_source(path: Path) -> bytes:
    """The bytes of a network file, for parse(); raises NetworkError if they cannot be read."""
    return read_bytes(path, NetworkError, MAX_NETWORK_BYTES, missing=_NO_NETWORK)


def read_foreign(path: Path, name: str | None = None) -> Network:
    """As load(), for a file that should be a network of another program: one of no known format is refused with their names."""
    data = read_source(path)
    if name is None and data.strip() and name_of_format(data) == DIALECTS[0] and not _MARK.search(data[:_HEAD_BYTES]):
        refuse_unread(data, path)
        advice = f"the formats are {', '.join(NETWORK_FORMAT_NAMES)}; --from names one"
        raise NetworkError("is no network of a format that is read", path=shown_name(path), advice=advice)
    return parse(data, path, name)


def parse(data: bytes, path: Path, name: str | None = None) -> Network:
    """The network in the bytes of a file; `path` is for messages; name: as in load(); raises NetworkError if they are damaged."""
    if not data or data.isspace():
        raise NetworkError("the file is empty", path=shown_name(path), advice=_NO_NETWORK)
    found = name or name_of_format(data)
    if found == DIALECTS[0]:
        refuse_unread(data, path)
    try:
        return network_format(found).parse(data, path)
    except NetworkError as fault:
        if found != "ann1dn" or name or _has_our_ending(path):
            raise
        # Numbers under another name: as a rule a data file where the network was forgotten, or both were swapped.
        advice = "NETWORK comes first, then the data files" + (f"; {fault.advice}" if fault.advice else "")
        raise NetworkError(
            fault.message, path=fault.path, line=fault.line, column=fault.column, advice=advice
        ) from None


def _has_our_ending(path: Path) -> bool:
    return shown_name(path).lower().endswith(".nn")


def refusal(name: str, topology: Topology, scaling: Scaling) -> str | None:
    """Why the format of that name cannot hold a network of this topology and scaling, or None if it can.

    Raises: UsageError for an unknown format and for one that cannot be written.
    """
    return dialect_format(name).refusal(topology, scaling)


def refusal_of(network: Network, name: str) -> str | None:
    """Why a file of that format cannot hold the network with its task, decisions and members, or None; raises as refusal()."""
    reason = refusal(name, network.topology, network.scaling)
    if network.task not in (None, "classification") and not NETWORK_FORMAT_NAMES[name].holds_tasks:
        reason = f"a file of the format {name} cannot hold a network for {network.task}"
    if not (reason or NETWORK_FORMAT_NAMES[name].holds_decisions):
        reason = _undecidable(name, network)
    if network.members and not NETWORK_FORMAT_NAMES[name].holds_tasks:
        reason = f"a file of the format {name} holds one network, not an ensemble of {len(network.members)}"
    return reason


def render(network: Network, name: str | None = None, path: Path = "") -> bytes:
    """The bytes of a network file, in the format that the network was read from unless another one is named.

    Raises: NetworkError if the format cannot hold the network, UsageError as refusal().
    """
    return b"".join(_pieces(network, name, path))


def _pieces(network: Network, name: str | None, path: Path) -> Iterable[bytes]:
    """What render() gives, in pieces where the format has them."""
    name = name or network.source.dialect
    reason = refusal_of(network, name)
    if reason:
        raise NetworkError(reason, path=path or None, advice=f"save it in the {DIALECTS[0]} format")
    dialect = dialect_format(name)
    return dialect.pieces(network) if isinstance(dialect, InPieces) else [dialect.render(network)]


def _undecidable(name: str, network: Network) -> str | None:
    """Why a format that holds weights alone would change what the network decides."""
    own = {
        "the calibration": network.calibration is not None,
        "scores that are left undecided": network.abstain is not None,
        f"the threshold by {network.threshold_rule}": network.threshold_rule is not None,
    }
    lost = [what for what, is_there in own.items() if is_there]
    return f"a file of the format {name} cannot hold {' and '.join(lost)}" if lost else None


def check_place(network: Network, path: Path) -> None:
    """Raises UsageError where writing the network back would replace a file of another program, or one that may hold data.

    Numbers alone can be a network of ann1dn as well as rows of data; only the ending .nn says which.
    """
    name = shown_name(path)
    if network.source.origin is not None:
        advice = "say where to write the network with --output"
        raise UsageError(
            f"is a file of the format {network.source.origin}, which is only read", path=name, advice=advice
        )
    if network.source.dialect == "ann1dn" and name != "<stdin>" and not _has_our_ending(path):
        advice = "NETWORK comes first; if it is one, rename it to end in .nn, or say where to write with --output"
        raise UsageError("reads as a network of ann1dn and as data; it is not overwritten", path=name, advice=advice)


def holds_other_than_network(path: Path) -> bool:
    """Whether something exists there and is neither an empty file nor one of our own networks; looking does not count as
    reading it."""
    if not os.path.isfile(path):
        return os.path.lexists(path)
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return True
    return bool(head.strip()) and _MARK.search(head.removeprefix(BOM)) is None


def save(network: Network, path: Path, name: str | None = None, before: Callable[[], None] | None = None) -> None:
    """Write a network whole or not at all (`-`: standard output); raises AnnError if that fails, UsageError for a new file
    whose ending promises another format, TypeError for what is no network, and as render().

    before: as in replace_file().
    """
    if not isinstance(network, Network):
        raise TypeError(f"save() takes a network and the name of a file, found {value_text(network)}")
    if not os.path.exists(path):
        refuse_other_ending(shown_name(path))
    replace_file(path, _pieces(network, name, path), before=before)
