"""The proof of an export: the exported network computes what the network computes, on rows of its self-test and on 1,000 random ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli._version import __version__
from anncli.analysis.proof_rows import all_rows, draw_rows, stored_rows
from anncli.analysis.proof_texts import draw_texts
from anncli.analysis.rounding import rounding_errors
from anncli.arrays import Array, Inputs
from anncli.errors import ValueFault
from anncli.formats.exports.base import (
    ComparesNumbers,
    ExportFormat,
    ExportRequest,
    Predicted,
    ProofRows,
    ReadBack,
    Runs,
    TakesTexts,
    ToolMissingError,
)
from anncli.inference.predict import decide, predict
from anncli.network.network import Network

# Random rows: all of them for networks of up to 200,000 weights, fewer for larger ones, because an interpreter takes minutes.
N_RANDOM, _FEWEST, _MOST_PRODUCTS = 1000, 100, 200_000_000
# |a - b| <= TOLERANCE (1 + |b|) for an output b and what the export gives for it; for numbers at most TOLERANCE of their range.
TOLERANCE = 1e-5
# Twice the error of either computation.
_ROUNDING = 4.0
_SEED = 13
# Who ran an export that ann reads.
_READ_BACK = f"ann {__version__}, which read it back"


class Proof(NamedTuple):
    """What the comparison found.

    tool: what ran the export, with its version, '' where nothing did; missing: why nothing did; n_stored, n_inside, n_outside:
    rows of the self-test, random ones in the range of training and outside of it; difference: the largest |a - b|; relative: the
    largest |a - b| / (1 + |b|); allowed: its limit; n_rounded: rows of which 32-bit arithmetic allows more; n_overflowed: rows
    whose outputs are no finite 32-bit numbers and were not compared; n_other: rows with another decision than the network's
    although no score is near a limit; n_close: those where one is; fault: what is wrong, None where the export is proved; decides: whether the export gave decisions;
    is_stated: whether `allowed` is the largest difference that the export states; is_of_range: whether the range of the outputs allows
    less than their size; same: of an export that computes nothing, what was compared, in words; of_texts: n_inside
    are texts of known words, and n_outside such with other words and signs.
    """

    tool: str = ""
    missing: str | None = None
    n_stored: int = 0
    n_inside: int = 0
    n_outside: int = 0
    difference: float = 0.0
    relative: float = 0.0
    allowed: float = TOLERANCE
    n_rounded: int = 0
    n_overflowed: int = 0
    n_other: int = 0
    n_close: int = 0
    fault: str | None = None
    decides: bool = False
    is_stated: bool = False
    is_of_range: bool = False
    same: str = ""
    of_texts: bool = False

    @property
    def n_rows(self) -> int:
        return self.n_stored + self.n_inside + self.n_outside

    @property
    def is_proved(self) -> bool:
        return bool(self.tool) and self.fault is None

    def document(self) -> dict[str, Any]:
        """As `ann export --json` prints it."""
        state = "failed" if self.fault else "passed" if self.tool else "none"
        numbers = {name: getattr(self, name) if self.tool else None for name in ("difference", "relative", "allowed")}
        counts = {"self_test": self.n_stored, "inside": self.n_inside, "outside": self.n_outside}
        return {
            "state": state,
            "tool": self.tool or None,
            "missing": self.missing,
            "rows": counts if self.tool else None,
            **{name: None if x is None or not np.isfinite(x) else x for name, x in numbers.items()},
            "rounded": self.n_rounded,
            "overflowed": self.n_overflowed,
            "other_decisions": self.n_other,
            "close_decisions": self.n_close,
            "fault": self.fault,
        }


def prove(
    export: ExportFormat,
    files: Mapping[str, bytes],
    network: Network,
    request: ExportRequest,
    bound: Array | None = None,
) -> Proof:
    """Run what was rendered and compare; a Proof with a fault where it fails, and without a tool where nothing can be run.

    bound: (n_outputs,), the differences that the export states, None for those of floating-point numbers.
    """
    if isinstance(export, ComparesNumbers):
        return _compared_numbers(export, files, network)
    stored = stored_rows(network)
    n_weights = network.topology.n_parameters * max(1, len(network.members))
    n_random = min(N_RANDOM, max(_FEWEST, _MOST_PRODUCTS // n_weights))
    takes_texts = isinstance(export, TakesTexts) and network.text is not None
    drawn = (draw_texts if takes_texts else draw_rows)(network, np.random.default_rng(_SEED), n_random)
    n_inside = n_random // 2
    if request.bits:
        # Outside of the range fixed-point numbers end.
        drawn = drawn.part(slice(n_inside))
    rows = all_rows(stored, drawn)
    counts = (len(stored.inputs), n_inside, len(drawn.inputs) - n_inside)
    try:
        found = predicted_by(export, files, network, request, rows)
    except ToolMissingError as missing:
        return Proof(missing=str(missing))
    except RuntimeError as fault:
        return _counted(Proof(fault=f"does not run: {fault}"), *counts)
    if found is None:
        return Proof(missing="what was written computes nothing")
    return _counted(_compared(network, rows, found, bound), *counts)._replace(of_texts=takes_texts)


def _compared_numbers(export: ComparesNumbers, files: Mapping[str, bytes], network: Network) -> Proof:
    try:
        return Proof(_READ_BACK, same=export.same(files, network))
    except ValueFault as fault:
        return Proof(fault=fault.message)


def _counted(proof: Proof, n_stored: int, n_inside: int, n_outside: int) -> Proof:
    return proof._replace(n_stored=n_stored, n_inside=n_inside, n_outside=n_outside)


def predicted_by(
    export: ExportFormat, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
) -> Predicted | None:
    """What the export computes for these rows; raises as Runs.run()."""
    if isinstance(export, Runs):
        return export.run(files, network, request, rows)
    assert isinstance(export, ReadBack)
    again = export.read_back(files)
    outputs = predict(
        again, rows.inputs if rows.table is None or again.encoder is None else again.encoder.encode(rows.table).inputs
    )
    keeps = network.task != "regression" and export.keeps_decisions
    return Predicted(outputs.astype(np.float64), decide(again, outputs) if keeps else None, _READ_BACK)  # fmt: skip


def _compared(network: Network, rows: ProofRows, found: Predicted, bound: Array | None) -> Proof:
    wanted = predict(network, rows.inputs)
    given, expected = found.outputs.astype(np.float64), wanted.astype(np.float64)
    if given.shape != expected.shape:
        return Proof(found.tool, fault=f"it gives outputs of shape {given.shape}, not {expected.shape}")
    if found.decisions is not None and len(found.decisions) != len(wanted):
        return Proof(found.tool, fault=f"it decides {len(found.decisions)} rows of {len(wanted)}")
    finite: Array = np.asarray(np.isfinite(expected).all(axis=1))
    if not finite.any():
        return Proof(missing="no row has outputs that 32 bits can hold: nothing can be compared")
    with np.errstate(invalid="ignore", over="ignore"):
        differences = np.where(finite[:, None], np.abs(given - expected), 0)
    plain, allowed = _limits(network, rows.inputs, expected, bound)
    relative = differences / (1 + np.abs(np.where(finite[:, None], expected, 0)))
    wrong: Array = ~(differences <= allowed)
    n_other, n_close = _other_decisions(network, wanted, found.decisions, allowed)
    proof = Proof(
        found.tool,
        difference=_largest(differences),
        relative=_largest(relative),
        allowed=TOLERANCE if bound is None else _largest(bound),
        is_stated=bound is not None,
        is_of_range=bound is None and bool((plain < _by_size(expected)).any()),
        n_rounded=int(((differences > plain) & ~wrong).any(axis=1).sum()),
        n_overflowed=int((~finite).sum()),
        n_other=n_other,
        n_close=n_close,
        decides=found.decisions is not None,
    )
    if wrong.any():
        row, column = map(int, np.unravel_index(np.argmax(np.where(wrong, np.nan_to_num(differences / allowed, nan=np.inf), -1)), wrong.shape))  # fmt: skip
        what = f"output {column + 1} of row {row + 1} is {given[row, column]:.9g}, not {expected[row, column]:.9g}"
        return proof._replace(fault=f"{what} ({_shown(rows.inputs, row)})")
    if n_other:
        return proof._replace(fault=f"{n_other} of {len(wanted)} rows get another class")
    return proof


def _largest(numbers: Array) -> float:
    """The largest number; not a number where there is one."""
    return float(numbers.max()) if numbers.size else 0.0


def _shown(inputs: Inputs, row: int) -> str:
    """The inputs of a row; of samples with several rows the answers may be those of samples or of rows."""
    if not isinstance(inputs, np.ndarray):
        return f"one of the rows of {len(inputs)} samples"
    own = inputs[row]
    return "inputs " + " ".join(f"{x:.9g}" for x in own[:8].tolist()) + (" ..." if len(own) > 8 else "")


def _limits(network: Network, inputs: Inputs, expected: Array, bound: Array | None) -> tuple[Array, Array]:
    """The limits (n, n_outputs) of the differences: by the tolerance alone, and where 32-bit arithmetic is less exact."""
    if bound is not None:
        stated = np.broadcast_to(bound, expected.shape)
        return stated, stated
    plain = _by_size(expected)
    if network.task == "regression":
        # In units in which all outputs are near each other, or near 0, their size would allow anything.
        known = np.where(np.isfinite(expected), expected, np.nan)
        plain = np.minimum(plain, TOLERANCE * np.nan_to_num(np.nanmax(known, axis=0) - np.nanmin(known, axis=0)))
    return plain, np.maximum(plain, _ROUNDING * rounding_errors(network, inputs))


def _by_size(expected: Array) -> Array:
    return TOLERANCE * (1 + np.abs(np.nan_to_num(expected)))


def _other_decisions(network: Network, wanted: Array, decisions: Array | None, allowed: Array) -> tuple[int, int]:
    """How many rows have another decision where no score is near a limit, and how many where one is."""
    if decisions is None or network.task == "regression":
        return 0, 0
    other = np.asarray(decisions) != decide(network, wanted)
    close = _close_labels(network, wanted, allowed) if other.ndim > 1 else _is_close(network, wanted, allowed)
    far = other & ~close
    return int(_rows(far).sum()), int((_rows(other) & ~_rows(far)).sum())


def _rows(flags: Array) -> Array:
    return np.asarray(flags.any(axis=1)) if flags.ndim > 1 else flags


def _close_labels(network: Network, outputs: Array, allowed: Array) -> Array:
    return np.abs(outputs - network.decision_threshold) <= allowed


def _is_close(network: Network, outputs: Array, allowed: Array) -> Array:
    """bool (n,): whether a difference that is allowed can change the class."""
    if outputs.shape[1] == 1:
        score, near = outputs[:, 0], allowed[:, 0]
        limits = (network.decision_threshold, *(network.abstain or ()))
        return np.asarray(np.any([np.abs(score - limit) <= near for limit in limits], axis=0))
    order = np.argsort(outputs, axis=1)[:, ::-1]
    sorted_outputs, sorted_allowed = (np.take_along_axis(values, order, axis=1) for values in (outputs, allowed))
    # Equal outputs: the first of them wins, whoever computes them exactly.
    best = sorted_outputs[:, :1] - sorted_outputs[:, 1:] <= sorted_allowed[:, :1] + sorted_allowed[:, 1:]
    close: Array = best.any(axis=1)
    if network.abstain:
        close |= np.abs(sorted_outputs[:, 0] - network.abstain[0]) <= sorted_allowed[:, 0]
    return close
