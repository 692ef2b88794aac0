"""Sentences whose words have tags: `word TAB tag` lines, with an empty line between sentences; and words without tags in the same form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import DataError, did_you_mean, quoted

_TAGGED_ADVICE = "put a tab between word and tag, and an empty line between sentences"
_WORD_ADVICE = "write a word a line, with an empty line between sentences; --sentences takes a sentence a line"


class Tagged(NamedTuple):
    """sentences: their words; tags: of all words, one sentence after the other; lines: the line of each, from 1; shown: the file."""

    sentences: list[list[str]]
    tags: list[str]
    lines: list[int]
    shown: str

    def numbers(self, known: Sequence[str]) -> Array:
        """The number of each tag among the known ones, int32; raises DataError with the line of one that is not among them."""
        places = {tag: place for place, tag in enumerate(known)}
        for tag, line in zip(self.tags, self.lines, strict=True):
            if tag not in places:
                message = f"the training words have no tag {quoted(tag)}"
                raise DataError(message, path=self.shown, line=line, advice=did_you_mean(tag, known))
        return np.array([places[tag] for tag in self.tags], dtype=np.int32)


def read_tagged(text: str, shown: str) -> Tagged:
    """The sentences of a text with tags; shown: the name of its file. Raises: DataError with the line of a fault."""
    found = Tagged([], [], [], shown)
    sentence = list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            sentence = []
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not all(map(_is_one_word, cells)):
            raise DataError(_fault(line, cells), path=shown, line=number, advice=_TAGGED_ADVICE)
        if not sentence:
            found.sentences.append(sentence)
        sentence.append(cells[0])
        found.tags.append(cells[1])
        found.lines.append(number)
    if not found.tags:
        raise DataError("holds no words with tags", path=shown, advice=_TAGGED_ADVICE)
    return found


def _is_one_word(cell: str) -> bool:
    return cell.split() == [cell]


def _fault(line: str, cells: Sequence[str]) -> str:
    for what, cell in zip(("word", "tag"), cells, strict=False):
        if len(cells) == 2 and not _is_one_word(cell):
            return f"the {what} is missing" if not cell.strip() else f"a {what} has no blanks, found {quoted(cell)}"
    return f"expected `word TAB tag`, found {quoted(line)}"


def read_sentences(text: str, shown: str) -> list[list[str]]:
    """The sentences of a text without tags, a word a line. What stands behind a tab is a tag, which is passed over. Raises: DataError with
    the line of a fault."""
    found, sentence = list[list[str]](), list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            sentence = []
            continue
        word = line.partition("\t")[0]
        if not _is_one_word(word):
            what = f"expected one word, found {quoted(word)}" if word.strip() else "the word is missing"
            raise DataError(what, path=shown, line=number, advice=_WORD_ADVICE)
        if not sentence:
            found.append(sentence)
        sentence.append(word)
    return found
