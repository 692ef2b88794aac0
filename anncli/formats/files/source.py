"""Byte sources: a data file, a pipe or stdin, unpacked, digested and given in chunks or in blocks of whole lines."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain
from typing import Any

import numpy as np

from anncli.errors import DataError
from anncli.formats.files.opened import open_input
from anncli.formats.files.packers import may_be_packed, packer_of, unpacked
from anncli.formats.files.reading import READING
from anncli.formats.files.textfile import BOM, Path, read_fault, shown_name

BLOCK_BYTES = 1 << 20
_LONGEST_LINE = 1 << 26
_LINE_FEED = ord("\n")
_LONE_RETURN = re.compile(rb"\r(?![\r\n])")
_ZIP = b"PK\x03\x04"


class ByteSource:
    """One data file, read once from start to end.

    path: the file; query: what is asked of a database, for `FILE::QUERY`, or ''; shown: its name in messages; name: its base
    name; sha256: the digest of the raw bytes read so far.
    """

    def __init__(self, path: Path, is_digested: bool = True) -> None:
        """is_digested: whether sha256 will be asked for."""
        self.path, self.query = split_query(path)
        self.shown = shown_name(self.path)
        self.name = "stdin" if self.path == "-" else os.path.basename(self.path)
        self._digest = _new_digest() if is_digested else None
        self._is_plain = False
        self._peeked: tuple[bytes, Iterator[bytes]] | None = None

    @property
    def text_bytes(self) -> int:
        """The size of what chunks() gives, once that has begun; 0 where it does not show: of a packed file and of a pipe."""
        return os.path.getsize(self.path) if self._is_plain and os.path.isfile(self.path) else 0

    @property
    def sha256(self) -> str:
        assert self._digest is not None
        return self._digest.hexdigest()

    def add_digest(self, other: ByteSource) -> None:
        """Add another file that this one names to the digest; call it after `other` has been read."""
        if self._digest is not None and other._digest is not None:
            self._digest.update(other._digest.digest())

    def raw(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes as they are stored, at most `size` at a time; a pipe gives them as soon as they arrive.

        Raises: DataError when the file is missing, a directory or unreadable.
        """
        try:
            with self._open() as file:
                READING.begin(self.shown, self.path)
                # read1 makes one system call, so that lines from a slow pipe are processed as they arrive.
                read = getattr(file, "read1", file.read)
                while chunk := read(size):
                    if self._digest is not None:
                        self._digest.update(chunk)
                    READING.done += len(chunk)
                    yield chunk
        except (OSError, ValueError) as fault:
            raise read_fault(fault, self.path) from None

    def chunks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The bytes, unpacked where the file is packed by gzip, bzip2, xz or zstd; text or binary.

        Raises: DataError as raw(), and for a damaged packed file; UsageError where the package for it is missing.
        """
        if self._peeked is not None:
            (head, rest), self._peeked = self._peeked, None
            return chain([head] if head else [], rest)
        return self._unpacked(size)

    def peek(self, is_enough: Callable[[bytearray], bool]) -> bytes:
        """The first bytes of chunks(), read until is_enough() says so or the file ends; chunks() and blocks() still give them.

        Raises: DataError as chunks().
        """
        # A bytearray grows in place; bytes would be copied with every chunk.
        head, chunks = bytearray(), self.chunks()
        for chunk in chunks:
            head += chunk
            if is_enough(head) or len(head) > _LONGEST_LINE:
                break
        self._peeked = bytes(head), chunks
        return self._peeked[0]

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Text in blocks of whole lines, about `size` bytes each; the last line gets a line end if it has none.

        Raises: DataError as chunks(), and for binary data, UTF-16, other packers, and lines ended by CR alone.
        """
        # A line may span many chunks; they are joined once.
        line, pieces, length = 1, list[bytes](), 0
        for chunk in self.text(size):
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

    def text(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Text in chunks that may end anywhere, without byte order mark.

        Raises: DataError as chunks(), and for binary data, UTF-16 and other packers.
        """
        chunks = self.chunks(size)
        head = _start(chunks, (BOM, _ZIP))
        if head.startswith(_ZIP):
            raise self._fault("is packed by zip", "unpack it first, or pack it with gzip, bzip2, xz or zstd")
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self._fault("is UTF-16 text", "save it as UTF-8")
        for chunk in chain([head.removeprefix(BOM)], chunks):
            if b"\0" in chunk:
                raise self._fault("looks like a binary file, not text", "check that this is the right file")
            yield chunk

    def _open(self) -> Any:
        if self.path != "-":
            return open_input(self.path, buffering=0)
        if sys.stdin is None:
            raise self._fault("standard input is closed", "name a file")
        return nullcontext(sys.stdin.buffer)

    def _unpacked(self, size: int) -> Iterator[bytes]:
        chunks = self.raw(size)
        head = b""
        while may_be_packed(head) and (chunk := next(chunks, b"")):
            head += chunk
        packer = packer_of(head)
        if packer is not None:
            yield from unpacked(packer, chain([head], chunks), size, self.shown)
            return
        self._is_plain = True
        yield head
        yield from chunks

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


def _new_digest() -> Any:
    # Whoever needs none is spared a large library.
    import hashlib

    return hashlib.sha256()


def split_query(path: Path) -> tuple[str, str]:
    """A file and what is asked of it: `data.db::SELECT a FROM t`; '' where nothing is. A file of that name wins."""
    name = os.fspath(path)
    file, colons, query = name.partition("::")
    return (name, "") if not (file and colons) or os.path.exists(name) else (file, query.strip())


def count_lines(block: bytes, start: int = 0, stop: int | None = None) -> int:
    """The number of line feeds in block[start:stop]."""
    # bytes.count() would take a fifth of the whole reading time.
    return int(np.count_nonzero(np.frombuffer(block, np.uint8)[start:stop] == _LINE_FEED))


def _start(chunks: Iterator[bytes], marks: tuple[bytes, ...]) -> bytes:
    """The first chunks, enough to tell whether the data begin with one of the marks; a pipe may give single bytes."""
    head = b""
    while any(len(head) < len(mark) and mark.startswith(head) for mark in marks):
        chunk = next(chunks, b"")
        if not chunk:
            break
        head += chunk
    return head
