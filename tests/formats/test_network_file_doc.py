"""docs/network-file.md: its examples are real files, its formulas give their outputs, and no key is missing in it."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.api import train
from anncli.dataset.dataset import Dataset, Source
from anncli.formats.files.document import parse_document
from anncli.formats.networks.ann_head import HEAD_KEYS
from anncli.formats.networks.ann_trained import TRAINED_KEYS
from anncli.formats.networks.storage import parse, render
from anncli.network.network import Network
from anncli.network.scaling import Scaling

TEXT = (Path(__file__).parents[2] / "docs/network-file.md").read_text(encoding="utf-8")


def example(name: str) -> str:
    match = re.search(rf"<!-- example: {re.escape(name)} -->\n```\w*\n(.*?)```\n", TEXT, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("name", ["xor.nn", "xor_ann1dn.nn"])
def test_an_example_is_written_as_it_was_read(name: str) -> None:
    data = example(name).encode()
    assert render(parse(data, name)) == data


def test_the_formulas_give_the_outputs_of_the_self_test() -> None:
    trained = parse_document(example("xor.nn"), "xor.nn")["trained"]

    def rows(block: str) -> list[list[float]]:
        return [[float(word) for word in line.split()] for line in block.splitlines()]

    (add,), (multiply,) = rows(trained["scaling"]["add"]), rows(trained["scaling"]["multiply"])
    outputs = []
    for x in rows(trained["self_test"]["inputs"]):
        values = [(v + a) * m for v, a, m in zip(x, add, multiply, strict=True)]
        for block, activation in zip(trained["weights"], (math.tanh, lambda z: 1 / (1 + math.exp(-z))), strict=True):
            values = [activation(b + sum(w * v for w, v in zip(weights, values, strict=True))) for b, *weights in rows(block)]  # fmt: skip
        outputs.append(values)
    assert outputs == [pytest.approx(row, rel=1e-4) for row in rows(trained["self_test"]["outputs"])]


def test_the_checksum_is_made_as_described() -> None:
    part, _, checksum = example("xor.nn").partition("trained:\n")[2].partition("\n  checksum: ")
    described = "inputs: 2\nlayers: 2 tanh, 1 logistic\ntrained:\n" + part
    assert checksum == f"sha256:{hashlib.sha256(described.encode()).hexdigest()}\n"


def test_the_old_example_is_the_exclusive_or() -> None:
    network = parse(example("xor_ann1dn.nn").encode(), "x")
    assert (str(network.topology), network.threshold, network.targets) == ("2-2-1", 0.5, (0.9, 0.1))


def keys_of(value: Any) -> set[str]:
    """All keys of a document at any depth, but not those of a trainer's own options, which `ann trainers` lists."""
    if isinstance(value, Mapping):
        inner = [item for key, item in value.items() if key != "options"]
        return set(value).union(*map(keys_of, inner))
    return set().union(*map(keys_of, value)) if isinstance(value, list) else set()


def written_keys(network: Network) -> set[str]:
    return keys_of(parse_document(render(network).decode(), "x.nn")["trained"])


def test_every_key_that_is_written_is_described() -> None:
    described = set(re.findall(r"`([a-z0-9_]+)`", TEXT))
    rng = np.random.default_rng(0)
    data = Dataset.from_classes(rng.normal(-1, 1, (30, 2)), rng.normal(1, 1, (30, 2)), classes=("a", "b"))
    data.columns, data.sources = ("x", "y"), (Source("a.txt", "0" * 64, 60),)
    options: list[dict[str, Any]] = [
        {"trainer": "sgd", "l1": 0.01, "label_smoothing": 0.1, "average": "ema:0.9", "restarts": 2, "test": 0.2},
        {"trainer": "br", "loss": "mse"},
        {"trainer": "adam", "scaling": "sigmoidal"},
        {"trainer": "adam", "scaling": "energy", "class_weight": "balanced"},
    ]
    keys = set(HEAD_KEYS) | set(TRAINED_KEYS)
    for given in options:
        network = Network.create(2, [(2, "tanh"), (1, "logistic")])
        train(network, data, 5, **given)
        keys |= written_keys(network)
    every = Scaling("minmax", np.ones(2, np.float32), np.ones(2, np.float32), "minmax", "logistic")
    keys |= written_keys(Network.create(2, [(3, "softmax")], scaling=every, classes=("a", "b", "c")))
    # Guards against a test that looks at nothing.
    assert keys >= {"l1", "effective_parameters", "per_vector", "activation", "samples", "sha256", "start", "positive"}  # fmt: skip
    assert keys - described == set()
