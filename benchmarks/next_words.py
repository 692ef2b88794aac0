"""How many bits the next word of a text takes by a network of skip-gram or cbow, by three formulas.

    python benchmarks/next_words.py reviews.nn other-reviews.txt

Of each line up to two places are drawn, with the five known words before them. Scores are O_w . v with the mean v of the vectors of
these five words; they are taken as they are, times counts^0.75, and times counts, as `ann words --complete` does.
"""

from __future__ import annotations

import sys

import numpy as np

from anncli.formats.data.texts import read_text_file
from anncli.formats.networks.storage import load

_BEFORE, _PLACES = 5, 4000


def main(network_path: str, text_path: str) -> None:
    network, rng = load(network_path), np.random.default_rng(0)
    assert network.vocabulary is not None
    assert network.parameters is not None
    n = len(network.vocabulary.symbols)
    contexts, words = [], []
    for line in read_text_file(text_path).text.split("\n"):
        tokens = network.vocabulary.tokens([line]).indices
        tokens = tokens[tokens < n]
        for place in rng.integers(_BEFORE, len(tokens), 2) if len(tokens) > _BEFORE else ():
            contexts.append(tokens[place - _BEFORE : place])
            words.append(tokens[place])
        if len(words) >= _PLACES:
            break
    vectors, outputs = (blocks[0].astype(np.float64) for blocks in network.topology.blocks(network.parameters))
    scores = vectors[np.array(contexts)].mean(axis=1) @ outputs.T
    logs = np.log(np.array(network.vocabulary.counts, dtype=np.float64))  # type: ignore[attr-defined]
    print(f"{len(words)} words")
    forms = {
        "counts alone": logs,
        "softmax": scores,
        "times counts^0.75": scores + 0.75 * logs,
        "times counts": scores + logs,
    }
    for name, own in forms.items():
        z = np.broadcast_to(own, scores.shape) - own.max()
        chances = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
        print(f"{name:<18} {-chances[np.arange(len(words)), words].mean() / np.log(2):.2f} bits a word")


if __name__ == "__main__":
    main(*sys.argv[1:])
