"""A spec, which describes one training completely, and the result of running it; both are plain values that can be sent
to another process and compared."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from anncli.errors import AnnError, DataError, NetworkError, UsageError

if TYPE_CHECKING:
    from anncli.arrays import Array

# Part of every digest: raise it when the same spec begins to mean another training.
_FORMAT = 1

# What running a spec does.
MODES = {
    "train": "a whole training: restarts, early stopping, final fit, evaluation of every set",
    "epochs": "the trainer's epochs alone, all of them, with the loss after each",
    "attempt": "one attempt of a run, which another process began and ends",
    "member": "one network of an ensemble, with its attempts and its final fit",
}


class DataFile(NamedTuple):
    """A data file: its path, and the sha256 of its bytes (as they were when the command started)."""

    path: str
    sha256: str


class DataRef(NamedTuple):
    """The data of a training.

    contents: digest of the dataset (inputs.dataset_digest), which alone is its identity; files: where it can be read,
    () for a dataset that exists only in memory; data_format, classes, n_inputs, columns: how to read the files.
    """

    contents: str
    files: tuple[DataFile, ...] = ()
    data_format: str = "auto"
    classes: tuple[str, ...] = ()
    n_inputs: int | None = None
    columns: tuple[str, ...] = ()


class RowsRef(NamedTuple):
    """Row numbers of every set, as (name of the set, little-endian uint32 numbers)."""

    sets: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, rows: Mapping[str, Array | Sequence[int]]) -> RowsRef:
        """The rows (n,) of each set, sets in any order; raises ValueError for a number below 0 or above 2**32 - 1."""
        import numpy as np

        sets = []
        for name in sorted(rows):
            numbers = np.asarray(rows[name], dtype=np.int64)
            if numbers.size and not 0 <= numbers.min() <= numbers.max() < 2**32:
                raise ValueError(f"rows {numbers.min()} to {numbers.max()} of set {name} are no row numbers")
            sets.append((name, numbers.astype("<u4").tobytes()))
        return cls(tuple(sets))

    def numbers(self) -> dict[str, Array]:
        """Name of the set -> row numbers (n,) int64."""
        import numpy as np

        return {name: np.frombuffer(numbers, "<u4").astype(np.int64) for name, numbers in self.sets}


class Spec(NamedTuple):
    """One training: everything that decides its result.

    network: the bytes of the network file; rows: None where the options draw the sets; options: every training option
    by name, those of the trainer included; epochs: at most, or exactly in mode 'epochs'; mode: one of MODES;
    keep_network: whether the result holds the trained network; outputs_of: the set whose outputs the result holds, '' for
    none; part: in the modes attempt and member the number of what is trained, whose data are a setup (parts.SentSetup); begun: the
    state from which it goes on, b"" for one that has not begun; device: the kind of device whose weights the result is of, '' for the CPU; labels: for whoever reads the result, such as
    {"trainer": "scg", "start": 2}. Labels do not count in the identity.
    """

    network: bytes
    data: DataRef
    rows: RowsRef | None
    options: Mapping[str, Any]
    epochs: int
    mode: str = "train"
    keep_network: bool = False
    outputs_of: str = ""
    part: int = 0
    begun: bytes = b""
    device: str = ""
    labels: Mapping[str, Any] = {}

    def digest(self) -> str:
        """The identity: sha256 of a canonical JSON text, the same in every process and on every machine."""
        rows = None if self.rows is None else {name: [len(n) // 4, _sha256(n)] for name, n in self.rows.sets}
        identity = {
            "format": _FORMAT,
            "network": _sha256(self.network),
            "data": self.data.contents,
            "rows": rows,
            "options": plain(self.options),
            "epochs": self.epochs,
            "mode": self.mode,
            "keep_network": self.keep_network,
            **({"outputs_of": self.outputs_of} if self.outputs_of else {}),
            **({"device": self.device} if self.device else {}),
            **({"part": [self.part, _sha256(self.begun)]} if self.part else {}),
        }
        import json

        return _sha256(json.dumps(identity, sort_keys=True, separators=(",", ":"), allow_nan=False).encode())

    @property
    def title(self) -> str:
        """The labels in words, as 'trainer scg, start 2'."""
        return ", ".join(f"{name} {value}" for name, value in self.labels.items()) or f"training {self.digest()[:8]}"


class Failure(NamedTuple):
    """Why a training has no result: as AnnError has it, or an internal error with its traceback in details.

    repeats: whether running the same spec again fails in the same way, so that a ledger can keep the failure.
    """

    message: str
    advice: str | None = None
    exit_code: int = 1
    repeats: bool = True
    details: str = ""
    path: str | None = None
    line: int | None = None
    column: int | None = None

    @classmethod
    def of(cls, error: AnnError, repeats: bool = True) -> Failure:
        """What the error says."""
        code, place = int(error.exit_code), (error.path, error.line, error.column)
        return cls(error.message, error.advice, code, repeats, "", *place)

    @property
    def reason(self) -> str:
        """The place and the message, without the advice."""
        return str(AnnError(self.message, path=self.path, line=self.line, column=self.column))

    def error(self) -> Exception:
        """The exception to raise."""
        if self.details:
            fault = InternalError(self.message)
            fault.add_note(self.details)
            return fault
        kinds = {int(kind.exit_code): kind for kind in (UsageError, DataError, NetworkError)}
        kind = kinds.get(self.exit_code, AnnError)
        return kind(self.message, path=self.path, line=self.line, column=self.column, advice=self.advice)


class InternalError(Exception):
    """A fault of this program inside a training that another thread or process ran."""


@dataclass(frozen=True)
class Result:
    """What a spec gave.

    digest: of the spec; evaluations: set -> metrics, plain values; curves: name -> values in the order of epochs, of
    the restart that was kept; seconds: spent in epochs by the time of each value of the curves; total_seconds: of the
    whole training; network: the bytes of the trained network, where the spec asks for them; outputs: for each row of the
    set that the spec asks for, in the units of the data and before calibration, as little-endian float32; decision: threshold
    and calibration that the training chose, as OperatingPoint.plain() gives them; ended: why the training
    ended before its last epoch, or ''; state: of a part of a run at its end, for the run, b"" otherwise; engine: program version and backend, on which the last digits depend.
    Only the seconds differ from run to run.
    """

    digest: str
    evaluations: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    seconds: tuple[float, ...] = ()
    total_seconds: float = 0.0
    network: bytes | None = None
    outputs: bytes | None = None
    decision: Mapping[str, Any] | None = None
    ended: str = ""
    warnings: tuple[str, ...] = ()
    error: Failure | None = None
    engine: str = ""
    state: bytes = b""

    def without_times(self) -> Result:
        """The result without its seconds, which is the same whoever runs the spec."""
        return replace(self, seconds=(), total_seconds=0.0)

    def document(self) -> dict[str, Any]:
        """As JSON values; result_of() gives an equal result back, but for the state of a part, which is in no ledger."""
        return {
            "digest": self.digest,
            "evaluations": plain(self.evaluations),
            "curves": plain(self.curves),
            "seconds": list(self.seconds),
            "total_seconds": self.total_seconds,
            "network": _encoded(self.network),
            **({} if self.outputs is None else {"outputs": _encoded(self.outputs)}),
            **({} if self.decision is None else {"decision": plain(self.decision)}),
            "ended": self.ended,
            "warnings": list(self.warnings),
            "error": None if self.error is None else self.error._asdict(),
            "engine": self.engine,
        }


def result_of(document: Mapping[str, Any]) -> Result:
    """The result that Result.document() wrote; raises ValueError for a document that holds none."""
    try:
        error = document["error"]
        return Result(
            digest=document["digest"],
            evaluations=document["evaluations"],
            curves={name: tuple(values) for name, values in document["curves"].items()},
            seconds=tuple(document["seconds"]),
            total_seconds=document["total_seconds"],
            network=_decoded(document["network"]),
            outputs=_decoded(document.get("outputs")),
            decision=document.get("decision"),
            ended=document["ended"],
            warnings=tuple(document["warnings"]),
            error=None if error is None else Failure(**error),
            engine=document["engine"],
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise ValueError(f"holds no result: {fault!r}") from None


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)


def plain(value: Any) -> Any:
    """The value as JSON gives it back: tuples become lists, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    # numpy's scalars and arrays, without importing numpy for specs that have none.
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
