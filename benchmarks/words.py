"""Vectors of words: speed and quality of skip-gram and cbow beside gensim and fastText, on one tokenised text.

    python benchmarks/words.py TEXT... [--seeds 3] [--kinds skip-gram,cbow] [--questions FILE] [--pairs FILE ...]

needs gensim, and fastText's program for its line. Each training is a process of one thread, whose processor time is measured without
reading and counting the words. TEXT: a sentence or document a line, which may be packed; words are runs of letters, digits and
underscores in small letters. Questions and pairs are those that gensim ships, unless they are named.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
WIDTH, EPOCHS = 100, 5


def tokenised(files: list[str], path: Path) -> int:
    """Write the words of the files, a line each line; how many there are."""
    words, n = re.compile(r"\w+"), 0
    with path.open("w", encoding="utf-8") as out:
        for name in files:
            with (
                gzip.open(name, "rt", encoding="utf-8")
                if name.endswith(".gz")
                else open(name, encoding="utf-8") as lines
            ):
                for line in lines:
                    found = words.findall(line.lower())
                    n += len(found)
                    out.write(" ".join(found) + "\n")
    return n


def of_ann(kind: str, seed: int, text: Path, folder: Path) -> tuple[float, Path]:
    """Processor time of the steps alone, and the file of the vectors."""
    from anncli.formats.data.remarks import Remarks
    from anncli.formats.data.word_corpus import read_corpus
    from anncli.network.network import Network
    from anncli.training.word_vectors import WordTraining, default_rate

    network = Network.create("words", [f"{WIDTH} embedding", kind])
    layer: Any = network.layers[-1]
    assert network.text is not None
    corpus = read_corpus([str(text)], network.text.definition, layer.min_count, None, Remarks())
    network = network.with_vocabulary(corpus.vocabulary)
    training = WordTraining(network.topology, corpus.tokens, corpus.starts, seed, EPOCHS, default_rate(layer))
    begin = time.process_time()
    for _ in training.pieces():
        pass
    seconds, path = time.process_time() - begin, folder / "ann.vec"
    vectors = network.topology.blocks(training.parameters)[0][0]
    write(path, corpus.vocabulary.symbols, vectors)
    return seconds, path


def of_gensim(kind: str, seed: int, text: Path, folder: Path) -> tuple[float, Path]:
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    loss = {"hs": 1, "negative": 0} if "hierarchical" in kind else {"negative": 5}
    model = Word2Vec(
        vector_size=WIDTH,
        window=5,
        min_count=5,
        sample=1e-3,
        epochs=EPOCHS,
        workers=1,
        seed=seed,
        sg=int("skip" in kind),
        **loss,
    )
    model.build_vocab(corpus_iterable=LineSentence(str(text)))
    begin = time.process_time()
    model.train(corpus_iterable=LineSentence(str(text)), total_examples=model.corpus_count, epochs=EPOCHS)
    seconds, path = time.process_time() - begin, folder / "gensim.vec"
    model.wv.save_word2vec_format(str(path))
    return seconds, path


def of_fasttext(kind: str, seed: int, text: Path, folder: Path) -> tuple[float, Path]:
    """Its seed cannot be chosen; reading the text is part of its time."""
    words = [
        "fasttext",
        "cbow" if "cbow" in kind else "skipgram",
        "-input",
        str(text),
        "-output",
        str(folder / "fasttext"),
    ]
    words += f"-minn 0 -maxn 0 -dim {WIDTH} -ws 5 -neg 5 -epoch {EPOCHS} -thread 1 -bucket 1 -t 1e-3 -lr 0.025 -verbose 0".split()
    subprocess.run([*words, "-loss", "hs" if "hierarchical" in kind else "ns"], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, folder / "fasttext.vec"


def write(path: Path, words: tuple[str, ...], vectors: Any) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, row in zip(words, vectors, strict=True):
            out.write(f"{word} {' '.join(map(str, row.tolist()))}\n")


def quality(path: Path, questions: str | None, pairs: list[str]) -> dict[str, float]:
    """Right answers in percent, all and of the section `family`, and Spearman's correlation of each file of pairs; by gensim for all programs."""
    import gensim
    from gensim.models import KeyedVectors

    data, vectors = Path(gensim.__file__).parent / "test" / "test_data", KeyedVectors.load_word2vec_format(str(path))
    _, sections = vectors.evaluate_word_analogies(questions or str(data / "questions-words.txt"))
    found = {}
    for section in sections:
        asked = len(section["correct"]) + len(section["incorrect"])
        if section["section"] in ("Total accuracy", "family") and asked:
            found["analogies" if section["section"] != "family" else "family"] = 100 * len(section["correct"]) / asked
    for name in pairs or [str(data / "wordsim353.tsv"), str(data / "simlex999.txt")]:
        found[Path(name).name] = float(vectors.evaluate_word_pairs(name)[1][0])
    return found


PROGRAMS = {"ann": of_ann, "gensim": of_gensim, "fasttext": of_fasttext}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", default="skip-gram,cbow,skip-gram hierarchical,cbow hierarchical")
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--questions")
    parser.add_argument("--pairs", nargs="*", default=[])
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.one:
            program, kind, seed = asked.one
            seconds, path = PROGRAMS[program](kind, int(seed), Path(asked.texts[0]), Path(folder))
            print(json.dumps({"seconds": seconds, **quality(path, asked.questions, asked.pairs)}))
            return
        text = Path(folder) / "text.txt"
        n = tokenised(asked.texts, text)
        print(f"{n:,} words, {EPOCHS} epochs, {WIDTH} numbers a word", flush=True)
        rest = [
            *(["--questions", asked.questions] if asked.questions else []),
            *(["--pairs", *asked.pairs] if asked.pairs else []),
        ]
        for kind in asked.kinds.split(","):
            for program in asked.programs.split(","):
                if program == "fasttext" and not shutil.which("fasttext"):
                    continue
                for seed in range(1, 1 + (asked.seeds if program != "fasttext" else 1)):
                    words = [sys.executable, __file__, str(text), *rest, "--one", program, kind, str(seed)]
                    done = subprocess.run(
                        words, check=True, capture_output=True, text=True, env={**os.environ, **THREADS}
                    )
                    found = json.loads(done.stdout.splitlines()[-1])
                    shown = ", ".join(f"{name} {value:.4g}" for name, value in found.items() if name != "seconds")
                    print(
                        f"{kind}, {program}, seed {seed}: {n * EPOCHS / found['seconds']:,.0f} words/s, {shown}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
