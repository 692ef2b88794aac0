"""The record of a run: what the network file says about its training. No time, no place: equal runs give equal bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli._version import __version__
from anncli.backends.blas import blas_name
from anncli.backends.reproducible import is_reproducible
from anncli.backends.rules import SWEEP_RULES
from anncli.training.ensemble import members_record
from anncli.training.operating_point import OperatingPoint
from anncli.training.outcome import Outcome
from anncli.training.setup import Setup
from anncli.training.spiking import measured
from anncli.training.trainers import trainer_class

# Options that a record names only where they differ from these values.
_UNUSUAL: dict[str, Any] = {
    "l1": 0.0, "label_smoothing": 0.0, "truncate": None, "average": None, "restarts": 1, "ensemble": 1,
}  # fmt: skip


def make_record(setup: Setup, outcome: Outcome, point: OperatingPoint) -> dict[str, Any]:
    """Plain nested values for the network file."""
    options, attempt = setup.options, outcome.attempt
    epochs, weights = len(attempt.history), options.class_weight
    before = setup.network.record.get("epochs_in_all", 0) if options.init is None else 0
    return {
        **_trainer(setup),
        "loss": setup.loss,
        "l2": _rounded(0.0 if outcome.penalty_dropped else setup.l2 if outcome.refit is None else outcome.refit.l2),
        **{name: value for name in _UNUSUAL if (value := getattr(options, name)) != _UNUSUAL[name]},
        **(
            {"class_weight": list(weights) if isinstance(weights, tuple) else weights or "none"}
            if setup.data.targets is None
            else {}
        ),
        "seed": options.seed,
        **({"start": attempt.number} if options.restarts > 1 and not outcome.members else {}),
        "epochs": epochs,
        "epochs_in_all": before + epochs,
        "kept_epoch": outcome.kept_epoch,
        "refit_epochs": 0 if outcome.refit is None else outcome.refit.epochs,
        "stop": outcome.stop_reason,
        **({"members": members_record(outcome)} if outcome.members else {}),
        **({} if setup.pruning is None else {"pruned": setup.pruning.record()}),
        **({} if setup.lesson is None else {"taught_by": dict(setup.lesson.record)}),
        **outcome.remarks,
        **_activity(setup, outcome),
        "sets": _sets(setup, outcome),
        **point.record(),
        "data": [{"file": s.name, "samples": s.n_samples, "sha256": s.sha256} for s in setup.data.sources],
        "kernel": setup.backend.name,
        "blas": blas_name() if _uses_blas(setup) else "none",
        **({} if outcome.device is None else {"device": outcome.device.record()}),
        "versions": {"anncli": __version__, "numpy": np.__version__},
    }


def _trainer(setup: Setup) -> dict[str, Any]:
    if setup.network.stores:
        return {"trainer": "none", "options": {}}
    return {"trainer": setup.options.trainer, "options": dict(setup.options.trainer_options)}


def _uses_blas(setup: Setup) -> bool:
    """Whether BLAS or LAPACK computed something that the weights depend on."""
    options = setup.options
    if is_reproducible():
        return False
    # The norm of a gradient that numpy clips.
    clips = bool(options.trainer_options.get("clip")) and options.trainer not in SWEEP_RULES
    of_trainer = trainer_class(options.trainer).uses_blas or clips or options.init == "orthogonal"
    return of_trainer or setup.backend.uses_blas(setup.network.topology)


def _sets(setup: Setup, outcome: Outcome) -> dict[str, Any]:
    """Samples of each set that is not empty, and the loss of one network where they have labels."""
    found: dict[str, Any] = {}
    for name, rows in setup.rows.items():
        if not len(rows):
            continue
        found[name] = {"samples": len(rows)}
        if setup.data.answered(rows).all() and not outcome.members:
            # A final fit trains on the validation set too, so that set's loss is that of the weights before it.
            parameters = outcome.selected if name == "validation" else outcome.parameters
            found[name]["loss"] = _rounded(outcome.attempt.objective.value(parameters, rows, penalty=False))
    return found


def _activity(setup: Setup, outcome: Outcome) -> dict[str, Any]:
    """How often the neurons of a spiking network fire; of an ensemble those of the first network."""
    parameters, topology = np.atleast_2d(outcome.parameters)[0], setup.network.topology
    found = measured(topology, parameters, setup.inputs, setup.rows["training"])
    return {"activity": [one.record() for one in found]} if found else {}


def _rounded(value: float) -> float:
    """Six significant digits: float32 arithmetic gives no more that are reliable."""
    return float(f"{value:.6g}")
