"""Second derivatives against automatic differentiation in torch, and eigenvalues against ARPACK in scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from curved_networks import curved, full

from anncli.analysis.curved_loss import CurvedLoss
from anncli.analysis.lanczos import extreme_eigenvalues, quadrature

CASES = [
    (["5 tanh", "4 logistic", "1 logistic"], "binary-cross-entropy"), (["6 silu", "3 softmax"], "cross-entropy"),
    (["6 gelu", "2 linear"], "mse"), (["5 softplus", "2 linear"], "huber:0.7"), (["6 tanh", "2 exp"], "poisson"),
]  # fmt: skip


def of_torch(loss: CurvedLoss) -> Any:
    """The Hessian (P, P) in the order of ann."""
    torch = pytest.importorskip("torch")
    functions = {
        "tanh": torch.tanh, "logistic": torch.sigmoid, "silu": torch.nn.functional.silu, "gelu": torch.nn.functional.gelu,
        "softplus": torch.nn.functional.softplus,
    }  # fmt: skip
    topology, samples = loss.topology, loss.samples
    inputs, targets, weights = (torch.from_numpy(np.asarray(x)) for x in samples)
    places, start = [], 0
    for n_in, n_out in zip(topology.sizes, topology.sizes[1:], strict=False):
        places.append((start, n_in, n_out))
        start += (n_in + 1) * n_out

    def value(w: Any) -> Any:
        a = inputs
        for (begin, n_in, n_out), layer in zip(places, topology.layers, strict=True):
            block = w[begin : begin + (n_in + 1) * n_out].reshape(n_in + 1, n_out)
            z = a @ block[1:] + block[0]
            a = functions[layer.activation](z) if layer is not topology.layers[-1] else z
        f = torch.nn.functional
        each = {
            "binary-cross-entropy": lambda: f.binary_cross_entropy_with_logits(a, targets, reduction="none").sum(1),
            "cross-entropy": lambda: f.cross_entropy(a, targets, reduction="none"),
            "mse": lambda: f.mse_loss(a, targets, reduction="none").mean(1),
            "huber:0.7": lambda: f.huber_loss(a, targets, reduction="none", delta=0.7).mean(1),
            "poisson": lambda: f.poisson_nll_loss(a, targets, reduction="none").mean(1),
        }[loss.loss]()
        return (each * weights).mean()

    return torch.autograd.functional.hessian(value, torch.from_numpy(loss.point)).numpy()


@pytest.mark.parametrize(("layers", "name"), CASES)
def test_the_hessian_is_that_of_torch(layers: list[str], name: str) -> None:
    loss = curved(layers, name, rows=30, seed=5)
    wanted = of_torch(loss)
    assert np.abs(full(loss, "hessian") - wanted).max() < 1e-12 * np.abs(wanted).max()
    assert np.abs(full(loss, "hessian", by_differences=True) - wanted).max() < 1e-7 * np.abs(wanted).max()


def test_eigenvalues_are_those_of_arpack() -> None:
    sparse = pytest.importorskip("scipy.sparse.linalg")
    loss = curved(["40 tanh", "20 tanh", "3 softmax"], "cross-entropy", inputs=10, rows=100, seed=2)
    operator = sparse.LinearOperator(
        (loss.size, loss.size), matvec=lambda v: loss.product("hessian", v.reshape(-1)), dtype=float
    )
    ends = extreme_eigenvalues(lambda v: loss.product("hessian", v), loss.size, 5, np.random.default_rng(0))
    assert ends.largest == pytest.approx(
        np.sort(sparse.eigsh(operator, 5, which="LA", return_eigenvectors=False))[::-1], rel=1e-6
    )
    assert ends.smallest == pytest.approx(
        np.sort(sparse.eigsh(operator, 5, which="SA", return_eigenvectors=False)), rel=1e-4
    )
    # The moments of all 1,323 eigenvalues.
    whole = full(loss, "hessian")
    density = quadrature(lambda v: loss.product("hessian", v), loss.size, 8, 50, np.random.default_rng(1), ends)
    for power, true in ((1, np.trace(whole)), (2, (whole**2).sum())):
        mean, error = density.mean(lambda x, power=power: x**power)  # type: ignore[misc]
        assert abs(mean - true / loss.size) < 4 * error
