"""The texts that an exported network is proved on: words that it knows and others, in all scripts, with all that may stand between them."""

from __future__ import annotations

import numpy as np

from anncli.formats.exports.base import ProofRows
from anncli.network.network import Network

# Words on which splitting and small letters go wrong easily: case that changes lengths, final sigma, marks and digits of other scripts, and
# signs of several code units.
_STRANGE = (
    "İstanbul", "STRASSE", "ΟΔΟΣ", "ΑΣΑ", "ǅ", "naïve", "cafe\u0301", "漢字かな", "עברית", "हिन्दी", "٣٤", "½", "²x", "Ⅷ", "snake_case", "_", "x1", "🙂", "a🙂b", "O'Neil",
    "state-of-the-art", "don’t", "\u200b", "\u00ad", "ſ", "K", "e.g.", "3.14", "<br />", "A", "zz9",
)  # fmt: skip
# All that splits words, and some that look as if they did.
_BETWEEN = (
    " ",
    "  ",
    "\t",
    ", ",
    ". ",
    "-",
    "\u00a0",
    "\u2003",
    "\u3000",
    "\x1c",
    "\x85",
    "\ufeff",
    "\u200b",
    "/",
    "'",
    "\u2028",
)
_MOST_WORDS = 24


def draw_texts(network: Network, rng: np.random.Generator, n: int) -> ProofRows:
    """n texts with their tokens: the first half of words that the network knows, with blanks between, of which none is empty; the others of strange words too, in other case and
    with other signs between."""
    assert network.vocabulary is not None
    symbols, least = network.vocabulary.symbols, network.topology.least_rows
    texts = []
    for place in range(n):
        count = int(rng.integers(0 if place > n // 2 and not least else 1, _MOST_WORDS))
        strange = 0.0 if place < n // 2 else 0.4
        words = [_word(symbols, rng, strange) for _ in range(count)]
        between = [" " if place < n // 2 else _BETWEEN[rng.integers(len(_BETWEEN))] for _ in words]
        joined = "".join(part for pair in zip(words, between, strict=True) for part in pair)
        texts.append(joined if network.vocabulary.kind != "characters" or place >= n // 2 else "".join(words))
    return ProofRows(network.vocabulary.tokens(texts), texts=tuple(texts))


def _word(symbols: tuple[str, ...], rng: np.random.Generator, strange: float) -> str:
    if not symbols or rng.random() < strange:
        return _STRANGE[rng.integers(len(_STRANGE))]
    word = symbols[rng.integers(len(symbols))]
    return word if not strange or rng.random() < 0.5 else word.upper()
