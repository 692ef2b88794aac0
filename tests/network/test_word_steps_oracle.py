"""Single steps of skip-gram and cbow against torch's autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anncli.backends.word_session import WordSession
from anncli.network.layers.base import Shape
from anncli.network.topology import Topology

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("layer", ["skip-gram", "cbow", "skip-gram hierarchical", "cbow hierarchical"])
def test_the_gradient_of_a_text_is_that_of_autograd(layer: str) -> None:
    rng = np.random.default_rng(1)
    tokens, starts = rng.integers(0, 9, 200).astype(np.int32), np.array([0, 40, 41, 200], dtype=np.int64)
    of = WordSession(Topology(Shape(9, None, None, True), ["4 embedding", layer]), tokens, starts, 2, compiled=False)
    point = rng.normal(0, 0.5, of.topology.n_parameters)
    gradient = np.empty_like(point)
    loss = of.gradient(point, gradient)
    (inputs,), (outputs,) = (
        tuple(torch.tensor(block, requires_grad=True) for block in blocks) for blocks in of.topology.blocks(point)
    )
    total: Any = 0
    predicted = 0
    for window in of.windows(0, 0, len(tokens)):
        v = (
            inputs[torch.as_tensor(window.around.astype(np.int64))].mean(0)
            if of.layer.is_mean
            else inputs[window.middle]
        )
        scores = outputs[torch.as_tensor(window.rows.astype(np.int64))] @ v
        labels = torch.as_tensor(window.labels.astype(np.float64))
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum")
        predicted += window.predicted
    (total / predicted).backward()
    wanted = np.concatenate([inputs.grad.numpy().ravel(), outputs.grad.numpy().ravel()])
    assert loss == pytest.approx(float(total.detach() / predicted), rel=1e-12)
    assert np.abs(gradient - wanted).max() < 1e-12
