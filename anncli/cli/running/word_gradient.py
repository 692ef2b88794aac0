"""`ann gradcheck` on a network of word vectors and a text."""

from __future__ import annotations

import numpy as np

from anncli.analysis.gradient_check import GradientCheck
from anncli.analysis.word_gradient import check_word_gradient
from anncli.arrays import Array, random_stream
from anncli.backends.word_session import WordSession
from anncli.cli.asking.tables import asked_data
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.showing.remarks import show_remarks
from anncli.errors import UsageError
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.texts import refuse_column_options
from anncli.formats.data.word_corpus import read_corpus
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.layers.word_prediction import WordPrediction
from anncli.network.network import Network

# Sentences, unless --rows says another number.
_SENTENCES = 10


def check_words(values: Values, words: Words, network: Network) -> tuple[GradientCheck, WordSession, int, Network]:
    """What the check found, the session, how many sentences it was about, and the network with its words.

    The zeros with which words are predicted before a training would make half of the gradient 0; random numbers stand for them.
    """
    layer, data, remarks = network.layers[-1], asked_data(values, words), Remarks()
    assert isinstance(layer, WordPrediction)
    assert network.text is not None
    assert isinstance(network.text.definition, WordInputs)
    for name in ("row", "show"):
        if values[name]:
            raise UsageError(f"--{name} is for rows of numbers, and `{layer.kind}` reads texts", advice="leave it out")
    refuse_column_options(data.request, data.read, network.text_use)
    known = network.vocabulary
    assert known is None or isinstance(known, WordEncoder)
    corpus = read_corpus(words.data, network.text.definition, layer.min_count, known, remarks)
    show_remarks(values.console, remarks)
    if known is None:
        network = network.with_vocabulary(corpus.vocabulary)
    seed = values.given_value("seed") or 0
    rng = random_stream(seed, "check")
    counts = np.array(corpus.vocabulary.counts, dtype=np.int64)
    session = WordSession(network.topology, corpus.tokens, corpus.starts, seed, tree_counts=counts)
    sentences = rng.permutation(len(corpus.starts) - 1)[: values["rows"] or _SENTENCES]
    parameters = _random(session, rng) if network.parameters is None else network.parameters
    return check_word_gradient(session, parameters, np.sort(sentences), rng), session, len(sentences), network


def _random(session: WordSession, rng: np.random.Generator) -> Array:
    scale = 1 / np.sqrt(session.topology.shapes[1].columns)
    return (scale * rng.standard_normal(session.topology.n_parameters)).astype(np.float32)
