"""Export as one C header with everything in it."""

from __future__ import annotations

from anncli.formats.exports.c.export import CExport

EXPORT = CExport(header_only=True)
