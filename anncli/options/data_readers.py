"""Readers for options about data: names of columns, what holds the answers, sizes of pictures, amounts of memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from anncli.errors import ValueFault, did_you_mean, known_name, quoted
from anncli.options.readers import Reader, text


def names(value: Any) -> tuple[str, ...]:
    """A reader for one or more names, as a list or separated by commas; a name with a comma stands in double quotes."""
    found: list[str] = []
    for item in value if isinstance(value, (list, tuple)) else [value]:
        found += _split_names(text(item))
    return tuple(found)


def _split_names(word: str) -> list[str]:
    """The names in a text: `a,"b,c",d`; two double quotes inside quotes are one."""
    found = [
        quoted_name.replace('""', '"') if is_quoted else plain.strip()
        for is_quoted, quoted_name, plain in re.findall(r'\s*(?:(")((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)', word + ",")
    ]
    # The pattern also matches the empty end.
    found = found[:-1] if found and not found[-1] else found
    if not found or not all(found):
        raise ValueFault(f"a name is empty in {quoted(word)}", "separate names by single commas")
    return found


def name(value: Any) -> str:
    """A reader for one name, taken as it is."""
    word = text(value)
    if not word:
        raise ValueFault("the name is empty", "name a column")
    return word


FILE_LABEL = "file:"


def label(value: Any) -> tuple[str, ...]:
    """A reader for what holds the answers: columns, or files, each as `file:NAME`; see dataset.request.TableRequest."""
    words = names(value)
    files = [word for word in words if word.startswith(FILE_LABEL)]
    if FILE_LABEL in files:
        raise ValueFault(f"{quoted(FILE_LABEL)} names no file", "write for example file:answers.txt")
    if files and len(files) < len(words):
        column = next(word for word in words if word not in files)
        message = f"answers are in files or in columns, found {quoted(files[0])} and {quoted(column)}"
        raise ValueFault(message, "write file: before every file; a name with a comma stands in double quotes")
    for word in words:
        if re.fullmatch(r"last:0*", word):
            raise ValueFault(f"{quoted(word)} names no column", "write for example last:2")
    return words


def label_fields(words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """What label() has read, as fields of a TableRequest."""
    if words and words[0].startswith(FILE_LABEL):
        return {"label_files": tuple(word.removeprefix(FILE_LABEL) for word in words)}
    return {"label": words}


def na_fields(words: tuple[str, ...]) -> dict[str, Any]:
    """What --na says, as fields of a ReadRequest."""
    only = words[:1] == ("none",)
    return {"na": words[1:] if only else words, "only_na": only}


_SIZE = re.compile(r"([1-9][0-9]{0,4})[xX]([1-9][0-9]{0,4})", re.ASCII)


def picture_size(value: Any) -> tuple[int, int]:
    """A reader for height and width: '28x28'."""
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise ValueFault(f"must be HEIGHTxWIDTH in pixels, found '{value}'", "write for example 28x28")
    return int(match[1]), int(match[2])


_BYTES = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([KMGT]?)(?:i?B)?\s*", re.ASCII | re.IGNORECASE)


def byte_count(value: Any) -> int:
    """A reader for an amount of memory: '1G', '500M', '1.5 GB' or bytes; K, M, G and T are powers of 1024."""
    match = _BYTES.fullmatch(str(value))
    number = int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " ")) if match else 0
    if not 0 < number <= 1 << 60:
        raise ValueFault(f"must be an amount of memory above 0, found '{value}'", "write for example 1G")
    return number


def kinds_of(known: Mapping[str, str]) -> Reader:
    """A reader for names of a table, in any case, as a list or separated by commas."""

    def read(value: Any) -> tuple[str, ...]:
        return tuple(map(one, names(value)))

    def one(word: str) -> str:
        name = known_name(word, known)
        if name is None:
            raise ValueFault(f"unknown kind {quoted(word)}", did_you_mean(word, known))
        return name

    return read
