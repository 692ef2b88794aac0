"""What layers have in common whose outputs are f(Z), where Z is linear in one block of parameters with the biases in row 0."""

from __future__ import annotations

from typing import Any

from anncli.arrays import Array
from anncli.errors import ValueFault, value_text
from anncli.network.activations import ACTIVATIONS
from anncli.network.layers.base import Blocks, Kept, KeyFault, LayerKind, Shape, Start
from anncli.network.layers.initial import draw_unit_by_unit, initial_weights
from anncli.network.names import ACTIVATION_NAMES, canonical_activation


class Affine(LayerKind):
    """One block (1 + fan_in, columns), biases in row 0, and an activation on every value of Z.

    A kind of its own says what is gathered before the product with the block, and its adjoint.
    """

    def weights(self, blocks: Blocks) -> Blocks:
        return (blocks[0][1:],)

    def biases(self, blocks: Blocks) -> Blocks:
        return (blocks[0][0],)

    def check(self, place: str, below: Shape, is_output: bool) -> None:
        super().check(place, below, is_output)
        if ACTIVATION_NAMES[self.activation].output_only and not is_output:
            raise ValueFault(f"{place}: {self.activation} is for the output layer only")
        if self.activation == "softmax" and self.output(below).columns == 1:
            raise ValueFault(
                "softmax over a single output is always 1", "use '1 logistic' or 'K softmax' with K classes"
            )

    def initialize(self, blocks: Blocks, start: Start) -> None:
        block = blocks[0]
        if start.method == "ann1dn":
            block[...] = draw_unit_by_unit(block.shape, start.rng)
            return
        biases, block[1:] = initial_weights(block.shape[0] - 1, block.shape[1], self.activation, start)
        if biases is not None:
            block[0] = biases

    def activated(self, z: Array) -> Array:
        """f(z)."""
        return ACTIVATIONS[self.activation].value(z)

    def r_activated(self, kept: Kept, r_z: Array) -> Array:
        """R{f(z)}."""
        activation = ACTIVATIONS[self.activation]
        if activation.along is not None:
            return activation.along(kept.z, kept.outputs, r_z)
        return activation.derivative(kept.z, kept.outputs) * r_z

    def delta(self, kept: Kept, slope: Array) -> Array:
        slope *= ACTIVATIONS[self.activation].derivative(kept.z, kept.outputs)
        return slope

    @property
    def lacks(self) -> frozenset[str]:
        """An output-only activation has its second derivatives in the losses."""
        is_smooth = ACTIVATIONS[self.activation].second_derivative or ACTIVATION_NAMES[self.activation].output_only
        return super().lacks if is_smooth else super().lacks | {"second_order"}

    def r_delta(self, kept: Kept, r_kept: Kept, slope: Array, r_slope: Array) -> tuple[Array, Array]:
        activation = ACTIVATIONS[self.activation]
        assert activation.second_derivative is not None
        steepness = activation.derivative(kept.z, kept.outputs)
        bend = activation.second_derivative(kept.z, kept.outputs) * r_kept.z
        return slope * steepness, r_slope * steepness + slope * bend

    @property
    def has_kink(self) -> bool:
        return ACTIVATION_NAMES[self.activation].kinked


def whole_units(units: Any) -> int:
    """A number of units, which may be numpy's; raises TypeError for anything else."""
    if isinstance(units, bool) or not hasattr(units, "__index__"):
        raise TypeError(f"units: expected a whole number, found {value_text(units)}; write for example 16")
    return int(units)


def known_activation(name: str) -> str:
    """The one name of an activation; raises KeyFault."""
    try:
        return canonical_activation(name)
    except ValueFault as fault:
        raise KeyFault("activation", fault.message, fault.advice) from None
