"""The report of `ann explain` on texts: the words that decide for and against each class, and the words of one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from anncli.analysis.word_effects import TextEffects, WordEffect
from anncli.arrays import Array
from anncli.cli.showing.console import table
from anncli.cli.showing.report import plain
from anncli.cli.showing.seen_rows import NOT_KNOWN
from anncli.errors import count_of, listed, printable
from anncli.tables import Table, TableColumn

_CELLS = 20


@dataclass(frozen=True)
class WordTable:
    """The words of many texts.

    found: for 'all texts' and 'new texts' how many texts were looked at, in how many of them a word has to be, and the words; n_texts: of
    the data; n_seen: how many of them trained the network, None where that is not known; outputs: the classes that have an output;
    classes: all of them; unit: of the changes; of_nothing (n_outputs,): the scores without any word, None where there are none.
    """

    found: Mapping[str, tuple[int, int, tuple[WordEffect, ...]]]
    n_texts: int
    n_seen: int | None
    outputs: Sequence[str]
    classes: Sequence[str]
    unit: str
    of_nothing: Array | None

    def text(self, most: int) -> str:
        """A table for each class, of two classes one, with up to `most` words on either side.

        First come the words that tell texts apart most: by means a name that comes in two texts would stand above *great* and *bad*.
        """
        blocks = []
        for name, (n, least, words) in self.found.items():
            mark = "*" if name == "all texts" and self.n_seen else ""
            # What speaks for one of two classes speaks against the other.
            places = range(1 if len(self.classes) == 2 else len(self.outputs))
            blocks += [self._sides(words, place, f"{name}{mark}", most) for place in places]
            of = self.n_texts if name == "all texts" else self.n_texts - (self.n_seen or 0)
            blocks.append(self._below(n, of, least, words))
        return "\n\n".join([*blocks, self._seen_line()])

    def _sides(self, words: Sequence[WordEffect], place: int, title: str, most: int) -> str:
        own = self.outputs[place]
        other = f"for {self.classes[1 - place]}" if len(self.classes) == 2 else f"against {own}"
        ranked = sorted(
            (one for one in words if one.means[place]), key=lambda one: (-one.spreads[place], -abs(one.means[place]))
        )
        sides = []
        for is_for in (True, False):
            chosen = [one for one in ranked if (one.means[place] > 0) == is_for][:most]
            sides.append([_cells(one, place) for one in chosen])
        rows = [
            [*(sides[0][k] if k < len(sides[0]) else [""] * 4), *(sides[1][k] if k < len(sides[1]) else [""] * 4)]
            for k in range(max(map(len, sides)))
        ]
        width = max([len(printable(other)), *(len(row[4]) for row in rows)])
        rows = [[*row[:4], row[4].ljust(width), *row[5:]] for row in rows]
        header = [f"for {printable(own)}, {title}", "texts", self.unit, "+/-", printable(other).ljust(width), "texts", self.unit, "+/-"]  # fmt: skip
        return table(header, rows) if rows else f"{header[0]}: no word changes the score"

    def _below(self, n: int, of: int, least: int, words: Sequence[WordEffect]) -> str:
        """n: texts that were looked at, of so many."""
        drawn = "" if n == of else f", drawn from {of:,} (--rows N takes more)"
        lines = [
            f"mean change of the {self.unit} of {printable(self.outputs[0]) if len(self.outputs) == 1 else 'the class'} by a "
            f"word, in the texts that contain it: {count_of(len(words), 'word')} in at least {least} of {n:,} texts{drawn}",
            "in the order of how much they tell texts apart: first strong words that are in many texts, though not in all",
        ]
        if self.of_nothing is not None:
            lines.append(f"{self.unit} without any word: {_named(self.outputs, self.of_nothing)}")
        return "\n".join(lines)

    def _seen_line(self) -> str:
        if self.n_seen is None:
            return f"texts that trained the network: {NOT_KNOWN}"
        if not self.n_seen:
            return "texts that trained the network: none of these"
        advice = (
            "trust the table of new texts"
            if "new texts" in self.found
            else "they say what the network learnt, not what holds"
        )
        return f"* {self.n_seen} of these {count_of(self.n_texts, 'text')} trained the network, so the changes may be too large; {advice}"

    def document(self) -> dict[str, Any]:
        """The same as JSON values, with all words."""
        one, *others = [_document(*each) for each in self.found.values()]
        return {
            "unit": self.unit,
            "outputs": list(self.outputs),
            "without_words": None if self.of_nothing is None else self.of_nothing.tolist(),
            "texts": self.n_texts,
            **one,
            "rows_seen": self.n_seen,
            "new_rows": others[0] if others else None,
        }

    def table(self) -> Table:
        """The words as a table for a file: of new texts where there are such."""
        *_, (_, _, words) = self.found.values()
        columns = [
            _words([one.word for one in words]),
            TableColumn("texts", np.array([one.n_texts for one in words], float)),
        ]
        for place, name in enumerate(self.outputs):
            kind = self.unit.replace(" ", "_")
            columns.append(TableColumn(f"{kind}_{name}", np.array([one.means[place] for one in words], float)))
            columns.append(TableColumn(f"deviation_{name}", np.array([one.deviations[place] for one in words], float)))
            columns.append(TableColumn(f"spread_{name}", np.array([one.spreads[place] for one in words], float)))
        return Table(tuple(columns), len(words))


def _cells(one: WordEffect, place: int) -> list[str]:
    return [
        printable(one.word),
        str(one.n_texts),
        plain(abs(float(one.means[place]))),
        plain(float(one.deviations[place]), 3),
    ]


def _document(n: int, least: int, words: Sequence[WordEffect]) -> dict[str, Any]:
    entries = [
        {
            "word": one.word,
            "texts": one.n_texts,
            "means": one.means.tolist(),
            "deviations": one.deviations.tolist(),
            "spreads": one.spreads.tolist(),
        }
        for one in words
    ]
    return {"n": n, "least": least, "words": entries}


class Decided(NamedTuple):
    """number: of the text, from 1; n_texts: of the data; name: the class, None where it is undecided; outputs (n_outputs,): the scores."""

    number: int
    n_texts: int
    name: str | None
    outputs: Array


@dataclass(frozen=True)
class OneText:
    """The words of one text. outputs, unit, of_nothing: as of WordTable; unknown: words that the network does not know."""

    effects: TextEffects
    decided: Decided
    outputs: Sequence[str]
    unit: str
    of_nothing: Array | None
    unknown: Sequence[str]

    @property
    def _place(self) -> int:
        """The output that the text version is about: that of the class, or the only one."""
        return self.outputs.index(self.decided.name) if self.decided.name in self.outputs else 0

    def text(self, most: int) -> str:
        """A table of the words, the largest change first."""
        place, found = self._place, self.effects
        changes = found.changes[:, place]
        order = np.argsort(-np.nan_to_num(np.abs(changes)), kind="stable")
        order = order[np.nan_to_num(changes)[order] != 0]
        largest = float(np.abs(changes[order]).max(initial=0.0))
        rows = [
            [printable(found.words[k]), str(found.counts[k]), plain(changes[k]), _bar(changes[k], largest)]
            for k in order[:most].tolist()
        ]
        scores = _named(self.outputs, self.decided.outputs)
        lines = [f"text {self.decided.number} of {self.decided.n_texts}: {printable(self.decided.name or 'undecided')} ({scores})", ""]  # fmt: skip
        lines.append(table(["word", "times", f"{self.unit} of {printable(self.outputs[place])}", ""], rows))
        if len(order) > len(rows):
            lines.append(f"{count_of(len(order) - len(rows), 'more word')}: --top N, --json, or -o FILE")
        return "\n".join([*lines, "", *self._below(place, changes)])

    def _below(self, place: int, changes: Array) -> list[str]:
        found, total = self.effects, plain(float(np.nansum(changes)))
        score = plain(float(found.scores[place]))
        what = f"all changes together {total}; {self.unit} of the whole text {score}"
        lines = [
            what
            if self.of_nothing is None
            else f"{what}, of a text without words {plain(float(self.of_nothing[place]))}"
        ]
        if lone := int(np.isnan(changes).sum()):
            lines.append(f"{count_of(lone, 'word')} cannot be left out: nothing that the network takes would remain")
        if self.unknown:
            lines.append(f"words that the network does not know: {printable(listed(self.unknown))}")
        if found.n_left:
            lines.append(f"{count_of(found.n_left, 'more word')} at the end of the text left in")
        return lines

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        found, unknown = self.effects, set(self.unknown)
        return {
            "row": self.decided.number,
            "predicted": self.decided.name,
            "scores": self.decided.outputs.tolist(),
            "unit": self.unit,
            "outputs": list(self.outputs),
            "of_text": found.scores.tolist(),
            "without_words": None if self.of_nothing is None else self.of_nothing.tolist(),
            "words": [
                {"word": word, "times": times, "changes": _known(changes), "known": word not in unknown}
                for word, times, changes in zip(found.words, found.counts, found.changes, strict=True)
            ],
        }

    def table(self) -> Table:
        """The words as a table for a file."""
        found = self.effects
        columns = [_words(found.words), TableColumn("times", np.array(found.counts, float))]
        kind = self.unit.replace(" ", "_")
        columns += [TableColumn(f"{kind}_{name}", found.changes[:, k]) for k, name in enumerate(self.outputs)]
        return Table(tuple(columns), len(found.words))


def _known(changes: Array) -> list[float] | None:
    return None if np.isnan(changes).any() else changes.tolist()


def _named(names: Sequence[str], values: Array) -> str:
    """'pos 0.9, neg 0.1' of up to ten outputs."""
    return printable(listed([f"{name} {plain(float(value))}" for name, value in zip(names, values, strict=True)]))


def _bar(value: float, largest: float) -> str:
    """A bar to the right for what speaks for the class, of other signs for what speaks against it."""
    return (("+" if value > 0 else "-") * max(1, round(_CELLS * abs(value) / largest))).ljust(_CELLS)


def _words(words: Sequence[str]) -> TableColumn:
    return TableColumn("word", codes=np.arange(len(words), dtype=np.int32), words=tuple(words))
