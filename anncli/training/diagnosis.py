"""A diagnosis: what a finished run suffers from, in words, each with the option that would change it."""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array, take_rows
from anncli.dataset.dataset import UNLABELLED
from anncli.network.activations import ACTIVATIONS
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.propagation import forward
from anncli.training.result import TrainingResult
from anncli.training.run import TrainingRun

# Training vectors that units are watched on.
_ROWS = 2000
# Values of the widest layer that are looked at at a time.
_BLOCK_VALUES = 1 << 19
# A unit is dead where its slope is 0 for all of them, saturated where the slope is below this share of its largest
# for nearly all of them; a few in a large layer are no reason to worry.
_FLAT, _NEARLY_ALL, _SHARE = 0.02, 0.95, 0.05
# A gap between training and new vectors is one where both the loss and the share of errors show it.
_LOSS_RATIO, _ERROR_GAP, _ENOUGH = 2.0, 0.05, 40
# Still improving: the best epoch is among the last 5 %, or the loss fell by 2 % in the last tenth of the run.
_LATE, _FALL, _LEAST_EPOCHS = 0.95, 0.02, 20


def diagnose(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Remarks on a finished run, the gravest first; none is the good news."""
    return [*_units(run), *_gap(run, result), *_unfinished(run, result), *_average(run, result)]


def _units(run: TrainingRun) -> list[str]:
    """Hidden units that pass no gradient on."""
    rows = run.rows["training"]
    rows = rows[:: max(1, len(rows) // _ROWS)]
    remarks = []
    for number, (layer, (flat_on, dead_on)) in enumerate(
        zip(run.network.topology.layers[:-1], _slopes(run, rows), strict=True), 1
    ):
        info = ACTIVATION_NAMES[layer.activation]
        dead = int((dead_on == len(rows)).sum())
        if np.isfinite([info.lowest, info.highest]).all():
            flat = int((flat_on / len(rows) >= _NEARLY_ALL).sum())
            if flat > _SHARE * len(flat_on):
                remarks.append(
                    f"hidden layer {number}: {_of(flat, len(flat_on))} saturated on nearly every vector and no longer learning; "
                    + _one_of(
                        "scale the inputs (--scaling zscore)" if run.scaling.is_identity else "",
                        _raise_l2(run),
                        _lower_rate(run),
                        last="train it anew (--init auto --seed N)",
                    )
                )
        elif dead > _SHARE * len(flat_on):
            remarks.append(
                f"hidden layer {number}: {_of(dead, len(flat_on))} dead, with slope 0 on every vector; "
                + _one_of("use leaky-relu or elu", _lower_rate(run), last="draw other weights (--init he --seed N)")
            )
    return remarks


def _slopes(run: TrainingRun, rows: Array) -> list[tuple[Array, Array]]:
    """Of each hidden layer, on how many of the rows the slope of each unit is nearly 0, and 0."""
    topology = run.network.topology
    hidden = topology.layers[:-1]
    counts = [(np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)) for n in topology.sizes[1:-1]]
    length = max(1, _BLOCK_VALUES // max(topology.sizes))
    for start in range(0, len(rows), length):
        passed = forward(topology, run.network_parameters(), run.inputs[rows[start : start + length]])
        for (flat_on, dead_on), layer, z, a in zip(
            counts, hidden, passed.pre_activations[:-1], passed.activations[1:-1], strict=True
        ):
            slope = np.abs(ACTIVATIONS[layer.activation].derivative(z, a))
            flat_on += (slope < _FLAT * _steepest(layer.activation)).sum(axis=0)
            dead_on += (slope == 0).sum(axis=0)
    return counts


def _steepest(activation: str) -> float:
    at = np.zeros((1, 1))
    return float(ACTIVATIONS[activation].derivative(at, ACTIVATIONS[activation].value(at))[0, 0])


def _of(count: int, units: int) -> str:
    return f"{count} of {units} units {'is' if count == 1 else 'are'}"


def _one_of(*advice: str, last: str = "") -> str:
    """'a, b or c' of those that apply; `last` always does."""
    applying = [text for text in (*advice, last) if text]
    return " or ".join([", ".join(applying[:-1]), applying[-1]]) if len(applying) > 1 else applying[0]


def _raise_l2(run: TrainingRun) -> str:
    return "" if run.trainer.finds_penalty else "raise --l2"


def _lower_rate(run: TrainingRun) -> str:
    return "lower --learning-rate" if "learning_rate" in run.options.trainer_options else ""


def _gap(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Training vectors that are fitted much better than new ones."""
    # The validation part has judged the weights before a final fit, the test part judges those after it.
    large = [name for name in ("validation", "test") if len(result.rows[name]) >= _ENOUGH]
    if not large or (take_rows(run.data.labels, result.rows[large[0]]) == UNLABELLED).any():
        return []
    part, judged = large[0], run.selected if large[0] == "validation" else run.network_parameters()
    both = (result.rows["training"], result.rows[part])
    losses = [run.objective.value(judged, rows, penalty=False) for rows in both]
    errors = [1 - run.share_right(judged, rows) for rows in both]
    if losses[1] < _LOSS_RATIO * losses[0] or errors[1] - errors[0] < _ERROR_GAP:
        return []
    dropout = "add --dropout 0.2" if "dropout" in run.options.trainer_options else ""
    return [
        f"over-fitted: {100 * errors[0]:.1f} % wrong on the training part, {100 * errors[1]:.1f} % on the {part} part; "
        + _one_of(_raise_l2(run), dropout, "use fewer hidden units", last="more vectors")
    ]


def _unfinished(run: TrainingRun, result: TrainingResult) -> list[str]:
    """A run that ended for want of epochs while it was still getting better."""
    epochs = result.epochs
    if not result.stop_reason.startswith("all ") or epochs < _LEAST_EPOCHS or run.penalty_dropped:
        return []
    if result.best_epoch is not None:
        better = result.best_epoch > _LATE * epochs
    else:
        losses = [report.training_loss for report in result.history]
        tenth = max(5, epochs // 10)
        before, now = np.mean(losses[-2 * tenth : -tenth]), np.mean(losses[-tenth:])
        better = bool(now < (1 - _FALL) * before)
    return [f"still improving at the last epoch; give more than {epochs} EPOCHS"] if better else []


def _average(run: TrainingRun, result: TrainingResult) -> list[str]:
    """An average that was asked for and is not what was kept."""
    average, kept = run.attempt.average, result.refit_epochs or result.kept_epoch
    if average is None or kept > average.begin:
        return []
    return [
        f"no average: it begins after epoch {average.begin}, and the weights of epoch {kept} were kept; "
        "give fewer EPOCHS, an earlier share (--average swa:0.1) or --average ema"
    ]
