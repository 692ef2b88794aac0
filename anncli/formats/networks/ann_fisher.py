"""The mixture of Fisher vectors in the trained part of an `ann` network file: `modes:` under `encoder:`."""

from __future__ import annotations

import numpy as np

from anncli.formats.files.document import PlacedMapping
from anncli.formats.networks.ann_decision import ReadMatrix
from anncli.formats.networks.numbers import write_rows
from anncli.network.encoders.fisher import Mixture
from anncli.network.network import Network


def mixture_lines(mixture: Mixture) -> list[str]:
    """The lines below `encoder:`, one for each mode: its weight, the means of all columns, their deviations."""
    table = np.concatenate([mixture.weights[:, None], mixture.means, mixture.deviations], axis=1)
    return ["    modes: |", *(f"      {row}" for row in write_rows(table))]


def take_mixture(trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str) -> None:
    """Give the network the mixture of its trained part; `advice` goes with every fault of its structure."""
    descriptors = network.topology.inputs.descriptors
    value = trained.mapping_at("encoder")
    if descriptors is None:
        if "modes" in value:
            raise value.key_fault("modes", "`modes` belongs to `inputs: {descriptors: 64, fisher: 16}`", advice)
        return
    if "modes" not in value:
        raise trained.fault(None, "the encoder has no `modes`, which Fisher vectors need", advice)
    columns = descriptors.columns
    table = read_matrix(value, "modes", descriptors.modes, 2 * columns + 1)
    weights, means, deviations = table[:, 0], table[:, 1 : columns + 1], table[:, columns + 1 :]
    if not (weights > 0).all() or not (deviations > 0).all():
        raise value.fault("modes", "the weights and the deviations of `modes` must be above 0", advice)
    network.mixture = Mixture(weights.copy(), means.copy(), deviations.copy(), descriptors.improved)
