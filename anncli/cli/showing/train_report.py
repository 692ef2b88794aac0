"""The report of a training: what a run will do, and what came of it, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from anncli.arrays import Array
from anncli.cli.showing.decision_report import decision_document, decision_lines
from anncli.cli.showing.device_report import device_document, device_lines, device_summary
from anncli.cli.showing.memory_report import patterns_document, stored_lines
from anncli.cli.showing.report import collapse_warning, evaluation_text
from anncli.cli.showing.seen_rows import SetReport, marks, seen_document, set_report, table_rows
from anncli.cli.showing.seldom import members_line, seldom, smaller_lines, text_lines
from anncli.errors import count_of, printable
from anncli.evaluation.interval import Confidence
from anncli.network.network import Network
from anncli.training.attempt import EpochReport
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.seen_before import seen_before
from anncli.training.setup import Setup


class RunReport(NamedTuple):
    """The sets of a run by the networks that they say something about.

    written: of the network that is written; chosen: of the network of the epoch that validation chose, where the written
    one was retrained afterwards, which trained it on the validation set too; empty otherwise.
    """

    written: Mapping[str, SetReport]
    chosen: Mapping[str, SetReport]


def describe(network: Network) -> str:
    """'9-16-1, 16 tanh, 1 logistic, 177 parameters'."""
    if network.needs_encoder:
        return f"for {network.data_noun}, {network.layers_text}"
    layers = ", ".join(layer.shown for layer in network.layers)
    return f"{network.topology}, {layers}, {network.topology.n_parameters} parameters"


def run_summary(training: TrainingRun, network_path: str, output: str, epochs: int) -> dict[str, Any]:
    """What a run will do: the output of --dry-run and the first half of the JSON document."""
    setup, data, chosen = training.setup, training.setup.data, training.setup.options
    return {
        "network": printable(network_path),
        "output": printable(output),
        "dialect": setup.network.source.dialect,
        "inputs": setup.network.n_inputs,
        "layers": [layer.text() for layer in setup.network.layers],
        "parameters": setup.network.topology.n_parameters,
        "start": "continued" if setup.is_continued else "new weights",
        "files": [{"file": printable(s.name), "samples": s.n_samples} for s in data.sources],
        **_answers(setup),
        "samples": {name: len(rows) for name, rows in setup.rows.items()},
        "epochs_at_most": epochs,
        "trainer": chosen.trainer,
        "options": dict(chosen.trainer_options),
        "loss": setup.loss,
        "targets": list(setup.targets),
        **_asked_decision(setup),
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
        **(seldom(setup) | device_summary(training.on_device)),
        "metric": chosen.metric,
        "keep": chosen.keep,
        "refit": setup.will_refit,
        "init": chosen.init or ("weights of the file" if setup.network.is_trained else "auto"),
        "seed": chosen.seed,
        "kernel": setup.backend.name,
    }


def _answers(setup: Setup) -> dict[str, Any]:
    """How many rows each class has, or, where the next symbol of a text is predicted, how many symbols each set has."""
    data, network = setup.data, setup.network
    if network.predicts_next:
        return {"symbols": {name: len(data.answer_rows(rows)) for name, rows in setup.rows.items()}}
    return {"classes": dict(zip(network.classes or data.classes, map(int, data.class_counts()), strict=True))}


def _asked_decision(setup: Setup) -> dict[str, Any]:
    """The threshold, or the rule that will choose it; calibration and abstaining where they were asked for."""
    options = setup.options
    default = setup.threshold if options.calibration == "none" else 0.5
    threshold = default if options.threshold is None else options.threshold
    return {
        "threshold": threshold if setup.network.n_outputs == 1 else None,
        **({} if options.calibration == "none" else {"calibration": options.calibration}),
        **({"abstain": list(options.abstain)} if options.abstain else {}),
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


def evaluate_sets(training: TrainingRun, result: TrainingResult, confidence: Confidence | None = None) -> RunReport:
    """Evaluations of the sets that have rows, on the inputs as the run scaled them, each by a network that was not trained
    on it, apart from the training set, which has no intervals; confidence: of those of the others, None for none."""
    setup, parameters = training.setup, result.network.all_parameters
    files = [name for name in ("validation", "test") if isinstance(getattr(setup.options, name), tuple)]
    seen = seen_before(setup, bool(result.refit_epochs), files)

    def report(weights: Array | None, name: str, rows: Array) -> SetReport:
        labelled = setup.data.answered(rows)
        mask = seen.get(name)

        def evaluate(among: Array | None) -> Any:
            chosen = rows if among is None else rows[among]
            wanted = None if name == "training" else confidence
            return training.evaluate(weights, chosen, result.network.classes, confidence=wanted)

        digests = result.network.row_digests
        return set_report(evaluate, labelled, mask, digests is None or digests.is_exact)

    held_out = {name: rows for name, rows in result.rows.items() if len(rows)}
    if result.validation_parameters is None:
        return RunReport({name: report(parameters, name, rows) for name, rows in held_out.items()}, {})
    written = {"training": report(parameters, "training", setup.final_rows)}
    if "test" in held_out:
        written["test"] = report(parameters, "test", held_out["test"])
    chosen = {
        name: report(result.validation_parameters, name, held_out[name])
        for name in ("training", "validation")
        if "validation" in held_out
    }
    return RunReport(written, chosen)


def held_out_sets(found: RunReport) -> dict[str, Any]:
    """By the names of their lines in the tables: the evaluations of the set that says most about new rows, the test set or
    without one the validation set; the last one has no rows that trained the network. Empty without such a set."""
    name = "test" if "test" in found.written else "validation"
    report = (found.chosen if name in found.chosen else found.written).get(name)
    return {} if report is None else table_rows({name: report})


def warnings_of(result: TrainingResult, found: RunReport) -> list[str]:
    """Everything that a reader must know before trusting the result."""
    # One warning is enough: from the set that says most about new rows.
    sets = {**found.written, **found.chosen, **{k: v for k, v in found.written.items() if k == "test"}}
    name = next((n for n in ("test", "validation", "training") if n in sets), None)
    if name is None:
        return list(result.warnings)
    warning = collapse_warning(sets[name].unseen or sets[name].evaluation, name, result.network.record)
    return [*result.warnings, *([] if warning is None else [warning])]


def outcome(training: TrainingRun, result: TrainingResult, found: RunReport, warnings: list[str]) -> dict[str, Any]:
    """The second half of the JSON document."""
    chosen = {name: report.evaluation.as_dict() for name, report in found.chosen.items()}
    return {
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "kept_epoch": result.kept_epoch,
        "refit_epochs": result.refit_epochs,
        "stop": result.stop_reason,
        **decision_document(training, result),
        "starts": [restart._asdict() for restart in result.restarts],
        **({"members": [member._asdict() for member in result.members]} if result.members else {}),
        "sets": {name: report.evaluation.as_dict() for name, report in found.written.items()},
        "before_retraining": {"epoch": result.kept_epoch, "sets": chosen} if chosen else None,
        **seen_document({**found.chosen, **found.written}, ("validation", "test")),
        **device_document(result),
        **patterns_document(result.network),
        "warnings": warnings,
    }


def outcome_text(
    training: TrainingRun, result: TrainingResult, found: RunReport, network_path: str, output: str
) -> str:
    """The report for people: how the run ended, a table for each network that was evaluated, where the network is."""
    options = training.setup.options
    lines = [
        f"{printable(network_path)}: {describe(result.network)}",
        result.stop_reason
        if result.network.stores
        else f"{options.trainer}, seed {options.seed}: {_how_it_ended(result, options.metric)}",
        *_restarts_line(result),
        *device_lines(result),
        *members_line(result),
        *smaller_lines(training.setup),
        *text_lines(training.setup),
    ]
    if found.chosen:
        title = f"network of epoch {result.kept_epoch}, which validation chose"
        lines += ["", f"{title} (not the one that was written):", *_table(found.chosen)]
    lines += [] if result.network.stores else ["", *_refit_line(result), *_table(found.written)]
    lines += stored_lines(result.network)
    if decided := decision_lines(training, result):
        lines += ["", *decided]
    lines += ["", f"written to {'stdout' if output == '-' else printable(output)}"]
    return "\n".join([*lines, *_no_test(result, training.setup)])


def _table(reports: Mapping[str, SetReport]) -> list[str]:
    return [evaluation_text(table_rows(reports)), *marks(reports)]


def _no_test(result: TrainingResult, setup: Setup) -> list[str]:
    """Without a test set, what the figures are worth."""
    if len(result.rows["test"]) or result.network.stores:
        return []
    if result.best_epoch is None:
        worth = "the figures above are those of rows that trained the network"
    else:
        worth = "the validation figures are optimistic, because they decided which epoch was chosen"
    if setup.network.predicts_next:
        advice = "--test 0.1 holds out the end of the text, which decides nothing"
    elif setup.is_continued:
        advice = "--test FILES names rows that are new to it"
    else:
        advice = "--test 0.25 holds rows out that decide nothing"
    return [f"no test set: {worth}; {advice}"]


def _how_it_ended(result: TrainingResult, metric: str) -> str:
    """'stopped after 533 epochs (no improvement for 500 epochs); best validation loss at epoch 33'."""
    reason = result.stop_reason
    if reason == "interrupted":
        ended = f"interrupted after {count_of(result.epochs, 'epoch')}"
    elif result.reached_limit:
        ended = reason
    else:
        ended = f"stopped after {count_of(result.epochs, 'epoch')} ({reason})"
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
    which = "training and validation rows" if len(result.rows["validation"]) else "the training rows"
    return [
        f"network that was written: retrained from the same initial weights on {which} ({n}) for "
        f"{count_of(result.refit_epochs, 'epoch')}{penalty} (--refit no skips this):"
    ]


def progress_text(report: EpochReport) -> str:
    """The losses of an epoch, in one short line."""
    restart = f"restart {report.restart}, " if report.restart > 1 else ""
    text = f"{restart}{'retraining, ' if report.phase == 'refit' else ''}loss {report.training_loss:.5f}"
    if report.validation_loss is not None:
        text += f", validation {report.validation_loss:.5f}"
        text += f", best epoch {report.best_epoch}" if report.best_epoch is not None else ""
    return text
