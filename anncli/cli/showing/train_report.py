"""The training report: what a run was understood to be, and what came out of it, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anncli.cli.showing.report import evaluation_text
from anncli.errors import printable

if TYPE_CHECKING:
    from anncli.network.network import Network
    from anncli.training.attempt import EpochReport
    from anncli.training.outcome import TrainingResult
    from anncli.training.run import TrainingRun

# How the table names the validation part when its vectors were trained on afterwards.
VALIDATION_BEFORE_REFIT = "validation*"


def describe(network: Network) -> str:
    """'9-16-1, 16 tanh, 1 logistic, 177 parameters'."""
    layers = ", ".join(layer.text() for layer in network.layers)
    return f"{network.topology}, {layers}, {network.topology.n_parameters} parameters"


def understood(training: TrainingRun, network_path: str, output: str, epochs: int) -> dict[str, Any]:
    """What a run is about to do, or did: the dry run's answer and the head of the JSON document."""
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


def understood_text(document: dict[str, Any]) -> str:
    """The same, a line each; what is not set is left out."""
    width = max(map(len, document)) + 2
    lines = [f"{name:<{width}}{_inline(value)}" for name, value in document.items() if value is not None]
    return "\n".join([*lines, "dry run: nothing was trained, nothing was written"])


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


def evaluate_parts(training: TrainingRun, result: TrainingResult) -> dict[str, Any]:
    """Evaluations of the sets that hold labelled rows, by their names in the table."""
    network, parts = result.network, {}
    for name, rows in result.rows.items():
        if len(rows):
            parameters, title = network.parameters, name
            if name == "validation" and result.validation_parameters is not None:
                parameters, title = result.validation_parameters, VALIDATION_BEFORE_REFIT
            parts[title] = training.evaluate(parameters, name, network.classes)
    return parts


def warnings_of(result: TrainingResult, parts: dict[str, Any]) -> list[str]:
    """Everything a person should be told before trusting the result."""
    from anncli.cli.showing.verdict import collapse_warning

    warnings = list(result.warnings)
    # The part that says most about new vectors speaks for all.
    for name in ("test", "validation", VALIDATION_BEFORE_REFIT, "training"):
        if name in parts:
            warning = collapse_warning(parts[name], name.rstrip("*"))
            warnings += [] if warning is None else [warning]
            break
    return warnings


def outcome(result: TrainingResult, parts: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """The JSON document's second half."""
    return {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "kept_epoch": result.kept_epoch,
        "refit_epochs": result.refit_epochs,
        "stop": result.stop_reason,
        "starts": [restart._asdict() for restart in result.restarts],
        "parts": {name.rstrip("*"): evaluation.as_dict() for name, evaluation in parts.items()},
        "warnings": warnings,
    }


def outcome_text(
    training: TrainingRun, result: TrainingResult, parts: dict[str, Any], network_path: str, output: str
) -> str:
    """What a person reads at the end: how it ran, the table of every part, where the network is."""
    return "\n".join(
        [
            f"{printable(network_path)}: {describe(result.network)}",
            f"{training.setup.options.trainer}, seed {training.setup.options.seed}: {_course(result)}",
            *_restarts_line(result),
            *_refit_line(result),
            "",
            evaluation_text(parts),
            *(["* before the final fit, which trained on these rows too"] if VALIDATION_BEFORE_REFIT in parts else []),
            "",
            f"written to {'stdout' if output == '-' else printable(output)}",
        ]
    )


def _course(result: TrainingResult) -> str:
    epochs = _epochs(result.epochs)
    if result.reached_limit:
        text = result.stop_reason
    elif result.stop_reason == "interrupted":
        text = f"interrupted after {epochs}"
    else:
        text = f"stopped after {epochs} ({result.stop_reason})"
    if result.best_epoch is None:
        return text
    kept = ", the last epoch was kept" if result.kept_epoch != result.best_epoch else ""
    return f"{text}; best epoch {result.best_epoch}{kept}"


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _restarts_line(result: TrainingResult) -> list[str]:
    """How far apart the attempts from different initial weights ended."""
    values = sorted(restart.value for restart in result.restarts if restart.value is not None)
    if not result.restarts:
        return []
    what = "validation loss" if result.best_epoch is not None else "training loss"
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    lost = len(result.restarts) - len(values)
    return [
        f"{len(result.restarts)} restarts: {what} {values[0]:.5f} to {values[-1]:.5f}, median {middle:.5f}"
        f"{f', {lost} diverged' if lost else ''}; restart {result.restart} was kept"
    ]


def _refit_line(result: TrainingResult) -> list[str]:
    if not result.refit_epochs:
        return []
    n = len(result.rows["training"]) + len(result.rows["validation"])
    return [
        f"final fit: retrained from the same initial weights on all {n} rows for {_epochs(result.refit_epochs)}"
        f"{', without a penalty' if result.penalty_dropped else ''} (--refit no skips it)"
    ]


def progress_text(report: EpochReport) -> str:
    """The losses of an epoch, in one short line."""
    restart = f"restart {report.restart}, " if report.restart > 1 else ""
    text = f"{restart}{'final fit, ' if report.phase == 'refit' else ''}loss {report.training_loss:.5f}"
    if report.validation_loss is not None:
        text += f", validation {report.validation_loss:.5f}"
        text += f", best epoch {report.best_epoch}" if report.best_epoch is not None else ""
    return text
