"""The examination of texts: empty and very short or long ones, equal ones, words that tell the class, marks of damage and of markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.compiled.lexicon import Lexicon, WordRule
from anncli.dataset.doctor_classes import find_imbalance
from anncli.dataset.findings import Examined, Finding, fraction_of
from anncli.dataset.names import FINDING_NAMES
from anncli.errors import count_of, quoted

# Texts of fewer words are very short; of more words than so many times the median, very long.
_FEW_WORDS, _MANY_TIMES = 3, 20
# Lengths tell the class if the medians of two classes are so many times apart.
_TIMES_APART = 3.0
# A word tells the class if so large a part of its texts have it, and no text of another class; fewer texts prove nothing.
_TELLS, _FEWEST_TEXTS = 0.5, 20
_MOST_TELLING = 5
# Empty texts, and those with signs of damage, are serious above this fraction.
_SERIOUS = 0.01
# Words that a network does not know are serious above this fraction.
_STRANGE, _MOST_STRANGE = 0.05, 0.3

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#[0-9]{1,6}|#[xX][0-9A-Fa-f]{1,6});")
# UTF-8 of two or three bytes, read as Windows-1252 or Latin-1: what its lead bytes 0xC2, 0xC3, 0xE2 and its other bytes look like.
_TAIL = "\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
_MOJIBAKE = re.compile(f"[\u00c2\u00c3][{_TAIL}]|\u00e2[{_TAIL}]{{1,2}}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class KnownWords(NamedTuple):
    """The words, or other symbols, that a network knows, what one is called, and how it finds those of a text."""

    symbols: Collection[str]
    one: str
    symbols_of: Callable[[str], Sequence[str]]


class _ExaminedTexts(NamedTuple):
    texts: tuple[str, ...]
    rows: Examined
    empty: tuple[tuple[str, int], ...] = ()


class ExaminedTexts(_ExaminedTexts):
    """The texts of a set.

    texts; rows: their classes, in a column of this name or in none, and their places; empty: file and line of the lines that are left out.
    """

    @property
    def labels(self) -> Array | None:
        """The class of each text (n,), None where there are no classes."""
        return self.rows.table.column(self.rows.labels[0]).codes if self.rows.labels else None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.rows.table.column(self.rows.labels[0]).words if self.rows.labels else ()

    @cached_property
    def folded(self) -> list[str]:
        """The words of each text, in small letters, with a blank between: equal for texts that differ in case, signs and white space alone."""
        return [" ".join(WordRule().words_of(text)) for text in self.texts]

    @cached_property
    def lengths(self) -> Array:
        """The number of words of each text."""
        return np.array([text.count(" ") + 1 if text else 0 for text in self.folded], dtype=np.int64)


def examine_texts(
    sets: Mapping[str, ExaminedTexts], known: KnownWords | None = None, skip: Collection[str] = ()
) -> list[Finding]:
    """All findings about the sets, of which the first is the training set, the serious ones first.

    Args: known: what a network knows, None for none; skip: kinds to leave out.
    """
    training, *others = sets.values()
    found = [*find_telling_words(training), *find_telling_lengths(training), *find_imbalance(training.rows)]
    for own in sets.values():
        for find in (find_empty, find_lengths, find_equal_texts, find_damage, find_markup):
            found += find(own)
    for place, own in enumerate(others, 1):
        for earlier in [*sets.values()][:place]:
            found += find_shared_texts(own, earlier)
    if known is not None:
        for own in sets.values():
            found += find_strange_words(own, known)
    places = {kind: place for place, kind in enumerate(FINDING_NAMES)}
    wanted = (one for one in found if one.kind not in skip)
    return sorted(wanted, key=lambda one: (not one.is_serious, places[one.kind]))


def find_telling_words(own: ExaminedTexts) -> Iterator[Finding]:
    """Words that most texts of one class have, and none of the others."""
    labels = own.labels
    if labels is None or len(own.texts) < _FEWEST_TEXTS or len(own.classes) < 2:
        return
    lexicon = Lexicon.of_texts(WordRule(), own.texts)
    numbers, _, starts = lexicon.counted(own.texts)
    n_words, of_texts = len(lexicon), np.repeat(labels.astype(np.int64), np.diff(starts))
    counts = np.bincount(of_texts * n_words + numbers, minlength=len(own.classes) * n_words)
    counts = counts.reshape(len(own.classes), n_words)
    sizes = np.bincount(labels, minlength=len(own.classes))
    for place, name in enumerate(own.classes):
        telling = np.flatnonzero((counts[place] == counts.sum(axis=0)) & (counts[place] > _TELLS * sizes[place]))
        ranked = telling[np.argsort(-counts[place][telling], kind="stable")]
        words = lexicon.words if len(ranked) else []
        for number in ranked[:_MOST_TELLING].tolist():
            word, count = words[number], int(counts[place, number])
            row = next(k for k in np.flatnonzero(labels == place).tolist() if word in own.folded[k].split())
            message = f"the word {quoted(word)} is in {fraction_of(count, int(sizes[place]))} texts of class {quoted(name)} and in no other"
            advice = "if it comes from how the texts were gathered, and not from what they say, take it out"
            yield own.rows.finding("leak", True, message, advice, name=word, row=row, count=count)


def find_telling_lengths(own: ExaminedTexts) -> Iterator[Finding]:
    """Classes whose texts are several times as long as those of another."""
    labels = own.labels
    if labels is None or len(own.texts) < _FEWEST_TEXTS:
        return
    medians = {
        name: float(np.median(own.lengths[labels == k])) for k, name in enumerate(own.classes) if (labels == k).any()
    }
    if len(medians) < 2:
        return
    short, long = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    if medians[long] < _TIMES_APART * max(medians[short], 1):
        return
    message = f"texts of class {quoted(long)} have {medians[long]:g} words in the median, those of {quoted(short)} {medians[short]:g}"
    advice = "a network may learn the length alone: cut the texts alike, or see that new texts are like these"
    yield own.rows.finding("length", False, message, advice, count=len(own.texts))


def find_empty(own: ExaminedTexts) -> Iterator[Finding]:
    """Lines without text, which are left out, and texts without a word, which are not."""
    if own.empty:
        path, line = own.empty[0]
        message = f"{count_of(len(own.empty), 'empty line')}, the first one here"
        advice = "they are left out; if a text goes on behind one, put it on one line"
        finding = own.rows.finding("empty", False, message, advice, count=len(own.empty))
        yield finding._replace(path=path, line=line)
    rows = np.flatnonzero(own.lengths == 0)
    if len(rows):
        message = f"{fraction_of(len(rows), len(own.texts))} texts have no word"
        advice = "leave them out: they say nothing about their class"
        yield own.rows.finding(
            "empty", len(rows) > _SERIOUS * len(own.texts), message, advice, row=int(rows[0]), count=len(rows)
        )


def find_lengths(own: ExaminedTexts) -> Iterator[Finding]:
    """Very short texts among longer ones, and very long ones."""
    if len(own.texts) < _FEWEST_TEXTS:
        return
    median = float(np.median(own.lengths))
    short = np.flatnonzero((own.lengths > 0) & (own.lengths < _FEW_WORDS))
    if len(short) and median >= _MANY_TIMES / 2:
        text = own.texts[int(short[0])]
        message = f"{fraction_of(len(short), len(own.texts))} texts have fewer than {_FEW_WORDS} words, this one {quoted(text)}; the median is {median:g}"
        yield own.rows.finding(
            "length", False, message, "see whether they are cut off", row=int(short[0]), count=len(short)
        )
    long = np.flatnonzero(own.lengths > _MANY_TIMES * max(median, 1))
    if len(long):
        row = int(long[np.argmax(own.lengths[long])])
        message = f"{fraction_of(len(long), len(own.texts))} texts are more than {_MANY_TIMES} times as long as the median of {median:g} words, this one has {own.lengths[row]}"
        yield own.rows.finding(
            "length", False, message, "see whether several texts are on one line", row=row, count=len(long)
        )


def find_equal_texts(own: ExaminedTexts) -> Iterator[Finding]:
    """Texts that equal an earlier one but for case, signs and white space: of the same class, and of another."""
    labels = own.labels if own.labels is not None else np.zeros(len(own.texts), dtype=np.int64)
    first: dict[str, int] = {}
    repeated, contrary = list[tuple[int, int]](), list[tuple[int, int]]()
    for row, text in enumerate(own.folded):
        earlier = first.setdefault(text, row) if text else row
        if earlier != row:
            (repeated if labels[earlier] == labels[row] else contrary).append((row, earlier))
    n, same = len(own.texts), "but for case, signs and blanks"
    if contrary:
        row, earlier = contrary[0]
        names = f"this one ({quoted(own.classes[labels[row]])}) {own.rows.shown_place(earlier)} ({quoted(own.classes[labels[earlier]])})"
        message = f"{fraction_of(len(contrary), n)} texts equal one of another class, {same}; {names}"
        is_serious = len(contrary) > 1 and len(contrary) > _SERIOUS * n
        yield own.rows.finding(
            "contradictions", is_serious, message, "correct the class of one of the two", row=row, count=len(contrary)
        )
    if repeated:
        row, earlier = repeated[0]
        message = f"{fraction_of(len(repeated), n)} texts equal an earlier one, {same}; this one equals {own.rows.shown_place(earlier)}"
        advice = (
            "if they are copies, leave them out: a validation set drawn from these texts has copies of training texts"
        )
        yield own.rows.finding("duplicates", False, message, advice, row=row, count=len(repeated))


def find_shared_texts(own: ExaminedTexts, earlier: ExaminedTexts) -> Iterator[Finding]:
    """Texts of a set that are in another one too."""
    places = {text: row for row, text in reversed([*enumerate(earlier.folded)]) if text}
    shared = [row for row, text in enumerate(own.folded) if text in places]
    if not shared:
        return
    twin = earlier.rows.shown_place(places[own.folded[shared[0]]])
    message = f"{fraction_of(len(shared), len(own.texts))} texts are in {earlier.rows.shown} too, but for case, signs and blanks; this one is {twin}"
    advice = f"take them out of one of the two: figures on {own.rows.shown} would be too good"
    yield own.rows.finding(
        "shared-rows", len(shared) > _SERIOUS * len(own.texts), message, advice, row=shared[0], count=len(shared)
    )


def find_damage(own: ExaminedTexts) -> Iterator[Finding]:
    """Characters that come from a wrong encoding, and such as no text has."""
    for pattern, what, advice in (
        (_MOJIBAKE, "look like UTF-8 that was read in another encoding", "repair the file: iconv -f UTF-8 -t WINDOWS-1252 turns such a text back into UTF-8"),
        (re.compile("\ufffd"), "have the sign for a character that could not be read", "read the source of the texts again in its own encoding"),
        (_CONTROL, "have control characters", "take them out: tr -d '\\000-\\010\\013\\014\\016-\\037\\177' < FILE"),
    ):  # fmt: skip
        rows = [(k, match) for k, text in enumerate(own.texts) if (match := pattern.search(text))]
        if rows:
            row, match = rows[0]
            message = f"{fraction_of(len(rows), len(own.texts))} texts {what}, this one {quoted(own.texts[row][max(0, match.start() - 8) : match.end() + 8])}"
            yield own.rows.finding(
                "encoding", len(rows) > _SERIOUS * len(own.texts), message, advice, row=row, count=len(rows)
            )


def find_markup(own: ExaminedTexts) -> Iterator[Finding]:
    """Tags and entities of HTML and XML."""
    for pattern, what, advice in (
        (_TAG, "tags such as", "take them out, or their names become words: sed 's/<[^>]*>/ /g' FILE"),
        (_ENTITY, "entities such as", "decode them: python3 -c 'import html, sys; print(html.unescape(sys.stdin.read()))' < FILE"),
    ):  # fmt: skip
        rows = [(k, match) for k, text in enumerate(own.texts) if (match := pattern.search(text))]
        if rows:
            row, match = rows[0]
            message = f"{fraction_of(len(rows), len(own.texts))} texts have {what} {quoted(match[0])}"
            yield own.rows.finding("markup", False, message, advice, row=row, count=len(rows))


def find_strange_words(own: ExaminedTexts, known: KnownWords) -> Iterator[Finding]:
    """Words that a network does not know."""
    symbols = [known.symbols_of(text) for text in own.texts]
    strange = [[one for one in found if one not in known.symbols] for found in symbols]
    n, n_all = sum(map(len, strange)), sum(map(len, symbols))
    if n <= _STRANGE * n_all:
        return
    row = int(np.argmax([len(found) for found in strange]))
    message = f"{fraction_of(n, n_all)} {known.one}s are not among those that the network knows, as {quoted(strange[row][0])} here"
    advice = f"see whether these texts are like those that trained it; only training anew finds other {known.one}s"
    yield own.rows.finding("unknown-words", n > _MOST_STRANGE * n_all, message, advice, row=row, count=n)


def heads(sets: Mapping[str, ExaminedTexts]) -> list[str]:
    """A line for each set: its files, texts, classes and lengths."""
    return [_about(own) for own in sets.values()]


def _about(own: ExaminedTexts) -> str:
    title = f" ({own.rows.title})" if own.rows.title else ""
    parts = [f"{own.rows.shown}{title}: {count_of(len(own.texts), 'text')}"]
    labels = own.labels
    if labels is not None:
        counts = np.bincount(labels, minlength=len(own.classes)).tolist()
        parts.append("classes " + ", ".join(f"{name} {count}" for name, count in zip(own.classes, counts, strict=True)))
    if len(own.texts):
        parts.append(f"{int(own.lengths.min())} to {int(own.lengths.max())} words, median {np.median(own.lengths):g}")
    return "; ".join(parts)
