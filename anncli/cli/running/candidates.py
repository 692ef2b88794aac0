"""The candidates of a search: the network and the options of each trial, as `ann train` would have them."""

from __future__ import annotations

from typing import NoReturn

from anncli.cli.running.new_network import new_network
from anncli.cli.running.search_problem import SearchProblem
from anncli.dataset.dataset import Dataset
from anncli.dataset.text_data import TextData
from anncli.errors import UsageError, asking
from anncli.experiments.search import Candidate
from anncli.experiments.search_space import Trial
from anncli.formats.networks.numbers import size_fault
from anncli.formats.networks.storage import render
from anncli.network.layers.base import Shape
from anncli.network.layers.dense import Dense
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.layers import Given, training_options
from anncli.options.table import OPTIONS, TrainingOptions, read_option
from anncli.training.inputs import encoded_inputs


class Candidates:
    """Makes the candidate of a trial; the networks of a search are few, and kept."""

    def __init__(self, problem: SearchProblem) -> None:
        self.problem = problem
        self._kept: dict[tuple[object, ...], tuple[bytes, int]] = {}
        self._width = self._count_inputs()

    def __call__(self, trial: Trial) -> Candidate:
        options = self.options(trial)
        epochs = OPTIONS["epochs"].read(trial["epochs"]) if "epochs" in trial else self.problem.epochs
        key = (trial.get("hidden"), trial.get("activation"), options.loss, options.trainer)
        if key not in self._kept:
            network = self.network(trial, options)
            data = self.problem.source if network is self.problem.network else render(network)
            self._kept[key] = data, self._size(network)
        return Candidate(self._kept[key][0], options, epochs, self._kept[key][1])

    def options(self, trial: Trial) -> TrainingOptions:
        """The training options of a trial; the words of the trial win over all others."""
        drawn = {
            name: Given(read_option(name, text), f"trial with {name} {text}")
            for name, text in trial.items()
            if name not in ("hidden", "activation", "epochs")
        }
        return training_options([drawn, *self.problem.layers], self.problem.dialect)

    def network(self, trial: Trial, options: TrainingOptions) -> Network:
        """The untrained network of a trial, or the one that was named."""
        p = self.problem
        hidden = OPTIONS["hidden"].read(trial["hidden"]) if "hidden" in trial else p.asked.hidden
        activation = OPTIONS["activation"].read(trial["activation"]) if "activation" in trial else None
        if p.network is None:
            assert not isinstance(p.data, TextData)
            asked = p.asked._replace(hidden=hidden, activation=activation or p.asked.activation)
            return new_network(asked, p.data, options.loss, [options.trainer])
        if not (p.replaces_layers and (trial.keys() & {"hidden", "activation"} or hidden is not None)):
            return p.network
        return with_layers(p.network, hidden, activation)

    def _count_inputs(self) -> int:
        """The inputs of the networks: for a table as many as its columns give when all rows are encoded, for texts as many as they have symbols."""
        p = self.problem
        if isinstance(p.data, Dataset):
            return p.data.n_inputs
        if p.network is not None:
            network = p.network.definition()
        else:
            assert not isinstance(p.data, TextData)
            network = new_network(p.asked, p.data)
        return encoded_inputs(network, p.data, p.options._replace(test=0.0), p.sets).network.n_inputs

    def _size(self, network: Network) -> int:
        topology = network.topology
        # The definition of a network for tables or texts has one input in place of those that the data will give.
        if network.text is not None:
            return topology._replace(inputs=topology.inputs._replace(columns=self._width)).n_parameters
        return (topology if network.table is None else topology._replace(inputs=Shape(self._width))).n_parameters


def with_layers(network: Network, hidden: tuple[int, ...] | None, activation: str | None) -> Network:
    """The definition of a network with other hidden layers; None: units, or the activation, of those that it has.

    Raises: UsageError for layers of other kinds, which have no units and activation of that meaning, and for a network that is too large.
    """
    definition = network.definition()
    *before, last = definition.layers
    dense = [layer for layer in before if isinstance(layer, Dense)]
    if len(dense) < len(before):
        _refuse_layers(network)
    function = activation or (dense[0].activation if dense else "tanh")
    sizes = tuple(layer.units for layer in dense) if hidden is None else hidden
    if fault := size_fault([definition.n_inputs, *sizes, definition.n_outputs]):
        raise UsageError(fault, advice="make the network smaller")
    with asking():
        topology = Topology(definition.topology.inputs, [*((units, function) for units in sizes), last])
    source = definition.source._replace(head=None)
    return Network(topology, table=definition.table, text=definition.text, source=source, task=definition.task)


def _refuse_layers(network: Network) -> NoReturn:
    message = "--hidden and --activation replace dense layers, and this network has others"
    path = network.source.path
    advice = f"change the layers in {path}" if path else "make a network with other layers: ann init --layers"
    raise UsageError(message, advice=f"leave them out, or {advice}")
