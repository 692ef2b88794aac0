"""Texts of words for word vectors: read in portions, because the numbers of their words take far less room than they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array, blocks
from anncli.compiled.lexicon import Lexicon
from anncli.dataset.dataset import Source
from anncli.errors import DataError, count_of
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import decode
from anncli.network.encoders.words import WordEncoder, WordInputs

# A line that is longer is cut at a space; its parts are one sentence all the same.
_PORTION_BYTES = 1 << 22
# Words by which arrays grow at least, and that are renumbered at a time.
_STEP = 1 << 18


class WordCorpus(NamedTuple):
    """tokens: int32 (T,), the words of all sentences; starts: int64 (n + 1,), where each sentence begins; vocabulary: which words these
    are; n_words: how many words the texts have, with those that are left out; n_different: how many different ones."""

    tokens: Array
    starts: Array
    vocabulary: WordEncoder
    n_words: int
    n_different: int
    sources: tuple[Source, ...]


class _Growing:
    """The numbers of words and the lengths of sentences, in arrays that grow where they are: a copy would need the room twice."""

    def __init__(self) -> None:
        self.numbers, self.n = np.empty(_STEP, dtype=np.int32), 0
        self.lengths, self.n_sentences = np.empty(_STEP, dtype=np.int64), 0

    def add(self, numbers: Array, lengths: Array, goes_on: bool) -> None:
        """Sentences more; goes_on: whether the first one continues the last one that is here."""
        if goes_on and self.n_sentences and len(lengths):
            self.lengths[self.n_sentences - 1] += lengths[0]
            lengths = lengths[1:]
        self.numbers = _with_room(self.numbers, self.n + len(numbers))
        self.lengths = _with_room(self.lengths, self.n_sentences + len(lengths))
        self.numbers[self.n : self.n + len(numbers)] = numbers
        self.lengths[self.n_sentences : self.n_sentences + len(lengths)] = lengths
        self.n, self.n_sentences = self.n + len(numbers), self.n_sentences + len(lengths)

    def renumbered(self, new: Array) -> tuple[Array, Array]:
        """The sentences in new numbers (int32, starts), without words whose number is -1, and without sentences of no other words."""
        kept, place, ends = 0, 0, np.zeros(self.n_sentences + 1, dtype=np.int64)
        np.cumsum(self.lengths[: self.n_sentences], out=ends[1:])
        dropped = np.zeros(self.n_sentences + 1, dtype=np.int64)
        for part in blocks(self.n, _STEP):
            found = new[self.numbers[: self.n][part]]
            is_kept = found >= 0
            first, last = np.searchsorted(ends, [place, place + len(found)], side="right")
            before = np.concatenate([[0], np.cumsum(is_kept)])
            dropped[first:last] = kept + before[ends[first:last] - place]
            found = found[is_kept]
            # Never behind what is still to be read.
            self.numbers[kept : kept + len(found)] = found
            kept, place = kept + len(found), place + len(is_kept)
        self.numbers.resize(kept, refcheck=False)
        lengths = np.diff(dropped)
        starts = np.zeros(1 + np.count_nonzero(lengths), dtype=np.int64)
        np.cumsum(lengths[lengths > 0], out=starts[1:])
        return self.numbers, starts


def _with_room(values: Array, n: int) -> Array:
    if n > len(values):
        # The system moves the pages of a large array; it copies none.
        values.resize(max(n, len(values) + max(_STEP, len(values) // 8)), refcheck=False)
    return values


def read_corpus(
    words: Sequence[str], definition: WordInputs, min_count: int, known: WordEncoder | None, remarks: Remarks
) -> WordCorpus:  # fmt: skip
    """The sentences of text files, a line each; words that come less than min_count times are left out of them.

    Args: words: the DATA words; known: the words of a trained network, in place of those of the texts.
    Raises: DataError for a file that is no UTF-8 text, and for texts without two words that are frequent enough.
    """
    lexicon = Lexicon(definition.rule)
    text, sources, shown = _Growing(), list[Source](), ""
    for file in expand(words, remarks):
        source = ByteSource(file.path)
        n_lines, shown = 0, source.shown
        for lines, goes_on in _lines(source):
            numbers, starts = lexicon.grow(lines)
            text.add(numbers, np.diff(starts), goes_on)
            n_lines += len(lines) - goes_on
        sources.append(Source(source.name, source.sha256, n_lines))
    n_words = text.n
    if not n_words:
        raise DataError("holds no words", path=shown, advice="give a text, a sentence or a document on each line")
    vocabulary, new = _chosen(lexicon, definition, min_count, known)
    if len(vocabulary.symbols) < 2:
        found = f"{count_of(n_words, 'word')}, of which {count_of(len(vocabulary.symbols), 'different one')} {'comes' if len(vocabulary.symbols) == 1 else 'come'} {count_of(min_count, 'time')} or more"  # fmt: skip
        advice = (
            "give more text, or write `min_count: 1` in the layer"
            if min_count > 1
            else "give a text of different words"
        )
        raise DataError(f"holds {found}", path=shown, advice=advice)
    if not (new >= 0).any():
        advice = "give a text of words that it was trained on"
        raise DataError("holds no word that the network knows", path=shown, advice=advice)
    n_different = len(lexicon)
    del lexicon
    corpus = WordCorpus(*text.renumbered(new), vocabulary, n_words, n_different, tuple(sources))
    _give_back()
    return corpus


def _lines(source: ByteSource) -> Iterator[tuple[list[str], bool]]:
    """The lines of a text in portions, and whether the first one continues the last one of the portion before."""
    rest, goes_on, line = b"", False, 1
    for chunk in source.text():
        rest += chunk
        cut = rest.rfind(b"\n") + 1
        ends_line = bool(cut)
        if not cut and len(rest) > _PORTION_BYTES:
            cut = rest.rfind(b" ") + 1
        if cut:
            yield _decoded(rest[:cut], source, line), goes_on
            line += rest.count(b"\n", 0, cut)
            rest, goes_on = rest[cut:], not ends_line
    if rest:
        yield _decoded(rest, source, line), goes_on


def _decoded(data: bytes, source: ByteSource, line: int) -> list[str]:
    try:
        return decode(data, source.path).removesuffix("\n").split("\n")
    except DataError as fault:
        if fault.line is not None:
            fault.line += line - 1
        raise


def _chosen(
    lexicon: Lexicon, definition: WordInputs, min_count: int, known: WordEncoder | None
) -> tuple[WordEncoder, Array]:
    """The words that are kept, and the new number of each word of the lexicon, -1 for one that is not."""
    words, counts = lexicon.words, lexicon.counts
    new = np.full(len(words), -1, dtype=np.int32)
    if known is not None:
        numbers = {word: number for number, word in enumerate(known.symbols)}
        new[:] = [numbers.get(word, -1) for word in words]
        return known, new
    frequent = np.flatnonzero(counts >= min_count).tolist()
    order = sorted(frequent, key=lambda number: (-counts[number], words[number]))[: definition.words]
    new[order] = np.arange(len(order), dtype=np.int32)
    return WordEncoder(tuple(words[k] for k in order), tuple(counts[order].tolist()), definition), new


def _give_back() -> None:
    """Give what the words of the texts took back to the system: the vectors need that room, and glibc would keep 20 MB of it."""
    import ctypes

    # Other systems have no such function.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
