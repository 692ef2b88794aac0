"""Documents against TfidfVectorizer of scikit-learn: the same words and the same weights, on awkward texts and on IMDB reviews.

`PUBLIC_DATA=FOLDER pytest tests/network/test_documents_oracle.py` reads the reviews too, FOLDER/seed/imdb/train.{neg,pos}.txt.gz, a review
a line; the folder is not part of the repository.
"""

from __future__ import annotations

import gzip
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.network.encoders.documents import DocumentInputs

text = pytest.importorskip("sklearn.feature_extraction.text")
sparse = pytest.importorskip("scipy.sparse")

REVIEWS = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "seed/imdb"

AWKWARD = [
    "", " ", "a", "I a I", "one one one", "Don't stop; don't!", "e-mail me_at home", "naïve café cafe\u0301 CAFÉ",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ σας Σ", "İstanbul ıstanbul ISTANBUL", "straße STRASSE ẞ", "日本語 テスト 日本語", "👩\u200d🔬 lab 😀 ok ok", "12 1,234 3.14 ½ ²² ٣٣",
    "tab\there\nline\r\nend\x0b\x0c", "x" * 3000 + " yy", "the of and the", "don of and stop one", "_ __ ___ a_b", "\u00a0nbsp\u3000wide\u2028line",
]  # fmt: skip
SETTINGS = [
    DocumentInputs(None),
    DocumentInputs(None, sublinear=True),
    DocumentInputs(None, ngrams=2),
    DocumentInputs(None, ngrams=3, sublinear=True),
    DocumentInputs(None, ngrams=2, min_documents=2),
    DocumentInputs(None, max_documents=0.1),
]


def vectorizer(definition: DocumentInputs, **more: Any) -> Any:
    return text.TfidfVectorizer(
        max_features=definition.words,
        ngram_range=(1, definition.ngrams),
        sublinear_tf=definition.sublinear,
        min_df=definition.min_documents,
        max_df=definition.max_documents,
        **more,
    )


def matrix(tokens: Any) -> Any:
    return sparse.csr_matrix((tokens.values, tokens.indices, tokens.starts), shape=(len(tokens), tokens.width))


def largest_difference(definition: DocumentInputs, fitted: list[str], given: list[str], **more: Any) -> float:
    encoder, theirs = definition.fitted(fitted), vectorizer(definition, **more)
    theirs.fit(fitted)
    names = theirs.get_feature_names_out()
    assert set(names) == set(encoder.symbols)
    ours = {name: place for place, name in enumerate(encoder.symbols)}
    expected, found = theirs.transform(given), matrix(encoder.tokens(given))[:, [ours[name] for name in names]]
    assert expected.nnz == found.nnz
    return float(abs(expected - found).max())


@pytest.mark.parametrize("definition", SETTINGS, ids=str)
def test_awkward_texts(definition: DocumentInputs) -> None:
    assert len(AWKWARD) == 20
    assert largest_difference(definition, AWKWARD, AWKWARD) < 1e-6
    assert largest_difference(definition, [*AWKWARD[::2], *AWKWARD[10:]], AWKWARD) < 1e-6


@pytest.fixture(scope="module")
def reviews() -> list[str]:
    found = list[str]()
    for name in ("neg", "pos"):
        with gzip.open(REVIEWS / f"train.{name}.txt.gz", "rt", encoding="utf-8") as file:
            found += file.read().split("\n")[:-1]
    return found


@pytest.mark.slow
@pytest.mark.skipif(not REVIEWS.is_dir(), reason="PUBLIC_DATA names no folder of public data")
@pytest.mark.parametrize(
    "definition", [DocumentInputs(20_000, sublinear=True), DocumentInputs(100_000, 2, True, 2)], ids=str
)
def test_reviews(definition: DocumentInputs, reviews: list[str]) -> None:
    encoder, theirs = definition.fitted(reviews), vectorizer(definition)
    theirs.fit(reviews)
    # Which of the words that come equally often are the last ones is left open there; here it is decided by their letters.
    strange = set(encoder.symbols) ^ set(theirs.vocabulary_)
    counter = text.CountVectorizer(ngram_range=(1, definition.ngrams), vocabulary=sorted(strange))
    assert len(set(counter.transform(reviews).sum(axis=0).A1 if strange else [0])) == 1
    same = vectorizer(definition, vocabulary=encoder.symbols).fit_transform(reviews)
    found = matrix(encoder.tokens(reviews))
    assert same.nnz == found.nnz
    assert abs(same - found).max() < 1e-6


def test_the_last_words_are_the_most_frequent() -> None:
    rng = np.random.default_rng(4)
    texts = [" ".join(f"w{k}" for k in rng.geometric(0.02, 50)) for _ in range(200)]
    counts = Counter(word for one in texts for word in one.split())
    encoder = DocumentInputs(40).fitted(texts)
    expected = sorted(counts, key=lambda word: (-counts[word], word))
    assert list(encoder.symbols) == [word for word in expected if len(word) > 1][:40]
