"""Networks for documents in files: their words come back equal, and every fault has its place."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.network.encoders.documents import DocumentEncoder, DocumentInputs
from anncli.network.network import Network

HEAD = "# mine\nanncli: 1\ninputs: {documents: tf-idf, words: 50, ngrams: 2, sublinear: true}\nlayers: [3 tanh, 1 logistic]\n"
TEXTS = ["the \u00e9t\u00e9 of the film", "a film of it", "\U0001d518\U0001d518 _x 12 the", ""]


def trained(texts: list[str] = TEXTS) -> Network:
    network = parse_network(HEAD, "t.nn")
    assert network.text is not None
    network = network.with_vocabulary(network.text.definition.fitted(texts))
    network.set_parameters(np.random.default_rng(1).normal(size=network.topology.n_parameters))
    network.classes = ("good", "bad")
    return network


def test_a_network_comes_back_equal() -> None:
    network = trained()
    text = render_network(network, HEAD)
    again = parse_network(text, "t.nn")
    assert again.vocabulary == network.vocabulary
    assert isinstance(again.vocabulary, DocumentEncoder)
    assert (again.parameters == network.parameters).all()
    assert render_network(again, again.source.head) == text
    assert (
        "  encoder:\n    ngrams: 2\n    sublinear: true\n    documents: 4\n    words: |\n      the 2\n      film 2\n      of 2\n"
    ) in text
    assert "      of the 1\n" in text
    one, other = (n.vocabulary.tokens(TEXTS) for n in (network, again) if n.vocabulary is not None)
    assert np.array_equal(one.values, other.values)
    assert np.array_equal(one.indices, other.indices)


def test_a_long_vocabulary_comes_back_equal() -> None:
    network = trained([f"w\u00f6rd{k} w{k}" for k in range(5000)])
    again = parse_network(render_network(network, HEAD), "t.nn")
    assert again.vocabulary == network.vocabulary


def test_a_change_of_the_head_does_not_change_the_weights() -> None:
    text = (
        render_network(trained(), HEAD)
        .replace("ngrams: 2, sublinear: true", "words: 7", 1)
        .replace("words: 50, ", "", 1)
    )
    vocabulary = parse_network(text, "t.nn").vocabulary
    assert isinstance(vocabulary, DocumentEncoder)
    assert vocabulary.definition == DocumentInputs(words=7, ngrams=2, sublinear=True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ngrams: 2\n", "ngrams: 9\n", "`ngrams` must be 1 to 3, found 9"),
        ("ngrams: 2\n", "ngrams: two\n", "`ngrams` must be a whole number of 1 or more, found "),
        ("    sublinear: true\n", "", "`sublinear` must be true or false, found nothing"),
        ("    sublinear: true\n", "    sublinear: 1\n", "`sublinear` must be true or false, found "),
        ("documents: 4\n", "documents: 0\n", "`documents` must be a whole number of 1 or more, found 0"),
        ("    documents: 4\n", "", "`documents` must be a whole number of 1 or more, found nothing"),
        ("documents: 4\n", "documents: 1\n", "a word of more than all 1 documents"),
        ("      film 2\n", "      film\n", "expected a word and its count, found 'film'"),
        ("      film 2\n", "      the 2\n", "'the' stands here a second time"),
    ],
)
def test_damaged_words(old: str, new: str, message: str) -> None:
    head, part = render_network(trained(), HEAD).split("trained:")
    assert old in part
    with pytest.raises(NetworkError) as caught:
        parse_network(f"{head}trained:{part.replace(old, new, 1)}", "t.nn")
    assert message in caught.value.message
    assert caught.value.line is not None
