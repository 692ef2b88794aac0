"""The network formats `word2vec` and `glove`: vectors of words, as networks whose other weights are not known.

Such a network has `inputs: words` and the layers `D embedding, skip-gram`. The second matrix, by which its training would go on, is
in no such file, and is 0 here.
"""

from __future__ import annotations

import numpy as np

from anncli.errors import NetworkError, count_of
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.numbers import size_fault
from anncli.formats.networks.word_files import parse_words
from anncli.network.encoders.text import read_text_layers
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.network import Network, NetworkSource
from anncli.network.word_vectors import WordVectors


class Word2Vec:
    """The formats `word2vec` and `glove`."""

    def parse(self, data: bytes, path: Path) -> Network:
        known = parse_words(data, path)
        if fault := size_fault([len(known.words)], 2 * known.vectors.size):
            advice = "ann words, ann plot words and `from:` of a network read it as it is"
            raise NetworkError(fault, path=shown_name(path), advice=advice)
        return network_of_words(known, path)


FORMAT = Word2Vec()


def network_of_words(known: WordVectors, path: Path) -> Network:
    """The network that has these vectors; that of words with capitals keeps capitals, and how often a word came is not known."""
    definition = WordInputs(case="lower" if known.is_folded else "keep")
    text, topology = read_text_layers(definition, [f"{known.vectors.shape[1]} embedding", "skip-gram"])
    counts = (0,) * len(known.words)
    source = NetworkSource(path=shown_name(path), origin="word2vec", remarks=_remarks(known))
    network = Network(topology, text=text, source=source)
    network.take_vocabulary(WordEncoder(known.words, counts, definition))
    parameters = np.zeros(network.topology.n_parameters, dtype=np.float32)
    network.topology.blocks(parameters)[0][0][: len(known.words)] = known.vectors
    network.set_parameters(parameters)
    return network


def _remarks(known: WordVectors) -> tuple[str, ...]:
    shown = f"{count_of(len(known.words), 'word')} with vectors of {count_of(known.vectors.shape[1], 'number')}"
    return (f"{shown}; how often they came, and the second matrix of their training, are in no such file",)
