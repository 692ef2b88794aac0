"""Products of Hessians with vectors, for K networks at once: exact, for about the cost of two gradients.

R{x} is the derivative of x along the direction. Source: Pearlmutter 1994, Neural Computation 6, 147-160.
"""

from __future__ import annotations

from anncli.backends.stacked.activations import STACKED_ACTIVATIONS, along
from anncli.backends.stacked.device import Tensor
from anncli.backends.stacked.program import Passed, StackedProgram
from anncli.backends.stacked.rows import Block, StackedRows


def hessian_products(program: StackedProgram, parameters: Tensor, direction: Tensor, rows: StackedRows) -> Tensor:
    """H v (K, P) of the mean loss, without penalties, at `parameters` for directions v (K, P)."""
    product = program.device.torch.zeros_like(parameters)
    for _, block in program.pieces(parameters, rows, 0, rows.length, 6 * sum(program.topology.sizes)):
        _add(program, parameters, direction, block, product)
    return product / rows.counts.to(parameters.dtype)


def _add(program: StackedProgram, parameters: Tensor, direction: Tensor, block: Block, product: Tensor) -> None:
    """Add the sum over the rows of a block of the Hessians of their losses, times the direction."""
    passed, (r_given, r_z) = _forwards(program, parameters, direction, block)
    z, y, loss = passed.z[-1], passed.outputs[-1], program.loss()
    r_y = along(program.activations[-1], z, y, r_z[-1])
    delta, r_delta = loss.delta(z, y, block.targets), loss.r_delta(z, y, block.targets, r_z[-1], r_y)
    if block.factors is not None:
        delta, r_delta = delta * block.factors[..., None], r_delta * block.factors[..., None]
    torch, here, ahead, slots = program.device.torch, *map(program.layers, (parameters, direction, product))
    for number in reversed(range(len(here))):
        biases, weights = slots[number]
        given = passed.given[number].expand(len(delta), -1, -1)
        weights += torch.bmm(given.transpose(1, 2), r_delta)
        biases += r_delta.sum(1, keepdim=True)
        if not number:
            return
        weights += torch.bmm(r_given[number].transpose(1, 2), delta)
        down, r_down = here[number][1].transpose(1, 2), ahead[number][1].transpose(1, 2)
        slope, r_slope = torch.bmm(delta, down), torch.bmm(r_delta, down) + torch.bmm(delta, r_down)
        below = STACKED_ACTIVATIONS[program.activations[number - 1]]
        values = passed.z[number - 1], passed.outputs[number - 1]
        steepness = below.derivative(*values)
        delta = slope * steepness
        r_delta = r_slope * steepness + slope * below.second_derivative(*values) * r_z[number - 1]


def _forwards(
    program: StackedProgram, parameters: Tensor, direction: Tensor, block: Block
) -> tuple[Passed, tuple[list[Tensor], list[Tensor]]]:
    """The pass itself, and R{} of what each layer is given (of the inputs: an empty tensor) and of its pre-activations."""
    torch, passed = program.device.torch, program.forward(parameters, block.inputs)
    r_given, r_z = [parameters.new_empty(0)], list[Tensor]()
    chain = zip(program.layers(parameters), program.layers(direction), strict=True)
    for number, ((_, weights), (biases, r_weights)) in enumerate(chain):
        given = passed.given[number].expand(len(weights), -1, -1)
        r = torch.baddbmm(biases, given, r_weights)
        if number:
            r = r + torch.bmm(r_given[number], weights)
        r_z.append(r)
        r_given.append(along(program.activations[number], passed.z[number], passed.outputs[number], r))
    return passed, (r_given, r_z)
