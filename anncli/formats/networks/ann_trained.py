"""The trained part of an `ann` network file: everything from the line `trained:` on, protected by a checksum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import quote

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.formats.files.yaml_text import quote_text, write_block, write_flow
from anncli.formats.networks.ann_checksum import checksum_of, find_checksum
from anncli.formats.networks.ann_curve import curve_lines, read_curve
from anncli.formats.networks.ann_decision import ReadMatrix, decision_lines, read_decision
from anncli.formats.networks.ann_digests import digest_lines, read_digests
from anncli.formats.networks.ann_fisher import mixture_lines, take_mixture
from anncli.formats.networks.ann_patterns import pattern_lines, read_patterns, take_room
from anncli.formats.networks.ann_self_test import read_self_test, self_test_lines
from anncli.formats.networks.ann_table import encoder_lines, take_encoder
from anncli.formats.networks.ann_task import read_loss, read_target_scaling, read_task, target_scaling_lines, task_lines
from anncli.formats.networks.ann_text import take_vocabulary, vocabulary_lines
from anncli.formats.networks.ann_weights import read_blocks, rows_of, shape_fault, weight_blocks, weight_lines
from anncli.formats.networks.numbers import BadNumberError, read_block, to_float32, write_rows
from anncli.network.network import Network
from anncli.network.scaling import INPUT_ACTIVATIONS, PER_VECTOR, Scaling

TRAINED_KEYS = (
    "task", "classes", "target_names", "threshold", "threshold_rule", "abstain", "calibration", "targets", "target_scaling", "columns", "first_token", "encoder", "scaling", "patterns", "weights", "members", "record", "self_test", "row_digests", "curve", "checksum",
)  # fmt: skip
AFRESH = "undo the change or restore a copy, or delete everything from `trained:` on to train afresh"

# What the YAML parser counts as a line end.
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


class TrainedPart:
    """Reads the trained part, which begins at `start` of the text, into a network."""

    def __init__(self, document: PlacedMapping, text: str, start: int, network: Network) -> None:
        value = document["trained"]
        if not isinstance(value, PlacedMapping):
            raise document.key_fault("trained", f"`trained` holds {kind_of(value)}", AFRESH)
        self._trained = value
        self._text = text
        self._start = start
        self._network = network

    def read(self, is_sealed: bool = True) -> None:
        """Fill the network; is_sealed: the checksum must fit."""
        self._trained.refuse_unknown(TRAINED_KEYS)
        network = self._network
        # First of all, because it gives the number of inputs where the head leaves it to the data.
        (take_encoder if network.text is None else take_vocabulary)(self._trained, network, AFRESH)
        if network.text is None:
            take_mixture(self._trained, network, self._matrix, AFRESH)
        take_room(self._trained, network, AFRESH)
        n_inputs = network.n_inputs
        network.task = read_task(self._trained, network, AFRESH)
        network.classes = self._classes()
        read_decision(self._trained, network, self._matrix, AFRESH)
        network.targets = self._targets()
        network.columns = self._names("columns", n_inputs)
        network.first_token = self._first_token()
        network.scaling = read_scaling(self._trained, n_inputs, self._matrix, AFRESH)
        if members := self._members():
            network.set_members(members)
        else:
            network.parameters = self._parameters(self._trained, "weights")
        network.record = self._trained.mapping_at("record")
        network.loss = read_loss(self._trained, network, AFRESH)
        network.target_names = self._names("target_names", network.n_targets)
        network.target_scaling = read_target_scaling(self._trained, network, self._matrix, AFRESH)
        network.patterns = read_patterns(self._trained, network, self._matrix, AFRESH)
        network.self_test = read_self_test(self._trained, network, self._matrix, AFRESH)
        network.row_digests = read_digests(self._trained, AFRESH)
        network.curve = read_curve(self._trained, AFRESH)
        self._check(is_sealed)

    def _check(self, is_sealed: bool) -> None:
        """Compare the checksum. This comes last: a fault found before has a place, which says more."""
        if "checksum" not in self._trained:
            raise self._trained.fault(None, "the trained part is cut short: its checksum is missing", AFRESH)
        match = find_checksum(self._text, self._start)
        assert match is not None
        if self._text[match.end() :].strip():
            raise self._trained.key_fault("checksum", "something follows the checksum", "remove it")
        end = match.start()
        while self._text[end - 1] in "\r\n":
            end -= 1
        wanted = checksum_of(self._network.topology, self._text[self._start : end])
        if wanted != match[1] and is_sealed:
            message = "the checksum does not fit: inputs, layers or the trained part were changed after training"
            raise self._trained.fault("checksum", message, self._with_reseal())

    def _with_reseal(self) -> str:
        """What to do about a file that is whole, and has other content than the one that was sealed."""
        name = self._trained.source.path
        return AFRESH if name.startswith("<") else f"{AFRESH}; a change that was meant: ann info {quote(name)} --reseal"

    def _classes(self) -> tuple[str, ...]:
        value = self._trained.get("classes")
        if self._network.predicts_next and self._network.vocabulary is not None:
            return self._network.vocabulary.symbols
        if isinstance(value, PlacedMapping):
            value.refuse_unknown(("positive", "negative"))
            for key in ("positive", "negative"):
                if not isinstance(value.get(key), str):
                    raise value.fault(key, f"`{key}` must be the name of a class, found {kind_of(value.get(key))}")
            if self._network.n_outputs != 1:
                raise self._trained.fault("classes", f"2 classes for {self._network.n_outputs} outputs", AFRESH)
            return value["positive"], value["negative"]
        return self._names("classes", self._network.n_classes)

    def _names(self, key: str, count: int) -> tuple[str, ...]:
        value = self._trained.get(key)
        if value is None:
            return ()
        if not isinstance(value, PlacedList) or not all(isinstance(name, str) for name in value):
            raise self._trained.fault(key, f"`{key}` must be a list of names, found {kind_of(value)}")
        if len(value) != count:
            raise self._trained.fault(key, f"`{key}` names {len(value)}, this network has {count}", AFRESH)
        return tuple(value)

    def _first_token(self) -> int:
        value = self._trained.get("first_token", 1)
        if value not in (0, 1) or isinstance(value, bool):
            raise self._trained.fault("first_token", "`first_token` must be 0 or 1", AFRESH)
        return int(value)

    def _targets(self) -> tuple[float, float] | None:
        value = self._trained.get("targets")
        if value is None:
            return None
        plain = isinstance(value, PlacedList) and all(
            isinstance(n, int | float) and not isinstance(n, bool) for n in value
        )
        if not plain or len(value) != 2:
            raise self._trained.fault("targets", "`targets` must be two numbers", "write for example `[0.9, 0.1]`")
        return float(value[0]), float(value[1])

    def _members(self) -> list[Array]:
        """The parameters of each network of an ensemble."""
        value = self._trained.get("members")
        if value is None:
            return []
        if "weights" in self._trained:
            raise self._trained.key_fault("members", "`weights` and `members` exclude each other", AFRESH)
        if not isinstance(value, PlacedList) or len(value) < 2:
            raise self._trained.fault(
                "members", "`members` must be a list of the weights of two or more networks", AFRESH
            )
        found = [self._parameters(value, number) for number in range(len(value))]
        return [parameters for parameters in found if parameters is not None]

    def _parameters(self, owner: PlacedMapping | PlacedList, key: str | int) -> Array | None:
        """The weights that stand at owner[key], None without that key."""
        value = owner.get(str(key)) if isinstance(owner, PlacedMapping) else owner[int(key)]
        topology, place = self._network.topology, "weights" if key == "weights" else "members"
        if value is None and key == "weights":
            return None
        if not isinstance(value, PlacedList) or not all(isinstance(block, str) for block in value):
            what = "`weights`" if key == "weights" else "each of `members`"
            raise self._trained.fault(place, f"{what} must be one block of numbers per layer", AFRESH)
        if (found := read_blocks(value, topology)) is not None:
            return found
        rows = [rows_of(block) for block in value]
        if fault := shape_fault(rows, topology):
            raise self._trained.fault(place, fault, AFRESH)
        parameters = np.empty(topology.n_parameters, dtype=np.float32)
        for index, (place, layer, block) in enumerate(weight_blocks(topology, parameters)):
            what = layer.column_text(place, len(block))
            block[...] = self._numbers(value, index, rows[index], block.shape[1], len(block), what).T
        return parameters

    def _matrix(self, mapping: PlacedMapping, key: str, n_rows: int | None, width: int) -> Array:
        value = mapping.get(key)
        if not isinstance(value, str):
            raise mapping.fault(key, f"`{key}` must be a block of numbers, found {kind_of(value)}", AFRESH)
        found = read_block(value, width)
        if found is not None and n_rows in (None, len(found)):
            return found
        rows = rows_of(value)
        if n_rows is not None and len(rows) != n_rows:
            raise mapping.fault(key, f"`{key}` has {len(rows)} lines, needs {n_rows}", AFRESH)
        return self._numbers(mapping, key, rows, len(rows), width, f"`{key}` has {width} numbers a line")

    def _numbers(
        self,
        owner: PlacedMapping | PlacedList,
        key: str | int,
        rows: list[list[str]],
        n_rows: int,
        width: int,
        what: str,
    ) -> Array:
        """(n_rows, width) float32 from the rows of the block at owner[key]; raises NetworkError with line and column."""
        # The text of a literal block begins on the line after the `|`.
        first = owner.value_places[key].line + 1  # type: ignore[index, union-attr]
        for number, row in enumerate(rows):
            if len(row) != width:
                raise self._fault(f"{what}, found {len(row)} number{'s' * (len(row) != 1)}", first + number, None)
        try:
            return to_float32(rows).reshape(n_rows, width)
        except BadNumberError as fault:
            raise self._fault(str(fault), first + fault.row, fault.index) from None

    def _fault(self, message: str, line: int, index: int | None) -> NetworkError:
        column = None
        if index is not None:
            tokens = list(re.finditer(r"\S+", _LINE_END.split(self._text)[line - 1]))
            column = tokens[index].start() + 1 if index < len(tokens) else None
        return NetworkError(message, path=self._trained.source.path, line=line, column=column, advice=AFRESH)


def read_scaling(trained: PlacedMapping, n_inputs: int, read_matrix: ReadMatrix, advice: str) -> Scaling:
    """The scaling of inputs; none where the file has none."""
    value = trained.mapping_at("scaling")
    value.refuse_unknown(("method", "per_vector", "activation", "log_floor", "add", "multiply"))
    words = {}
    for key, known in (("method", None), ("per_vector", PER_VECTOR), ("activation", INPUT_ACTIVATIONS)):
        if key not in value:
            continue
        words[key] = value[key]
        if not isinstance(words[key], str) or (known is not None and words[key] not in known):
            expected = "a name" if known is None else "one of " + ", ".join(known)
            raise value.fault(key, f"`{key}` must be {expected}, found {kind_of(words[key])}")
    if ("add" in value) != ("multiply" in value):
        raise value.fault(None, "`add` and `multiply` belong together", advice)
    numbers = {
        key: read_matrix(value, key, 1, n_inputs)[0]
        for key in ("log_floor", "add", "multiply") if key in value
    }  # fmt: skip
    if (numbers.get("log_floor", np.zeros(1)) < 0).any():
        raise value.fault("log_floor", "`log_floor` must not be below 0", advice)
    return Scaling(**numbers, **words)


def trained_lines(network: Network) -> Iterator[str]:
    """The lines after `trained:`, without the checksum; none if the head already describes the whole network. They come one by one,
    because those of many weights take several times their room."""
    yield from task_lines(network)
    if len(network.classes) == 2 and network.n_outputs == 1:
        positive, negative = map(quote_text, network.classes)
        yield f"  classes: {{positive: {positive}, negative: {negative}}}"
    elif network.classes and not network.predicts_next:
        yield f"  classes: {write_flow(network.classes)}"
    yield from decision_lines(network)
    if network.targets is not None:
        yield f"  targets: {write_flow([float(value) for value in network.targets])}"
    yield from target_scaling_lines(network.target_scaling)
    if network.columns:
        yield f"  columns: {write_flow(network.columns)}"
    if network.first_token != 1:
        yield f"  first_token: {network.first_token}"
    if network.encoder is not None:
        yield from encoder_lines(network.encoder)
    if network.mixture is not None:
        if network.encoder is None:
            yield "  encoder:"
        yield from mixture_lines(network.mixture)
    if network.vocabulary is not None:
        yield from vocabulary_lines(network.vocabulary)
    yield from _scaling_lines(network.scaling)
    yield from pattern_lines(network)
    if network.parameters is not None:
        yield from weight_lines(network)
    if network.record:
        yield "  record:"
        yield from write_block(network.record, 4)
    if network.self_test is not None and len(network.self_test.inputs):
        yield from self_test_lines(network.self_test)
    if network.row_digests is not None:
        yield from digest_lines(network.row_digests)
    if network.curve is not None:
        yield from curve_lines(network.curve)


def _scaling_lines(scaling: Scaling) -> list[str]:
    if scaling.is_identity and scaling.method == "none":
        return []
    lines = ["  scaling:", f"    method: {quote_text(scaling.method)}"]
    if scaling.per_vector != "none":
        lines.append(f"    per_vector: {scaling.per_vector}")
    if scaling.activation != "linear":
        lines.append(f"    activation: {scaling.activation}")
    for name in ("log_floor", "add", "multiply"):
        values = getattr(scaling, name)
        if values is not None:
            lines += [f"    {name}: |", *(f"      {row}" for row in write_rows(np.reshape(values, (1, -1))))]
    return lines
