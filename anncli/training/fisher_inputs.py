"""Samples of rows as the Fisher vectors that a network takes: the mixture of the network, or one fitted to the training rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from anncli.arrays import Array, Rows, random_stream
from anncli.dataset.dataset import Dataset
from anncli.errors import DataError
from anncli.network.encoders.descriptors import Descriptors
from anncli.network.input_shapes import inputs_text
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.mixture import Fitted, fit_mixture
from anncli.training.sets import divide


class FisherInputs(NamedTuple):
    """The network with its mixture, the samples as vectors, and what the user should know."""

    network: Network
    data: Dataset
    warnings: tuple[str, ...] = ()


def with_vectors(network: Network, data: Dataset, options: TrainingOptions, sets: Mapping[str, Array]) -> FisherInputs:
    """The samples of a run that trains a network of Fisher vectors; sets: the numbers of the samples of each set, where files say so.

    The mixture is that of the network, or is fitted to the training samples: those of `sets`, or the ones that the options
    will draw. Samples that are vectors stay as they are, where the network has its mixture.
    Raises: DataError for samples of another kind or without rows, and as fit_mixture().
    """
    descriptors = network.topology.inputs.descriptors
    assert descriptors is not None
    samples = data.inputs
    if not isinstance(samples, Rows):
        if network.mixture is not None and not data.has_several_rows:
            return FisherInputs(network, data)
        raise _kind_fault(network, "one row of numbers each" if not data.has_several_rows else "of tokens")
    if samples.columns != descriptors.columns:
        raise _kind_fault(network, f"of several rows, any x {samples.columns}")
    fitted = _mixture(network, data, samples, descriptors, options, sets)
    vectors = data.as_vectors(fitted.mixture.encode(samples))
    return FisherInputs(replace(network, mixture=fitted.mixture), vectors, fitted.warnings)


def _mixture(
    network: Network, data: Dataset, samples: Rows, descriptors: Descriptors, options: TrainingOptions,
    sets: Mapping[str, Array],
) -> Fitted:  # fmt: skip
    if network.mixture is not None:
        return Fitted(network.mixture)
    # The same numbers as those with which prepare() will draw the sets.
    training = divide(data, options, sets, random_stream(options.seed, "split"))["training"]
    return fit_mixture(samples, training, descriptors, options.seed)


def _kind_fault(network: Network, held: str) -> DataError:
    shape: Shape = network.topology.inputs
    advice = f"give samples of rows of {shape.samples.columns} numbers, with an empty line between two samples"
    return DataError(f"the samples are {held}, the network takes `inputs: {inputs_text(shape)}`", advice=advice)
