"""Export of the vectors of words as the binary file of word2vec."""

from __future__ import annotations

from anncli.formats.exports.word2vec import BinaryExport

EXPORT = BinaryExport()
