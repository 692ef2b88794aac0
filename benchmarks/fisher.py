"""Digits by the Fisher vectors of their descriptors: a network, and scikit-image with a linear machine of scikit-learn, on the same parts.

    python benchmarks/fisher.py [--seeds 5] [--write]       needs scikit-image and scikit-learn

The task is that of the page of scikit-image on Fisher vectors: the 1,797 digits of scikit-learn in 80 x 80 points, at most five ORB
descriptors of 256 bits each, a quarter of the digits as test set. --write puts the table into benchmarks/fisher.md.
"""

from __future__ import annotations

import argparse
import datetime
import platform
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import skimage
import sklearn
from pages import processor, put
from skimage.feature import ORB, fisher_vector, learn_gmm
from skimage.transform import resize
from sklearn.datasets import load_digits
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

import anncli
from anncli.arrays import Rows

MODES = 16
# The layers, whether the vectors are improved, and options of the training.
RECIPES: dict[str, tuple[list[str], bool, dict[str, Any]]] = {
    "`[10 softmax]`": (["10 softmax"], True, {"epochs": 30}),
    "`[10 softmax]`, `improved: false`": (["10 softmax"], False, {"epochs": 30}),
    "`[64 relu, 10 softmax]`, `--scaling none --learning-rate 0.01`": (
        ["64 relu", "10 softmax"], True, {"epochs": 100, "scaling": "none", "learning_rate": 0.01},
    ),
}  # fmt: skip


def described() -> tuple[list[Any], Any]:
    """The descriptors (at most 5, 256) of each digit, and the digits."""
    digits, found = load_digits(), []
    for image in digits.images:
        orb = ORB(n_keypoints=5, harris_k=0.01)
        orb.detect_and_extract(resize(image, (80, 80)))
        found.append(orb.descriptors.astype(np.float32))
    return found, digits.target


def by_network(recipe: str) -> Callable[..., tuple[float, Any]]:
    layers, improved, options = RECIPES[recipe]

    def accuracy(training: list[Any], answers: Any, test: list[Any], wanted: Any, seed: int) -> tuple[float, Any]:
        inputs = f"{{descriptors: 256, fisher: {MODES}{'' if improved else ', improved: false'}}}"
        network = anncli.Network.create(inputs, layers)
        trained = anncli.train(network, (training, answers.astype(str)), seed=seed, **options).network
        return float((trained.predict_classes(test) == wanted.astype(str)).mean()), trained

    return accuracy


def by_machine(improved: bool) -> Callable[..., tuple[float, Any]]:
    def accuracy(training: list[Any], answers: Any, test: list[Any], wanted: Any, seed: int) -> tuple[float, Any]:
        gmm = learn_gmm(training, n_modes=MODES, gm_args={"covariance_type": "diag", "random_state": seed})
        vectors = [np.array([fisher_vector(own, gmm, improved=improved) for own in part]) for part in (training, test)]
        machine = LinearSVC(random_state=seed).fit(vectors[0], answers)
        return float((machine.predict(vectors[1]) == wanted).mean()), None

    return accuracy


def largest_difference(network: Any, samples: list[Any]) -> float:
    """Between the vectors of a network and those of scikit-image, under the mixture of the network."""
    weights, means, deviations = (part.astype(np.float64) for part in network.mixture[:3])
    gmm = GaussianMixture(MODES, covariance_type="diag")
    gmm.weights_, gmm.means_, gmm.covariances_, gmm.precisions_cholesky_ = weights, means, deviations**2, 1 / deviations
    rows = Rows(np.concatenate(samples), np.cumsum([0, *map(len, samples)]))
    other = [fisher_vector(own.astype(np.float64), gmm, improved=network.mixture.improved) for own in samples]
    return float(np.abs(network.mixture.encode(rows) - np.array(other)).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    ways = {f"network {name}": by_network(name) for name in RECIPES}
    ways |= {f"scikit-image, `LinearSVC`{', improved' * own}": by_machine(own) for own in (False, True)}
    descriptors, answers = described()
    accuracies: dict[str, list[float]] = {name: [] for name in ways}
    seconds, apart = dict.fromkeys(ways, 0.0), 0.0
    for seed in range(asked.seeds):
        training, test, known, wanted = train_test_split(descriptors, answers, random_state=seed)
        for name, way in ways.items():
            begin = time.process_time()
            accuracy, network = way(training, known, test, wanted, seed)
            accuracies[name].append(accuracy)
            seconds[name] += (time.process_time() - begin) / asked.seeds
            print(f"seed {seed}, {name}: {accuracy:.4f}", flush=True)
            if network is not None and seed == 0:
                apart = max(apart, largest_difference(network, test))
    lines = ["| way | accuracy, mean | lowest | highest | seconds |", "|---|---:|---:|---:|---:|"]
    for name, found in accuracies.items():
        lines.append(f"| {name} | {np.mean(found):.4f} | {min(found):.4f} | {max(found):.4f} | {seconds[name]:.1f} |")
    about = f"{datetime.date.today()}, {processor()}, one thread, Python {platform.python_version()}, scikit-image {skimage.__version__}, scikit-learn {sklearn.__version__}"
    lines += [
        "",
        f"Largest difference from the vectors of scikit-image under the same mixture: {apart:.1g}. {asked.seeds} seeds, CPU seconds of fitting, vectors and training; {about}.",
    ]
    print("\n".join(lines))
    if asked.write:
        put(__file__, "table", "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
