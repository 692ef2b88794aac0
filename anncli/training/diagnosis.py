"""A diagnosis: problems of a finished run in words, each with the option that may solve it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, Tokens, blocks
from anncli.errors import count_of
from anncli.maps import taken_rows
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.base import LayerKind
from anncli.network.layers.convolution import Convolution
from anncli.network.layers.gated import Gated
from anncli.network.layers.recurrence import Recurrence
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.propagation import forward
from anncli.training.gradient_in_time import MOST_ROWS, gradients_in_time, last_rows
from anncli.training.outcome import TrainingResult
from anncli.training.run import TrainingRun
from anncli.training.spiking import measured, spiking_remarks

# Most training rows on which the slopes of units are computed.
_ROWS = 2000
# Values of the widest layer that are computed at a time.
_BLOCK_VALUES = 1 << 19
# A unit is dead where its slope is 0 on all of these rows. It is saturated where its slope is below _FLAT times the largest
# slope on at least _NEARLY_ALL of them. A layer is reported where more than _FRACTION of its units are.
_FLAT, _NEARLY_ALL, _FRACTION = 0.02, 0.95, 0.05
# Over-fitting: the loss is _LOSS_RATIO times that of the training set and the error rate _ERROR_GAP higher, on a set of at
# least _ENOUGH rows.
_LOSS_RATIO, _ERROR_GAP, _ENOUGH = 2.0, 0.05, 40
# Stuck: at most _FEW_UNITS hidden units, and a training loss of _HIGH times that of a constant prediction or more.
_FEW_UNITS, _HIGH = 3, 0.25
# A gradient through time is reported where this fraction of the rows gets none, or where it grows by such a factor.
_FAR, _GROWN = 0.2, 10.0
# Still improving: the best epoch is after _LATE of the run, and the last tenth has the fraction _FALL of all that the validation
# loss fell; without a validation set, the training loss fell by that fraction in the last tenth.
_LATE, _FALL, _LEAST_EPOCHS = 0.95, 0.02, 20


def diagnose(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Remarks on a finished run, the most serious first; an empty list for a healthy run."""
    topology, parameters = result.network.topology, result.network.parameters
    if topology.is_spiking and parameters is not None:
        units = spiking_remarks(
            result.network, measured(topology, parameters, run.setup.inputs, run.setup.rows["training"])
        )
    else:
        units = _units(run, result)
    found = [*units, *_in_time(run, result), *_stuck(run, result), *_gap(run, result)]
    return [*found, *_unfinished(result), *_average(run, result)]


def _units(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Hidden units that pass no gradient on."""
    rows = run.setup.rows["training"]
    rows = rows[:: max(1, len(rows) // _ROWS)]
    topology, remarks = result.network.topology, []
    for number, found in enumerate(_slopes(run, result, rows), 1):
        if not topology.block_shapes[number - 1]:
            continue
        info, units = ACTIVATION_NAMES[topology.layers[number - 1].activation], len(found.flat_on)
        dead = int((found.dead_on == found.places).sum())
        flat = int((found.flat_on >= _NEARLY_ALL * found.places).sum())
        if np.isfinite([info.lowest, info.highest]).all():
            if flat > _FRACTION * units:
                remarks.append(f"hidden layer {number}: {_saturated(run, result, flat, units)}")
        elif dead > _FRACTION * units:
            is_of_windows = topology.takes_vectors and found.places > len(rows)
            place = "at every place of every row" if is_of_windows else "on every row"
            remarks.append(
                f"hidden layer {number}: {_of(dead, units)} dead: the slope is 0 {place}; "
                + _one_of(
                    "use leaky-relu or elu", _lower_rate(run), last="try other initial weights (--init he --seed N)"
                )
            )
    return remarks


def _saturated(run: TrainingRun, result: TrainingResult, count: int, units: int) -> str:
    scale = "scale the inputs (--scaling soft-clip)" if run.setup.scaling.is_identity else ""
    advice = _one_of(scale, _raise_l2(run, result), _lower_rate(run), last=_new_weights(run))
    return f"{_of(count, units)} saturated on nearly every row and no longer learning; {advice}"


def _new_weights(run: TrainingRun) -> str:
    """How to begin with other weights."""
    setup = run.setup
    if not setup.is_continued:
        return f"try other initial weights (--seed {setup.options.seed + 1})"
    if setup.network.source.dialect == "ann1dn":
        return "start over (--init auto --seed N)"
    return f"start over without --continue (--seed {setup.options.seed + 1})"


def _is_learned(run: TrainingRun, result: TrainingResult) -> bool:
    """Whether the training set is fitted far better than by a constant prediction."""
    parameters, rows, measure = result.network.parameters, run.setup.rows["training"], run.attempt.judge.measure
    assert parameters is not None
    if measure.loss(parameters, rows) < _HIGH * measure.constant_loss(rows):
        return True
    return measure.has_classes and measure.accuracy(parameters, rows) == 1


def _in_time(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Recurrent layers whose gradient vanishes or grows on its way back over the rows, where something is left to learn."""
    layers, parameters, remarks = result.network.layers, result.network.parameters, []
    assert parameters is not None
    found = gradients_in_time(run.attempt.objective, parameters)
    if not found or _is_learned(run, result):
        return []
    reads_last = any(layer.kind == "last" for layer in layers)
    for each in found:
        layer, (factor, rows) = layers[each.layer - 1], each.growth
        lstm = _longer_memory(layer, len(each.ratios))
        if each.reach is not None and each.beyond > _FAR and (layer.kind == "recurrent" or reads_last):
            advice = f"use {lstm}" if lstm else "use `mean` or `max` in place of `last`, or fewer rows (`mean-pool 4`)"
            remarks.append(
                f"hidden layer {each.layer}: the gradient through time falls to 1 % after {count_of(each.reach, 'row')}, and rows "
                f"before that teach nothing; {advice}"
            )
        elif factor > _GROWN:
            clip = run.setup.options.trainer_options.get("clip")
            clips = "" if clip is None else f"lower --clip {clip:g}" if clip else "use --clip 1"
            remarks.append(
                f"hidden layer {each.layer}: the gradient through time grows {factor:.3g}-fold over {count_of(rows, 'row')}; "
                + _one_of(clips, lstm and f"use {lstm}", last="lower --learning-rate")
            )
    return remarks


def _longer_memory(layer: LayerKind, rows: int) -> str:
    """The layer that remembers so many rows, '' for one that was to do so."""
    assert isinstance(layer, Recurrence)
    kind = "lstm" if layer.kind == "recurrent" else layer.kind
    is_said = isinstance(layer, Gated) and layer.memory
    return "" if is_said else f"`{layer.units} {kind} memory {rows}{' bidirectional' * layer.is_bidirectional}`"


def _stuck(run: TrainingRun, result: TrainingResult) -> list[str]:
    """A very small hidden layer with a high loss, as two units that are to learn XOR in a local minimum."""
    topology = result.network.topology
    # A layer without weights, as a window or a mean of rows, has as many columns as what it reads gives it.
    hidden = zip(topology.sizes[1:-1], topology.block_shapes, strict=False)
    sizes = [size for size, own in hidden if own]
    if not sizes or min(sizes) > _FEW_UNITS or result.epochs < _LEAST_EPOCHS:
        return []
    if _is_learned(run, result):
        return []
    units = count_of(min(sizes), "hidden unit")
    restarts = "" if run.setup.options.restarts > 1 or run.setup.is_continued else " or add --restarts 10"
    if restarts and result.penalty_dropped:
        # With the penalty all restarts learn nothing, and the choice between them says nothing.
        restarts += " --l2 0"
    made = f" (ann init --hidden {4 * min(sizes)})" if topology.is_plain else ""
    return [f"{units} often get{'s' if min(sizes) == 1 else ''} stuck in a local minimum; use more{made}{restarts}"]


class _Slopes(NamedTuple):
    """Of one layer: at how many of the places the slope of each unit (units,) is nearly 0, and at how many it is 0; a unit has one
    place in each row, or as many as a convolution has windows there."""

    places: int
    flat_on: Array
    dead_on: Array

    def with_more(self, more: _Slopes) -> _Slopes:
        """The counts over these places and others."""
        return _Slopes(self.places + more.places, self.flat_on + more.flat_on, self.dead_on + more.dead_on)


def _slopes(run: TrainingRun, result: TrainingResult, rows: Array) -> list[_Slopes]:
    """The slopes of each hidden layer over some samples."""
    topology, parameters = result.network.topology, result.network.parameters
    assert parameters is not None
    counts: list[_Slopes | None] = [None] * (len(topology.layers) - 1)
    starts = run.setup.inputs.starts if isinstance(run.setup.inputs, Rows | Tokens) else None
    # As many values of samples that have several rows, of which the longest one counts.
    longest = 1 if starts is None else min(MOST_ROWS, max(1, int(np.diff(starts).max())))
    for block in blocks(len(rows), max(1, _BLOCK_VALUES // (max(topology.sizes) * longest))):
        inputs = run.setup.inputs
        chosen = rows[block]
        some = taken_rows(inputs, chosen) if isinstance(inputs, np.ndarray) else last_rows(inputs, chosen)
        passed = forward(topology, parameters, some)
        for k, before in enumerate(counts):
            layer, z, a = topology.layers[k], passed.pre_activations[k], passed.activations[k + 1]
            slope = np.abs(ACTIVATIONS[layer.activation].derivative(z, a))
            if isinstance(layer, Convolution):
                slope = slope.reshape(-1, layer.units)
            flat_on = (slope < _FLAT * _steepest(layer.activation)).sum(axis=0)
            found = _Slopes(len(slope), flat_on, (slope == 0).sum(axis=0))
            counts[k] = found if before is None else before.with_more(found)
    return [found for found in counts if found is not None]


def _steepest(activation: str) -> float:
    at = np.zeros((1, 1))
    return float(ACTIVATIONS[activation].derivative(at, ACTIVATIONS[activation].value(at))[0, 0])


def _of(count: int, units: int) -> str:
    return f"{count} of {units} units {'is' if count == 1 else 'are'}"


def _one_of(*advice: str, last: str = "") -> str:
    """'a, b or c' of the advice that is not empty; `last` never is."""
    applying = [text for text in (*advice, last) if text]
    return " or ".join([", ".join(applying[:-1]), applying[-1]]) if len(applying) > 1 else applying[0]


def _raise_l2(run: TrainingRun, result: TrainingResult) -> str:
    return "" if run.attempt.trainer.finds_penalty or result.penalty_dropped else "raise --l2"


def _lower_rate(run: TrainingRun) -> str:
    return "lower --learning-rate" if "learning_rate" in run.setup.options.trainer_options else ""


def _gap(run: TrainingRun, result: TrainingResult) -> list[str]:
    """Training rows that are fitted much better than other rows."""
    large = [name for name in ("validation", "test") if len(result.rows[name]) >= _ENOUGH]
    if not large or not run.setup.data.answered(result.rows[large[0]]).all():
        return []
    name = large[0]
    # A final fit has trained on the validation set: only the weights before it can be evaluated there. Of an ensemble
    # those of the first network, which the other remarks are about too.
    parameters = result.parameters_for(name)
    parameters = parameters if parameters.ndim == 1 else parameters[0]
    both = (result.rows["training"], result.rows[name])
    losses = [run.attempt.objective.value(parameters, rows, penalty=False) for rows in both]
    measure = run.attempt.judge.measure
    if measure.has_classes:
        errors = [1 - measure.accuracy(parameters, rows) for rows in both]
        text = f"{100 * errors[0]:.1f} % wrong on the training set, {100 * errors[1]:.1f} % on the {name} set"
    else:
        # As fractions of the loss of a constant prediction.
        errors = [loss / measure.constant_loss(rows) for loss, rows in zip(losses, both, strict=True)]
        text = f"the loss is {losses[0]:.3g} on the training set, {losses[1]:.3g} on the {name} set"
    if losses[1] < _LOSS_RATIO * losses[0] or errors[1] - errors[0] < _ERROR_GAP:
        return []
    given = run.setup.options.trainer_options.get("dropout")
    dropout = (
        ""
        if given is None or result.network.topology.is_spiking
        else f"{'raise' if given else 'add'} --dropout{'' if given else ' 0.2'}"
    )
    return [
        f"over-fitted: {text}; "
        + _one_of(_raise_l2(run, result), dropout, "use fewer hidden units", last="get more data")
    ]


def _unfinished(result: TrainingResult) -> list[str]:
    """A run that reached the limit of epochs while it was still improving."""
    epochs = result.epochs
    if not result.reached_limit or epochs < _LEAST_EPOCHS or result.penalty_dropped:
        return []
    tenth = max(5, epochs // 10)
    watched = [report.validation_loss for report in result.history if report.validation_loss is not None]
    if result.best_epoch is not None and watched:
        # Averaged weights lower the loss of a run that is over by a little in every epoch.
        fell = min(watched[:-tenth]) - min(watched) > _FALL * (watched[0] - min(watched))
        improving = result.best_epoch > _LATE * epochs and fell
    else:
        losses = [report.training_loss for report in result.history]
        before, now = np.mean(losses[-2 * tenth : -tenth]), np.mean(losses[-tenth:])
        improving = bool(now < (1 - _FALL) * before)
    return [f"still improving at the last epoch; give more than {epochs} EPOCHS"] if improving else []


def _average(run: TrainingRun, result: TrainingResult) -> list[str]:
    """An average that was asked for but does not enter the weights that were kept."""
    average, kept = run.attempt.average, result.refit_epochs or result.kept_epoch
    if average is None or kept > average.begin:
        return []
    return [
        f"the weights are no average: averaging begins after epoch {average.begin}, and the weights of epoch {kept} were "
        "kept; give fewer EPOCHS, begin earlier (--average swa:0.1) or use --average ema:0.9"
    ]
