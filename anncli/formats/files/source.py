"""A source: the bytes of a data file, a pipe or stdin, in blocks of whole lines, unpacked and digested on the way."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import chain
from typing import Any

import numpy as np

from anncli.errors import DataError
from anncli.formats.files.textfile import BOM, Path, read_fault, shown_name

BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 1 << 26
_LINE_FEED = ord("\n")
_GZIP = b"\x1f\x8b"
# Beyond 64 MiB a gzip file may unpack to this many times its size; honest text stays far below (deflate can do 1032).
_MOST_EXPANSION, _ALWAYS_ALLOWED = 200, 1 << 26
_LONE_RETURN = re.compile(rb"\r(?![\r\n])")
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}


class Source:
    """One data file, read once from start to end.

    shown: how messages name it; name: its base name; sha256: digest of the raw bytes, complete when all are read.
    """

    def __init__(self, path: Path) -> None:
        self.path = os.fspath(path)
        self.shown = shown_name(path)
        self.name = "stdin" if self.path == "-" else os.path.basename(self.path)
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add_digest(self, other: Source) -> None:
        """Let another file that this one names count into the digest; call it when `other` has been read."""
        self._digest.update(other._digest.digest())

    def raw(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes as they are, at most `size` at a time; from a pipe as soon as some are there.

        Raises: DataError when the file is missing, a directory or unreadable.
        """
        try:
            with self._open() as file:
                # One system call at a time, so that the lines of a slow pipe are answered when they come.
                read = getattr(file, "read1", file.read)
                while chunk := read(size):
                    self._digest.update(chunk)
                    yield chunk
        except (OSError, ValueError) as fault:
            raise read_fault(fault, self.path) from None

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Text: whole lines, about `size` bytes at a time, the last one ended by a newline too; no byte order mark.

        Raises: DataError as raw(), and when the file is no text, badly packed, or has lines ended by CR alone.
        """
        # A line may be longer than many chunks: they are joined once.
        line, pieces, length = 1, list[bytes](), 0
        for chunk in self._text(size):
            cut = chunk.rfind(b"\n") + 1
            if cut:
                block = b"".join([*pieces, chunk[:cut]])
                self._check_returns(block, line)
                yield block
                line += count_lines(block)
                pieces, length = [], 0
            pieces.append(chunk[cut:])
            length += len(chunk) - cut
            if length > _LONGEST_LINE:
                raise self._fault(
                    f"holds a line of more than {_LONGEST_LINE >> 20} MiB", "check that this is the right file"
                )
        if length:
            block = b"".join(pieces)
            self._check_returns(block.rstrip(b"\r"), line)
            yield block + b"\n"

    def _open(self) -> Any:
        if self.path != "-":
            return open(self.path, "rb", buffering=0)
        if sys.stdin is None:
            raise self._fault("standard input is closed", "name a file")
        return nullcontext(sys.stdin.buffer)

    def _text(self, size: int) -> Iterator[bytes]:
        """The unpacked bytes without byte order mark; refuses what is no text."""
        chunks = self._unpacked(size)
        head = _start(chunks, (BOM,))
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self._fault("is UTF-16 text", "save it as UTF-8")
        for chunk in chain([head.removeprefix(BOM)], chunks):
            if b"\0" in chunk:
                raise self._fault("looks like a binary file, not text", "check that this is the right file")
            yield chunk

    def _unpacked(self, size: int) -> Iterator[bytes]:
        chunks = self.raw(size)
        head = _start(chunks, (_GZIP, *_PACKED))
        for magic, program in _PACKED.items():
            if head.startswith(magic):
                raise self._fault(f"is packed by {program}", "unpack it first, or pack it with gzip")
        if head.startswith(_GZIP):
            yield from self._gunzip(head, chunks, size)
            return
        yield head
        yield from chunks

    def _gunzip(self, head: bytes, chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
        packed = unpacked = 0
        unpacker, pending = zlib.decompressobj(wbits=31), head
        try:
            while pending or (pending := next(chunks, b"")):
                if unpacker.eof:
                    # Several members make one text; zeros behind the last one are padding.
                    pending = pending.lstrip(b"\0")
                    if not pending:
                        continue
                    unpacker = zlib.decompressobj(wbits=31)
                text = unpacker.decompress(pending, size)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
                packed += len(pending) - len(rest)
                unpacked += len(text)
                pending = rest
                if unpacked > _ALWAYS_ALLOWED and unpacked > _MOST_EXPANSION * packed:
                    raise self._fault(
                        "unpacks to far more than its size", "if that is right, unpack it with gunzip first"
                    )
                if text:
                    yield text
        except zlib.error:
            raise self._fault("is a damaged gzip file", "copy or pack it again") from None
        if not unpacker.eof:
            raise self._fault("is a gzip file cut short", "copy or pack it again")

    def _check_returns(self, block: bytes, line: int) -> None:
        if b"\r" not in block or block.count(b"\r") == block.count(b"\r\n"):
            return
        lone = _LONE_RETURN.search(block)
        if lone:
            line += block.count(b"\n", 0, lone.start())
            advice = "end lines with a line feed: tr '\\r' '\\n' < old > new"
            raise DataError("holds a carriage return inside a line", path=self.shown, line=line, advice=advice)

    def _fault(self, message: str, advice: str) -> DataError:
        return DataError(message, path=self.shown, advice=advice)


def count_lines(block: bytes, start: int = 0, stop: int | None = None) -> int:
    """Line feeds in a part of a block; bytes.count() would take a fifth of the time that reading takes."""
    return int(np.count_nonzero(np.frombuffer(block, np.uint8)[start:stop] == _LINE_FEED))


def _start(chunks: Iterator[bytes], marks: tuple[bytes, ...]) -> bytes:
    """The first bytes: so many that they are no mere beginning of one of the marks; a pipe may give them one by one."""
    head = b""
    while any(len(head) < len(mark) and mark.startswith(head) for mark in marks):
        chunk = next(chunks, b"")
        if not chunk:
            break
        head += chunk
    return head
