"""Export of the vectors of words, for word2vec and everything that reads its files: as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from anncli.errors import NetworkError, ValueFault, count_of, quoted
from anncli.formats.exports.base import ExportRequest
from anncli.formats.networks.word_files import binary_of, parse_words, text_of
from anncli.network.network import Network
from anncli.network.word_vectors import WordVectors, word_vectors


class Word2VecExport:
    """See base.ExportFormat and base.ComparesNumbers. The vectors alone are written, whatever layers stand above them."""

    write: ClassVar[Callable[[WordVectors], bytes]] = staticmethod(text_of)

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        try:
            known = word_vectors(network)
        except ValueFault as fault:
            return f"{fault.message}; {fault.advice}"
        broken = next((word for word in known.words if not word or word.split() != [word]), None)
        if broken is not None:
            return f"the word {quoted(broken)} cannot stand in a file of word2vec, whose words end with a blank"
        return None

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": type(self).write(word_vectors(network))}

    def same(self, files: Mapping[str, bytes], network: Network) -> str:
        known = word_vectors(network)
        try:
            again = parse_words(files[""], "export")
        except NetworkError as fault:
            raise ValueFault(f"is not read back: {fault.message}") from None
        if again.words != known.words:
            raise ValueFault(f"has other words: {len(again.words)} of them, not {len(known.words)}")
        if again.vectors.tobytes() != known.vectors.tobytes():
            number = int((again.vectors != known.vectors).any(axis=1).argmax())
            raise ValueFault(f"has another vector for {quoted(known.words[number])}")
        return f"{count_of(len(known.words), 'word')} and {count_of(known.vectors.size, 'number')}, all the same"


EXPORT = Word2VecExport()


class BinaryExport(Word2VecExport):
    """The same as binary file, which is smaller and faster to read."""

    write: ClassVar[Callable[[WordVectors], bytes]] = staticmethod(binary_of)
