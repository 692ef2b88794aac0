"""What an export is: it writes a network for another program, and runs what it wrote, so that the result can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

from anncli.arrays import Array, Inputs
from anncli.network.network import Network
from anncli.tables import Table


class ExportRequest(NamedTuple):
    """How a network is to be written.

    name: begins the names of functions and files, a C identifier; bits: 8 or 16 for fixed-point numbers, 0 for floating point; rows: float32
    (n, n_inputs), raw inputs that show the range of the values inside the network, None where none were given; stateful: the state that layers carry from row to row is taken and given, where
    the format leaves the choice.
    """

    name: str = "network"
    bits: int = 0
    rows: Array | None = None
    stateful: bool = False


class ProofRows(NamedTuple):
    """Samples that the exported network is run on.

    inputs: float32, before scaling, vectors (n, n_inputs) or samples of several rows or of tokens; table: the same rows as columns, with words and missing cells, for a network
    whose encoder makes the inputs from them, else None; texts: those that the tokens were made of, None for tokens whose text is not known; ()
    where the network takes none.
    """

    inputs: Inputs
    table: Table | None = None
    texts: tuple[str | None, ...] = ()

    def part(self, rows: slice) -> ProofRows:
        """Some consecutive rows."""
        return ProofRows(self.inputs[rows], None if self.table is None else self.table.part(rows), self.texts[rows])


class Predicted(NamedTuple):
    """What an exported network gave for n rows.

    outputs: float64 (n, n_outputs), calibrated and in the units of the data, as predict() gives them; decisions: as decide() gives
    them, int (n,) or bool (n, n_outputs), None where it decides nothing; tool: what ran it, with its version.
    """

    outputs: Array
    decisions: Array | None
    tool: str


class ToolMissingError(Exception):
    """What runs the exported network is not on this machine; the message names it and how to get it."""


class ExportFormat(Protocol):
    """One export. A module of this room holds one as EXPORT, which is proved as Runs or as ReadBack."""

    def refusal(self, network: Network, request: ExportRequest) -> str | None:
        """Why this network cannot be represented, by the name of what is in the way and with what to do, or None."""
        ...

    def render(self, network: Network, request: ExportRequest) -> dict[str, bytes]:
        """The files by their endings, '' for the one that the user named; the same network always gives the same bytes. Ask refusal() first."""
        ...


@runtime_checkable
class Runs(Protocol):
    """An export whose files another program runs, for the proof."""

    def run(
        self, files: Mapping[str, bytes], network: Network, request: ExportRequest, rows: ProofRows
    ) -> Predicted | None:
        """What the files compute for these rows, or None where they compute nothing (a drawing).

        The files are all that computes; the network only says what shape and kinds to expect.
        Raises: ToolMissingError; RuntimeError with the words of the tool where it fails.
        """
        ...


@runtime_checkable
class TakesTexts(Protocol):
    """An export whose program makes tokens of texts itself: it is run on texts."""

    takes_texts: bool


@runtime_checkable
class ReadBack(Protocol):
    """An export whose files ann reads as a network, for the proof.

    keeps_decisions: whether the files say how outputs become decisions.
    """

    keeps_decisions: bool

    def read_back(self, files: Mapping[str, bytes]) -> Network:
        """The network in the files; raises NetworkError for damaged ones."""
        ...


@runtime_checkable
class ComparesNumbers(Protocol):
    """An export that holds numbers and computes nothing: it reads back what it wrote, for the proof."""

    def same(self, files: Mapping[str, bytes], network: Network) -> str:
        """What is the same, in words; raises ValueFault with what is not."""
        ...


class Facts(NamedTuple):
    """What is known of an exported network beside its files.

    bound: (n_outputs,), the most by which outputs may differ from those of the network for inputs inside the range, None where the arithmetic
    is that of the network; lines: for people, a figure each, (name, text).
    """

    bound: Array | None
    lines: list[tuple[str, str]]


@runtime_checkable
class StatesFacts(Protocol):
    """An export that says what it needs at use, and how exact it is."""

    def facts(self, files: Mapping[str, bytes], network: Network, request: ExportRequest) -> Facts:
        """Of what render() gave."""
        ...
