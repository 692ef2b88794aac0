"""The vectors of words in any file that has some: a network of ours, or a file of word2vec, GloVe or fastText."""

from __future__ import annotations

from typing import NamedTuple

from anncli.errors import NetworkError, ValueFault
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.registry import name_of_format
from anncli.formats.networks.storage import parse, read_source
from anncli.formats.networks.word_files import parse_words
from anncli.network.network import Network
from anncli.network.word_vectors import WordVectors, word_vectors

# Files that hold vectors alone, of which no network has to be made first.
VECTOR_FORMATS = ("word2vec", "glove")


class NamedVectors(NamedTuple):
    """known: the words and their vectors; network: the whole network, None for a file that holds vectors alone."""

    known: WordVectors
    network: Network | None = None


def read_vectors(path: Path) -> NamedVectors:
    """The words of a file (`-`: standard input); raises NetworkError for a damaged file, and for a network that has no vectors of words."""
    data = read_source(path)
    if data.strip() and name_of_format(data) in VECTOR_FORMATS:
        return NamedVectors(parse_words(data, path))
    network = parse(data, path)
    try:
        return NamedVectors(word_vectors(network), network)
    except ValueFault as fault:
        raise NetworkError(fault.message, path=shown_name(path), advice=fault.advice) from None
