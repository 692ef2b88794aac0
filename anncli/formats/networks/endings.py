"""Endings of file names that promise the file of another program: no network of ann is written under one."""

from __future__ import annotations

import os

from anncli.errors import UsageError, printable
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.networks.names import DIALECTS, NETWORK_FORMAT_NAMES

_OWN = {ending for name in DIALECTS for ending in NETWORK_FORMAT_NAMES[name].endings}
_EXPORTED = {ending for info in EXPORT_NAMES.values() for ending in info.endings} - _OWN
_OTHERS = {ending for info in NETWORK_FORMAT_NAMES.values() for ending in info.endings} - _OWN


def refuse_other_ending(target: str) -> None:
    """Raises UsageError for the name of a network file that ends like a model of another program or an export: other programs
    could not read it, and a reader of the name would be misled."""
    stem, ending = os.path.splitext(target)
    if ending.lower() not in _EXPORTED | _OTHERS:
        return
    own = printable(f"{stem}.nn")
    advice = f"name it {own}"
    if ending.lower() in _EXPORTED:
        advice += f", and write the other with: ann export {own} -o {printable(target)}"
    raise UsageError(
        f"{printable(target)} would be a network file of ann, which its ending does not say", advice=advice
    )
