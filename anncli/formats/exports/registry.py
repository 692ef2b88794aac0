"""The registry of exports: an object per name, and the name for a file."""

from __future__ import annotations

import os
from functools import cache

from anncli.errors import UsageError, did_you_mean, printable
from anncli.formats.exports.base import ExportFormat
from anncli.formats.exports.names import EXPORT_NAMES
from anncli.formats.loading import load_format


@cache
def export_format(name: str) -> ExportFormat:
    """The export of a name; its module is imported on first use; raises UsageError for an unknown name or a missing package."""
    if name not in EXPORT_NAMES:
        raise UsageError(f"unknown export format '{name}'", advice=did_you_mean(name, EXPORT_NAMES))
    found: ExportFormat = load_format("exports", "export format", name, EXPORT_NAMES[name], "EXPORT")
    return found


def variant_of(name: str, target: str) -> str:
    """The export of that name, or that of another form of it which the ending of the file means: `word2vec` and x.bin are
    `word2vec-binary`."""
    ending = os.path.splitext(target)[1].lower()
    forms = (other for other in EXPORT_NAMES if other.startswith(f"{name}-") and ending in EXPORT_NAMES[other].endings)
    return next(forms, name)


def export_name_of(target: str) -> str:
    """The export that the ending of a file name means; raises UsageError where it means none."""
    ending = os.path.splitext(target)[1].lower()
    for name, info in EXPORT_NAMES.items():
        if ending in info.endings:
            return name
    if ending == ".nn":
        advice = "say --to ann1dn, or leave it: ann train and ann import write networks"
        raise UsageError(f"{printable(target)} would be a network file", advice=advice)
    known = ", ".join(ending for info in EXPORT_NAMES.values() for ending in info.endings)
    raise UsageError(
        f"the ending of {printable(target)} does not say what to write",
        advice=f"use one of {known}, or name the format with --to ({', '.join(EXPORT_NAMES)})",
    )
