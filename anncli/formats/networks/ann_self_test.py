"""The self-test in an `ann` network file: samples, of one row, of several rows or of tokens, and the outputs for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs, Rows, Tokens
from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.formats.files.yaml_text import write_flow
from anncli.formats.networks.ann_decision import ReadMatrix
from anncli.formats.networks.numbers import write_rows
from anncli.network.network import Network, SelfTest


def read_self_test(trained: PlacedMapping, network: Network, read_matrix: ReadMatrix, advice: str) -> SelfTest | None:
    """What stands under `self_test`, None where there is nothing; `advice` goes with every fault of its structure."""
    if trained.get("self_test") is None:
        return None
    value, topology = trained.mapping_at("self_test"), network.topology
    shape = topology.inputs
    if shape.rows == 1:
        value.refuse_unknown(SelfTest._fields)
        vectors = read_matrix(value, "inputs", None, network.n_inputs)
        return SelfTest(vectors, read_matrix(value, "outputs", len(vectors), network.n_outputs))
    value.refuse_unknown(("lengths", *(("tokens",) if shape.tokens else ()), *SelfTest._fields))
    starts = np.cumsum([0, *_wholes(value, "lengths", advice)], dtype=np.int64)
    n_rows = int(starts[-1])
    inputs: Inputs
    if shape.tokens:
        indices = _wholes(value, "tokens", advice)
        if len(indices) != n_rows or any(index >= shape.columns for index in indices):
            raise value.fault("tokens", f"`tokens` must be {n_rows} numbers below {shape.columns}", advice)
        numbers = read_matrix(value, "inputs", n_rows, 1)[:, 0] if n_rows else np.empty(0, dtype=np.float32)
        inputs = Tokens(np.array(indices, dtype=np.int32), numbers, starts, shape.columns)
    else:
        inputs = Rows(read_matrix(value, "inputs", n_rows, shape.columns), starts)
    n_outputs = n_rows if topology.answers_rows else len(inputs)
    return SelfTest(inputs, read_matrix(value, "outputs", n_outputs, network.n_outputs))


def _wholes(value: PlacedMapping, key: str, advice: str) -> list[int]:
    found = value.get(key)
    # At most as many rows as a file has bytes: more are a fault, and would take the memory.
    if not isinstance(found, list):
        raise value.fault(key, f"`{key}` must be a list of whole numbers, found {kind_of(found)}", advice)
    wrong = [n for n in found if type(n) is not int or not 0 <= n < 1 << 31]
    if wrong:
        raise value.fault(key, f"`{key}` must be whole numbers from 0 on, found {kind_of(wrong[0])} among them", advice)
    return found


def self_test_lines(test: SelfTest) -> list[str]:
    """The lines of `self_test` in the trained part."""
    lines, inputs = ["  self_test:"], test.inputs
    if isinstance(inputs, np.ndarray):
        return [*lines, *_block("inputs", inputs), *_block("outputs", test.outputs)]
    lines.append(f"    lengths: {_flow(inputs.lengths)}")
    if isinstance(inputs, Tokens):
        lines.append(f"    tokens: {_flow(inputs.indices)}")
        return [*lines, *_block("inputs", inputs.values[:, None]), *_block("outputs", test.outputs)]
    return [*lines, *_block("inputs", inputs.values), *_block("outputs", test.outputs)]


def _flow(numbers: Array) -> str:
    return write_flow([int(n) for n in numbers])


def _block(name: str, matrix: Any) -> list[str]:
    return [f"    {name}: |", *(f"      {row}" for row in write_rows(np.asarray(matrix)))]
