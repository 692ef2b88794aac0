"""Export as an ONNX model, proved with onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from anncli.arrays import Array, Rows, Tokens
from anncli.errors import ValueFault
from anncli.evaluation.names import UNDECIDED, UNDECIDED_WORD
from anncli.formats.exports.base import ExportRequest, Facts, Predicted, ProofRows, ToolMissingError
from anncli.formats.exports.onnx.activations import ACTIVATIONS
from anncli.formats.exports.onnx.inputs import INDICES, ROWS, VALUES, takes_columns
from anncli.formats.exports.onnx.layers import KINDS
from anncli.formats.exports.onnx.model import IR_VERSION, ML_OPSET, OPSET, model_bytes, model_of
from anncli.formats.exports.onnx.outputs import output_names
from anncli.formats.exports.onnx.recurrent import RECURRENT_ACTIVATIONS, State, state_width
from anncli.formats.exports.steps import kind_refusal
from anncli.network.class_names import class_names, column_names
from anncli.network.layers.bilinear import Bilinear
from anncli.network.names import ACTIVATION_NAMES
from anncli.network.network import Network
from anncli.network.streaming import check_streams
from anncli.tables import TableColumn

# A file of the format cannot hold 2 GiB; numbers are 4 bytes each.
_MOST_NUMBERS = 500_000_000


class OnnxExport:
    """See base.ExportFormat."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        if request.bits:
            return f"an ONNX file is written with floating-point numbers, not with {request.bits} bits; leave that out"
        if reason := kind_refusal(network, "an ONNX file", KINDS, ACTIVATIONS):
            return reason
        if reason := _state_refusal(network, request.stateful):
            return reason
        products = sum(layer.components**3 for layer in network.layers if isinstance(layer, Bilinear))
        count = network.all_parameters.size + products * max(1, len(network.members))
        if count > _MOST_NUMBERS:
            return f"an ONNX file holds at most {_MOST_NUMBERS} numbers, this network has {count} weights and numbers of products"
        for column in network.encoder.columns if network.encoder is not None else ():
            if "" in (*column.levels, *column.rare):
                return f"column '{column.name}' has the empty word as a category, which is a missing cell in ONNX; replace it in the data and train again"
        return None

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        return {"": model_bytes(model_of(network, request.name, request.stateful))}

    def facts(self, files: Mapping[str, bytes], network: Network, request: ExportRequest) -> Facts:
        """The versions that a program must know, and what the model takes and gives."""
        shape = network.topology.inputs
        takes = f"{ROWS}, float32 N x {shape.columns}" + (", the N rows of one sample" if shape.rows is None else "")
        if shape.tokens:
            takes = f"{INDICES}, int64, and {VALUES}, float32: the N tokens of one sample"
        if takes_columns(network):
            takes = f"one for each of {len(column_names(network))} columns, N x 1: numbers float32, categories words"
        gives = output_names(network)
        decides = {"label": "the class of each row", "labels": f"flags N x {network.n_outputs}"}
        decision = [f"{gives['decisions']}, {decides[gives['decisions'].rstrip('_')]}"] if "decisions" in gives else []
        if request.stateful:
            takes += f"; {State.INPUT}, float32 1 x {state_width(network)}, zeros before the first row"
            decision.append(f"{State.OUTPUT}, the state after the last row")
        outputs = "; ".join([f"{gives['outputs']}, float32 N x {network.n_outputs}", *decision])
        versions = f"{OPSET}, of ai.onnx.ml {ML_OPSET}; IR version {IR_VERSION}"
        return Facts(None, [("opset", versions), ("inputs", takes), ("outputs", outputs)])

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        try:
            import onnxruntime
        except ModuleNotFoundError:
            raise ToolMissingError("onnxruntime is not installed; pip install 'anncli[onnx]'") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(files[""], options, providers=["CPUExecutionProvider"])
            given = [output.name for output in session.get_outputs()]
            run = _in_pieces(network, session, given) if request.stateful else partial(session.run, None)
            every = [run(fed) for fed in _fed(network, rows)]
            found = {name: np.concatenate([own[k] for own in every]) for k, name in enumerate(given)}
        # onnxruntime has a class of its own for each kind of failure, without a common one.
        except Exception as failure:
            raise RuntimeError(f"onnxruntime {onnxruntime.__version__}: {failure}") from None
        names = output_names(network)
        decisions = _decisions(network, found[names["decisions"]]) if "decisions" in names else None
        return Predicted(
            found[names["outputs"]].astype(np.float64), decisions, f"onnxruntime {onnxruntime.__version__}"
        )


def _state_refusal(network: Network, stateful: bool) -> str | None:
    """Why the layers cannot carry their state as nodes of ONNX do, or as an input and an output of the graph, or None."""
    for layer in network.layers:
        if layer.kind == "recurrent" and layer.activation not in RECURRENT_ACTIVATIONS:
            known = ", ".join(name for name in ACTIVATION_NAMES if name in RECURRENT_ACTIVATIONS)
            return f"an ONNX file cannot hold a recurrent layer of {layer.activation} units, only {known}"
    if not stateful:
        return None
    try:
        check_streams(network.topology, "--stateful", ("last",))
    except ValueFault as fault:
        return f"--stateful: {fault}"
    if not any(layer.carries for layer in network.layers):
        return "--stateful: no layer of the network carries a state from row to row; leave it out"
    return None


def _in_pieces(network: Network, session: Any, given: list[str]) -> Callable[[dict[str, Any]], list[Array]]:
    """A function that runs a sample in two pieces, of which the second goes on from the state after the first."""

    def run(fed: dict[str, Any]) -> list[Array]:
        n = len(next(iter(fed.values())))
        state, pieces = np.zeros((1, state_width(network)), dtype=np.float32), []
        for rows in (slice(0, n // 2), slice(n // 2, n)):
            if rows.start == rows.stop:
                continue
            pieces.append(session.run(None, {name: value[rows] for name, value in fed.items()} | {State.INPUT: state}))
            state = pieces[-1][given.index(State.OUTPUT)]
        return (
            [np.concatenate(parts) for parts in zip(*pieces, strict=True)]
            if network.topology.answers_rows
            else pieces[-1]
        )

    return run


def _fed(network: Network, rows: ProofRows) -> list[dict[str, Any]]:
    """The rows as the model takes them: all at once, or each sample of several rows or of tokens by itself."""
    inputs = rows.inputs
    if isinstance(inputs, Tokens):
        parts = zip(inputs.starts, inputs.starts[1:], strict=False)
        indices = inputs.indices.astype(np.int64)
        return [{INDICES: indices[first:end], VALUES: inputs.values[first:end]} for first, end in parts]
    if isinstance(inputs, Rows):
        return [{ROWS: inputs.values[first:end]} for first, end in zip(inputs.starts, inputs.starts[1:], strict=False)]
    if not takes_columns(network):
        return [{ROWS: inputs}]
    assert network.encoder is not None
    assert rows.table is not None
    columns = {
        column.name: _words(rows.table.column(column.name))
        if column.kind == "category"
        else _numbers(rows.table.column(column.name))
        for column in network.encoder.columns
    }
    return [columns]


def _numbers(column: TableColumn) -> Array:
    """float32 (n, 1), NaN where a cell is missing."""
    given = column.as_numbers()
    assert given is not None
    assert given.numbers is not None
    return given.numbers.astype(np.float32)[:, None]


def _words(column: TableColumn) -> Array:
    """Words (n, 1), '' where a cell is missing."""
    given = column.as_words()
    return np.array([*given.words, ""], dtype=object)[given.codes][:, None]


def _decisions(network: Network, answers: Array) -> Array:
    if network.task == "multi-label":
        return answers
    # Where nothing is left undecided, a class may have that name.
    places = {UNDECIDED_WORD: UNDECIDED} | {name: place for place, name in enumerate(class_names(network))}
    return np.array([places[word] for word in answers.tolist()])


EXPORT = OnnxExport()
