"""How fast words of texts become numbers, beside the tokenizers of scikit-learn and gensim.

    python benchmarks/lexicon.py TEXT... [--rounds 5] [--write]      # needs scikit-learn and gensim

TEXT are text files, which may be packed, with a text on each line. All programs know the same 20,000 words, those that come most often. Times are
processor times of one thread, all in turn; megabytes are those of the texts as UTF-8. ANN_KERNELS=numpy measures ann without its
compiled code. --write puts the table into benchmarks/lexicon.md.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import date

os.environ.setdefault("OMP_NUM_THREADS", "1")

import gensim
import numpy as np
import sklearn
from gensim.corpora import Dictionary
from gensim.utils import simple_preprocess
from measure import Candidate, interleave
from pages import processor, put
from sklearn.feature_extraction.text import CountVectorizer

from anncli.compiled import describe_backend
from anncli.compiled.lexicon import Lexicon, WordRule
from anncli.formats.data.text_files import lines_of, read_text_file

N_WORDS = 20_000


def most_frequent(rule: WordRule, texts: list[str], n: int) -> Lexicon:
    lexicon = Lexicon(rule)
    lexicon.grow(texts)
    return Lexicon(rule, lexicon.words_of(np.sort(np.argsort(-lexicon.counts, kind="stable")[:n])))


def candidates(texts: list[str]) -> list[Candidate]:
    """Ways to make numbers of the words of all texts; a unit is a megabyte."""
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    words, pairs = WordRule(least=2), WordRule(least=2, ngrams=2)
    known, known_pairs = most_frequent(words, texts, N_WORDS), most_frequent(pairs, texts, 5 * N_WORDS)
    vectorizer = CountVectorizer(vocabulary=known.words)
    analyse, dictionary = vectorizer.build_analyzer(), Dictionary([known.words])

    def each(call: Callable[[str], object]) -> Callable[[], object]:
        return lambda: [call(text) for text in texts]

    ways: dict[str, Callable[[], object]] = {
        "ann: find words": lambda: known.find(texts),
        "ann: count words of each text": lambda: known.counted(texts),
        "ann: find words, and new ones": lambda: Lexicon(words).grow(texts),
        "ann: find words and pairs (100,000)": lambda: known_pairs.find(texts),
        "ann: find words and pairs, and new ones": lambda: Lexicon(pairs).grow(texts),
        "scikit-learn: split into words": each(analyse),
        "scikit-learn: count words of each text": lambda: vectorizer.transform(texts),
        "gensim: split into words": each(simple_preprocess),
        "gensim: find words": each(lambda text: dictionary.doc2idx(simple_preprocess(text))),
    }
    return [Candidate(name, run, megabytes) for name, run in ways.items()]


def table(texts: list[str], rounds: int) -> list[str]:
    parts = {
        "all": texts,
        "ASCII alone": [t for t in texts if t.isascii()],
        "the others": [t for t in texts if not t.isascii()],
    }
    found = {name: interleave(candidates(own), rounds, 0.0, time.process_time) for name, own in parts.items() if own}
    sizes = [f"{name} ({sum(len(t.encode()) for t in parts[name]) / 1e6:.1f} MB)" for name in found]
    lines = [f"| MB/s, texts: | {' | '.join(sizes)} |", f"|---|{'---:|' * len(sizes)}"]
    for results in zip(*found.values(), strict=True):
        lines.append(f"| {results[0].name} | {' | '.join(f'{1 / result.median:.3g}' for result in results)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    texts = [line for path in asked.texts for line in lines_of(read_text_file(path).text)]
    head = f"{date.today()}, {processor()}, ann {describe_backend()}, scikit-learn {sklearn.__version__}, gensim {gensim.__version__}; {len(texts):,} texts"
    text = "\n".join([head, "", *table(texts, asked.rounds)])
    print(text)
    if asked.write:
        put(__file__, "table", f"\n{text}\n\n")


if __name__ == "__main__":
    main()
