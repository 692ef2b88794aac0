"""The vectors of words in any file that has some: a network of ours, or a file of word2vec, GloVe or fastText."""

from __future__ import annotations

from typing import NamedTuple

from anncli.errors import DataError, NetworkError, ValueFault
from anncli.formats.files.packers import packer_of, unpacked
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.numbers import MAX_NETWORK_BYTES
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.storage import parse, read_source
from anncli.formats.networks.word_files import parse_words
from anncli.network.network import Network
from anncli.network.word_vectors import WordVectors, word_vectors

# Files that hold vectors alone, of which no network has to be made first.
VECTOR_FORMATS = ("word2vec", "glove")
_PIECE_BYTES = 1 << 20


class NamedVectors(NamedTuple):
    """known: the words and their vectors; network: the whole network, None for a file that holds vectors alone."""

    known: WordVectors
    network: Network | None = None


def read_vectors(path: Path) -> NamedVectors:
    """The words of a file (`-`: standard input), which may be packed where it holds vectors alone; raises NetworkError for a damaged
    file, and for a network that has no vectors of words."""
    data = read_source(path)
    text = _unpacked(data, path)
    if text.strip() and name_of_format(text) in VECTOR_FORMATS:
        del data
        return NamedVectors(parse_words(text, path))
    network = parse(data, path)
    try:
        return NamedVectors(word_vectors(network), network)
    except ValueFault as fault:
        raise NetworkError(fault.message, path=shown_name(path), advice=fault.advice) from None


def _unpacked(data: bytes, path: Path) -> bytes:
    """The bytes of a file, unpacked where they are packed; raises NetworkError for a damaged file, and for more bytes than a network may have."""
    packer, shown = packer_of(data[:10]), shown_name(path)
    if packer is None:
        return data
    pieces, n_bytes = list[bytes](), 0
    try:
        for piece in unpacked(packer, iter([data]), _PIECE_BYTES, shown):
            pieces.append(piece)
            n_bytes += len(piece)
            if n_bytes > MAX_NETWORK_BYTES:
                message = f"unpacks to more than {MAX_NETWORK_BYTES >> 20} MiB"
                raise NetworkError(message, path=shown, advice="make a file of its most frequent words")
    except DataError as fault:
        raise NetworkError(fault.message, path=fault.path, advice=fault.advice) from None
    return b"".join(pieces)
