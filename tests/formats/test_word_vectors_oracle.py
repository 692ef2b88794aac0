"""Vectors of words against gensim: files, near words, analogies and pairs; questions-words.txt and others are read below PUBLIC_DATA."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.evaluation.rank_correlation import spearman
from anncli.formats.data.word_questions import read_analogies, read_scored_pairs
from anncli.formats.networks.word_files import binary_of, parse_words, text_of
from anncli.inference.analogies import score_analogies
from anncli.inference.next_words import likeliest_words
from anncli.inference.similar_words import Term, similar_words
from anncli.inference.word_pairs import WordPair, score_pairs
from anncli.network.encoders.words import WordEncoder
from anncli.network.network import Network
from anncli.network.word_vectors import WordVectors

models = pytest.importorskip("gensim.models")
stats = pytest.importorskip("scipy.stats")

FOLDER = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "seed" / "words"
public = pytest.mark.skipif(not FOLDER.is_dir(), reason="PUBLIC_DATA has no seed/words")


def drawn(n: int, size: int, seed: int = 1) -> WordVectors:
    """Words whose vectors go together a little, so that analogies are right now and then."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, size)) + 2 * rng.normal(size=(n // 10 + 1, size))[np.arange(n) // 10]
    return WordVectors(tuple(f"wörd{k}" for k in range(n)), vectors.astype(np.float32))


def keyed(known: WordVectors, path: Path, binary: bool = False) -> Any:
    path.write_bytes(binary_of(known) if binary else text_of(known))
    return models.KeyedVectors.load_word2vec_format(str(path), binary=binary)


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_our_files_and_we_read_its(tmp_path: Path, binary: bool) -> None:
    known = drawn(300, 7)
    found = keyed(known, tmp_path / "ours", binary)
    assert tuple(found.index_to_key) == known.words
    assert found.vectors.tobytes() == known.vectors.tobytes()
    found.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    again = parse_words((tmp_path / "theirs").read_bytes(), "")
    assert again.words == known.words
    assert again.vectors.tobytes() == known.vectors.tobytes()


def test_near_words(tmp_path: Path) -> None:
    known = drawn(500, 20)
    found = keyed(known, tmp_path / "v")
    for terms in ([("wörd3", 1)], [("wörd3", 1), ("wörd8", -1), ("wörd77", 1)], [("wörd3", 1), ("wörd4", 1)]):
        more, less = ([word for word, sign in terms if sign == wanted] for wanted in (1, -1))
        theirs = found.most_similar(positive=more, negative=less, topn=15)
        ours = similar_words(known, [Term(*term) for term in terms], 15)
        assert [each.word for each in ours] == [word for word, _ in theirs]
        assert [each.cosine for each in ours] == pytest.approx([cosine for _, cosine in theirs], abs=1e-6)


def test_spearman_with_ties() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        one, other = rng.integers(0, 9, 40), rng.normal(size=40).round(1)
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)


@pytest.mark.parametrize("limit", [None, 200])
def test_analogies_and_pairs(tmp_path: Path, limit: int | None) -> None:
    known = drawn(400, 12)
    found = keyed(known, tmp_path / "v")
    rng = np.random.default_rng(6)
    lines = []
    for name in ("one", "two"):
        lines.append(f": {name}")
        for _ in range(300):
            a, c = rng.integers(0, 40, 2) * 10
            lines.append(" ".join(f"Wörd{k}" for k in (a, a + 1, c, c + rng.integers(1, 3))))
        lines.append("wörd1 wörd2 wörd3 unknown")
    (tmp_path / "q.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, sections = found.evaluate_word_analogies(str(tmp_path / "q.txt"), restrict_vocab=limit or 300000)
    scores = score_analogies(known, read_analogies(str(tmp_path / "q.txt")), limit)
    assert scores[-1].right >= 20
    for score, section in zip(scores, sections, strict=True):
        assert score.right == len(section["correct"])
        assert score.asked == len(section["correct"]) + len(section["incorrect"])
    table = "".join(
        f"wörd{a}\twörd{b}\t{s:.1f}\n"
        for a, b, s in zip(*rng.integers(0, 410, (2, 200)), rng.normal(size=200), strict=True)
    )
    (tmp_path / "p.tsv").write_text(table, encoding="utf-8")
    _, theirs, missing = found.evaluate_word_pairs(str(tmp_path / "p.tsv"), restrict_vocab=limit or 300000)
    ours = score_pairs(known, [WordPair(*pair) for pair in read_scored_pairs(str(tmp_path / "p.tsv"))], limit)
    assert ours.spearman == pytest.approx(theirs.statistic, abs=1e-9)
    assert 100 * ours.left_out / 200 == pytest.approx(missing)


@public
def test_the_published_files_on_trained_vectors(tmp_path: Path) -> None:
    text = gzip.decompress((FOLDER / "lee_background.cor.gz").read_bytes()).decode("utf-8").lower()
    lines = [re.findall(r"\w+", line) for line in text.splitlines()]
    trained = models.Word2Vec(lines, vector_size=50, min_count=3, epochs=10, seed=1, workers=1, sg=1)
    known = WordVectors(tuple(trained.wv.index_to_key), trained.wv.vectors)
    _, sections = trained.wv.evaluate_word_analogies(str(FOLDER / "questions-words.txt.gz"))
    scores = score_analogies(known, read_analogies(str(FOLDER / "questions-words.txt.gz")))
    assert [(s.right, s.asked) for s in scores] == [
        (len(s["correct"]), len(s["correct"]) + len(s["incorrect"])) for s in sections
    ]
    for name in ("wordsim353.tsv.gz", "simlex999.txt.gz"):
        _, theirs, missing = trained.wv.evaluate_word_pairs(str(FOLDER / name))
        pairs = read_scored_pairs(str(FOLDER / name))
        ours = score_pairs(known, [WordPair(*pair) for pair in pairs])
        # Theirs are ranks of cosines in 32 bits, where near ones change places.
        assert ours.spearman == pytest.approx(theirs.statistic, abs=1e-4)
        units = trained.wv.vectors.astype(np.float64)
        units /= np.linalg.norm(trained.wv.vectors, axis=1, keepdims=True)
        there = [(*map(trained.wv.key_to_index.get, (a.lower(), b.lower())), score) for a, b, score in pairs]
        kept = [(units[a] @ units[b], score) for a, b, score in there if None not in (a, b)]
        assert ours.spearman == pytest.approx(stats.spearmanr(*zip(*kept, strict=True)).statistic, abs=1e-9)
        assert 100 * ours.left_out / (ours.left_out + ours.compared) == pytest.approx(missing)


def test_likeliest_words_differ_from_gensim_by_the_frequencies_alone() -> None:
    rng = np.random.default_rng(8)
    lines = [[f"w{k}" for k in rng.zipf(1.6, 12) if k < 40] for _ in range(400)]
    trained = models.Word2Vec(lines, vector_size=8, min_count=2, window=5, sg=0, epochs=20, seed=2, workers=1)
    words = tuple(trained.wv.index_to_key)
    counts = [trained.wv.get_vecattr(word, "count") for word in words]
    network = Network.create("words", ["8 embedding", "cbow"]).with_vocabulary(WordEncoder(words, tuple(counts)))
    network.set_parameters(np.concatenate([trained.wv.vectors.ravel(), trained.syn1neg.ravel()]))
    ours = {each.word: each.probability for each in likeliest_words(network, "w1 w2 w3", len(words)).words}
    theirs = dict(trained.predict_output_word(["w1", "w2", "w3"], topn=len(words)))
    weighted = {word: theirs[word] * count for word, count in zip(words, counts, strict=True)}
    total = sum(weighted.values())
    assert ours == pytest.approx({word: value / total for word, value in weighted.items()}, rel=1e-4)
