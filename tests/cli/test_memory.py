"""The memory of a training: what the programs take themselves, the data, and a few bytes for every vector."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ann_process import clean_environment

N_VECTORS = 600_000
# A process starts with the peak of the one it was forked from, so the one that is measured comes from a small one.
LAUNCHER = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(folder: Path, *words: str) -> int:
    """Bytes at the peak of `ann` with these words."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, sys.executable, "-m", "anncli", *words],
        cwd=folder, env=clean_environment(), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


def peak_of_training(folder: Path, n_vectors: int, output_layer: str, *options: str) -> int:
    """Bytes at the peak of one epoch on vectors of two values, as many of every class."""
    classes = max(2, int(output_layer.split()[0]))
    (folder / "net.nn").write_text(f"anncli: 1\ninputs: 2\nlayers: [4 tanh, {output_layer}]\n")
    files = [f"{k}.txt" for k in range(classes)]
    for k, name in enumerate(files):
        (folder / name).write_text(f"{k} 1.5\n-0.5 {k}\n0.25 1\n1 0.125\n" * (n_vectors // classes // 4))
    return peak_of(folder, "train", "net.nn", *files, "1", "--batch-size", "1000", *options)


def peak_of_pictures(folder: Path, count: int, batch: int) -> int:
    """Bytes at the peak of one epoch of a network of convolutions on pictures of 28 x 28 pixels in idx files."""
    rng = np.random.default_rng(0)
    (folder / "net.nn").write_text(
        "anncli: 1\ninputs: 28x28\nlayers: [6 tanh convolution 5x5, mean-pool 2x2, 8 tanh convolution 5x5 valid, 2 softmax]\n"
    )
    head = b"".join(n.to_bytes(4, "big") for n in (0x803, count, 28, 28))
    (folder / "a-images-idx3-ubyte").write_bytes(head + rng.integers(0, 256, count * 784, dtype=np.uint8).tobytes())
    labels = b"".join(n.to_bytes(4, "big") for n in (0x801, count)) + b"\0\1" * (count // 2)
    (folder / "a-labels-idx1-ubyte").write_bytes(labels)
    return peak_of(folder, "train", "net.nn", "a-images-idx3-ubyte", "1", "--refit", "no", "--batch-size", str(batch))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("output_layer", "options", "most"),
    # Target, number and place in the order take 12 bytes with one output, the digest of the row 8; every output more takes
    # a target and a score. A file of this size is read ahead, which takes some megabytes, 10 bytes for each of its rows; the
    # samples and blocks that the scaling works on take one, 2 bytes for each.
    [
        ("1 logistic", (), 48),
        ("1 logistic", ("--scaling", "sigmoidal"), 48),
        ("1 logistic", ("--refit", "yes", "--metric", "f1", "--test", "0.1"), 50),
        ("3 softmax", (), 62),
    ],
)
def test_a_vector_takes_its_values_and_a_few_bytes(
    tmp_path: Path, output_layer: str, options: tuple[str, ...], most: int
) -> None:
    program = peak_of_training(tmp_path, 120, output_layer, *options)
    added = peak_of_training(tmp_path, N_VECTORS, output_layer, *options) - program
    each = added / N_VECTORS - 2 * 4
    assert each < most, f"{each:.1f} bytes for every vector beside its values"


@pytest.mark.slow
@pytest.mark.parametrize("batch", [32, 1000])
def test_convolutions_take_the_pictures_and_little_more(tmp_path: Path, batch: int) -> None:
    """What all windows of a batch of 1,000 pictures hold would be more than 100 MB: they are gathered in portions."""
    count = 8000
    added = peak_of_pictures(tmp_path, count, batch) - peak_of_pictures(tmp_path, 40, batch)
    beside = (added - count * 784 * 4) / 1e6
    assert beside < 24, f"{beside:.1f} MB beside the pictures"
