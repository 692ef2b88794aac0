"""What keeps a network from fitting noise: l1, clipping, dropout, input noise, in every trainer that has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trainer_problems import Array, Scripted, blobs, changed, start

from anncli.backends.base import Backend
from anncli.backends.choice import choose_backend
from anncli.backends.reference import ReferenceBackend
from anncli.backends.rules import UpdateRule, UpdateState
from anncli.errors import UsageError
from anncli.training.names import TRAINER_NAMES
from anncli.training.trainers import make_trainer

ROWWISE = [name for name, info in TRAINER_NAMES.items() if "dropout" in info.defaults]


def trained(name: str, epochs: int = 3, backend: Backend | None = None, l1: float = 0.0, **options: Any) -> Array:
    objective = changed(blobs(), backend or choose_backend())._replace(l1=l1)
    parameters, rng = start(objective), np.random.default_rng(7)
    trainer = make_trainer(name, options)
    trainer.start(objective, parameters)
    for _ in range(epochs):
        trainer.epoch(objective, parameters, rng)
    return parameters


def test_every_trainer_that_presents_rows_has_them_all() -> None:
    assert set(ROWWISE) == {"adam", "adamw", "sgd", "online", "schedule-free", "nadam", "rmsprop", "adagrad"}
    for name in ROWWISE:
        assert {"clip", "dropout", "input_dropout", "input_noise"} <= TRAINER_NAMES[name].defaults.keys()


def test_l1_adds_absolute_weights_and_their_signs() -> None:
    objective = blobs(l2=0.0)
    parameters = start(objective).astype(np.float64)
    precise = objective.precise()
    value, gradient = precise.loss_and_gradient(parameters)
    penalised = precise._replace(l1=0.25)
    more, steeper = penalised.loss_and_gradient(parameters)
    weights = objective.topology.weights_mask()
    assert more - value == pytest.approx(0.25 * np.abs(parameters[weights]).sum(), rel=1e-12)
    assert steeper - gradient == pytest.approx(0.25 * np.sign(parameters) * weights, abs=1e-12)
    assert penalised.value(parameters) == pytest.approx(more)
    assert penalised.value(parameters, penalty=False) == pytest.approx(value)
    batch = np.empty_like(parameters)
    penalised.batch_gradient(parameters, objective.rows, batch)
    assert batch == pytest.approx(gradient, abs=1e-12), "the penalty of a batch belongs to the rule"


@pytest.mark.parametrize("name", ROWWISE)
@pytest.mark.parametrize("options", [{"l1": 0.01}, {"clip": 0.05}, {"dropout": 0.3}, {"input_dropout": 0.3}, {"input_noise": 0.2}, {"l1": 0.01, "dropout": 0.3, "input_noise": 0.1}])  # fmt: skip
def test_backends_agree_and_the_option_matters(name: str, options: dict[str, float]) -> None:
    found, wanted = trained(name, **options), trained(name, backend=ReferenceBackend(), **options)
    assert found == pytest.approx(wanted, abs=2e-4)
    assert trained(name, **options).tobytes() == found.tobytes()
    assert np.abs(found - trained(name)).max() > 1e-4


def test_l1_drives_a_useless_input_to_zero() -> None:
    objective = blobs(l2=0.0)
    inputs = np.concatenate(
        [objective.inputs, np.random.default_rng(0).normal(size=(len(objective.inputs), 1))], axis=1
    )
    from anncli.network.topology import Topology

    topology = Topology(inputs.shape[1], objective.topology.layers)
    objective = changed(objective, inputs=inputs.astype(np.float32), topology=topology)

    def last_input(l1: float) -> float:
        penalised = objective._replace(l1=l1)
        parameters, rng = start(penalised), np.random.default_rng(1)
        trainer = make_trainer("gd", {"learning_rate": 0.1})
        trainer.start(penalised, parameters)
        for _ in range(1000):
            trainer.epoch(penalised, parameters, rng)
        return float(np.abs(topology.weights(parameters)[0][-1]).max())

    assert last_input(0.03) < 0.01 < 0.1 < last_input(0.0)


def test_clipping_by_hand() -> None:
    # The gradient (3, 4) has norm 5; clipped to 1 it is (0.6, 0.8), at rate 0.5 a move of (-0.3, -0.4).
    objective, parameters = Scripted([[3.0, 4.0]]), np.zeros(2)
    trainer = make_trainer("adagrad", {"clip": 1.0, "learning_rate": 0.5, "epsilon": 0.0})
    trainer.start(objective, parameters)  # type: ignore[arg-type]
    trainer.epoch(objective, parameters, np.random.default_rng(0))  # type: ignore[arg-type]
    assert trainer.state()["squares"] == pytest.approx([0.36, 0.64])

    rule = UpdateRule("sgd", 0.5, clip=1.0)
    from anncli.backends.updates import apply_rule
    from anncli.network.topology import Layer, Topology

    w = np.zeros(2)
    apply_rule(Topology(1, (Layer(1, "linear"),)), rule, UpdateState(np.zeros(2)), w, np.array([3.0, 4.0]))
    assert w == pytest.approx([-0.3, -0.4])
    apply_rule(Topology(1, (Layer(1, "linear"),)), rule, UpdateState(np.zeros(2)), w, np.array([0.3, 0.4]))
    assert w == pytest.approx([-0.45, -0.6])


@pytest.mark.parametrize("name", ["adam", "online", "rmsprop"])
def test_resumed_dropout_and_noise_equal_those_in_one_go(name: str) -> None:
    options = {"dropout": 0.4, "input_noise": 0.1}
    objective, rng = changed(blobs(), choose_backend()), np.random.default_rng(7)
    parameters = start(objective)
    trainer = make_trainer(name, options)
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, rng)
    resumed = make_trainer(name, options)
    resumed.start(objective, parameters)
    resumed.restore(trainer.state())
    for _ in range(2):
        resumed.epoch(objective, parameters, rng)
    assert parameters.tobytes() == trained(name, **options).tobytes()


def test_noise_leaves_the_inputs_alone() -> None:
    objective = blobs()
    before = objective.inputs.copy()
    parameters = start(objective)
    trainer = make_trainer("adam", {"input_noise": 1.0})
    trainer.start(objective, parameters)
    trainer.epoch(objective, parameters, np.random.default_rng(0))
    assert np.array_equal(before, objective.inputs)


@pytest.mark.parametrize(
    ("name", "advice"),
    [("lm", "use --l2, or --trainer lbfgs"), ("br", "leave it out: br finds its own penalty")],
)
def test_sums_of_squares_refuse_l1(name: str, advice: str) -> None:
    objective = blobs()._replace(l1=0.1)
    with pytest.raises(UsageError, match=f"trainer {name} has no l1 penalty; {advice}"):
        make_trainer(name).start(objective, start(objective))
