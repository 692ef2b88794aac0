"""The record of a run: what the network file says about its making; no time and no place, so that the same run gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anncli.arrays import take_rows
from anncli.dataset.dataset import UNLABELLED
from anncli.training.sets import PARTS

if TYPE_CHECKING:
    from anncli.training.run import TrainingRun


# Options that a record names only where they were used, with their values otherwise.
_SELDOM: dict[str, Any] = {"l1": 0.0, "label_smoothing": 0.0, "average": None, "restarts": 1}


def make_record(run: TrainingRun, kept_epoch: int) -> dict[str, Any]:
    """Plain nested values for the network file."""
    import anncli

    options, epochs = run.options, len(run.history)
    weights = options.class_weight
    before = run.network.record.get("epochs_in_all", 0) if options.init is None else 0
    return {
        "trainer": options.trainer,
        "options": dict(options.trainer_options),
        "loss": run.loss,
        "l2": _rounded(run.l2),
        **{name: value for name in _SELDOM if (value := getattr(options, name)) != _SELDOM[name]},
        "class_weight": list(weights) if isinstance(weights, tuple) else weights or "none",
        "seed": options.seed,
        **({"start": run.attempt.number} if options.restarts > 1 else {}),
        "epochs": epochs,
        "epochs_in_all": before + epochs,
        "kept_epoch": kept_epoch,
        "refit_epochs": run.refit_epochs,
        "stop": run.stop_reason,
        **(run.remarks or run.trainer.remarks()),
        "parts": _parts(run),
        "data": [{"file": s.name, "samples": s.n_samples, "sha256": s.sha256} for s in run.data.sources],
        "kernel": run.backend.name,
        "versions": {"anncli": anncli.__version__, "numpy": np.__version__},
    }


def _parts(run: TrainingRun) -> dict[str, Any]:
    """Samples and loss of each part that has labels."""
    parts: dict[str, Any] = {}
    for name in PARTS:
        rows = run.rows[name]
        if not len(rows):
            continue
        parts[name] = {"samples": len(rows)}
        if (take_rows(run.data.labels, rows) != UNLABELLED).all():
            # After a final fit the validation part is training data: its loss is that of the weights it judged.
            judged = run.selected if name == "validation" else run.network_parameters()
            parts[name]["loss"] = _rounded(run.objective.value(judged, rows, penalty=False))
    return parts


def _rounded(value: float) -> float:
    """Six significant digits: enough to read, and not more than float32 work can promise."""
    return float(f"{value:.6g}")
