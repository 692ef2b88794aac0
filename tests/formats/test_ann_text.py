"""Networks for texts in files: the head, the vocabulary in the trained part, and every fault with its place."""

from __future__ import annotations

import re

import numpy as np
import pytest

from anncli.errors import NetworkError
from anncli.formats.networks.ann import parse_network, render_network
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network

HEAD = "# mine\nanncli: 1\ninputs: characters\nlayers: [5 lstm, softmax]   # open\n"


def trained(head: str = HEAD, text: str = 'hello\n\tx\x07é"#:\\ \U0001f600\u2028') -> Network:
    network = parse_network(head, "t.nn").with_vocabulary(CharacterEncoder.fitted([text]))
    network.set_parameters(np.random.default_rng(1).normal(size=network.topology.n_parameters))
    return network


def test_a_network_comes_back_equal_and_the_head_keeps_its_bytes() -> None:
    network = trained()
    text = render_network(network, HEAD)
    assert text.startswith(HEAD + "trained:\n")
    again = parse_network(text, "t.nn")
    assert again.vocabulary == network.vocabulary
    assert again.topology == network.topology
    assert again.classes == network.classes
    assert (again.parameters == network.parameters).all()
    assert again.text == network.text
    assert render_network(again, again.source.head) == text
    assert again.definition().topology == parse_network(HEAD, "t.nn").topology


def test_a_network_made_in_python_gets_a_head_with_an_open_output_layer() -> None:
    network = Network.create("characters", ["3 lstm", "softmax"])
    text = render_network(network)
    assert "inputs: characters\nlayers: [3 lstm, softmax]\n" in text
    assert parse_network(text, "t.nn").topology == network.topology


def test_a_network_for_lines_stores_classes_and_vocabulary() -> None:
    head = "anncli: 1\ninputs: Characters\nlayers: [3 lstm, mean, 3 softmax]\n"
    network = trained(head)
    network.classes = ("de", "en", "fr")
    again = parse_network(render_network(network, head), "t.nn")
    assert again.classes == ("de", "en", "fr")
    assert again.vocabulary == network.vocabulary


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("inputs: characters\nlayers: [last, softmax]", "t.nn:3:9: layer 1: `last` cannot read tokens"),
        ("inputs: characters\nlayers: [3 lstm, last, softmax]", "t.nn:3:9: the output layer `softmax` without a number is for"),
        ("inputs: 5\nlayers: [3 tanh, softmax]", "t.nn:3:18: a layer is its units and activation, found 'softmax'"),
        ("inputs: character\nlayers: [3 lstm, softmax]", "t.nn:2:9: unknown form of inputs 'character'"),
        ("inputs: characters\nlayers: [3 lstm, 4 softmax, softmax]", "t.nn:3:9: layer 2: softmax is for the output layer only"),
    ],
)  # fmt: skip
def test_faults_of_the_head_have_their_place(head: str, message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_network(f"anncli: 1\n{head}\n", "t.nn")
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("characters: ", "words: ", "unknown key 'words'"),
        ('characters: "abc"', "characters: [a]", "`characters` must be a text, found a list"),
        ('characters: "abc"', 'characters: ""', "`characters` must be a text, found ''"),
        ('characters: "abc"', "characters: 12", "`characters` must be a text, found the number 12"),
        ('characters: "abc"', 'characters: "acb"', "`characters` must be in the order of their code points, each once"),
        (
            'characters: "abc"',
            'characters: "aabc"',
            "`characters` must be in the order of their code points, each once",
        ),
        ('characters: "abc"', "other: 1", "unknown key 'other'"),
    ],
)
def test_faults_of_the_vocabulary_have_their_place(old: str, new: str, message: str) -> None:
    text = render_network(trained(text="abc"), HEAD).replace("characters: abc", 'characters: "abc"')
    line = 1 + next(number for number, own in enumerate(text.splitlines()) if own.startswith("    characters"))
    with pytest.raises(NetworkError) as caught:
        parse_network(text.replace(old, new), "t.nn")
    assert re.match(rf"t\.nn:{line}:\d+: {re.escape(message)}", str(caught.value)), str(caught.value)


def test_a_vocabulary_of_another_length_does_not_fit_the_weights() -> None:
    text = render_network(trained(text="abc"), HEAD).replace("characters: abc", "characters: abcd")
    with pytest.raises(NetworkError, match=r"block \d of `weights` has"):
        parse_network(text, "t.nn")
    with pytest.raises(NetworkError, match="the checksum"):
        parse_network(text.replace("characters: abcd", "characters: abd"), "t.nn")


def test_the_vocabulary_may_not_be_missing() -> None:
    text = render_network(trained(text="abc"), HEAD).replace("  encoder:\n    characters: abc\n", "")
    with pytest.raises(NetworkError, match="`characters` is missing: the characters that the network knows"):
        parse_network(text, "t.nn")
