"""The words that a network knows, in an `ann` network file: a block with a line for each, the word and how often it came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from anncli.errors import quoted
from anncli.formats.files.document import PlacedMapping, kind_of
from anncli.network.encoders.symbols import TextDefinition
from anncli.network.encoders.words import CASES, WordEncoder, WordInputs

_COUNT = re.compile(r"[0-9]{1,15}")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(\\))")


def word_block(key: str, words: Sequence[str], *numbers: Sequence[int], ngrams: int = 1) -> list[str]:
    """The lines of a block below `encoder:`: a word, or up to `ngrams` with a space between, and its numbers, a word a line.

    A backslash, characters that no line of YAML holds, and a space in a single word (`. . .` of GloVe) are written as in Python.
    """
    blank = "\\x20" if ngrams == 1 else " "
    columns = zip(
        (_written(word).replace(" ", blank) for word in words), *(map(str, column) for column in numbers), strict=True
    )
    return [f"    {key}: |", *("      " + " ".join(row) for row in columns)]


def read_word_block(
    value: PlacedMapping, key: str, n_numbers: int, advice: str, ngrams: int = 1
) -> tuple[tuple[str, ...], list[tuple[int, ...]]]:
    """The words of a block that word_block() wrote, each once, and their numbers, a tuple for each column.

    ngrams: the most words that stand for one, with a blank between two. Raises: the error of the document with the line of a fault.
    """
    found = value.get(key)
    if not isinstance(found, str) or not found.strip():
        what = f"must be a block of words, found {kind_of(found)}" if key in value and found != "" else "is missing"
        raise value.fault(key if key in value else None, f"`{key}` {what}: the {key} that the network knows", advice)
    lines = found.rstrip("\n").split("\n")
    rows = [line.rsplit(" ", n_numbers) for line in lines]
    columns = list[tuple[int, ...]]()
    for place in range(1, n_numbers + 1):
        texts = [row[place] if len(row) > n_numbers else "" for row in rows]
        if not _COUNT.fullmatch("".join(texts)[:1]) or not all(map(_COUNT.fullmatch, texts)):
            number = next(k for k, text in enumerate(texts) if not _COUNT.fullmatch(text))
            form = "a word and " + ("its count" if n_numbers == 1 else f"{n_numbers} counts")
            raise value.line_fault(key, number, f"expected {form}, found {quoted(lines[number])}", advice)
        columns.append(tuple(map(int, texts)))
    words = [row[0] for row in rows]
    if "\\" in found:
        words = [_ESCAPE.sub(_read_escape, word) for word in words]
    if len(set(words)) < len(words) or "" in words or found.count(" ") > n_numbers * len(lines):
        _check_words(value, key, (words, ngrams), advice)
    return tuple(words), columns


def _check_words(value: PlacedMapping, key: str, given: tuple[Sequence[str], int], advice: str) -> None:
    """Raises the error about the first line without a word, with one that stands above, or with more words than stand for one."""
    words, ngrams = given
    seen = set[str]()
    for number, word in enumerate(words):
        if word in seen:
            raise value.line_fault(key, number, f"{quoted(word)} stands here a second time", advice)
        own = word.split(" ")
        if "" in own or len(own) > ngrams:
            what = "the word is missing" if not word.strip() else f"expected one word, found {quoted(word)}"
            raise value.line_fault(key, number, what, advice)
        seen.add(word)


def _written(word: str) -> str:
    if word.isprintable() and "\\" not in word:
        return word
    return "".join(map(_escaped, word))


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _read_escape(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    return "\\" if number is None else chr(min(int(number, 16), 0x10FFFF))


def word_lines(vocabulary: WordEncoder) -> list[str]:
    """The lines below `encoder:`: how texts were split into words, and the words."""
    rule = vocabulary.definition.rule
    said = [f"    case: {vocabulary.definition.case}", f"    split: {rule.split}"]
    return [*said, *word_block("words", vocabulary.symbols, vocabulary.counts)]


def read_words(value: PlacedMapping, definition: TextDefinition, advice: str) -> WordEncoder:
    """The encoder of the trained part. How it splits texts stands there, so that a change of the head cannot change it."""
    assert isinstance(definition, WordInputs)
    value.refuse_unknown(("case", "split", "words"))
    words, (counts,) = read_word_block(value, "words", 1, advice)
    split = _one_of(value, "split", ("words", "spaces"), advice)
    return WordEncoder(words, counts, definition._replace(case=_one_of(value, "case", CASES, advice), split=split))


def _one_of(value: PlacedMapping, key: str, choices: Iterable[str], advice: str) -> str:
    found = value.get(key)
    if not isinstance(found, str) or found not in choices:
        message = f"`{key}` must be {' or '.join(choices)}, found {kind_of(found)}"
        raise value.fault(key if key in value else None, message, advice)
    return found
