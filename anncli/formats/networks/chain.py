"""A network of another program put together as a chain of layers: what stands between dense layers is folded into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.errors import ValueFault, count_of, listed
from anncli.formats.files.textfile import Path, shown_name
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.links import Link, Map, RecurrentLink, ReductionLink, inputs_of
from anncli.formats.networks.numbers import size_fault
from anncli.limits import FLOAT32_MAX
from anncli.network.layers.directions import Parts
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network, NetworkSource
from anncli.network.scaling import Scaling
from anncli.network.topology import Topology

# What ends the remark about rounded numbers, and those about answers that the file does not describe.
ROUNDED = "are rounded to 32-bit numbers"
TASK_ADVICE, NAMES_ADVICE = "--task says otherwise", "--class-names gives them"
# So many rounded numbers are looked at, to know whether digits were lost.
_ROUNDED_SAMPLE = 1000


class Chain(Faults):
    """The layers so far, and errors about the file that tells them. Steps are told in the order in which the network computes them.

    An element-wise map behind a layer without activation is folded into that layer; one before a layer into this one, and the
    first of all becomes the scaling of the inputs. All is computed in float64, and rounded to float32 at the end.
    """

    def __init__(self, n_inputs: int, origin: str, path: Path) -> None:
        super().__init__(path)
        self._n_inputs, self._origin = n_inputs, origin
        self._links: list[Link] = []
        self._map: Map | None = None
        self._scaling: Map | None = None
        self._remarks: list[str] = []
        self._check_sizes([n_inputs])

    # What is there

    @property
    def width(self) -> int:
        """The number of values that the next step is given."""
        return self._links[-1].width if self._links else self._n_inputs

    @property
    def is_open(self) -> bool:
        """Whether the last step was a layer whose activation is not known yet."""
        return bool(self._links) and self._links[-1].is_open

    @property
    def output_activation(self) -> str:
        """The activation of the last layer so far; linear without one."""
        return (self._links[-1].activation if self._links else None) or "linear"

    def remark(self, text: str) -> None:
        """Say once what was assumed or lost."""
        if text not in self._remarks:
            self._remarks.append(text)

    # Steps

    def affine(self, weights: Array, biases: Array | None = None, merges: bool = False) -> None:
        """values @ weights (n_in, n_out) + biases (n_out,); raises NetworkError for sizes that do not fit.

        merges: the next affine map is joined with this one, if nothing stands between them.
        """
        weights = np.asarray(weights, dtype=np.float64)
        if weights.ndim != 2 or weights.shape[0] != self.width or not weights.shape[1]:
            shape = " x ".join(map(str, weights.shape))
            self.fail(f"weights of {shape} do not fit {count_of(self.width, 'value')} below them")
        n_out = weights.shape[1]
        biases = np.zeros(n_out) if biases is None else np.asarray(biases, dtype=np.float64).reshape(-1)
        if len(biases) != n_out:
            self.fail(f"{count_of(len(biases), 'bias value')} for {count_of(n_out, 'unit')}")
        if self.is_open and self._links[-1].merges:
            below = self._links.pop()
            biases = below.biases @ weights + biases
            weights = below.weights @ weights
        elif self.is_open:
            self._links[-1].activation = "linear"
        self._append(Link(weights, biases, merges))

    def each(self, factor: Array | float = 1.0, shift: Array | float = 0.0, add: Array | float = 0.0) -> None:
        """(value + add) * factor + shift for each value by itself; each of the three is (width,), or one number for all."""
        given = [np.asarray(part, dtype=np.float64).reshape(-1) for part in (add, factor, shift)]
        if any(len(part) not in (1, self.width) for part in given):
            self.fail(f"factors for each of {max(map(len, given))} values, and there are {self.width}")
        before, scale, after = (np.broadcast_to(part, (self.width,)) for part in given)
        if self.is_open:
            link = self._links[-1]
            link.weights = link.weights * scale
            link.biases = (link.biases + before) * scale + after
        elif self._map is None:
            self._map = Map(before, scale, after)
        else:
            old = self._map
            self._map = Map(old.add, old.factor * scale, (old.shift + before) * scale + after)

    def activate(self, name: str) -> None:
        """An activation of ann; a linear one changes nothing. Two in a row, or a map before one, take a layer of their own."""
        if name == "linear" and not self.is_open:
            return
        if not self.is_open:
            self._own_layer()
        self._links[-1].activation = name

    def soften(self) -> None:
        """A softmax over all values."""
        if self.width < 2:
            self.fail("a softmax over one value is always 1")
        if self._links:
            self._links[-1].reopen()
        self.activate("softmax")

    def clip(self, low: Array, high: Array) -> None:
        """Each value into the range low to high (width,), infinite where there is no bound, in a layer of relu units:
        max(v - low, 0) - max(v - high, 0) + low. Without bounds v is max(v, 0) - max(-v, 0)."""
        n = self.width
        low, high = (np.broadcast_to(np.asarray(bound, dtype=np.float64).reshape(-1), (n,)) for bound in (low, high))
        if not np.isfinite([low, high]).any():
            return
        if np.isfinite([low, high]).all():
            self._clip_both(low, high)
            return
        self.check_next(2 * n)
        has_low, has_high = np.isfinite(low), np.isfinite(high)
        # Without a low bound the value hangs from the high one: high - max(high - v, 0).
        start, sign = np.where(has_low, low, np.where(has_high, high, 0.0)), np.where(has_low | ~has_high, 1.0, -1.0)
        other = np.where(has_high, np.where(has_low, 1.0, 0.0), np.where(has_low, 0.0, -1.0))
        shift = np.where(has_low & has_high, high, 0.0)
        self.affine(np.hstack([np.diag(sign), np.diag(other)]), np.concatenate([-sign * start, -other * shift]))
        self.activate("relu")
        self.remark(f"values are clipped to a range, by a layer of {2 * n} relu units")
        self.affine(np.vstack([np.diag(sign), np.diag(np.where(other == 0, 0.0, -1.0))]), start, merges=True)

    def _clip_both(self, low: Array, high: Array) -> None:
        """high - max(high - low - max(v - low, 0), 0), in two layers: a difference of two relu units would lose the digits of values
        far outside of the range."""
        if not self.is_open:
            self._own_layer()
        self.each(add=-low)
        self.activate("relu")
        self.check_next(self.width)
        self.affine(-np.eye(self.width), high - low)
        self.activate("relu")
        self.remark(f"values are clipped to a range, by layers of {self.width} relu units")
        self.each(-1.0, high)

    def recurrent(self, text: str, directions: list[Parts]) -> None:
        """A recurrent layer by its short form, and the parameters of each direction; what stands before it is folded into it."""
        self._append(RecurrentLink(text, directions))

    def reduce(self, word: str) -> None:
        """One row of many: `last`, `mean` or `max`."""
        if self._map is not None:
            self._own_layer()
        self._append(ReductionLink(word, self.width))

    def _append(self, link: Link) -> None:
        if self.is_open:
            self._links[-1].activation = "linear"
        self.check_next(link.width)
        self._fold_before(link)
        self._links.append(link)

    # The end

    def network(self, **fields: Any) -> Network:
        """The network with these fields of Network, its weights rounded to float32.

        Raises: NetworkError for a number that is not finite in float32, and for a chain that cannot be.
        """
        if self._map is not None or not self._links:
            self._own_layer()
        if self.is_open:
            self._links[-1].activation = "linear"
        for number, link in enumerate(self._links[:-1], 1):
            if ACTIVATION_NAMES[str(link.activation)].output_only:
                self.fail(f"layer {number} has {link.activation} units, which ann knows for the output layer only")
        try:
            topology = Topology(inputs_of(self._links, self._n_inputs), [link.layer for link in self._links])
        except ValueFault as fault:
            self.fail(fault.message)
        widths = [self._n_inputs, *(link.width for link in self._links)]
        numbers = [np.concatenate([link.numbers(n_in) for link, n_in in zip(self._links, widths, strict=False)])]
        if self._scaling is not None:
            numbers += [self._scaling.add, self._scaling.factor]
        parameters, *scaling = map(self._single, numbers)
        self._note_rounding(np.concatenate(numbers), np.concatenate([parameters, *scaling]))
        source = NetworkSource(path=shown_name(self._path), origin=self._origin, remarks=tuple(self._remarks))
        return Network(
            topology,
            parameters,
            scaling=Scaling("stored", add=scaling[0], multiply=scaling[1]) if scaling else Scaling(),
            source=source,
            record={"imported_from": self._origin},
            **fields,
        )

    def _single(self, numbers: Array) -> Array:
        """The numbers as float32; raises NetworkError for one that it cannot hold."""
        if not (np.abs(numbers) <= FLOAT32_MAX).all():
            bad = numbers[~(np.abs(numbers) <= FLOAT32_MAX)][0]
            self.fail(
                f"one of its numbers is {bad:g}, which no finite 32-bit number stands for", "export the network anew"
            )
        return numbers.astype(np.float32)

    def _note_rounding(self, numbers: Array, singles: Array) -> None:
        changed = np.flatnonzero(singles != numbers)
        # A decimal of few digits is the shortest one of its float32: nothing of it is lost.
        if any(float(str(singles[k])) != numbers[k] for k in changed[:_ROUNDED_SAMPLE].tolist()):
            self.remark(f"{len(changed)} of {len(numbers)} weights and scaling values {ROUNDED}")

    def _own_layer(self) -> None:
        """A layer of a unit for each value, without an activation yet."""
        self.check_next(self.width)
        self.affine(np.eye(self.width))

    def _fold_before(self, link: Link) -> None:
        """Take the map before a layer into it; the first of all becomes the scaling of the inputs."""
        if self._map is None:
            return
        before, self._map = self._map, None
        if not self._links:
            self._scaling = before
            link.take_shift(before.shift)
        else:
            link.take_scaled(before)

    def check_next(self, n_out: int) -> None:
        """Raises NetworkError where a layer of so many units is too large; ask before memory is taken for its weights."""
        self._check_sizes([self._n_inputs, *(link.width for link in self._links), n_out])

    def _check_sizes(self, sizes: Sequence[int]) -> None:
        if fault := size_fault(sizes):
            self.fail(fault)


def numbered_classes(n_outputs: int, first: int | None = None) -> tuple[str, ...]:
    """Names of classes that a file does not name: `output 1` ..., as rows of other programs have them, or numbers from `first`.

    Of one output the class of high values comes first: 1 and 0.
    """
    if n_outputs == 1:
        return ("1", "0")
    return tuple(f"output {k}" if first is None else str(k - 1 + first) for k in range(1, n_outputs + 1))


def set_answers(
    network: Network, names: tuple[str, ...] = (), task: str | None = None, first: int | None = None
) -> Network:
    """The same network, told what its outputs stand for: names of classes, or of numbers.

    Args: names: of the outputs, () for none; task: 'classification' or 'regression', None where the file does not say it: values of a
        bounded activation are taken as scores of classes, others as numbers; first: as in numbered_classes().
    """
    info = ACTIVATION_NAMES[network.topology.output_activation]
    is_bounded = not (np.isinf(info.lowest) or np.isinf(info.highest))
    assumed = []
    if task is None:
        task = "classification" if is_bounded else "regression"
        assumed.append(f"the outputs are taken as {'scores of classes' if is_bounded else 'numbers'}; {TASK_ADVICE}")
    if task == "regression":
        network.task, network.target_names = "regression", names
    else:
        network.targets = (info.highest, info.lowest) if is_bounded else (1.0, 0.0)
        if network.n_outputs == 1 and not is_bounded:
            # A logit: 0 is in the middle.
            network.threshold = 0.0
        network.classes = names or numbered_classes(network.n_outputs, first)
        if not names:
            assumed.append(f"the classes have no names: {listed(network.classes)}; {NAMES_ADVICE}")
    network.source = network.source._replace(remarks=(*network.source.remarks, *assumed))
    return network
