"""Text files: whole, or their lines as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from anncli.dataset.dataset import Source
from anncli.errors import DataError
from anncli.formats.files.source import ByteSource, count_lines
from anncli.formats.files.textfile import Path, decode


class TextFile(NamedTuple):
    """The text of a file with line feeds for line ends, its name for messages, and where it came from."""

    text: str
    shown: str
    source: Source


def read_text_file(path: Path) -> TextFile:
    """A text file, which may be packed; raises DataError for bytes that are no UTF-8 text, with line and column."""
    source = ByteSource(path)
    data = b"".join(source.text())
    text = unix_lines(decode(data, source.path))
    return TextFile(text, source.shown, Source(source.name, source.sha256, len(text)))


def unix_lines(text: str) -> str:
    """A text with the line ends of Windows replaced."""
    return text.replace("\r\n", "\n") if "\r" in text else text


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty."""
    return [line for line in text.split("\n") if line]


def lines_as_they_come(path: Path) -> Iterator[list[str]]:
    """The lines of a text file that are not empty, those of a pipe as soon as they are there; raises as read_text_file(), after the lines of
    earlier blocks were given."""
    source = ByteSource(path, is_digested=False)
    waiting, number = list[bytes](), 0
    for chunk in source.text():
        cut = chunk.rfind(b"\n") + 1
        if cut:
            block = b"".join([*waiting, chunk[:cut]])
            yield lines_of(_decoded(block, source, number))
            number += count_lines(block)
            waiting = []
        waiting.append(chunk[cut:])
    if last := lines_of(_decoded(b"".join(waiting), source, number)):
        yield last


def _decoded(block: bytes, source: ByteSource, n_above: int) -> str:
    try:
        return unix_lines(decode(block, source.path))
    except DataError as fault:
        if fault.line is not None:
            fault.line += n_above
        raise
