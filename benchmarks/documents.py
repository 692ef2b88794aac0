"""Documents as weights of their words: `ann` beside TfidfVectorizer of scikit-learn, and how many texts `ann predict` takes from a pipe.

    python benchmarks/documents.py TEXT TEXT... [--rounds 3] [--write]      # needs scikit-learn

TEXT are the training texts, a file for each class, which may be packed, with a text on each line. Both programs find the words and weigh all texts, with the
same settings, in turn, in one thread; times are processor times. Then a network of one hidden layer of 16 units is trained for an epoch
in a temporary folder, and `ann predict NETWORK -` is given all texts: its times are of the whole process, from its start. --write
puts the tables into benchmarks/documents.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sklearn
from measure import Candidate, interleave
from pages import processor, put
from sklearn.feature_extraction.text import TfidfVectorizer

from anncli.compiled import describe_backend
from anncli.formats.data.text_files import lines_of, read_text_file
from anncli.network.encoders.documents import DocumentInputs

SETTINGS = (DocumentInputs(20_000, sublinear=True), DocumentInputs(100_000, ngrams=2, sublinear=True))


class Piped(NamedTuple):
    """What a command costs: processor seconds of the whole process, and the lines of its output."""

    seconds: float
    lines: int


def weigh(definition: DocumentInputs, texts: list[str]) -> None:
    definition.fitted(texts).tokens(texts)


def vectorizer(definition: DocumentInputs) -> TfidfVectorizer:
    pairs = (1, definition.ngrams)
    return TfidfVectorizer(max_features=definition.words, ngram_range=pairs, sublinear_tf=definition.sublinear)


def weighing(texts: list[str], rounds: int) -> list[str]:
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    lines = [
        "| words | ann, s | ann, MB/s | scikit-learn, s | scikit-learn, MB/s | scikit-learn / ann |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for definition in SETTINGS:
        both = [
            Candidate("ann", lambda d=definition: weigh(d, texts), 1),
            Candidate("scikit-learn", lambda d=definition: vectorizer(d).fit_transform(texts), 1),
        ]
        ours, theirs = (result.median for result in interleave(both, rounds, 0.0, time.process_time))
        name = f"{definition.words:,}{', pairs too' if definition.ngrams > 1 else ''}"
        speeds = f"{ours:.2f} | {megabytes / ours:.1f} | {theirs:.2f} | {megabytes / theirs:.1f}"
        lines.append(f"| {name} | {speeds} | {theirs / ours:.1f} |")
    return lines


def run(folder: str, *words: str, given: Path | None = None) -> Piped:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path(given or os.devnull).open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-m", "anncli", *words], cwd=folder, stdin=source, capture_output=True, check=True
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Piped(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout.count(b"\n"))


def predicting(paths: list[str], texts: list[str], rounds: int) -> list[str]:
    lines = ["| words | texts | processor s, whole process | texts/s |", "|---|---:|---:|---:|"]
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "given.txt")
        given.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        for definition in SETTINGS:
            Path(folder, "net.nn").write_text(
                f"anncli: 1\ninputs: {definition.text()}\nlayers: [16 tanh, 1 logistic]\n"
            )
            run(folder, "train", "net.nn", *map(os.path.abspath, paths), "1", "--refit", "no")
            found = [run(folder, "predict", "net.nn", "-", given=given) for _ in range(rounds)]
            seconds = sorted(one.seconds for one in found)[len(found) // 2]
            assert found[0].lines == len(texts)
            name = f"{definition.words:,}{', pairs too' if definition.ngrams > 1 else ''}"
            lines.append(f"| {name} | {len(texts):,} | {seconds:.2f} | {len(texts) / seconds:,.0f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    texts = [line for path in asked.texts for line in lines_of(read_text_file(path).text)]
    versions = f"ann {describe_backend()}, scikit-learn {sklearn.__version__}"
    head = f"{date.today()}, {processor()}, {versions}; {len(texts):,} texts of {sum(map(len, texts)) / 1e6:.1f} million characters"
    pieces = [head, *weighing(texts, asked.rounds)], predicting(asked.texts, texts, asked.rounds)
    text = "\n".join([pieces[0][0], "", *pieces[0][1:], "", "`ann predict NETWORK - < TEXTS`:", "", *pieces[1]])
    print(text)
    if asked.write:
        put(__file__, "table", f"\n{text}\n\n")


if __name__ == "__main__":
    main()
