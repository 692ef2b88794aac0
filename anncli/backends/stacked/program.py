"""The stacked program: losses, gradients and outputs of K dense networks of one topology at once.

Parameters are (K, P), each row as the parameter vector of network/topology.py: of every layer the block (1 + n_in, units), biases
in row 0. The way back is written out, with batched products and no automatic differentiation, so that nothing is kept that
is not needed (stacked parameters: Holzmueller et al. 2024, Better by default, arXiv 2407.04491).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from anncli.backends.base import Problem
from anncli.backends.stacked.activations import STACKED_ACTIVATIONS
from anncli.backends.stacked.device import Device, Tensor
from anncli.backends.stacked.losses import StackedLoss, stacked_loss
from anncli.backends.stacked.rows import Block, StackedRows
from anncli.network.layers.dense import Dense
from anncli.network.names import LOSS_NAMES, parse_loss
from anncli.network.topology import Topology

#: The dropout factor (K, b, columns) of the inputs (0) or of the outputs of layer `number` for the rows from a place on, or None.
StackedMasks = Callable[[int, int, int], "Tensor | None"]

# The part of the memory that the values of one block of rows may take, and how many vectors of a row's values there are at most.
_SHARE, _VECTORS = 0.25, 6
# On a CPU values of a block should stay in the cache; larger ones gain nothing.
_CPU_VALUES = 1 << 25


class Passed(NamedTuple):
    """What the way back needs: of each layer what it was given, its pre-activations and its outputs before dropout, and the
    factors of dropout on what it was given."""

    given: list[Tensor]
    z: list[Tensor]
    outputs: list[Tensor]
    masks: list[Tensor | None]


class StackedProgram:
    """Args: dtype: of parameters and values; memory: bytes that all tensors may take.

    Raises: ValueError for a problem that refusal() rejects.
    """

    def __init__(self, problem: Problem, device: Device, dtype: Any, memory: int) -> None:
        if reason := refusal(problem):
            raise ValueError(reason)
        self.topology, self.device, self.dtype, self.memory = problem.topology, device, dtype, memory
        self.activations = [layer.activation for layer in self.topology.layers]
        self.loss_name, self._losses = problem.loss, dict[str, StackedLoss]()
        self._places = _places(self.topology)
        self.weights_mask = device.torch.as_tensor(self.topology.weights_mask()).to(device.place, dtype)

    def loss(self, text: str | None = None) -> StackedLoss:
        """The loss of the problem, or another one."""
        name = text or self.loss_name
        if name not in self._losses:
            self._losses[name] = stacked_loss(name, self.activations[-1])
        return self._losses[name]

    def layers(self, vectors: Tensor) -> list[tuple[Tensor, Tensor]]:
        """For each layer the views of its biases (K, 1, units) and weights (K, n_in, units) in vectors (K, P)."""
        found = []
        for start, stop, shape in self._places:
            block = vectors[:, start:stop].unflatten(1, shape)
            found.append((block[:, :1], block[:, 1:]))
        return found

    def block_rows(self, n_networks: int, per_row: int = 0) -> int:
        """How many rows to compute at a time; per_row: numbers of a row besides the values of its units."""
        bytes_ = _SHARE * self.memory
        if self.device.place.type == "cpu":
            bytes_ = min(bytes_, _CPU_VALUES)
        numbers = _VECTORS * sum(self.topology.sizes) + per_row
        return max(1, int(bytes_ / (n_networks * numbers * self.dtype.itemsize)))

    def forward(
        self, parameters: Tensor, inputs: Tensor, masks: Callable[[int], Tensor | None] | None = None
    ) -> Passed:
        """Values of inputs (1 or K, b, n_inputs)."""
        passed, torch = Passed([], [], [], []), self.device.torch
        outputs = inputs
        for number, (biases, weights) in enumerate(self.layers(parameters)):
            mask = None if masks is None else masks(number)
            given = outputs if mask is None else outputs * mask
            z = torch.baddbmm(biases, given.expand(len(weights), -1, -1), weights)
            outputs = STACKED_ACTIVATIONS[self.activations[number]].value(z)
            passed.given.append(given)
            passed.z.append(z)
            passed.outputs.append(outputs)
            passed.masks.append(mask)
        return passed

    def backward(self, parameters: Tensor, passed: Passed, delta: Tensor, gradient: Tensor) -> None:
        """Add to gradient (K, P) the sum over the rows of that of every parameter; delta (K, b, n_outputs): dE/dz."""
        torch, blocks, slots = self.device.torch, self.layers(parameters), self.layers(gradient)
        for number in reversed(range(len(blocks))):
            biases, weights = slots[number]
            given = passed.given[number].expand(len(delta), -1, -1)
            weights += torch.bmm(given.transpose(1, 2), delta)
            biases += delta.sum(1, keepdim=True)
            if not number:
                return
            slope, mask = torch.bmm(delta, blocks[number][1].transpose(1, 2)), passed.masks[number]
            if mask is not None:
                slope *= mask
            below = STACKED_ACTIVATIONS[self.activations[number - 1]]
            delta = slope.mul_(below.derivative(passed.z[number - 1], passed.outputs[number - 1]))

    def gradient(
        self,
        parameters: Tensor,
        rows: StackedRows,
        span: tuple[int, int] | None = None,
        masks: StackedMasks | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The mean loss (K, 1), of the widest float, and its gradient (K, P), without penalties; nan for a network without rows.

        Args: span: from which place to which of the rows; masks: of dropout.
        """
        gradient = self.device.torch.zeros_like(parameters)
        start, stop = span or (0, rows.length)
        total, counts = 0.0, rows.counts if span is None else rows.counts_of(start, stop)
        for place, block in self.pieces(parameters, rows, start, stop):
            at = None if masks is None else _of_block(masks, place, block.inputs.shape[1])
            passed = self.forward(parameters, block.inputs, at)
            z, y, loss = passed.z[-1], passed.outputs[-1], self.loss()
            total = total + self.summed(loss.value(z, y, block.targets), block)
            delta = loss.delta(z, y, block.targets)
            if block.factors is not None:
                delta = delta * block.factors[..., None]
            self.backward(parameters, passed, delta, gradient)
        gradient /= counts.to(self.dtype)
        return total / counts, gradient

    def losses(self, parameters: Tensor, rows: StackedRows, loss: str | None = None) -> Tensor:
        """The mean loss (K, 1), of the widest float, without penalties."""
        total, function = 0.0, self.loss(loss)
        for _, block in self.pieces(parameters, rows, 0, rows.length):
            passed = self.forward(parameters, block.inputs)
            total = total + self.summed(function.value(passed.z[-1], passed.outputs[-1], block.targets), block)
        return total / rows.counts

    def outputs(self, parameters: Tensor, rows: StackedRows) -> Tensor:
        """(K, n, n_outputs), of rows that are not present too."""
        found = [
            self.forward(parameters, block.inputs).outputs[-1]
            for _, block in self.pieces(parameters, rows, 0, rows.length)
        ]
        return self.device.torch.cat(found, 1)

    def pieces(
        self, parameters: Tensor, rows: StackedRows, start: int, stop: int, per_row: int = 0
    ) -> Iterator[tuple[int, Block]]:
        """The rows from one place to another in blocks that fit the memory, each with its first place."""
        size, stop = self.block_rows(len(parameters), per_row), min(stop, rows.length)
        for place in range(start, stop, size):
            yield place, rows.block(place, min(place + size, stop))

    def summed(self, values: Tensor, block: Block) -> Tensor:
        """(K, 1) sums of values (K, b) of rows, each times its factor."""
        weighted = values if block.factors is None else values * block.factors
        return weighted.sum(-1, keepdim=True, dtype=self.device.wide)

    def penalty(self, parameters: Tensor, l2: Tensor, l1: Tensor) -> Tensor:
        """(K, 1) l2/2 * sum of squared weights + l1 * sum of absolute weights, of the widest float; l2, l1 (K, 1)."""
        weights = (parameters * self.weights_mask).to(self.device.wide)
        return l2 / 2 * (weights * weights).sum(1, keepdim=True) + l1 * weights.abs().sum(1, keepdim=True)

    def penalty_gradient(self, parameters: Tensor, l2: Tensor, l1: Tensor) -> Tensor:
        """(K, P) l2 w + l1 sign(w) for weights, 0 for biases; l2, l1 (K, 1), of the parameters' dtype."""
        weights = parameters * self.weights_mask
        return l2 * weights + l1 * weights.sign()


def _of_block(masks: StackedMasks, place: int, n: int) -> Callable[[int], Tensor | None]:
    return lambda number: masks(number, place, n)


def _places(topology: Topology) -> list[tuple[int, int, tuple[int, int]]]:
    shapes = [shapes[0] for shapes in topology.block_shapes]
    return list(zip(topology.offsets, topology.offsets[1:], shapes, strict=False))


def refusal(problem: Problem) -> str | None:
    """Why the stacked program cannot compute the problem, in words; None where it can."""
    topology = problem.topology
    if not topology.takes_vectors or topology.inputs.tokens:
        return "a device computes networks over vectors of numbers"
    for number, layer in enumerate(topology.layers, 1):
        if type(layer) is not Dense or layer.skip:
            return f"a device computes dense layers, and layer {number} is `{layer.shown}`"
    name = parse_loss(problem.loss).name
    return f"a device has no loss {name}" if LOSS_NAMES[name].kind else None
