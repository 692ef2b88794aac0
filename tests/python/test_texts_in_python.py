"""Texts in Python: a list of texts is samples of a network that takes texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import anncli
from anncli.arrays import Tokens
from anncli.cli.main import run
from anncli.errors import UsageError
from anncli.estimators import AnnClassifier
from anncli.inference.predict import predict
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network


def made(layers: list[str], **rest: object) -> Network:
    network = Network.create("characters", layers, **rest).with_vocabulary(CharacterEncoder(("\n", "a", "b")))
    network.set_parameters(np.random.default_rng(1).normal(size=network.topology.n_parameters))
    return network


def test_a_list_of_texts_is_encoded_as_files_are() -> None:
    network = made(["3 lstm", "last", "2 softmax"], classes=("yes", "no"))
    outputs = network.predict(["ab", "a?\nb"])
    tokens = Tokens([1, 2, 1, 3, 0, 2], np.ones(6, dtype=np.float32), np.array([0, 2, 6]), 4)  # type: ignore[arg-type]
    assert (outputs == predict(network, tokens)).all()
    assert (network.predict(tokens) == outputs).all()
    assert set(network.predict_classes("ab").tolist()) <= {"yes", "no"}
    with pytest.raises(TypeError, match="expected a list of texts, found"):
        network.predict([1.0, 2.0])


def test_every_character_has_an_answer_where_the_next_one_is_predicted() -> None:
    network = made(["3 lstm", "softmax"])
    assert network.predict(["ab", "a"]).shape == (3, 3)
    assert "\\n, a, b" in network.summary()


TEXTS = ["a good film", "great fun", "lovely and good", "a bad film", "awful", "bad and dull"] * 8
CLASSES = ["pos", "pos", "pos", "neg", "neg", "neg"] * 8


def test_a_list_of_texts_trains_a_network_as_files_do(tmp_path: Path) -> None:
    """The same network as from a file for each class with the same lines."""
    network = Network.create("documents", ["1 logistic"])
    # The files have the classes one after the other.
    order = np.argsort([name != "pos" for name in CLASSES], kind="stable").tolist()
    own = [TEXTS[k] for k in order], [CLASSES[k] for k in order]
    anncli.train(network, own, 20, seed=3)
    assert network.classes == ("pos", "neg")
    for name in ("pos", "neg"):
        lines = [text for text, other in zip(*own, strict=True) if other == name]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: documents\nlayers: [1 logistic]\n")
    words = [
        "train",
        str(tmp_path / "net.nn"),
        str(tmp_path / "pos.txt"),
        str(tmp_path / "neg.txt"),
        "20",
        "--seed",
        "3",
        "-q",
    ]
    assert run(words) == 0
    assert (anncli.load(tmp_path / "net.nn").all_parameters == network.all_parameters).all()
    right = float((network.predict_classes(TEXTS) == np.array(CLASSES)).mean())
    assert anncli.evaluate(network, (TEXTS, CLASSES)).accuracy == pytest.approx(right)


def test_sets_of_texts_and_running_texts() -> None:
    network = Network.create("words", ["2 embedding", "mean", "1 logistic"])
    result = anncli.train(
        network, (tuple(TEXTS), np.array(CLASSES)), 2, test=(["good", "odd", "dull"], ["pos", "pos", "neg"])
    )
    assert result.rows["test"].tolist() == [48, 49, 50]
    assert network.vocabulary is not None
    assert "odd" not in network.vocabulary.symbols
    following = Network.create("characters", ["3 lstm", "softmax"])
    anncli.train(following, (["abcabc" * 20], None), 1)
    assert following.classes == ("a", "b", "c")
    assert anncli.evaluate(following, (["abc"], None)).n == 2


def test_what_is_no_texts_with_classes_is_refused() -> None:
    network = Network.create("words", ["1 logistic"])
    for samples, fault, message in (
        ((TEXTS, CLASSES, np.ones(48)), UsageError, "texts have no weights"),
        ((TEXTS, CLASSES[:5]), ValueError, "48 texts, and 5 answers"),
        ((TEXTS, None), ValueError, "requires y"),
        (([1.0, 2.0], [0, 1]), TypeError, "expected a list of texts"),
        (("a text", ["pos"]), TypeError, "expected a list of texts"),
    ):
        with pytest.raises(fault, match=message):
            anncli.train(network, samples, 1)
    with pytest.raises(UsageError, match="missing is for rows of numbers and tables"):
        anncli.train(network, (TEXTS, CLASSES), 1, missing="mean")
    with pytest.raises(UsageError, match=r"the next symbol of a text is its answer; give \(texts, None\)"):
        anncli.train(Network.create("characters", ["3 lstm", "softmax"]), (TEXTS, CLASSES), 1)


def test_an_estimator_says_what_takes_texts() -> None:
    with pytest.raises(
        ValueError, match=r"Reshape your data: .*; a network with `inputs: documents` or `inputs: words`"
    ):
        AnnClassifier().fit(["a good film", "a bad film"] * 4, ["a", "b"] * 4)
