"""Networks of words in files: the head, the words in the trained part, and every fault with its place."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.formats.networks.storage import parse, render
from anncli.network.encoders.words import WordEncoder, WordInputs
from anncli.network.network import Network

HEAD = "# mine\nanncli: 1\ninputs: {words: 50, case: keep, split: spaces}\nlayers: [3 embedding, mean, 1 logistic]\n"
WORDS = ("the", "Don't", 'a"b', "#", "-", "|", "a\\x41b", "x\x07y", "\u200bz", "é", "\U0001f600", "\ufeff", "12", "'")


def trained(head: str = HEAD, words: tuple[str, ...] = WORDS) -> Network:
    network = parse_network(head, "t.nn")
    assert network.text is not None and isinstance(network.text.definition, WordInputs)  # noqa: PT018
    counts = tuple(range(len(words), 0, -1))
    network = network.with_vocabulary(WordEncoder(words, counts, network.text.definition._replace(split="spaces")))
    network.set_parameters(np.random.default_rng(1).normal(size=network.topology.n_parameters))
    network.classes = ("good", "bad")
    return network


def test_a_network_comes_back_equal_with_the_strangest_words() -> None:
    network = trained()
    text = render_network(network, HEAD)
    again = parse_network(text, "t.nn")
    assert again.vocabulary == network.vocabulary
    assert again.topology == network.topology
    assert (again.parameters == network.parameters).all()
    assert render_network(again, again.source.head) == text
    assert (
        "  encoder:\n    case: keep\n    split: spaces\n    words: |\n      the 14\n      Don't 13\n      a\"b 12\n"
        "      # 11\n      - 10\n      | 9\n      a\\\\x41b 8\n      x\\x07y 7\n      \\u200bz 6\n      é 5\n"
    ) in text


def test_a_long_vocabulary_and_long_weights_come_back_equal() -> None:
    words = tuple(f"wörd|{k}" for k in range(9000))
    network = trained(words=words)
    text = render_network(network, HEAD)
    again = parse_network(text, "t.nn")
    assert again.vocabulary == network.vocabulary
    assert (again.parameters == network.parameters).all()
    assert render_network(again, again.source.head) == text


def test_a_change_of_the_head_does_not_change_how_texts_are_split() -> None:
    text = render_network(trained(), HEAD).replace("case: keep, ", "", 1)
    vocabulary = parse_network(text, "t.nn").vocabulary
    assert vocabulary is not None
    assert vocabulary.encode("the The").tolist() == [0, len(WORDS)]


def test_a_network_made_in_python_gets_a_head() -> None:
    network = Network.create("{words: 7, min_count: 2}", ["3 lstm", "softmax"])
    text = render_network(network)
    assert "inputs: {words: 7, min_count: 2}\nlayers: [3 lstm, softmax]\n" in text
    again = parse_network(text, "t.nn")
    assert again.text == network.text
    assert render_network(again, again.source.head) == text


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{words: 0}", "t.nn:2:17: `words` must be a whole number of 1 or more, found 0; write for example `inputs: {words: 20000, min_count: 2}`"),
        ("{words: 5, case: no}", "t.nn:2:26: `case` must be lower or keep, found 'no'; write"),
        ("{words: 5, cases: no}", "t.nn:2:27: unknown key `cases`; did you mean 'case'?"),
        ("{characters: 5}", "t.nn:2:22: `characters` has no settings; write `inputs: characters`"),
    ],
)  # fmt: skip
def test_faults_of_the_head_have_their_place(inputs: str, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_network(f"anncli: 1\ninputs: {inputs}\nlayers: [3 embedding, mean, 2 softmax]\n", "t.nn")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("the 5", "the", "t.nn:10:1: expected a word and its count, found 'the'"),
        ("cat 4", "cat -4", "t.nn:11:1: expected a word and its count, found 'cat -4'"),
        ("cat 4", "cat 4.5", "t.nn:11:1: expected a word and its count, found 'cat 4.5'"),
        ("cat 4", "the 4", "t.nn:11:1: 'the' stands here a second time"),
        ("cat 4", "  4", "t.nn:11:1: the word is missing"),
        ("cat 4", "cat on 4", "t.nn:11:1: expected one word, found 'cat on'"),
        ("      cat 4\n", "", "t.nn:15: a unit of layer 1 has 4 weights, found 5 numbers"),
        ("case: lower", "case: no", "t.nn:7:11: `case` must be lower or keep, found 'no'"),
        ("    split: words\n", "", "t.nn:7:5: `split` must be words or spaces, found nothing"),
        ("words: |", "characters: |", "t.nn:9:5: unknown key 'characters'"),
        ("words: |", "words: [a]\n    x: |", "t.nn:10:5: unknown key 'x'"),
        ("words: |\n      the 5\n      cat 4\n      sat 3\n      on 2\n", "words: []\n", "t.nn:9:12: `words` must be a block of words, found an empty list"),
        ("    words: |\n      the 5\n      cat 4\n      sat 3\n      on 2\n", "", "t.nn:7:5: `words` is missing"),
    ],
)  # fmt: skip
def test_faults_of_the_words_have_their_place(old: str, new: str, message: str) -> None:
    head = "# mine\nanncli: 1\ninputs: words\nlayers: [3 embedding, mean, 1 logistic]\n"
    network = parse_network(head, "t.nn").with_vocabulary(WordEncoder(("the", "cat", "sat", "on"), (5, 4, 3, 2)))
    network.set_parameters(np.arange(network.topology.n_parameters))
    text = render_network(network, head)
    assert old in text
    with pytest.raises(NetworkError) as caught:
        parse_network(text.replace(old, new, 1), "t.nn")
    assert str(caught.value).startswith(message), str(caught.value)


def test_a_word_with_blanks_in_a_file_of_vectors_is_read_back() -> None:
    network = parse(b"2 2\n. . . 0.5 -1\ncat 2 0.25\n", "vectors.txt")
    again = parse(render(network), "t.nn")
    assert again.vocabulary is not None
    assert again.vocabulary.symbols == (". . .", "cat")
