"""The samples whose spikes are drawn: which they are, what they are called, and their events."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from anncli.cli.showing.figures.facts import Facts, RowSet, predicted_classes
from anncli.errors import UsageError, count_of
from anncli.inference.predict import checked_inputs
from anncli.network.spikes.sample_events import LayerEvents, events_of

# Samples that are drawn where none is asked for: the first of each class, and no more than so many.
_MOST_SAMPLES = 4


class DrawnSample(NamedTuple):
    """number: from 1, among those of the data; words: its class and what is predicted; layers: its events."""

    number: int
    words: str
    layers: list[LayerEvents]

    @property
    def end(self) -> float:
        """The time of the last spike in seconds, 0 without any."""
        times = [part for layer in self.layers for part in (layer.given[0], layer.fired[0])]
        return max((float(part.max()) for part in times if part.size), default=0.0)


def drawn_samples(facts: Facts, rows: RowSet, most: int = _MOST_SAMPLES) -> list[DrawnSample]:
    """The sample that is asked for, or the first one of each class.

    Raises: UsageError for a sample that is not there.
    """
    labels, predicted = facts.labels(rows), predicted_classes(facts, rows)
    places = np.sort(np.unique(labels, return_index=True)[1])[:most].tolist()
    if facts.spikes.sample is not None:
        places = np.flatnonzero(rows.numbers == facts.spikes.sample - 1).tolist()
        if not places:
            n = 0 if facts.data is None else len(facts.data.inputs)
            raise UsageError(
                f"--row {facts.spikes.sample}: there are {count_of(n, 'sample')} with a class",
                advice="name one of them",
            )
    return [_drawn(facts, rows, place, int(labels[place]), int(predicted[place])) for place in places]


def _drawn(facts: Facts, rows: RowSet, place: int, label: int, predicted: int) -> DrawnSample:
    assert facts.data is not None
    network, number = facts.network, int(rows.numbers[place])
    inputs = checked_inputs(network.topology.inputs, facts.data.inputs[np.array([number])])
    layers = events_of(
        network.topology, network.all_parameters[: network.topology.n_parameters], network.scaling.apply(inputs)
    )
    told = "not decided" if predicted < 0 else f"predicted {facts.classes[predicted]}"
    return DrawnSample(number + 1, f"{facts.classes[label]}, {told}", layers)


def layer_words(layers: list[LayerEvents], k: int) -> str:
    """What a figure calls a layer."""
    return "outputs" if k == len(layers) - 1 else f"layer {k + 1}"
