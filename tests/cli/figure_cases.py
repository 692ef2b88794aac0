"""Facts to draw figures from: networks with outputs that are made up, so that coordinates can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from anncli.cli.showing.figures.facts import Facts, Figure, RowSet
from anncli.cli.showing.svg import svg_document
from anncli.dataset.dataset import Dataset
from anncli.inference.evaluate import evaluate_predictions
from anncli.network.loss_curve import CurvePoint, LossCurves
from anncli.network.network import Network

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "<b>&\"'\x07\ud800 ]]> %s 漢字"


def made(network: Network, data: Dataset, outputs: Any, weights: Sequence[float] | None = None, **more: Any) -> Facts:
    """Facts with one set of rows, all of the data; outputs (n, n_outputs)."""
    given = np.asarray(outputs, dtype=np.float32).reshape(data.n_samples, -1)
    if weights is not None:
        data.weights = np.asarray(weights, dtype=np.float32)
    threshold = network.decision_threshold if network.n_outputs == 1 and network.task != "regression" else None
    evaluation = evaluate_predictions(network, data, given, None, threshold)
    held = None if weights is None else np.asarray(weights, dtype=np.float64)
    rows = RowSet("", np.arange(data.n_samples), given, held, evaluation)
    return Facts(network, data, threshold, (rows,), n_seen=0, **more)


def two_classes(
    scores: Sequence[float], labels: Sequence[int], names: tuple[str, str] = ("yes", "no"), **more: Any
) -> Facts:
    """Two inputs, one output; labels: 0 for the positive class."""
    network = Network.create(2, [(2, "tanh"), (1, "logistic")], classes=names, columns=("a", NASTY))
    network.set_parameters(np.linspace(-2, 2, network.topology.n_parameters))
    network.curve = LossCurves((CurvePoint(1, 0.7, 0.8), CurvePoint(3, 0.5, 0.6)), (CurvePoint(1, 0.4),))
    network.record = {"trainer": "adam", "epochs": 3, "kept_epoch": 3, "seed": 1}
    inputs = np.arange(2 * len(scores), dtype=np.float32).reshape(-1, 2)
    data = Dataset(inputs, np.asarray(labels), names)
    return made(network, data, scores, **more)


def many_classes(n: int, outputs: Any, labels: Sequence[int], names: Sequence[str] | None = None) -> Facts:
    """Two inputs, n outputs."""
    classes = tuple(names or (f"class {k}" for k in range(n)))
    network = Network.create(2, [(n, "softmax")], classes=classes)
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    inputs = np.arange(2 * len(labels), dtype=np.float32).reshape(-1, 2)
    return made(network, Dataset(inputs, np.asarray(labels), classes), outputs)


def numbers(true: Any, predicted: Any, names: tuple[str, ...] = ("price",)) -> Facts:
    """Two inputs, an output for each target."""
    network = Network.create(2, [(len(names), "linear")], task="regression", target_names=names, loss="mse")
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    targets = np.asarray(true, dtype=np.float32).reshape(-1, len(names))
    inputs = np.arange(2 * len(targets), dtype=np.float32).reshape(-1, 2)
    return made(network, Dataset(inputs, targets=targets, target_names=names), predicted)


def labelled(outputs: Any, has: Any, names: tuple[str, ...]) -> Facts:
    """Two inputs, an output for each label."""
    network = Network.create(2, [(len(names), "logistic")], task="multi-label", target_names=names)
    network.set_parameters(np.linspace(-1, 1, network.topology.n_parameters))
    targets = np.asarray(has, dtype=np.float32).reshape(-1, len(names))
    inputs = np.arange(2 * len(targets), dtype=np.float32).reshape(-1, 2)
    return made(network, Dataset(inputs, targets=targets, target_names=names, task="multi-label"), outputs)


def parsed(figures: Sequence[Figure]) -> ElementTree.Element:
    """The document of figures, which must be well-formed, with a title and a description for each."""
    root = ElementTree.fromstring(svg_document([figure.drawing for figure in figures]))
    drawings = root.findall(f"{SVG}svg")
    assert len(drawings) == len(figures)
    for drawing in drawings:
        assert drawing.get("role") == "img"
        names = [drawing.find(f"{SVG}{tag}") for tag in ("title", "desc")]
        assert all(name is not None and name.text for name in names)
        assert drawing.get("aria-labelledby") == " ".join(name.get("id", "") for name in names if name is not None)
    return root


def lines(root: ElementTree.Element, style: str) -> list[list[tuple[float, float]]]:
    """The points of every line of this class."""
    found = [e.get("points", "") for e in root.iter(f"{SVG}polyline") if e.get("class") == style]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())] for points in found]
