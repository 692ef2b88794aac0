"""Networks for words on film reviews: `PUBLIC_DATA=FOLDER pytest -m slow tests/cli/test_word_reviews.py` reads
FOLDER/seed/imdb/train.{neg,pos}.txt.gz, a review on each line; they are not part of the repository."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]
REVIEWS = Path(os.environ.get("PUBLIC_DATA", "/nowhere")) / "seed/imdb"


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """900 of each kind, a ninth of them apart."""
    for name in ("pos", "neg"):
        with gzip.open(REVIEWS / f"train.{name}.txt.gz", "rt", encoding="utf-8") as file:
            lines = list(islice(file, 900))
        (tmp_path / "later").mkdir(exist_ok=True)
        (tmp_path / f"{name}.txt").write_text("".join(lines[:800]))
        (tmp_path / "later" / f"{name}.txt").write_text("".join(lines[800:]))
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(not REVIEWS.is_dir(), reason="PUBLIC_DATA names no folder of public data")
@pytest.mark.parametrize(
    ("layers", "epochs", "least"),
    [
        ("32 embedding, mean", 10, 0.85),
        ("32 embedding, 64 relu convolution 5, max", 4, 0.75),
        ("32 embedding, 32 lstm, last", 3, 0.6),
    ],
)
def test_good_and_bad_reviews(reviews: Path, ann: Run, layers: str, epochs: int, least: float) -> None:
    ann("init", "film.nn", "--inputs", "{words: 20000, min_count: 2}", "--layers", f"{layers}, 1 logistic")
    ann("train", "film.nn", "pos.txt", "neg.txt", epochs, "--learning-rate", 0.01, "--refit", "no")
    tested = json.loads(ann("test", "film.nn", "later/pos.txt", "later/neg.txt", "--json").stdout)
    assert tested["sets"]["test"]["auc"] > least
    predicted = ann("predict", "film.nn", "later/neg.txt", "--classes").stdout.split()
    assert len(predicted) == 100
