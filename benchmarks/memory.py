"""Associative memories: letters recalled from noise, Hopfield networks at their capacity, modern ones by their beta.

    python benchmarks/memory.py [--letters letters.pat] [--write]      # --letters: also the 26 letters of SNNS

Noise is flipped pixels: of each letter 40 copies with so many of 35 pixels flipped. A row is recalled if every bit of what `recall` gives for
it is right; it is named if the pattern that is nearest to this is the right one.
"""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from pages import processor, put

import anncli
from anncli.inference.recall import kept_patterns
from anncli.network.network import Network

LETTERS = Path(__file__).parents[1] / "data/letters/letters.csv"
COPIES = 40
# An auto-associator: wide, taught with noise, without a penalty that would keep its outputs from 0 and 1; chosen on both sets of letters.
LAYERS = ("200 tanh", "35 logistic")
OPTIONS = {"validation": 0.0, "l2": 0.0, "batch_size": 4, "learning_rate": 0.005, "input_noise": 0.4, "seed": 0}


def letters() -> np.ndarray:
    return np.loadtxt(LETTERS, delimiter=",", skiprows=1, usecols=range(1, 36))


def snns_letters(path: Path) -> np.ndarray:
    """The inputs of a pattern file of 26 letters of 5 x 7 pixels with 26 outputs."""
    numbers = [line.split() for line in path.read_text().splitlines() if line and set(line) <= {"0", "1", " "}]
    return np.array([float(word) for line in numbers for word in line]).reshape(26, 61)[:, :35]


def stored(patterns: np.ndarray, layer: str) -> Network:
    network = Network.create(patterns.shape[1], [layer])
    anncli.train(network, patterns)
    return network


def learnt(patterns: np.ndarray, seed: int) -> Network:
    network = Network.create(35, LAYERS, task="regression")
    anncli.train(network, (patterns, patterns), 300, **{**OPTIONS, "seed": seed})
    network.patterns = stored(patterns, "memory").patterns
    return network


def flipped(patterns: np.ndarray, count: int, rng: np.random.Generator, low: float) -> np.ndarray:
    found = patterns.copy()
    for row in found:
        places = rng.choice(len(row), count, replace=False)
        row[places] = low + 1 - row[places]
    return found


def noise_line(name: str, network: Network, patterns: np.ndarray) -> str:
    kept, cells = kept_patterns(network), []
    truth = np.repeat(np.arange(len(patterns)), COPIES)
    for count in (1, 2, 3, 5):
        rows = flipped(patterns[truth], count, np.random.default_rng(count), 0.0)
        found = network.recall(rows)
        right = (np.abs(found.values - patterns[truth]) < 0.25).all(axis=1)
        cells.append(f"{percent(right)} / {percent(found.nearest.pattern == truth)}")
    return f"| {name} | {int(kept.fixed.sum())} of {len(patterns)} | {' | '.join(cells)} |"


def between_line(name: str, network: Network, patterns: np.ndarray) -> str:
    i, j = np.triu_indices(len(patterns), 1)
    cells = []
    for share in (0.55, 0.52, 0.5):
        pairs = np.concatenate(
            [share * patterns[i] + (1 - share) * patterns[j], share * patterns[j] + (1 - share) * patterns[i]]
        )
        near, truth = network.recall(pairs).nearest, np.concatenate([i, j])
        nearer = "-" if share == 0.5 else percent(near.pattern == truth)
        cells.append(f"{nearer} / {percent(near.between)}")
    return f"| {name} | {' | '.join(cells)} |"


def percent(hits: np.ndarray) -> str:
    return f"{100 * np.mean(hits):.1f} %"


def of_letters(title: str, patterns: np.ndarray) -> Iterator[str]:
    networks = {
        "`memory beta 8`": stored(patterns, "memory beta 8"),
        f"`{', '.join(LAYERS)}`, 300 epochs": learnt(patterns, 0),
        "`memory hopfield`": stored(patterns, "memory hopfield"),
    }
    apart = np.sort((patterns[:, None] != patterns).sum(axis=2), axis=1)[:, 1].min()
    yield f"**{title}** (any two differ in at least {apart} of 35 pixels):"
    yield ""
    yield "| network | fixed points | 1 flipped: recalled / named | 2 | 3 | 5 |"
    yield "|---|---|---|---|---|---|"
    yield from (noise_line(name, network, patterns) for name, network in networks.items())
    yield ""
    yield "| network | 0.55 and 0.45 of two letters: the nearer one / `between` | 0.52 and 0.48 | 0.5 and 0.5 |"
    yield "|---|---|---|---|"
    yield from (between_line(name, network, patterns) for name, network in networks.items())
    yield ""


def of_hopfield() -> Iterator[str]:
    yield "| patterns | patterns a unit | bits that stay in the first step | bits after recall | patterns that stay whole | rows with 10 % flipped: right bits after recall |"
    yield "|---|---|---|---|---|---|"
    for count in (50, 100, 130, 138, 150, 200):
        rng = np.random.default_rng(count)
        patterns = rng.choice([-1.0, 1.0], (count, 1000))
        network = stored(patterns, "memory hopfield")
        weights = network.topology.blocks(network.parameters)[0][0]
        at_once = np.sign(patterns @ weights) == patterns
        found = network.recall(patterns).values == patterns
        noisy = network.recall(flipped(patterns, 100, rng, -1.0)).values == patterns
        yield f"| {count} | {count / 1000:g} | {100 * at_once.mean():.2f} % | {100 * found.mean():.2f} % | {percent(found.all(axis=1))} | {100 * noisy.mean():.2f} % |"
    yield ""


def of_betas() -> Iterator[str]:
    yield "| beta | -1 and 1: recalled / named | 0 and 1: recalled / named |"
    yield "|---|---|---|"
    for beta in (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16):
        cells = []
        for low in (-1.0, 0.0):
            rng = np.random.default_rng(0)
            patterns = rng.choice([low, 1.0], (1000, 64))
            network = stored(patterns, f"memory beta {beta}")
            found = network.recall(flipped(patterns, 13, rng, low))
            right = (np.abs(found.values - patterns) < 0.25 * (1 - low)).all(axis=1)
            cells.append(f"{percent(right)} / {percent(found.nearest.pattern == np.arange(1000))}")
        yield f"| {beta:g} | {' | '.join(cells)} |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=Path, help="letters.pat of SNNS")
    parser.add_argument("--write", action="store_true", help="write the result into memory.md")
    asked = parser.parse_args()
    parts = {"letters": "\n".join(of_letters("The letters of `data/letters`", letters()))}
    if asked.letters is not None:
        parts["letters"] += "\n" + "\n".join(of_letters("The letters of SNNS", snns_letters(asked.letters)))
    parts |= {"hopfield": "\n".join(of_hopfield()), "betas": "\n".join(of_betas())}
    parts["made"] = (
        f"Measured on {datetime.date.today()}, {processor()}, numpy {np.__version__}, `python benchmarks/memory.py --letters letters.pat --write`."
    )
    for name, text in parts.items():
        print(text)
        if asked.write:
            put(__file__, name, f"{text.rstrip()}\n")


if __name__ == "__main__":
    main()
