"""The report of a training: what a run will do, and what came of it, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anncli.cli.showing.report import collapse_warning, evaluation_text
from anncli.errors import printable
from anncli.network.network import Network
from anncli.training.attempt import EpochReport
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun

# How the table names the validation set if its rows were used for training afterwards.
VALIDATION_BEFORE_REFIT = "validation*"


def describe(network: Network) -> str:
    """'9-16-1, 16 tanh, 1 logistic, 177 parameters'."""
    layers = ", ".join(layer.text() for layer in network.layers)
    return f"{network.topology}, {layers}, {network.topology.n_parameters} parameters"


def run_summary(training: TrainingRun, network_path: str, output: str, epochs: int) -> dict[str, Any]:
    """What a run will do: the output of --dry-run and the first half of the JSON document."""
    setup, data, chosen = training.setup, training.setup.data, training.setup.options
    counts = (int(count) for count in data.class_counts())
    return {
        "network": printable(network_path),
        "output": printable(output),
        "dialect": setup.network.source.dialect,
        "inputs": setup.network.n_inputs,
        "layers": [layer.text() for layer in setup.network.layers],
        "parameters": setup.network.topology.n_parameters,
        "start": "continued" if setup.is_continued else "new weights",
        "files": [{"file": printable(s.name), "samples": s.n_samples} for s in data.sources],
        "classes": dict(zip(setup.network.classes or data.classes, counts, strict=True)),
        "samples": {name: len(rows) for name, rows in setup.rows.items()},
        "epochs_at_most": epochs,
        "trainer": chosen.trainer,
        "options": dict(chosen.trainer_options),
        "loss": setup.loss,
        "targets": list(setup.targets),
        "threshold": setup.threshold if setup.network.n_outputs == 1 else None,
        "scaling": setup.scaling.method,
        "l2": float(f"{setup.l2:.6g}"),
        "l1": chosen.l1 or None,
        "label_smoothing": chosen.label_smoothing or None,
        "average": chosen.average,
        "class_weight": chosen.class_weight,
        "patience": setup.patience,
        "stop_rules": chosen.stop,
        "goal": chosen.goal,
        "dividetrain": chosen.dividetrain,
        "time_limit": chosen.time_limit,
        "restarts": chosen.restarts,
        "metric": chosen.metric,
        "keep": chosen.keep,
        "refit": setup.will_refit,
        "init": chosen.init or ("weights of the file" if setup.network.is_trained else "auto"),
        "seed": chosen.seed,
        "kernel": setup.backend.name,
    }


def run_summary_text(summary: dict[str, Any]) -> str:
    """The summary, a line per setting; unset ones are left out."""
    width = max(map(len, summary)) + 2
    lines = [f"{name:<{width}}{_inline(value)}" for name, value in summary.items() if value is not None]
    return "\n".join([*lines, "dry run: nothing was trained or written"])


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(
            f"{item['file']} ({item['samples']})" if isinstance(item, dict) else str(item) for item in value
        )
    return str(value)


def evaluate_sets(training: TrainingRun, result: TrainingResult) -> dict[str, Any]:
    """Evaluations of the sets that have labelled rows, on the inputs as the run scaled them.

    The validation set is evaluated with the weights before the final fit, which trained on it.
    """
    network, sets = result.network, {}
    for name, rows in result.rows.items():
        if not len(rows):
            continue
        parameters, title = network.parameters, name
        if name == "validation" and result.validation_parameters is not None:
            parameters, title = result.validation_parameters, VALIDATION_BEFORE_REFIT
        sets[title] = training.evaluate(parameters, name, network.classes)
    return sets


def warnings_of(result: TrainingResult, sets: Mapping[str, Any]) -> list[str]:
    """Everything that a reader must know before trusting the result."""
    warnings = list(result.warnings)
    # One warning is enough: from the set that says most about new rows.
    name = next((n for n in ("test", "validation", VALIDATION_BEFORE_REFIT, "training") if n in sets), None)
    warning = None if name is None else collapse_warning(sets[name], name.rstrip("*"), result.network.record)
    return warnings + ([] if warning is None else [warning])


def outcome(result: TrainingResult, sets: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    """The second half of the JSON document."""
    return {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "kept_epoch": result.kept_epoch,
        "refit_epochs": result.refit_epochs,
        "stop": result.stop_reason,
        "starts": [restart._asdict() for restart in result.restarts],
        "parts": {name.rstrip("*"): evaluation.as_dict() for name, evaluation in sets.items()},
        "warnings": warnings,
    }


def outcome_text(
    training: TrainingRun, result: TrainingResult, sets: Mapping[str, Any], network_path: str, output: str
) -> str:
    """The report for people: how the run ended, the table of all sets, where the network is."""
    options = training.setup.options
    lines = [
        f"{printable(network_path)}: {describe(result.network)}",
        f"{options.trainer}, seed {options.seed}: {_how_it_ended(result, options.metric)}",
        *_restarts_line(result),
        *_refit_line(result),
        "",
        evaluation_text(sets),
    ]
    if VALIDATION_BEFORE_REFIT in sets:
        lines.append("* evaluated before the retraining, which used these rows too")
    return "\n".join([*lines, "", f"written to {'stdout' if output == '-' else printable(output)}"])


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _how_it_ended(result: TrainingResult, metric: str) -> str:
    """'stopped after 533 epochs (no improvement for 500 epochs); best validation loss at epoch 33'."""
    reason = result.stop_reason
    if reason == "interrupted":
        ended = f"interrupted after {_epochs(result.epochs)}"
    elif result.reached_limit:
        ended = reason
    else:
        ended = f"stopped after {_epochs(result.epochs)} ({reason})"
    if result.best_epoch is None:
        return ended
    best = f"best validation {metric} at epoch {result.best_epoch}"
    if result.refit_epochs:
        return f"{ended}; {best}"
    return f"{ended}; {best}, {'which' if result.kept_epoch == result.best_epoch else 'the last epoch'} was kept"


def _restarts_line(result: TrainingResult) -> list[str]:
    """How much the results of the restarts differ."""
    values = sorted(restart.value for restart in result.restarts if restart.value is not None)
    if not result.restarts:
        return []
    what = "validation loss" if result.best_epoch is not None else "training loss"
    median = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    lost = len(result.restarts) - len(values)
    return [
        f"{len(result.restarts)} restarts: {what} {values[0]:.5f} to {values[-1]:.5f}, median {median:.5f}"
        f"{f', {lost} diverged' if lost else ''}; kept restart {result.restart}"
    ]


def _refit_line(result: TrainingResult) -> list[str]:
    if not result.refit_epochs:
        return []
    n = len(result.rows["training"]) + len(result.rows["validation"])
    penalty = ", without the L2 penalty" if result.penalty_dropped else ""
    return [
        f"final network: retrained on all {n} rows for {_epochs(result.refit_epochs)}{penalty} (--refit no skips this)"
    ]


def progress_text(report: EpochReport) -> str:
    """The losses of an epoch, in one short line."""
    restart = f"restart {report.restart}, " if report.restart > 1 else ""
    text = f"{restart}{'retraining, ' if report.phase == 'refit' else ''}loss {report.training_loss:.5f}"
    if report.validation_loss is not None:
        text += f", validation {report.validation_loss:.5f}"
        text += f", best epoch {report.best_epoch}" if report.best_epoch is not None else ""
    return text
