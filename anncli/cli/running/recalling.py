"""`ann predict` where the answers are the inputs: what each row recalls, which stored pattern that is, and between which two it lies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.running.predicting_tables import Destination, columns_with, destination_of
from anncli.cli.running.written_tables import can_read_again, refuse_read_target
from anncli.dataset.roles import Place
from anncli.errors import UsageError, count_of, printable
from anncli.formats.data.registry import writer_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader
from anncli.formats.data.table_stream import TableStream, write_stream
from anncli.formats.data.table_use import stream_encoded
from anncli.formats.files.output import shown_output
from anncli.formats.files.textfile import shown_name
from anncli.inference.recall import STEPS, Nearest, Recalled, recall
from anncli.network.network import Network
from anncli.python.recall import refuse_other_outputs
from anncli.tables import MISSING, Table, TableColumn

# Of the decisions of other networks.
_NOT_HERE = ("top", "threshold", "abstain", "all_windows", "stateful")


def recalls(values: Values, network: Network) -> bool:
    """Whether the rows are recalled: by a memory, where the network has patterns, and where --steps says so.

    Raises: UsageError for --steps and a network whose answers are not its inputs, and for options that recall has not.
    """
    asked = "steps" in values.on_command_line
    if asked:
        refuse_other_outputs(network)
    if not (asked or network.stores or network.patterns is not None):
        return False
    if given := [name for name in _NOT_HERE if name in values.on_command_line]:
        raise UsageError(f"--{given[0].replace('_', '-')} is not for what a network recalls", advice="leave it out")
    if values["classes"] and network.patterns is None:
        raise UsageError("--classes: the network file has no patterns whose names could be told", advice="leave it out")
    return True


class _Batch(NamedTuple):
    columns: Sequence[TableColumn]
    found: Recalled


class Recalling:
    """What the rows of all files recall, each time from the beginning. remarks, unstopped, n_rows: of the last time."""

    def __init__(self, values: Values, network: Network, files: Sequence[str], reader: TableReader) -> None:
        self._values, self._network, self._files, self._reader = values, network, files, reader
        self._names = [] if network.patterns is None else network.patterns.shown_names
        self._columns = [f"recalled_{name}" for name in network.columns or range(1, network.n_inputs + 1)]
        self.remarks, self.unstopped, self.n_rows = Remarks(), 0, 0

    def print(self) -> None:
        """Write to stdout or to a file what the options ask for."""
        values = self._values
        if values["classes"] and "output" not in values.given:
            for batch in self._batches(None):
                print("".join(f"{line}\n" for line in self._lines(batch.found)), end="", flush=True)
            return
        destination = destination_of(values, [*self._files])
        can_repeat = all(map(can_read_again, self._files))
        stream = TableStream(lambda: map(self._table, self._batches(destination)), can_repeat)
        write_stream(writer_of(destination.format), destination.target, stream)
        if destination.target != "-":
            text = (
                f"{shown_output(destination.target)}: {count_of(self.n_rows, 'row')}, written as {destination.format}"
            )
            values.console.note(text)

    def documents(self) -> Iterator[str]:
        """A JSON document for each row, in portions."""
        for batch in self._batches(None):
            yield ",\n".join(json.dumps(one, ensure_ascii=False) for one in self._of_rows(batch.found))

    def tell(self) -> None:
        """What is to be said after the last row."""
        self._reader.remarks.take(self.remarks)
        if self.unstopped:
            have = "row has" if self.unstopped == 1 else "rows have"
            steps = count_of(self._steps, "step")
            self._values.console.warn(f"{self.unstopped} {have} not come to rest in {steps}; --steps {10 * self._steps} goes on")  # fmt: skip

    @property
    def _steps(self) -> int:
        return int(self._values["steps"] or STEPS)

    def _batches(self, destination: Destination | None) -> Iterator[_Batch]:
        self.remarks, self.unstopped, self.n_rows = Remarks(), 0, 0
        network, values = self._network, self._values
        for file in self._files:
            place = Place(shown_name(file))
            for table, encoded in stream_encoded(file, self._reader._replace(remarks=self.remarks), network):
                if destination is not None:
                    refuse_read_target(*destination, "--output")
                found = recall(network, encoded.inputs, self._steps, values["threads"])
                self.unstopped += int((~found.stopped).sum())
                self.n_rows += len(found.values)
                yield _Batch(columns_with(table, values["with"], [*_OF_PATTERNS, *self._columns], place), found)

    def _table(self, batch: _Batch) -> Table:
        found, values = batch.found, self._values
        made = list(batch.columns)
        if found.nearest is not None and not values["scores"]:
            made += self._about_patterns(found.nearest)
        if not values["scores"] and not values["classes"]:
            made.append(TableColumn("steps", found.steps.astype(np.float64)))
        if not values["classes"]:
            made += [TableColumn(name, own) for name, own in zip(self._columns, found.values.T, strict=True)]
        return Table(tuple(made), len(found.values))

    def _about_patterns(self, near: Nearest) -> list[TableColumn]:
        texts = self._between(near)
        words = tuple(dict.fromkeys(text for text in texts if text))
        places = {word: place for place, word in enumerate(words)} | {"": MISSING}
        between = TableColumn("between", codes=np.array([places[text] for text in texts], np.int32), words=words)
        pattern, other = self._named("pattern", near.pattern), self._named("runner_up", near.other)
        if self._values["classes"]:
            return [pattern, between]
        numbers = [
            TableColumn(name, _six_digits(np.where(near.other < 0, np.nan, own) if name.startswith("runner") else own))
            for name, own in (("distance", near.distance), ("runner_up_distance", near.other_distance), ("recalled_distance", near.off))
        ]  # fmt: skip
        return [pattern, between, numbers[0], other, numbers[1], numbers[2]]

    def _named(self, name: str, numbers: Array) -> TableColumn:
        """The names of patterns; two of one name are one word."""
        words = tuple(dict.fromkeys(self._names))
        places = {word: place for place, word in enumerate(words)}
        of_pattern = np.array([*(places[own] for own in self._names), MISSING], dtype=np.int32)
        return TableColumn(name, codes=of_pattern[numbers], words=words, is_declared=True)

    def _between(self, near: Nearest) -> list[str]:
        """'A 0.52 B 0.48' for a row between two patterns, '' for any other."""
        rows = zip(near.between.tolist(), near.pair.tolist(), near.share.tolist(), strict=True)
        return [
            f"{self._names[one]} {share:.2f} {self._names[other]} {1 - share:.2f}" if is_between else ""
            for is_between, (one, other), share in rows
        ]

    def _lines(self, found: Recalled) -> Iterator[str]:
        assert found.nearest is not None
        for place, between in zip(found.nearest.pattern.tolist(), self._between(found.nearest), strict=True):
            yield printable(f"between {between}" if between else self._names[place])

    def _of_rows(self, found: Recalled) -> Iterator[dict[str, Any]]:
        near = found.nearest
        for row, values in enumerate(found.values.tolist()):
            told: dict[str, Any] = {"recalled": [_number(value) for value in values], "steps": int(found.steps[row])}
            yield told | {"stopped": bool(found.stopped[row])} | ({} if near is None else self._document(near, row))

    def _document(self, near: Nearest, row: int) -> dict[str, Any]:
        own, other = self._names[near.pattern[row]], None if near.other[row] < 0 else self._names[near.other[row]]
        shares = zip(near.pair[row].tolist(), (share := float(near.share[row]), 1 - share), strict=True)
        between = [{"pattern": self._names[place], "share": round(own_share, 4)} for place, own_share in shares]
        return {
            "pattern": own,
            "distance": float(f"{near.distance[row]:.6g}"),
            "runner_up": other,
            "runner_up_distance": None if other is None else float(f"{near.other_distance[row]:.6g}"),
            "recalled_distance": float(f"{near.off[row]:.6g}"),
            "between": between if near.between[row] else None,
        }


_OF_PATTERNS = ("pattern", "between", "distance", "runner_up", "runner_up_distance", "recalled_distance", "steps")


def _six_digits(values: Array) -> Array:
    """float32 arithmetic gives no more that mean anything."""
    return np.array([float(f"{value:.6g}") for value in values.tolist()])


def _number(value: float) -> float | None:
    """With the digits of a float32; JSON has no nan and inf."""
    return float(str(np.float32(value))) if np.isfinite(value) else None
