"""The gradient through time: how much of the gradient of the last row's answer arrives at the rows before it, in recurrent layers.

Where little arrives, what stands in rows far back is not learned; where more and more arrives, a step of training is thrown about.

Sources: Bengio, Simard & Frasconi 1994, IEEE Trans. Neural Networks 5, 157-166; Pascanu, Mikolov & Bengio 2013, ICML, 1310-1318.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array, Rows, Tokens, places_of_runs
from anncli.network.layers.recurrence import Recurrence
from anncli.network.losses import LOSSES
from anncli.network.propagation import backward, forward
from anncli.training.objective import Objective
from anncli.training.sets import evenly_spaced

# How many samples are measured, how many of their last rows, and how many numbers a layer has for all of these.
MOST_SAMPLES, MOST_ROWS, _MOST_NUMBERS = 64, 400, 1 << 22
# What is left of a gradient that has vanished.
VANISHED = 0.01


class InTime(NamedTuple):
    """Of one recurrent layer: what arrives.

    layer: its number, from 1; ratios (k,): the sum over the samples of |dE/dh| so many rows before the last one, over that at the
    last one, E being the loss of the last answer; of a memory |dE/dc|. beyond: the fraction of the rows that lie `reach` rows
    before the last one, or more.
    """

    layer: int
    ratios: Array
    beyond: float

    @property
    def reach(self) -> int | None:
        """After how many rows VANISHED is left, there and further back; None where more arrives everywhere."""
        return _reach(self.ratios)

    @property
    def growth(self) -> tuple[float, int]:
        """The largest ratio, and how many rows before the last one it is reached."""
        rows = int(np.argmax(self.ratios))
        return float(self.ratios[rows]), rows

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        factor, rows = self.growth
        return {
            "layer": self.layer, "rows": len(self.ratios) - 1, "left": float(self.ratios[-1]), "vanishes_after": self.reach,
            "largest": factor, "largest_after": rows,
        }  # fmt: skip


def gradients_in_time(objective: Objective, parameters: Array) -> list[InTime]:
    """What arrives in each recurrent layer, over at most MOST_SAMPLES of the training set; [] for a network without such layers, and
    where no loss has a slope."""
    topology = objective.topology
    places = [place for place, layer in enumerate(topology.layers) if isinstance(layer, Recurrence)]
    if not places or not objective.n_samples:
        return []
    point = parameters.astype(np.float64)
    inputs, targets = _pieces(objective)
    passed, deltas = forward(topology, point, inputs), list[Array]()
    z, outputs = passed.pre_activations[-1], passed.activations[-1]
    last = slice(None) if passed.starts is None else passed.starts[1:] - 1
    delta = np.zeros_like(z)
    delta[last] = LOSSES[objective.loss].delta(topology.output_activation, z[last], outputs[last], targets)
    backward(topology, point, passed, delta, np.empty_like(point), deltas)
    blocks, found = topology.blocks(point), []
    for place in places:
        layer, kept = topology.layers[place], passed.kept[place]
        assert isinstance(layer, Recurrence)
        slopes = layer.slopes_in_time(blocks[place], kept, deltas[-1 - place])
        assert kept.starts is not None
        ratios = _ratios(np.linalg.norm(slopes, axis=1), kept.starts)
        if ratios is not None:
            found.append(InTime(place + 1, ratios, _fraction_beyond(kept.starts, _reach(ratios))))
    return found


def _pieces(objective: Objective) -> tuple[Rows | Tokens, Array]:
    """The last rows of some samples, evenly spaced ones, and the targets (n, n_outputs) of their last answers. Of few samples
    whose rows have answers, pieces that end at any of their rows."""
    inputs, targets, rows = objective.inputs, objective.targets, objective.rows
    assert not isinstance(inputs, np.ndarray)
    # Where training takes samples in pieces, the gradient reaches no further back than a piece.
    most_rows = objective.problem.truncate or MOST_ROWS
    longest = int(min(most_rows, max(1, inputs.lengths[rows].max())))
    most = min(MOST_SAMPLES, max(4, _MOST_NUMBERS // (longest * 4 * max(objective.topology.sizes[1:]))))
    chosen = evenly_spaced(rows, most)
    chosen = chosen[inputs.lengths[chosen] > 0]
    ends = inputs.starts[chosen + 1]
    if isinstance(targets, Rows) and len(chosen) < most:
        lengths = inputs.lengths[chosen]
        places, _ = places_of_runs(ends - lengths, lengths)
        # Every piece has all its rows, but for those of short samples.
        firsts = np.repeat(ends - lengths, lengths)
        whole = (places - firsts >= longest - 1) | (places + 1 == np.repeat(ends, lengths))
        some = evenly_spaced(np.flatnonzero(whole), most)
        chosen, ends = np.repeat(chosen, lengths)[some], places[some] + 1
    wanted = targets.values[ends - 1] if isinstance(targets, Rows) else targets[chosen]
    return last_rows(inputs, chosen, ends, most_rows), wanted


def last_rows(inputs: Rows | Tokens, samples: Array, ends: Array | None = None, most: int = MOST_ROWS) -> Rows | Tokens:
    """At most so many rows of each of the samples (n,), the last ones, or those before ends (n,)."""
    ends = inputs.starts[samples + 1] if ends is None else ends
    begins = np.maximum(inputs.starts[samples], ends - most)
    return inputs.taken(*places_of_runs(begins, ends - begins))


def _ratios(norms: Array, starts: Array) -> Array | None:
    """norms (n,) of the slope at each row. The ratios go back as far as at least a quarter of the samples do."""
    lengths, ends = np.diff(starts), starts[1:]
    longest = int(np.sort(lengths)[-max(1, len(lengths) // 4)])
    found = []
    for back in range(longest):
        long = lengths > back
        before = norms[ends[long] - 1].sum()
        if not before > 0 or not np.isfinite(before):
            return None
        found.append(norms[ends[long] - 1 - back].sum() / before)
    return np.array(found)


def _reach(ratios: Array) -> int | None:
    """After how many rows no more than VANISHED is left, there and in the mean of all rows further back."""
    beyond = np.cumsum(ratios[::-1])[::-1] / np.arange(len(ratios), 0, -1)
    rows = np.flatnonzero((ratios <= VANISHED) & (beyond <= VANISHED))
    return int(rows[0]) if len(rows) else None


def _fraction_beyond(starts: Array, reach: int | None) -> float:
    if reach is None:
        return 0.0
    lengths = np.diff(starts)
    return float(np.maximum(lengths - reach, 0).sum() / lengths.sum())
