"""Training spiking networks: which options do not fit them, and what their neurons do after a run, in words."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.arrays import Array, Inputs
from anncli.errors import UsageError
from anncli.network.layers.spiking import Spiking
from anncli.network.network import Network
from anncli.network.spikes.activity import BURST, Activity
from anncli.network.spikes.activity import activity as activity_of
from anncli.network.topology import Topology
from anncli.options.table import TrainingOptions
from anncli.training.names import TRAINER_NAMES

# Most training samples whose spikes are counted.
_ROWS = 1000
# A layer is reported where more than this fraction of its units, or of the samples, are concerned.
_FRACTION = 0.05


def check_spiking(topology: Topology, options: TrainingOptions) -> None:
    """Raises UsageError for a trainer, dropout or initial weights that spiking neurons cannot have."""
    if not topology.is_spiking:
        return
    if TRAINER_NAMES[options.trainer].goes_by_loss:
        message = f"trainer {options.trainer} cannot train spiking neurons: the loss jumps when a spike appears, and this trainer counts on a smooth one"
        raise UsageError(message, advice="use --trainer adam or irprop+")
    if options.trainer_options.get("dropout"):
        message = "--dropout: spikes of hidden neurons are not switched off"
        raise UsageError(message, advice="say --option input_dropout=0.2, which leaves out spikes of the inputs")
    if options.init not in (None, "auto"):
        message = f"--init {options.init}: weights of spiking neurons begin as normal numbers"
        raise UsageError(message, advice="write `mean` and `sd` in the layer: `200 lif mean 1.5 sd 0.78`")


def measured(topology: Topology, parameters: Array, inputs: Inputs, rows: Array) -> tuple[Activity, ...]:
    """What the neurons do on some of the samples `rows` (n,) of the scaled inputs; () for networks of other units."""
    if not topology.is_spiking:
        return ()
    return activity_of(topology, parameters, inputs[rows[:: max(1, -(-len(rows) // _ROWS))]])


def spiking_remarks(network: Network, found: Sequence[Activity]) -> list[str]:
    """Silent and bursting units in words, with what to change."""
    remarks = []
    for layer, one in zip(network.layers, found, strict=True):
        if one.silent > _FRACTION * one.units:
            verb = "never fire" if one.spikes is not None else "never get a voltage above 0"
            advice = f"raise their initial weights: {_raised(network, one.layer)}"
            remarks.append(
                f"{one.silent} of {one.units} units of layer {one.layer} {verb}: they learn nothing; {advice}"
            )
        if one.bursting > _FRACTION * one.units:
            text = f"{one.bursting} of {one.units} units of layer {one.layer} fire more than {BURST:g} times a sample"
            remarks.append(f"{text}; lower their initial weights (`mean` in the layer), or --learning-rate")
        if layer.kind == "first-spike" and one.unanswered > 0:
            remarks.append(f"in {100 * one.unanswered:.3g} % of the samples no output unit fires, which is no answer; raise its initial weights: {_raised(network, one.layer)}")  # fmt: skip
    return remarks


def _raised(network: Network, number: int) -> str:
    """The layer with larger initial weights, as a text for the network file."""
    layer = network.layers[number - 1]
    assert isinstance(layer, Spiking)
    mean, sd = layer.initial(network.topology.block_shapes[number - 1][0][0], number == 1)
    own = {name: value for name, value in layer.values.items() if value != layer.constants[name]}
    own |= {"mean": 1.5 * mean if mean > 0 else mean + sd, "sd": sd}
    values = ", ".join(f"{name}: {value:.3g}" for name, value in own.items() if value is not None)
    return f"`{{units: {layer.units}, kind: {layer.kind}, {values}}}`"
