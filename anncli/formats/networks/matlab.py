"""The network format `matlab`: MATLAB and Octave files of version 5 to 7 with the weights of a shallow network.

Weights and biases stand in one of these forms, a unit in each row of a matrix:

    IW, LW, b                 cells, as net.IW, net.LW and net.b hold them
    IW1_1, b1, LW2_1, b2 ...  matrices, as genFunction writes them; also W1, b1, W2, b2 ...
    Theta1, Theta2 ...        the bias in the first column

Besides, where they are there: transfer (words: tansig, purelin ...), x_offset, x_gain, x_ymin and y_offset, y_gain, y_ymin (what
mapminmax did), classes (words); and pred, the numbers of the classes that the network gave for the rows of another matrix.
"""

from __future__ import annotations

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, NetworkError, ValueFault, quoted
from anncli.formats.data.mat_elements import MatFile, Variable
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.chain import Chain, set_answers
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.network.names import canonical_activation
from anncli.network.network import Network, Recorded
from anncli.network.target_scaling import TargetScaling

_ADVICE = "save the weights: IW = net.IW; LW = net.LW; b = net.b; save('net.mat', 'IW', 'LW', 'b', '-v7')"
_DECISIONS = ("pred", "predicted")
_NUMBERS = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))
# Rows that pred may belong to: those with names like these first.
_ROWS = ("X", "x", "S", "P", "inputs", "data")
_MOST_CANDIDATES = 20


class Matlab:
    """The format `matlab`."""

    def parse(self, data: bytes, path: Path) -> Network:
        if data.startswith(b"MATLAB 7.3"):
            message = "is a MATLAB file of version 7.3 (HDF5), which is not read"
            raise NetworkError(message, path=shown_name(path), advice="save it with save(..., '-v7')")
        try:
            return _File(MatFile(data, shown_name(path)), path).network()
        except DataError as fault:
            raise NetworkError(fault.message, path=fault.path, advice=fault.advice) from None


FORMAT = Matlab()


class _File:
    def __init__(self, file: MatFile, path: Path) -> None:
        self._file, self._path = file, path
        self._variables = {one.name: one for one in file.variables}
        self._faults = Faults(path)

    def network(self) -> Network:
        layers = self._layers()
        chain = Chain(layers[0][0].shape[1], "matlab", self._path)
        gain, offset, low = (self._vector(f"x_{name}", chain.width) for name in ("gain", "offset", "ymin"))
        if gain is not None or offset is not None:
            none, one = np.zeros(chain.width), np.ones(chain.width)
            shift = -one if low is None else low
            chain.each(one if gain is None else gain, shift, add=-(none if offset is None else offset))
        transfer = self._transfer(chain, len(layers))
        for (weights, biases), activation in zip(layers, transfer, strict=True):
            chain.affine(weights.T, biases)
            if activation == "softmax":
                chain.soften()
            else:
                chain.activate(activation)
        return self._finished(chain)

    def _finished(self, chain: Chain) -> Network:
        width, names = chain.width, self._words("classes")
        gain, offset, low = (self._vector(f"y_{name}", width) for name in ("gain", "offset", "ymin"))
        if gain is None and offset is None:
            network = set_answers(chain.network(), names, first=1)
        else:
            spread = 1 / (np.ones(width) if gain is None else gain)
            shift = (np.zeros(width) if offset is None else offset) - (-np.ones(width) if low is None else low) * spread
            spread, shift = spread.astype(np.float32), shift.astype(np.float32)
            if not (np.isfinite(spread).all() and np.isfinite(shift).all() and (spread > 0).all()):
                self._faults.fail("y_gain and y_offset are no finite 32-bit numbers above 0")
            network = set_answers(
                chain.network(target_scaling=TargetScaling("minmax", shift, spread)), task="regression"
            )
        network.source = network.source._replace(recorded=self._recorded(network))
        return network

    def _layers(self) -> list[tuple[Array, Array]]:
        """Weights (units, n_in) and biases (units,) of each layer."""
        if "Theta1" in self._variables:
            thetas = map(self._matrix, self._numbered("Theta1", "Theta{}"))
            return [(theta[:, 1:], theta[:, 0]) for theta in thetas]
        if {"IW", "LW", "b"} <= self._variables.keys() and self._variables["IW"].kind == "cell":
            return self._of_cells()
        for first, others in (("IW1_1", "LW{}_{}"), ("IW", "LW{}_{}"), ("W1", "W{}")):
            if first in self._variables and "b1" in self._variables:
                names = self._numbered(first, others)
                return [(self._matrix(name), self._matrix(f"b{k}").reshape(-1)) for k, name in enumerate(names, 1)]
        raise self._without_weights()

    def _without_weights(self) -> NetworkError:
        message = "has no weights of a network: no Theta1, no IW with LW and b, no W1 with b1"
        for one in self._variables.values():
            if one.kind in ("object", "opaque", "struct"):
                message = f"holds no weights, but {quoted(one.name)}, which is of the kind {one.kind}"
        return NetworkError(message, path=shown_name(self._path), advice=_ADVICE)

    def _numbered(self, first: str, others: str) -> list[str]:
        """The names that follow each other: the first one, and `others` with 2, 3 ..., and the number before."""
        found = [first]
        while (name := others.format(len(found) + 1, len(found))) in self._variables:
            found.append(name)
        return found

    def _of_cells(self) -> list[tuple[Array, Array]]:
        """The layers in the cells IW (n, inputs), LW (n, n) and b (n, 1): each layer reads the one before, the first the inputs."""
        first, between, biases = (self._cells(name) for name in ("IW", "LW", "b"))
        n = len(biases)
        if len(first) != n or len(between) != n * n:
            self._faults.fail(
                f"IW has {len(first)} cells, LW {len(between)} and b {n}; one input and {n} layers need {n}, {n * n} and {n}"
            )
        found = []
        for k in range(n):
            weights = first[0] if k == 0 else between[k + n * (k - 1)]
            others = [*first[1:], *(cell for at, cell in enumerate(between) if at % n == k and at // n != k - 1)]
            if any(cell.size for cell in others) or not weights.size:
                self._faults.fail(
                    f"layer {k + 1} reads others than the layer below, which a chain of layers cannot hold"
                )
            bias = biases[k].reshape(-1) if biases[k].size else np.zeros(len(weights))
            found.append((weights, bias))
        return found

    def _transfer(self, chain: Chain, n_layers: int) -> list[str]:
        """The activation of each layer."""
        words = self._words("transfer")
        if words:
            if len(words) != n_layers:
                self._faults.fail(f"`transfer` names {len(words)} functions for {n_layers} layers")
            try:
                return [canonical_activation(word) for word in words]
            except ValueFault as fault:
                self._faults.fail(f"`transfer`: {fault.message}, which ann does not have")
        all_logistic = "Theta1" in self._variables
        found = ["logistic"] * n_layers if all_logistic else ["tanh"] * (n_layers - 1) + ["linear"]
        chain.remark(
            f"the activations are not in the file; they are taken as {', '.join(found)}; a variable `transfer` names others"
        )
        return found

    def _recorded(self, network: Network) -> tuple[Recorded, ...]:
        """For `pred`, each matrix whose rows it may belong to."""
        name = next((name for name in _DECISIONS if name in self._variables), None)
        if name is None or not network.n_classes or network.n_outputs == 1:
            return ()
        decisions = self._numbers(name).reshape(-1)
        if (
            not len(decisions)
            or (decisions != np.round(decisions)).any()
            or not 1 <= decisions.min() <= decisions.max() <= network.n_classes
        ):
            return ()
        shape = (len(decisions), network.n_inputs)
        fitting = [one.name for one in self._variables.values() if one.shape == shape and one.kind in _NUMBERS]
        fitting.sort(key=lambda each: _ROWS.index(each) if each in _ROWS else len(_ROWS))
        found = []
        for each in fitting[:_MOST_CANDIDATES]:
            rows = self._numbers(each)
            if (np.abs(rows) < 1e30).all():
                recorded = Recorded(
                    f"{each} and {name}",
                    rows.astype(np.float32),
                    None,
                    decisions.astype(np.int64) - 1,
                    is_certain=False,
                )
                found.append(recorded)
        return tuple(found)

    def _matrix(self, name: str) -> Array:
        found = self._numbers(name)
        if found.ndim != 2 or not found.size:
            self._faults.fail(f"variable {quoted(name)} is no matrix")
        return found

    def _vector(self, name: str, n: int) -> Array | None:
        """A vector of n numbers, or one for all; None if there is none."""
        if name not in self._variables:
            return None
        found = self._numbers(name).reshape(-1)
        if len(found) not in (1, n):
            self._faults.fail(f"variable {quoted(name)} has {len(found)} numbers, and {n} are needed")
        if name.endswith("gain") and (found == 0).any():
            self._faults.fail(f"variable {quoted(name)} holds 0")
        return np.broadcast_to(found, (n,))

    def _numbers(self, name: str) -> Array:
        if name not in self._variables:
            self._faults.fail(f"has no variable {quoted(name)}", _ADVICE)
        variable = self._variables[name]
        if variable.kind not in (*_NUMBERS, "sparse"):
            self._faults.fail(f"variable {quoted(name)} is of the kind {variable.kind}, not numbers", _ADVICE)
        self._check(variable)
        return self._file.load(variable).astype(np.float64)

    def _cells(self, name: str) -> list[Array]:
        found = self._file.load_cells(self._variables[name])
        if any(cell.dtype.kind not in "fiub" for cell in found):
            self._faults.fail(f"the cells of {quoted(name)} are no matrices", _ADVICE)
        return [cell.astype(np.float64) for cell in found]

    def _words(self, name: str) -> tuple[str, ...]:
        variable = self._variables.get(name)
        if variable is None or variable.kind not in ("cell", "char"):
            return ()
        return tuple(map(str, self._file.load(variable).reshape(-1).tolist()))

    def _check(self, variable: Variable) -> None:
        size = 1
        for n in variable.shape:
            size *= n
        if size > MAX_PARAMETERS:
            self._faults.fail(f"variable {quoted(variable.name)} has {size} numbers, more than this program handles")
