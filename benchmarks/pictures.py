"""Networks on pixels: the tables of benchmarks/pictures.md.

    python benchmarks/pictures.py skin FOLDER            # pos.txt, neg.txt: the skin set of UCI, blue green red
    python benchmarks/pictures.py folds FOLDER           # lfw_subset.npz or .npy of scikit-image: 100 faces, 100 other pictures
    python benchmarks/pictures.py astronaut FOLDER EMPTY # the same and astronaut.png; EMPTY: a folder of pictures without faces; then
                                                         # dense or convolution, by default both

None of these sets is part of this repository. `astronaut` needs Pillow.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

import anncli

DENSE = "16 tanh, 1 logistic"
CONVOLUTION = "8 tanh convolution 5x5 valid, max-pool 2x2, 16 tanh convolution 3x3 valid, max-pool 2x2, flatten, 16 tanh, 1 logistic"
NETWORKS = {"dense": DENSE, "convolution": CONVOLUTION}
# x, y, width, height of the face of astronaut.png in the frame of lfw_subset, by the places of its eyes: 203 and 247, 101. In the
# mean of the 100 faces they are 10 of 25 pixels apart and at 0.35 of the height.
FACE = (170, 62, 110, 110)
# Rounds with one network, then rounds with an ensemble of five; epochs of each training.
SINGLE, TOGETHER, EPOCHS = 3, 2, 40
SEEDS = (0, 1, 2)


def ann(folder: Path, *words: object) -> str:
    """What a command prints."""
    root = str(Path(anncli.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "anncli", *map(str, words)],
        cwd=folder, check=True, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout


# Skin


def skin(source: Path) -> Iterator[str]:
    rows = {name: np.loadtxt(source / f"{name}.txt", dtype=int) for name in ("pos", "neg")}
    different = {name: np.unique(values, axis=0) for name, values in rows.items()}
    both = len(set(map(tuple, different["pos"].tolist())) & set(map(tuple, different["neg"].tolist())))
    counts = ", ".join(f"{len(rows[name])} rows of {len(different[name])} colours ({name})" for name in rows)
    yield f"{counts}; {both} colours are in both classes.\n"
    yield "| rows | hidden units | seed | test rows | balanced accuracy % | 95 % interval | sensitivity % | specificity % | AUC |"
    yield "|---|---:|---:|---:|---:|---|---:|---:|---:|"
    for kind, values in (("all, with repetitions", rows), ("different colours", different)):
        for hidden in (6, 64):
            for seed in SEEDS if kind != "all, with repetitions" else SEEDS[:1]:
                yield _skin_line(kind, values, hidden, seed)


def _skin_line(kind: str, values: dict[str, Any], hidden: int, seed: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each, numbers in values.items():
            np.savetxt(folder / f"{each}.txt", numbers, fmt="%d")
        options = ("--hidden", hidden, "--test", 0.25, "--seed", seed, "--confidence", "95%", "-o", "skin.nn", "--json")
        test = json.loads(ann(folder, "train", "pos.txt", "neg.txt", 200, *options))["sets"]["test"]
    low, high = (100 * end for end in test["intervals"]["balanced_accuracy"])
    n = sum(test[key] for key in ("tp", "fn", "tn", "fp"))
    figures = " | ".join(f"{100 * test[key]:.2f}" for key in ("sensitivity", "specificity"))
    return f"| {kind} | {hidden} | {seed} | {n} | {100 * test['balanced_accuracy']:.2f} | {low:.2f} to {high:.2f} | {figures} | {test['auc']:.4f} |"


# Faces


def write_pictures(folder: Path, pictures: Any, moved: bool = False) -> None:
    """The 100 faces and the 100 other pictures (200, 25, 25) as two folders; moved: each face also one pixel to each side, and all
    of them the other way round."""
    levels = np.rint(pictures * (255 if pictures.max() <= 1 else 1)).astype(np.uint8)
    faces = levels[:100]
    if moved:
        wide = np.pad(faces, ((0, 0), (1, 1), (1, 1)), mode="edge")
        faces = np.concatenate([wide[:, y : y + 25, x : x + 25] for y, x in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))])
        faces = np.concatenate([faces, faces[:, :, ::-1]])
    for kind, own in (("face", faces), ("other", levels[100:])):
        (folder / kind).mkdir(parents=True)
        for number, picture in enumerate(own):
            (folder / kind / f"{number:04}.pgm").write_bytes(b"P5 25 25 255\n" + picture.tobytes())


def lfw(source: Path) -> Any:
    if (source / "lfw_subset.npy").exists():
        return np.load(source / "lfw_subset.npy")
    return np.load(source / "lfw_subset.npz")["images"]


def write_networks(folder: Path) -> None:
    for name, layers in NETWORKS.items():
        (folder / f"{name}.nn").write_text(f"anncli: 1\ninputs: 25x25\nlayers: [{layers}]\n")


def folds(source: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder / "lfw", lfw(source))
        write_networks(folder)
        words = ("compare", "dense.nn", "convolution.nn", "lfw", 200, "--folds", 5, "--repeats", 3, "--json", "-q")
        found = json.loads(ann(folder, *words))
    yield "| network | layers | accuracy % | AUC | folds |"
    yield "|---|---|---:|---:|---:|"
    for name, layers in NETWORKS.items():
        figures = found["folds"][f"{name}.nn"]
        accuracy = 100 * mean(figures["accuracy"])
        yield f"| {name} | `{layers}` | {accuracy:.2f} | {mean(figures['auc']):.4f} | {len(figures['accuracy'])} |"
    for metric, factor, unit in (("accuracy", -100, " points"), ("auc", -1, "")):
        gain = found["pairs"][0]["differences"][metric]
        ends = sorted(factor * gain[end] for end in ("low", "high"))
        yield f"\nGain of convolution in {metric}: {factor * gain['difference']:.4f}{unit}, 95 % interval {ends[0]:.4f} to {ends[1]:.4f}, p {gain['p']:.3f}."


def overlap(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    sides = [min(one[k] + one[k + 2], other[k] + other[k + 2]) - max(one[k], other[k]) for k in (0, 1)]
    common = max(0, sides[0]) * max(0, sides[1])
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def astronaut(source: Path, empty: Path) -> Iterator[str]:
    """Rounds of hard negatives from pictures without faces, and then the one picture, at the stored threshold."""
    yield "| network | seed | hard negatives | stored threshold | boxes | overlap of the best box with the face | false boxes |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name in sys.argv[4:] or NETWORKS:
        for seed in SEEDS:
            with tempfile.TemporaryDirectory() as folder:
                yield _astronaut_line(Path(folder), source, empty, name, seed)


def _astronaut_line(folder: Path, source: Path, empty: Path, name: str, seed: int) -> str:
    write_pictures(folder / "lfw", lfw(source), moved=True)
    write_networks(folder)
    for number in range(SINGLE + TOGETHER + 1):
        options = ("--ensemble", 5, "--threshold", "sp>=0.999") if number >= SINGLE else ()
        (folder / "face.nn").unlink(missing_ok=True)
        training = ("lfw", EPOCHS, "--positive", "face", "--seed", seed, "--refit", "no", "-q")
        ann(folder, "train", f"{name}.nn", *training, *options, "-o", "face.nn")
        if number < SINGLE + TOGETHER:
            ann(folder, "scan", "face.nn", empty, "--step", 4, "--save-boxes", "lfw/other", "-f", "-q")
    n = len(list((folder / "lfw/other").iterdir())) - 100
    found = json.loads(ann(folder, "scan", "face.nn", source / "astronaut.png", "--json"))
    boxes = [(b["x"], b["y"], b["width"], b["height"]) for b in found["pictures"][0]["boxes"]]
    fits = [overlap(box, FACE) for box in boxes]
    false = sum(fit < 0.5 for fit in fits)
    return f"| {name} | {seed} | {n} | {found['threshold']:.3f} | {len(boxes)} | {max(fits, default=0):.2f} | {false} |"


def main() -> None:
    works: dict[str, Callable[..., Iterator[str]]] = {"skin": skin, "folds": folds, "astronaut": astronaut}
    for line in works[sys.argv[1]](*(Path(word).absolute() for word in sys.argv[2:4])):
        print(line, flush=True)
    date = time.strftime("%Y-%m-%d")
    print(f"\n{date}, {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}.")


if __name__ == "__main__":
    main()
