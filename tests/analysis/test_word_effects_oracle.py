"""The words that decide, against TfidfVectorizer of scikit-learn: a linear score of a text with and without each word.

`PUBLIC_DATA=FOLDER pytest tests/analysis/test_word_effects_oracle.py` reads reviews too, FOLDER/seed/imdb/train.{neg,pos}.txt.gz, a review a
line; the folder is not part of the repository.
"""

from __future__ import annotations

import gzip
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest

from anncli.analysis.word_effects import text_effects
from anncli.network.network import Network

text = pytest.importorskip("sklearn.feature_extraction.text")

REVIEWS = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "seed/imdb"


def compare(texts: list[str], shown: list[str], inputs: str, **options: object) -> None:
    """Effects of the words of some texts in a network whose documents are fitted on others."""
    network = Network.create(inputs, ["1 logistic"])
    assert network.text is not None
    network = network.with_vocabulary(network.text.definition.fitted(texts))
    weights = np.random.default_rng(3).normal(0, 3, network.topology.n_parameters).astype(np.float32)
    network.set_parameters(weights)
    assert network.vocabulary is not None
    oracle = text.TfidfVectorizer(vocabulary=list(network.vocabulary.symbols), **options).fit(texts)

    def scores(given: list[str]) -> np.ndarray:
        found: np.ndarray = oracle.transform(given) @ weights[1:].astype(np.float64) + weights[0]
        return found

    for one, found in zip(shown, text_effects(network, shown), strict=True):
        words = re.findall(r"\w+", one.lower())
        assert found.words == tuple(dict.fromkeys(words))
        assert found.counts == tuple(map(words.count, found.words))
        rest = [" ".join(other for other in words if other != word) for word in found.words]
        expected = scores([one])[0] - scores(rest)
        assert found.changes[:, 0] == pytest.approx(expected, abs=2e-5)
        assert found.scores[0] == pytest.approx(scores([one])[0], abs=2e-5)


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ("documents", {}),
        ("{documents: tf-idf, sublinear: true}", {"sublinear_tf": True}),
        ("{documents: tf-idf, ngrams: 3, words: auto}", {"ngram_range": (1, 3)}),
    ],
)
def test_random_texts(inputs: str, options: dict[str, object]) -> None:
    rng = random.Random(5)
    words = ["film", "Good", "BAD", "it's", "a", "so-so", "naïve", "x1", "not", "very", "İz", "ΣΑΣ"]
    texts = [", ".join(rng.choice(words) for _ in range(rng.randint(1, 14))) for _ in range(60)]
    compare(texts[:40], texts[20:], inputs, **options)


@pytest.mark.skipif(not REVIEWS.exists(), reason="PUBLIC_DATA has no seed/imdb")
def test_reviews() -> None:
    texts = []
    for name in ("neg", "pos"):
        with gzip.open(REVIEWS / f"train.{name}.txt.gz", "rt", encoding="utf-8") as file:
            texts += [next(file).rstrip("\n") for _ in range(300)]
    compare(
        texts, texts[::60], "{documents: tf-idf, ngrams: 2, sublinear: true}", ngram_range=(1, 2), sublinear_tf=True
    )
