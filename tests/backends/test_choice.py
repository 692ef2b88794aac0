"""The choice of a backend: by the environment, by what was built, and the reference where the compiled code knows too little."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import NAMES, REFERENCE, VARIANTS, make_backend

from anncli.api import start_training
from anncli.backends.base import Problem, Samples
from anncli.backends.choice import choose_backend, fall_back
from anncli.backends.names import BACKENDS
from anncli.compiled import CALLS, _knows_the_names, native_module
from anncli.dataset.dataset import Dataset
from anncli.inference.predict import predict
from anncli.network.activations import ACTIVATIONS, Activation
from anncli.network.names import ACTIVATION_NAMES, LOSS_NAMES, ActivationName
from anncli.network.network import Network
from anncli.network.topology import Layer, Topology

ROOT = Path(__file__).parents[2]


def describe(**variables: str) -> str:
    code = (
        "import sys; from anncli.compiled import describe_backend as d; from anncli.errors import UsageError\n"
        "try: print(d(), 'numpy' in sys.modules)\n"
        "except UsageError as e: print(e)"
    )
    others = {name: value for name, value in os.environ.items() if not name.startswith("ANN_")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=others | variables, capture_output=True, text=True, check=True, cwd=ROOT
    )
    return run.stdout.strip()


def test_the_environment_chooses_numpy() -> None:
    assert describe(ANN_KERNELS="numpy") == "numpy (ANN_KERNELS=numpy) False"
    assert describe(ANN_KERNELS="cuda") == "unknown backend ANN_KERNELS=cuda; use numpy or native, or unset it"


@pytest.mark.skipif(not VARIANTS, reason="the compiled kernels are not built")
def test_the_environment_chooses_a_variant() -> None:
    assert describe() == f"native {VARIANTS[0]} False"
    assert describe(ANN_KERNELS="native", ANN_KERNEL_VARIANT="baseline") == "native baseline False"
    assert describe(ANN_KERNEL_VARIANT="z80") == (
        f"ANN_KERNEL_VARIANT=z80, but this machine does not run that instruction set; use one of {', '.join(VARIANTS)}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_backend_is_in_the_table_of_names(name: str) -> None:
    backend = make_backend(name)
    assert backend.name == name
    assert backend.name.split()[0] in BACKENDS
    assert backend.note is None
    assert backend.refusal(Problem(Topology(2, (Layer(1, "tanh"),)))) is None


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> str:
    """An activation that only Python knows: z^2 / 2."""
    monkeypatch.setitem(ACTIVATIONS, "toy", Activation(lambda z: z * z / 2, lambda z, a: z))
    monkeypatch.setitem(ACTIVATION_NAMES, "toy", ActivationName(None, "toy", "z^2/2", 0.0, float("inf")))
    return "toy"


def test_what_the_compiled_code_does_not_know_runs_on_the_reference(toy: str) -> None:
    problem = Problem(Topology(3, (Layer(4, toy), Layer(1, "logistic"))))
    for name in NAMES[1:]:
        backend = make_backend(name)
        reason = "layer 1 (`4 toy`) is not in the compiled code"
        assert backend.refusal(problem) == reason
        with pytest.raises(ValueError, match="is not in the compiled code"):
            backend.open(problem, Samples(np.zeros((1, 3), dtype=np.float32)))
        instead = fall_back(backend, problem)
        assert instead.name == "numpy"
        assert instead.note == f"{reason}, so the slower numpy backend computes this network"
    assert choose_backend(problem).name == "numpy"
    assert choose_backend().name == choose_backend(Problem(Topology(3, (Layer(1, "tanh"),)))).name
    assert fall_back(REFERENCE, problem) is REFERENCE


def test_a_toy_activation_trains_and_the_run_says_what_computes_it(toy: str) -> None:
    rng = np.random.default_rng(0)
    far = rng.normal(size=(60, 2)) * 3
    data = Dataset.from_classes(rng.normal(size=(60, 2)), far[np.abs(far).max(axis=1) > 2.5])
    network = Network.create(2, [(4, toy), (1, "logistic")])
    run = start_training(network, data, trainer="adam", learning_rate=0.05, validation=0)
    losses = [report.training_loss for report in run.epochs(60)]
    assert losses[-1] < losses[0] / 2
    assert run.setup.backend.name == "numpy"
    result = run.finish()
    if native_module() is not None:
        assert any("layer 1 (`4 toy`) is not in the compiled code" in warning for warning in result.warnings)
    assert result.network.record["kernel"] == "numpy"
    assert result.network.self_test is not None
    inputs = result.network.self_test.inputs
    assert predict(result.network, inputs).tolist() == result.network.self_test.outputs.tolist()


def test_a_module_built_from_other_sources_is_not_used(toy: str) -> None:
    class Module:
        def __init__(self, activations: tuple[str, ...], losses: tuple[str, ...]) -> None:
            self.activations, self.losses = lambda: activations, lambda: losses
            vars(self).update(dict.fromkeys(CALLS))

    coded = [name for name, info in ACTIVATION_NAMES.items() if info.code is not None]
    activations = tuple(sorted(coded, key=lambda name: ACTIVATION_NAMES[name].code or 0))
    coded = [name for name, info in LOSS_NAMES.items() if info.code is not None]
    losses = tuple(sorted(coded, key=lambda name: LOSS_NAMES[name].code or 0))
    assert toy not in activations
    assert _knows_the_names(Module(activations, losses)), "a name without a code is known to Python only"
    assert not _knows_the_names(Module((activations[1], activations[0], *activations[2:]), losses))
    assert not _knows_the_names(Module(activations[:-1], losses))
    assert not _knows_the_names(Module((*activations, toy), losses))
    assert not _knows_the_names(Module(activations, losses[::-1]))
    assert not _knows_the_names(object())
