"""The compiled module; sources in src/, where calls.h lists the calls and codes.h the codes."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

def variants() -> tuple[str, ...]: ...
def activations() -> tuple[str, ...]: ...
def losses() -> tuple[str, ...]: ...
def rules() -> tuple[str, ...]: ...
def turns() -> tuple[str, ...]: ...
def rule_layout() -> tuple[str, tuple[str, ...]]: ...
def plan(
    sizes: tuple[int, ...],
    activations: tuple[int, ...],
    variant: str | None,
    loss_numbers: tuple[float, ...] = (),
) -> Any: ...
def steps() -> tuple[str, ...]: ...
def step_layout() -> tuple[str, ...]: ...
def chain(
    steps: Array,
    height: int,
    width: int,
    columns: int,
    tokens: bool,
    n_units: int,
    products: Array,
    loss_numbers: Array,
    variant: str | None,
) -> Any: ...
def run_chain(
    chain: Any,
    aim: int,
    loss: int,
    rule: bytes | None,
    batch_size: int,
    step: int,
    rows_seen: int,
    threads: int,
    truncate: int,
    first_row: int,
    states: Array | None,
    parameters: Array,
    first: Array | None,
    second: Array | None,
    gradient: Array | None,
    outputs: Array | None,
    values: Array,
    tokens: Array | None,
    starts: Array | None,
    targets: Array | None,
    target_starts: Array | None,
    weights: Array | None,
    rows: Array | None,
) -> tuple[float, int, int]: ...
def lif_forward(
    neuron: tuple[float, ...], weights: Array, indices: Array, times: Array, starts: Array, most: int
) -> tuple[bytearray, bytearray, bytearray, bytearray]: ...
def lif_backward(
    neuron: tuple[float, ...],
    weights: Array,
    indices: Array,
    times: Array,
    starts: Array,
    own_indices: Array,
    own_times: Array,
    own_starts: Array,
    currents: Array,
    slopes: Array,
    gradient: Array,
    slopes_below: Array,
) -> None: ...
def peak_forward(
    neuron: tuple[float, ...],
    weights: Array,
    indices: Array,
    times: Array,
    starts: Array,
    peaks: Array,
    when: Array,
    kinks: Array,
    rates: Array,
) -> None: ...
def peak_backward(
    neuron: tuple[float, ...],
    weights: Array,
    indices: Array,
    times: Array,
    starts: Array,
    when: Array,
    kinks: Array,
    rates: Array,
    slopes: Array,
    gradient: Array,
    slopes_below: Array,
) -> None: ...
def run_spikes(
    chain: tuple[Array, int, float, float, float],
    rule: bytes | None,
    batch_size: int,
    step: int,
    threads: int,
    parameters: Array,
    first: Array | None,
    second: Array | None,
    gradient: Array | None,
    outputs: Array | None,
    indices: Array,
    times: Array,
    starts: Array,
    targets: Array | None,
    weights: Array | None,
    rows: Array | None,
) -> tuple[float, int]: ...
def forward(plan: Any, parameters: Array, inputs: Array, rows: Array | None, outputs: Array, threads: int) -> None: ...
def loss_and_gradient(
    plan: Any,
    parameters: Array,
    loss: int,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array | None,
    gradient: Array | None,
    l2: float,
    threads: int,
) -> float: ...
def batch_gradient(
    plan: Any,
    parameters: Array,
    loss: int,
    rule: bytes,
    rows_seen: int,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array | None,
    gradient: Array,
    outputs: Array | None,
    threads: int,
) -> float: ...
def epoch(
    plan: Any,
    parameters: Array,
    loss: int,
    rule: bytes,
    first: Array,
    second: Array | None,
    step: int,
    rows_seen: int,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array | None,
    batch_size: int,
    outputs: Array | None,
    threads: int,
) -> tuple[float, int]: ...
def add_fixed(values: Array, factor: float, exponent: int, words: Array) -> int: ...
def chunk_gradients(
    plan: Any,
    parameters: Array,
    loss: int,
    rule: bytes,
    rows_seen: int,
    inputs: Array,
    targets: Array,
    weights: Array | None,
    rows: Array,
    starts: Array,
    total: int,
    exponent: int,
    scratch: Array,
    words: Array,
    losses: Array,
) -> int: ...
def rprop_step(
    turn: int,
    increase: float,
    decrease: float,
    step_min: float,
    step_max: float,
    parameters: Array,
    gradient: Array,
    previous_gradient: Array,
    step: Array,
    move: Array,
) -> None: ...
def parse_block(
    text: bytes, start: int, delimiter: str, width: int, special: bool, out: Array
) -> tuple[int, int, int, int, int, int]: ...
def parse_pairs(
    text: bytes,
    start: int,
    labels: Array,
    words: Array,
    queries: Array,
    ends: Array,
    lines: Array,
    indices: Array,
    values: Array,
) -> tuple[int, int, int, int]: ...
def fill_pairs(ends: Array, indices: Array, values: Array, base: int, width: int, out: Array) -> None: ...
def parse_numbers(text: bytes, start: int, out: Array) -> tuple[int, int]: ...
def count_bytes(text: bytes | bytearray, start: int, byte: int) -> int: ...
def utf8_end(text: bytes | bytearray) -> int: ...
def parse_table(
    text: bytes | bytearray,
    start: int,
    marks: bytes,
    flags: int,
    na: tuple[bytes, ...],
    na_numbers: tuple[float, ...],
    is_last: bool,
    threads: int,
    cells: Array,
    lines: Array,
) -> tuple[int, int, int, int, int, tuple[list[str | float] | None, ...]]: ...
def format_rows(
    values: Array,
    head: str,
    separator: str,
    tails: tuple[str, ...],
    chosen: Array | None,
    exact: Callable[[float], str],
) -> str: ...
def lexicon(
    split: int, fold: bool, least: int, ngrams: int, words: list[str], classes: Callable[[int], bytes]
) -> Any: ...
def grow_lexicon(lexicon: Any, texts: list[str]) -> tuple[bytearray, bytearray, int]: ...
def find_words(lexicon: Any, texts: list[str]) -> tuple[bytearray, bytearray, int]: ...
def count_words(lexicon: Any, texts: list[str]) -> tuple[bytearray, bytearray, bytearray]: ...
def word_counts(lexicon: Any) -> tuple[bytearray, bytearray]: ...
def spell_words(lexicon: Any, numbers: Array | None) -> list[str]: ...
def learn_words(
    variant: str | None,
    numbers: tuple[int, int, int, bool, int],
    piece: tuple[int, int],
    rates: tuple[float, ...],
    parameters: Array,
    to: Array | None,
    tokens: Array,
    starts: Array,
    keep: Array,
    noise_limit: Array,
    noise_other: Array,
    path_starts: Array | None,
    path: Array | None,
) -> tuple[float, int]: ...
