"""Texts of words for word vectors: read in portions, because the numbers of their words take far less room than they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
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


class WordCorpus(NamedTuple):
    """tokens: int32 (T,), the words of all sentences; starts: int64 (n + 1,), where each sentence begins; vocabulary: which words these
    are; n_words: how many words the texts have, with those that are left out; n_different: how many different ones."""

    tokens: Array
    starts: Array
    vocabulary: WordEncoder
    n_words: int
    n_different: int
    sources: tuple[Source, ...]


class _Numbered(NamedTuple):
    """A portion of text: numbers of words, where its sentences begin, and whether the first one continues the sentence before."""

    numbers: Array
    starts: Array
    goes_on: bool


def read_corpus(
    words: Sequence[str], definition: WordInputs, min_count: int, known: WordEncoder | None, remarks: Remarks
) -> WordCorpus:  # fmt: skip
    """The sentences of text files, a line each; words that come less than min_count times are left out of them.

    Args: words: the DATA words; known: the words of a trained network, in place of those of the texts.
    Raises: DataError for a file that is no UTF-8 text, and for texts without two words that are frequent enough.
    """
    lexicon = Lexicon(definition.rule)
    portions, sources, shown = list[_Numbered](), list[Source](), ""
    for file in expand(words, remarks):
        source = ByteSource(file.path)
        n_lines, shown = 0, source.shown
        for lines, goes_on in _lines(source):
            portions.append(_Numbered(*lexicon.grow(lines), goes_on))
            n_lines += len(lines) - goes_on
        sources.append(Source(source.name, source.sha256, n_lines))
    n_words = sum(len(portion.numbers) for portion in portions)
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
    n_different = len(lexicon)
    del lexicon
    return WordCorpus(*_renumbered(portions, new), vocabulary, n_words, n_different, tuple(sources))


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


def _renumbered(portions: list[_Numbered], new: Array) -> tuple[Array, Array]:
    """The sentences in new numbers, without words that have none, and without sentences that have no other; empties `portions`, so that
    the texts are not held twice."""
    kept = sum(int(np.count_nonzero(new[portion.numbers] >= 0)) for portion in portions)
    tokens, lengths, at = np.empty(kept, dtype=np.int32), list[Array](), 0
    portions.reverse()
    while portions:
        numbers, starts, goes_on = portions.pop()
        numbers = new[numbers]
        ends = np.concatenate([[0], np.cumsum(numbers >= 0)])[starts]
        numbers = numbers[numbers >= 0]
        tokens[at : at + len(numbers)] = numbers
        own = np.diff(ends)
        if goes_on and len(own) and lengths:
            lengths[-1][-1] += own[0]
            own = own[1:]
        if len(own):
            lengths.append(own)
        at += len(numbers)
    found = np.concatenate(lengths)
    starts = np.zeros(1 + np.count_nonzero(found), dtype=np.int64)
    np.cumsum(found[found > 0], out=starts[1:])
    return tokens, starts
