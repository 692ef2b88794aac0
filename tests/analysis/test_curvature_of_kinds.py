"""Second derivatives of networks with layers of every kind, on pictures, tokens and samples of 1 to 7 rows."""

from __future__ import annotations

import numpy as np
import pytest
from curved_networks import full
from kind_cases import CHAINS, Case, case

from anncli.analysis import curvature
from anncli.analysis.curvature import measure
from anncli.analysis.curved_loss import CurvedLoss, kinks
from anncli.backends.checks import answers_of
from anncli.backends.reference import ReferenceBackend

# One of each kind, with answers for samples and for rows.
SOME = (
    "dense on tokens", "convolution over rows", "convolution over pictures", "max-pool over pictures", "window", "communicate with a skip",
    "embedding", "bilinear quaternion", "bilinear on rows", "recurrent in both directions", "lstm", "lstm on tokens", "gru in both directions", "gru on tokens",
)  # fmt: skip


def smooth(name: str) -> Case:
    """A chain with tanh units, and with the outputs and the loss of classes where its last layer may have them."""
    is_of_classes = name not in ("convolution as output", "communicate as output")
    return case(name, "tanh", *(("cross-entropy", "softmax") if is_of_classes else ("mse", "logistic")))


def loss_of(one: Case) -> CurvedLoss:
    return CurvedLoss(one.problem.topology, one.problem.loss, one.samples, one.parameters)


def check_products(name: str) -> None:
    """Products along a random direction: exact, by differences of gradients, and by values of loss and outputs alone."""
    one = smooth(name)
    loss, session = loss_of(one), ReferenceBackend().open(one.problem, one.samples)
    v = np.random.default_rng(0).normal(size=loss.size)
    v /= np.linalg.norm(v)
    exact = loss.product("hessian", v)
    assert np.abs(loss.difference("hessian", v) - exact).max() < 1e-7 * np.abs(exact).max()
    step = 1e-3
    below, here, above = (session.loss(loss.point + k * step * v) for k in (-1, 0, 1))
    assert v @ exact == pytest.approx((above - 2 * here + below) / step**2, rel=1e-4, abs=1e-7)
    # v.Gv is the mean over the answers of r_z.H_z r_z, here in terms of the outputs: sum of r_y^2 / y, or 2/K of r_y^2.
    outputs = session.outputs(loss.point)
    r_y = (session.outputs(loss.point + 1e-5 * v) - session.outputs(loss.point - 1e-5 * v)) / 2e-5
    targets, weights = answers_of(one.samples, None)
    bent = r_y**2 / outputs if one.problem.loss == "cross-entropy" else r_y**2 * (2 / r_y.shape[1])
    each = bent.sum(axis=1) * (targets.sum(axis=1) if one.problem.loss == "cross-entropy" else 1)
    wanted = float((each if weights is None else each * weights).sum() / len(each))
    assert v @ loss.product("gauss-newton", v) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("name", SOME)
def test_products_of_some_kinds(name: str) -> None:
    check_products(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CHAINS if name not in SOME])
def test_products_of_every_kind(name: str) -> None:
    check_products(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
def test_matrices_of_every_kind(name: str) -> None:
    loss = loss_of(smooth(name))
    for matrix in ("hessian", "gauss-newton"):
        whole = full(loss, matrix)
        assert np.abs(whole - whole.T).max() < 1e-6 * np.abs(whole).max()
    values = np.linalg.eigvalsh((whole + whole.T) / 2)
    assert values[0] > -1e-6 * values[-1]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["convolution over rows", "communicate as output", "embedding", "bilinear complex"])
def test_estimates_of_some_kinds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curvature, "EXACT_SIZE", 0)
    loss = loss_of(smooth(name))
    whole = full(loss, "hessian")
    found = measure(loss, "hessian", probes=400, count=5, seed=3, l2=0.01, tick=lambda done, what: None)
    assert abs(found.trace.mean - np.trace(whole)) < 3 * found.trace.error
    theory = np.sqrt(2 * ((whole**2).sum() - (np.diag(whole) ** 2).sum()) / 400)
    assert found.trace.error == pytest.approx(theory, rel=0.2)
    values = np.linalg.eigvalsh((whole + whole.T) / 2)
    assert np.abs(found.ends.largest - values[:-6:-1]).max() < 1e-4 * np.abs(whole).max()


def test_kinks_of_a_pool_are_known() -> None:
    loss = loss_of(smooth("max-pool over pictures"))
    assert "max-pool" in str(kinks(loss.topology))
    assert not loss.is_by_differences
