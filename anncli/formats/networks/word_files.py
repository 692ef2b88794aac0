"""Files of word vectors, as word2vec, GloVe and fastText write them: words and their numbers, in text or binary.

Text: `COUNT SIZE` on the first line, which GloVe leaves out, then for each word a line: the word, and its numbers. Binary: `COUNT SIZE`
and a line end, then for each word its text, a blank, and SIZE little-endian float32 numbers; a line end may follow them.
The most frequent words come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

import numpy as np

from anncli.arrays import Array
from anncli.compiled.decimals import format_rows
from anncli.compiled.number_text import read_numbers
from anncli.errors import ValueFault, count_of, quoted
from anncli.formats.files.textfile import BOM, Path
from anncli.formats.networks.faults import Faults
from anncli.formats.networks.numbers import MAX_UNITS, number_fault
from anncli.network.word_vectors import WordVectors

_HEADER = re.compile(rb"([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t]*\r?(?:\n|\Z)")
_TOKEN = re.compile(rb"[^ \t\r]+")
# Bytes that no text has, and some of which are among the numbers of every binary file.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_HEAD_BYTES = 1 << 12
# Lines whose numbers are read at once.
_PORTION = 4096
# Far longer than a word.
_LONGEST_WORD = 1 << 12
_FLOAT_BYTES = 4
_CUT_SHORT = "the file may be cut short: copy it anew"


def parse_words(data: bytes, path: Path, limit: int | None = None) -> WordVectors:
    """The words of a text or binary file; see parse_text()."""
    header = _HEADER.match(data)
    is_binary = header is not None and _CONTROL.search(data, header.end(), header.end() + _HEAD_BYTES) is not None
    return (parse_binary if is_binary else parse_text)(data, path, limit)


def parse_text(data: bytes, path: Path, limit: int | None = None) -> WordVectors:
    """The words of a text file. Args: path: for messages; limit: only the first words.

    Raises: NetworkError with line and column of what is no number, for a line with too few numbers, a word that stands
        twice, and a first line that counts other words than there are.
    """
    return _TextFile(data.removeprefix(BOM), path).read(limit)


def parse_binary(data: bytes, path: Path, limit: int | None = None) -> WordVectors:
    """The words of a binary file; see parse_text(). A fault is told with the number of its word."""
    faults, header = Faults(path), _HEADER.match(data)
    if header is None:
        faults.fail("expected `COUNT SIZE` on the first line", "check that this is the right file", 1)
    count, size = map(int, header.groups())
    _check_sizes(faults, count, size)
    most = count if limit is None else min(limit, count)
    if (len(data) - header.end()) < most * (size * _FLOAT_BYTES + 1):
        faults.fail(f"the first line counts {count} words of {size} numbers, and the file is too short for them", _CUT_SHORT, 1)  # fmt: skip
    words, vectors, at = list[str](), np.empty((most, size), dtype="<f4"), header.end()
    rows = memoryview(vectors.data).cast("B")
    width = size * _FLOAT_BYTES
    for number in range(most):
        blank = data.find(b" ", at, at + _LONGEST_WORD)
        if blank < 0 or blank + 1 + width > len(data):
            faults.fail(f"word {number + 1} of {count} is cut short", _CUT_SHORT)
        words.append(_decoded(faults, data[at:blank].lstrip(b"\r\n"), f"word {number + 1}"))
        rows[number * width : (number + 1) * width] = data[blank + 1 : blank + 1 + width]
        at = blank + 1 + width
    if most == count and data[at:].strip(b"\r\n"):
        faults.fail(f"{count_of(len(data) - at, 'byte')} follow the {count} words that the first line counts")
    if not np.isfinite(vectors).all():
        first = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        faults.fail(f"word {first + 1}, {quoted(words[first])}, has numbers that are not finite")
    _refuse_twice(faults, words, None)
    return WordVectors(tuple(words), vectors.astype(np.float32, copy=False))


def text_of(known: WordVectors) -> bytes:
    """A text file with a first line; every number in the fewest digits that give its float32 back. Raises ValueFault for words
    with blanks in them, which would end there."""
    words = known.words
    _check_words(words)
    head = f"{len(words)} {known.vectors.shape[1]}\n{words[0] if words else ''} "
    tails = tuple(chain((f"\n{word} " for word in words[1:]), ("\n",)))
    rows = format_rows(known.vectors, "", " ", tails, np.arange(len(words)))
    return (head + rows).encode("utf-8", "surrogateescape")


def binary_of(known: WordVectors) -> bytes:
    """A binary file; raises ValueFault as text_of()."""
    _check_words(known.words)
    rows = known.vectors.astype("<f4")
    parts = [f"{len(known.words)} {rows.shape[1]}\n".encode()]
    for word, row in zip(known.words, rows, strict=True):
        parts += [word.encode("utf-8", "surrogateescape"), b" ", row.tobytes(), b"\n"]
    return b"".join(parts)


class _TextFile:
    """One text file. The lines are those after the first one, if that counts words."""

    def __init__(self, data: bytes, path: Path) -> None:
        self._faults = Faults(path)
        header = _HEADER.match(data)
        self._count: int | None = int(header[1]) if header else None
        self._size: int | None = int(header[2]) if header else None
        self._first = 2 if header else 1
        self._lines = data[header.end() if header else 0 :].split(b"\n")
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()

    def read(self, limit: int | None) -> WordVectors:
        if self._count is not None and self._size is not None:
            _check_sizes(self._faults, self._count, self._size)
        if not self._lines:
            self._faults.fail("holds no words", "check that this is the right file")
        size = self._size or len(_TOKEN.findall(self._lines[0])) - 1
        if size < 1:
            self._faults.fail(
                f"expected a word and its numbers, found {_shown(self._lines[0])}", line=self._first, column=1
            )
        if self._count is not None and self._count != len(self._lines):
            # The last line of a file that was cut short says more than the first.
            self._portion(len(self._lines) - 1, size, [], np.empty((1, size), dtype=np.float32), 1)
            message = f"the first line counts {count_of(self._count, 'word')}, and {len(self._lines)} follow"
            self._faults.fail(message, _CUT_SHORT, 1, 1)
        most = len(self._lines) if limit is None else min(limit, len(self._lines))
        words, vectors = list[str](), np.empty((most, size), dtype=np.float32)
        for start in range(0, most, _PORTION):
            self._portion(start, size, words, vectors[start : start + _PORTION], min(_PORTION, most - start))
        _refuse_twice(self._faults, words, self._first)
        return WordVectors(tuple(words), vectors)

    def _portion(self, start: int, size: int, words: list[str], out: Array, n: int) -> None:
        """The words and numbers of n lines from `start` on."""
        rests = []
        for number, line in enumerate(self._lines[start : start + n], start):
            word, _, rest = line.partition(b" ")
            rest = rest.rstrip()
            if rest.count(b" ") != size - 1 or not word:
                word, rest = self._uneven(number, line, size)
            words.append(_decoded(self._faults, word, f"the word {_shown(word)}", self._first + number))
            rests.append(rest)
        text = b"\n".join(rests)
        numbers, at = read_numbers(text)
        if at < len(text):
            self._bad_number(start + text.count(b"\n", 0, at), text[at:].split(None, 1)[0])
        if len(numbers) != n * size:
            # Blanks of other kinds stand between its numbers.
            for number, rest in enumerate(rests, start):
                if len(rest.split()) != size:
                    self._wrong_width(number, len(rest.split()), size)
        with np.errstate(over="ignore"):
            out[...] = numbers.reshape(n, size)

    def _uneven(self, number: int, line: bytes, size: int) -> tuple[bytes, bytes]:
        """Word and numbers of a line that has other blanks than one between its parts: they may stand in the word, too."""
        tokens = line.split()
        if len(tokens) <= size:
            self._wrong_width(number, max(0, len(tokens) - 1), size)
        if any(number_fault(token.decode("latin-1")) is None for token in tokens[1:-size]):
            self._wrong_width(number, len(tokens) - 1, size)
        return b" ".join(tokens[:-size]), b" ".join(tokens[-size:])

    def _wrong_width(self, number: int, found: int, size: int) -> None:
        self._faults.fail(
            f"expected a word and {count_of(size, 'number')}, found {count_of(found, 'number')}", _CUT_SHORT,
            self._first + number, 1,
        )  # fmt: skip

    def _bad_number(self, number: int, token: bytes) -> None:
        line = self._lines[number]
        places = [match.start() for match in _TOKEN.finditer(line) if match[0] == token]
        column = None if not places else len(line[: places[-1]].decode("utf-8", "replace")) + 1
        text = token.decode("utf-8", "replace")
        self._faults.fail(number_fault(text) or f"{quoted(text)} is no number", None, self._first + number, column)


def _check_sizes(faults: Faults, count: int, size: int) -> None:
    if not count or not size:
        faults.fail(f"the first line counts {count} words of {size} numbers", "check that this is the right file", 1, 1)
    # A million numbers a word, or more words than bytes, would ask for any amount of memory.
    if size > MAX_UNITS:
        faults.fail(f"{size} numbers a word are more than the {MAX_UNITS} this program handles", None, 1)


def _check_words(words: Sequence[str]) -> None:
    for word in words:
        if not word or word.split() != [word]:
            raise ValueFault(f"the word {quoted(word)} cannot stand in a file whose words end with a blank")


def _decoded(faults: Faults, word: bytes, what: str, line: int | None = None) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        faults.fail(f"{what} is not UTF-8 text", "save it as UTF-8", line, None if line is None else 1)


def _refuse_twice(faults: Faults, words: Sequence[str], first_line: int | None) -> None:
    if len(set(words)) == len(words):
        return
    places = dict[str, int]()
    for number, word in enumerate(words):
        if word in places:
            if first_line is None:
                faults.fail(f"the word {quoted(word)} stands twice, as number {places[word] + 1} and {number + 1}")
            earlier = f"first on line {first_line + places[word]}"
            faults.fail(f"the word {quoted(word)} stands twice, {earlier}", "leave one out", first_line + number, 1)
        places[word] = number


def _shown(data: bytes) -> str:
    return quoted(data.decode("utf-8", "replace"))
