"""Vectors of words: speed and quality of skip-gram and cbow beside gensim and fastText, on one tokenised text.

    python benchmarks/words.py TEXT... [--parts speed,quality,loss] [--kinds skip-gram,cbow] [--seeds 4,5,6] [--rounds 2] [--folder DIR]

needs gensim, and fastText's program for its column. All programs read the same file: the words as `ann` splits them (runs of letters,
digits and underscores, in small letters), a line each line. Each training is a process of one thread, and the programs take turns. Its
time is the processor time of the steps alone: `ann` and gensim have the text in memory; of fastText's time that of a run of 0 epochs,
which reads, counts and writes the same, is taken away. Speed is that of one epoch, the median of the rounds; quality is that after five,
by gensim's evaluators for all programs. `loss` shows on the first 4,000 lines what `ann train` tells of an epoch, beside the loss of the
vectors as they are at its end, computed by numpy in float64 with other draws on 60 lines. DIR keeps the tokenised text and each result as it comes; what is there is not measured again.
TEXT may be packed. Questions and pairs are those that gensim ships.
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
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import mean, median
from typing import Any

WIDTH, MIN_COUNT, RATE = 100, 5, 0.025
KINDS = "skip-gram,cbow,skip-gram hierarchical,cbow hierarchical"
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FASTTEXT = (
    f"-minn 0 -maxn 0 -bucket 0 -dim {WIDTH} -ws 5 -neg 5 -minCount {MIN_COUNT} -t 1e-3 -lr {RATE} -thread 1 -verbose 0"
)
PAIRS = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}
MEASURES = ("analogies", "family", *PAIRS)


def tokenise(files: list[str], path: Path) -> None:
    """Write the words of the files, a line each line."""
    words = re.compile(r"\w+")
    with path.open("w", encoding="utf-8") as out:
        for name in files:
            is_packed = name.endswith(".gz")
            with gzip.open(name, "rt", encoding="utf-8") if is_packed else open(name, encoding="utf-8") as lines:
                out.writelines(" ".join(words.findall(line.lower())) + "\n" for line in lines)


def network_on(kind: str, text: Path) -> tuple[Any, Any]:
    """A network of the words of a text, and their numbers."""
    from anncli.formats.data.remarks import Remarks
    from anncli.formats.data.word_corpus import read_corpus
    from anncli.network.network import Network

    network = Network.create("words", [f"{WIDTH} embedding", kind])
    assert network.text is not None
    layer: Any = network.layers[-1]
    corpus = read_corpus([str(text)], network.text.definition, layer.min_count, None, Remarks())
    return network.with_vocabulary(corpus.vocabulary), corpus


def of_ann(kind: str, seed: int, epochs: int, text: Path) -> tuple[float, Any]:
    """Processor time of the steps alone, and the vectors."""
    from gensim.models import KeyedVectors

    from anncli.training.word_vectors import WordTraining, default_rate

    network, corpus = network_on(kind, text)
    layer: Any = network.layers[-1]
    training = WordTraining(network.topology, corpus.tokens, corpus.starts, seed, epochs, default_rate(layer))
    begin = time.process_time()
    for _ in training.pieces():
        pass
    seconds, vectors = time.process_time() - begin, KeyedVectors(WIDTH)
    vectors.add_vectors(list(corpus.vocabulary.symbols), network.topology.blocks(training.parameters)[0][0])
    return seconds, vectors


def of_gensim(kind: str, seed: int, epochs: int, text: Path) -> tuple[float, Any]:
    from gensim.models import Word2Vec

    known: dict[str, str] = {}
    with text.open(encoding="utf-8") as lines:
        sentences = [[known.setdefault(word, word) for word in line.split()] for line in lines]
    loss = {"hs": 1, "negative": 0} if "hierarchical" in kind else {"negative": 5}
    settings = {"vector_size": WIDTH, "window": 5, "min_count": MIN_COUNT, "sample": 1e-3, "alpha": RATE, **loss}
    model = Word2Vec(sg=int("skip" in kind), seed=seed, epochs=epochs, workers=1, **settings)
    model.build_vocab(corpus_iterable=sentences)
    begin = time.process_time()
    model.train(corpus_iterable=sentences, total_examples=model.corpus_count, epochs=epochs)
    return time.process_time() - begin, model.wv


def of_fasttext(kind: str, seed: int, epochs: int, text: Path) -> tuple[float, Any]:
    from gensim.models import KeyedVectors

    words = ["fasttext", "cbow" if "cbow" in kind else "skipgram", *FASTTEXT.split()]
    words += ["-loss", "hs" if "hierarchical" in kind else "ns", "-seed", str(seed), "-input", str(text)]
    with tempfile.TemporaryDirectory() as folder:
        times = []
        for n in (0, epochs):
            subprocess.run([*words, "-epoch", str(n), "-output", f"{folder}/out"], check=True)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(used.ru_utime + used.ru_stime)
        return times[1] - 2 * times[0], KeyedVectors.load_word2vec_format(f"{folder}/out.vec")


def quality(vectors: Any) -> dict[str, float]:
    """Right answers in percent, all and of the section `family`, and Spearman's correlation of each file of pairs."""
    import gensim

    data = Path(gensim.__file__).parent / "test" / "test_data"
    _, sections = vectors.evaluate_word_analogies(str(data / "questions-words.txt"))
    found = {}
    for section in sections:
        asked = len(section["correct"]) + len(section["incorrect"])
        if section["section"] in ("Total accuracy", "family"):
            name = "family" if section["section"] == "family" else "analogies"
            found[name], found[f"{name} asked"] = 100 * len(section["correct"]) / max(1, asked), asked
    for name, file in PAIRS.items():
        found[name] = float(vectors.evaluate_word_pairs(str(data / file))[1][0])
    return found


PROGRAMS = {"ann": of_ann, "gensim": of_gensim, "fasttext": of_fasttext}


def trained(program: str, kind: str, seed: int, epochs: int, text: Path) -> dict[str, Any]:
    """Train in this process; several epochs: measure the quality too."""
    seconds, vectors = PROGRAMS[program.split()[0]](kind, seed, epochs, text)
    found = {"seconds": seconds, "vocabulary": len(vectors)}
    return found if epochs == 1 else {**found, **quality(vectors)}


def losses(text: Path) -> str:
    """What is told of each epoch, where every window is looked at before its step, and the loss of resting vectors."""
    import numpy as np

    from anncli.backends.word_session import WordSession
    from anncli.training.word_vectors import WordTraining, default_rate

    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first.txt"
        with text.open(encoding="utf-8") as lines:
            first.write_text("".join(islice(lines, 4000)), encoding="utf-8")
        network, corpus = network_on("skip-gram", first)
    rows = np.sort(np.random.default_rng(1).choice(len(corpus.starts) - 1, 60, replace=False))
    still = WordSession(network.topology, corpus.tokens, corpus.starts, 99, compiled=False)
    training = WordTraining(network.topology, corpus.tokens, corpus.starts, 0, 5, default_rate(network.layers[-1]))
    told, resting = [], []
    for progress in training.pieces():
        if progress.ended:
            told.append(f"{progress.loss:.3f}")
            resting.append(f"{still.loss(training.parameters.astype(np.float64), rows):.3f}")
    return f"loss told by epoch {' '.join(told)}, of the vectors at its end {' '.join(resting)}"


class Results:
    """Each result in a file as it comes."""

    def __init__(self, folder: Path) -> None:
        self.text, self.path = folder / "text.txt", folder / "results.jsonl"
        self.found = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []
        with self.text.open(encoding="utf-8") as lines:
            self.n_words = sum(len(line.split()) for line in lines)

    def measure(self, program: str, kind: str, seed: int, epochs: int) -> None:
        """Have the result, in a process of its own where it is not there. program: `ann` may have an instruction set after it."""
        asked = {"program": program, "kind": kind, "seed": seed, "epochs": epochs}
        if any(asked.items() <= found.items() for found in self.found):
            return
        words = [sys.executable, __file__, "--one", json.dumps({**asked, "text": str(self.text)})]
        variant = {"ANN_KERNEL_VARIANT": program.split()[1]} if " " in program else {}
        done = subprocess.run(
            words, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **THREADS, **variant}
        )
        found = json.loads(done.stdout.splitlines()[-1])
        speed = round(self.n_words * epochs / found["seconds"])
        at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        self.found.append({**asked, "words_per_second": speed, **found, "at": at, "load": round(os.getloadavg()[0], 1)})
        line = json.dumps(self.found[-1])
        print(line, file=sys.stderr, flush=True)
        with self.path.open("a") as file:
            file.write(line + "\n")

    def of(self, program: str, kind: str, is_quality: bool) -> list[dict[str, Any]]:
        return [
            f for f in self.found if (f["program"], f["kind"]) == (program, kind) and (f["epochs"] > 1) == is_quality
        ]

    def tables(self) -> str:
        programs = list(dict.fromkeys(found["program"] for found in self.found))
        kinds = [kind for kind in KINDS.split(",") if any(found["kind"] == kind for found in self.found)]
        lines = [f"{self.n_words:,} words, {max(f['vocabulary'] for f in self.found):,} of them different", ""]
        lines += [f"| words/s | {' | '.join(programs)} |", "|---" * (1 + len(programs)) + "|"]
        for kind in kinds:
            speeds = [[f["words_per_second"] for f in self.of(program, kind, False)] for program in programs]
            lines.append(f"| {kind} | {' | '.join(f'{median(s):,.0f}' if s else '' for s in speeds)} |")
        lines += ["", f"| five epochs | seeds | {' | '.join(MEASURES)} |", "|---" * (2 + len(MEASURES)) + "|"]
        for kind in kinds:
            for program in programs:
                if rows := self.of(program, kind, True):
                    seeds = ", ".join(str(row["seed"]) for row in rows)
                    shown = [spread([row[name] for row in rows], 3 if name in PAIRS else 1) for name in MEASURES]
                    lines.append(f"| {kind}, {program} | {seeds} | {' | '.join(shown)} |")
        return "\n".join(lines)


def spread(values: list[float], digits: int) -> str:
    """The mean, and the least and the greatest."""
    shown = f"{mean(values):.{digits}f}"
    return shown if len(values) == 1 else f"{shown} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def variants() -> list[str]:
    """`ann` with each instruction set of this machine that has kernels of its own."""
    from anncli.compiled import native_module

    names = [name for name in native_module().variants() if name != "baseline"]
    return [f"ann {name}" for name in names or ["baseline"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="*")
    parser.add_argument("--parts", default="speed,quality,loss")
    parser.add_argument("--kinds", default=KINDS)
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--seeds", default="4,5,6")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one = json.loads(asked.one)
        print(json.dumps(trained(**{**one, "text": Path(one["text"])})))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        folder.mkdir(exist_ok=True)
        if not (folder / "text.txt").exists():
            tokenise(asked.texts, folder / "text.txt")
        results, programs = (
            Results(folder),
            [p for p in asked.programs.split(",") if p != "fasttext" or shutil.which(p)],
        )
        kinds = asked.kinds.split(",")
        if "speed" in asked.parts:
            each = [name for program in programs for name in (variants() if program == "ann" else [program])]
            # Processes take turns, so that a machine that becomes busier slows all of them.
            for number in range(1, asked.rounds + 1):
                for kind in kinds:
                    for program in each:
                        results.measure(program, kind, number, 1)
        if "quality" in asked.parts:
            for kind in kinds:
                for seed in map(int, asked.seeds.split(",")):
                    for program in programs:
                        if program != "fasttext":
                            results.measure(program, kind, seed, 5)
        if results.found:
            print(results.tables())
        if "loss" in asked.parts:
            print(losses(results.text))


if __name__ == "__main__":
    main()
