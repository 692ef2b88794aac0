"""Reviews, good or bad: networks for documents and for words beside fastText and scikit-learn, with accuracy and processor time.

    python benchmarks/reviews.py FOLDER [--only NAME,NAME] [--seeds 3] [--results FILE] [--write]

FOLDER has train.pos.txt.gz, train.neg.txt.gz, test.pos.txt.gz and test.neg.txt.gz, a review on each line (IMDB, Maas et al. 2011). Every
candidate trains on all training reviews with its default options but for EPOCHS of deep networks, in one thread, and is tested on the test reviews; time
is that of the training process, from raw text to written network, with that of the vectors of words where it begins with them. `1,000 reviews`: every
25th training review. `fasttext` has to be on the PATH, and scikit-learn installed, for what bears their names.
Results are added to FILE (JSON lines); --write puts a table of all of them into benchmarks/reviews.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from pathlib import Path

from pages import processor, put

UNIGRAMS = "inputs: {documents: tf-idf, words: 20000, sublinear: true}"
BIGRAMS = "inputs: {documents: tf-idf, words: 100000, ngrams: 2, sublinear: true}"
WORDS = "inputs: {words: 20000, min_count: 2}"
VECTORS = "{kind: embedding, from: words.nn}"
FROZEN = "{kind: embedding, from: words.nn, frozen: true}"
NETWORKS = {
    "ann, words": f"{UNIGRAMS}\nlayers: [16 tanh, 1 logistic]",
    "ann, words and pairs": f"{BIGRAMS}\nlayers: [16 tanh, 1 logistic]",
    "ann, mean of embeddings": f"{WORDS}\nlayers: [64 embedding, mean, 1 logistic]",
    "ann, convolution": f"{WORDS}\nlayers: [64 embedding, 64 relu convolution 5, max, 1 logistic]",
    "ann, lstm": f"{WORDS}\nlayers: [64 embedding, 64 lstm, mean, 1 logistic]",
    "ann, lstm, last": f"{WORDS}\nlayers: [64 embedding, 64 lstm, last, 1 logistic]",
    "ann, mean of vectors, frozen": f"inputs: words\nlayers: [{FROZEN}, mean, 1 logistic]",
    "ann, mean of vectors": f"inputs: words\nlayers: [{VECTORS}, mean, 1 logistic]",
    "ann, convolution over vectors": f"inputs: words\nlayers: [{VECTORS}, 64 relu convolution 5, max, 1 logistic]",
    "ann, lstm over vectors": f"inputs: words\nlayers: [{VECTORS}, 64 lstm, mean, 1 logistic]",
    "ann, lstm over vectors, frozen": f"inputs: words\nlayers: [{FROZEN}, 64 lstm, mean, 1 logistic]",
}
# Over the vectors of all training reviews, whose classes the vectors do not see.
FEW = ", 1,000 reviews"
NETWORKS |= {name + FEW: text for name, text in NETWORKS.items() if "pairs" not in name}
# Chosen by the loss on the last fifth of the training reviews, by training on the others (reviews.md).
EPOCHS = {
    "ann, convolution": 2,
    "ann, lstm": 2,
    "ann, lstm, last": 2,
    "ann, mean of vectors, frozen": 30,
    "ann, convolution over vectors": 2,
    "ann, lstm over vectors": 1,
    "ann, lstm over vectors, frozen": 8,
}
RATES = {"ann, mean of vectors, frozen": 0.03, "ann, mean of vectors, frozen" + FEW: 0.03}
# fastText's page on supervised learning has the second one.
FASTTEXT = {
    "fastText": [],
    "fastText, pairs": ["-wordNgrams", "2", "-lr", "0.5", "-epoch", "5", "-dim", "10", "-bucket", "2000000"],
}
SKLEARN = {
    "scikit-learn, logistic regression": "LogisticRegression(max_iter=200)",
    "scikit-learn, MLPClassifier": "MLPClassifier((16,), activation='tanh', early_stopping=True, random_state=SEED)",
}
CLASSES = ("pos", "neg")
ANN = [sys.executable, "-m", "anncli"]
_FIT = """
import gzip, sys
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
texts = {}
for name in ("train", "test"):
    for k in ("pos", "neg"):
        texts[name, k] = gzip.open(f"{sys.argv[1]}/{name}.{k}.txt.gz", "rt", encoding="utf-8").read().splitlines()
words = TfidfVectorizer(sublinear_tf=True, max_features=20000)
model = MODEL.fit(words.fit_transform(texts["train", "pos"] + texts["train", "neg"]), [1] * 12500 + [0] * 12500)
import time
print(time.process_time())
print(model.score(words.transform(texts["test", "pos"] + texts["test", "neg"]), [1] * 12500 + [0] * 12500))
"""


def measured(words: list[str], folder: str) -> tuple[float, str]:
    """Processor seconds of a command, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    alone = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=folder, env=alone, stdout=subprocess.PIPE, check=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def some(given: Path, folder: str) -> list[str]:
    """Every 25th training review, in a file for each class."""
    for k in CLASSES:
        lines = gzip.decompress((given / f"train.{k}.txt.gz").read_bytes()).decode().splitlines()
        Path(folder, f"some.{k}.txt").write_text("\n".join(lines[::25]) + "\n", encoding="utf-8")
    return [f"some.{k}.txt" for k in CLASSES]


@cache
def seconds_of_vectors(given: Path, folder: str) -> float:
    """Trains words.nn on all training reviews."""
    Path(folder, "words.nn").write_text("anncli: 1\ninputs: words\nlayers: [100 embedding, skip-gram]\n")
    texts = [str(given / f"train.{k}.txt.gz") for k in CLASSES]
    seconds, _ = measured([*ANN, "train", "words.nn", *texts, "--seed", "0", "--threads", "1", "-q"], folder)
    print(f"vectors of words: {seconds:.1f} s", flush=True)
    return seconds


def of_ann(name: str, given: Path, seed: int, folder: str) -> tuple[float, float]:
    Path(folder, "reviews.nn").write_text(f"anncli: 1\n{NETWORKS[name]}\n")
    train, test = ([str(given / f"{which}.{k}.txt.gz") for k in CLASSES] for which in ("train", "test"))
    before = seconds_of_vectors(given, folder) if "words.nn" in NETWORKS[name] else 0.0
    options = [str(EPOCHS[name]), "--validation", "0"] if name in EPOCHS else []
    options += ["--learning-rate", str(RATES[name])] if name in RATES else []
    texts = some(given, folder) if name.endswith(FEW) else train
    seconds, _ = measured(
        [*ANN, "train", "reviews.nn", *texts, *options, "--seed", str(seed), "--threads", "1", "-q"], folder
    )
    found = json.loads(measured([*ANN, "test", "reviews.nn", *test, "--json"], folder)[1])
    return before + seconds, 100 * found["sets"]["test"]["accuracy"]


def of_fasttext(options: list[str], given: Path, seed: int, folder: str) -> tuple[float, float]:
    """The words of its own example: small letters, punctuation apart."""
    for name in ("train", "test"):
        lines = []
        for k in CLASSES:
            text = gzip.decompress((given / f"{name}.{k}.txt.gz").read_bytes()).decode()
            lines += [f"__label__{k} " + re.sub(r"([.!?,\"()])", r" \1 ", line.lower()) for line in text.splitlines()]
        # It takes lines in their order, and learns nothing where a class comes after the other.
        random.Random(0).shuffle(lines)
        Path(folder, name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    fit = ["fasttext", "supervised", "-input", "train", "-output", "model", "-thread", "1", "-verbose", "0"]
    seconds, _ = measured([*fit, *options, "-seed", str(seed)], folder)
    printed = measured(["fasttext", "test", "model.bin", "test"], folder)[1]
    return seconds, 100 * float(printed.split("P@1")[1].split()[0])


def of_sklearn(model: str, given: Path, seed: int, folder: str) -> tuple[float, float]:
    program = _FIT.replace("MODEL", model.replace("SEED", str(seed)))
    seconds, accuracy = measured([sys.executable, "-c", program, str(given)], folder)[1].split()
    return float(seconds), 100 * float(accuracy)


def candidates(given: Path, folder: str) -> dict[str, Callable[[int], tuple[float, float]]]:
    found: dict[str, Callable[[int], tuple[float, float]]] = {}
    for name in NETWORKS:
        found[name] = partial(of_ann, name, given, folder=folder)
    for name, options in FASTTEXT.items():
        found[name] = partial(of_fasttext, options, given, folder=folder)
    for name, model in SKLEARN.items():
        found[name] = partial(of_sklearn, model, given, folder=folder)
    return found


def table(results: list[dict[str, object]]) -> str:
    lines = ["| candidate | accuracy on 25,000 test reviews, % | processor s |", "|---|---|---:|"]
    for name in dict.fromkeys(str(result["name"]) for result in results):
        own = [result for result in results if result["name"] == name]
        accuracy = ", ".join(f"{result['accuracy']:.2f}" for result in own)
        seconds = sorted(float(str(result["seconds"])) for result in own)[len(own) // 2]
        lines.append(f"| {name} | {accuracy} | {seconds:.0f} |")
    return f"\n{date.today()}, {processor()}, one thread; a figure for each seed:\n\n" + "\n".join(lines) + "\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="names of candidates, with semicolons between")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--results", type=Path, default=Path("reviews.jsonl"))
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name, run in candidates(asked.folder.resolve(), folder).items():
            for seed in range(asked.first, asked.first + asked.seeds):
                if asked.only is not None and name not in asked.only.split(";"):
                    continue
                seconds, accuracy = run(seed)
                print(f"{name}, seed {seed}: {accuracy:.2f} %, {seconds:.1f} s", flush=True)
                with asked.results.open("a") as out:
                    out.write(json.dumps({"name": name, "seed": seed, "seconds": seconds, "accuracy": accuracy}) + "\n")
    if asked.write:
        put(__file__, "table", table([json.loads(line) for line in asked.results.read_text().splitlines()]))


if __name__ == "__main__":
    main()
