"""Packed files: gzip, bzip2, xz and zstd, recognised by their first bytes and unpacked in steps of bounded size."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from anncli.errors import DataError, UsageError

LIMIT_VARIABLE = "ANN_UNPACK_LIMIT"
"""The environment variable with the most bytes that one packed file may give, for files that expand suspiciously."""

# Up to so many bytes a file may unpack to, whatever its size.
_ALWAYS_ALLOWED = 1 << 26
# Bytes that a member is given first.
_FIRST_STEP = 1 << 12
# Four bytes of zstd give up to 128 KiB, and its package has no limit for what one call returns.
_ZSTD_STEP = 512
# xz -9 needs 65 MiB.
_XZ_MEMORY = 1 << 28
_ZEROS = re.compile(rb"\0*")
_LIMIT = re.compile(r"([0-9]{1,18})([KMGT]?)", re.ASCII | re.IGNORECASE)


class Unpacker(Protocol):
    """One member of a packed file."""

    @property
    def is_done(self) -> bool: ...

    @property
    def rest(self) -> bytes:
        """The last of the taken bytes, which stand behind the member, once it is done."""
        ...

    def feed(self, piece: bytes, most: int) -> tuple[bytes, int]:
        """Text, of at most `most` bytes where the library can limit it, and how many bytes of the piece were taken.

        Raises: one of the packer's `faults`.
        """
        ...


class _Member:
    """A member that is unpacked by an object of a library, `member`, with eof and unused_data."""

    def __init__(self, member: Any) -> None:
        self._member = member

    @property
    def is_done(self) -> bool:
        return bool(self._member.eof)

    @property
    def rest(self) -> bytes:
        return bytes(self._member.unused_data)


class _Gzip(_Member):
    def __init__(self) -> None:
        super().__init__(zlib.decompressobj(wbits=31))

    def feed(self, piece: bytes, most: int) -> tuple[bytes, int]:
        text = self._member.decompress(piece, most)
        # At the end, what follows the member may stand in unconsumed_tail too.
        return text, len(piece) - (0 if self._member.eof else len(self._member.unconsumed_tail))


class _Stream(_Member):
    """A decompressor of bz2, lzma or compression.zstd, which keep what they were given and cannot give yet."""

    def feed(self, piece: bytes, most: int) -> tuple[bytes, int]:
        if not self._member.needs_input:
            return self._member.decompress(b"", most), 0
        return self._member.decompress(piece, most), len(piece)


class _Zstandard(_Member):
    """A frame in the package zstandard."""

    def feed(self, piece: bytes, most: int) -> tuple[bytes, int]:
        return self._member.decompress(piece[:_ZSTD_STEP]), min(len(piece), _ZSTD_STEP)


def _bzip2() -> tuple[Unpacker, tuple[type[Exception], ...]]:
    import bz2

    return _Stream(bz2.BZ2Decompressor()), (OSError, ValueError)


def _xz() -> tuple[Unpacker, tuple[type[Exception], ...]]:
    import lzma

    return _Stream(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)), (lzma.LZMAError,)


def _zstd() -> tuple[Unpacker, tuple[type[Exception], ...]]:
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]

        return _Stream(zstd.ZstdDecompressor()), (zstd.ZstdError,)
    except ImportError:
        pass
    try:
        import zstandard
    except ImportError:
        message = "files packed by zstd need Python 3.14 or the package zstandard"
        raise UsageError(message, advice="install it: pip install 'anncli[zstd]', or unpack them with unzstd") from None
    return _Zstandard(zstandard.ZstdDecompressor().decompressobj()), (zstandard.ZstdError,)


class Packer(NamedTuple):
    """marks: the first bytes of such a file; ending: of its usual name; open: makes an unpacker of one member, and says
    which errors damaged data cause; most_expansion: real data stay far below this factor; unpack: the program for it."""

    name: str
    mark: bytes
    ending: str
    open: Callable[[], tuple[Unpacker, tuple[type[Exception], ...]]]
    most_expansion: int
    unpack: str


PACKERS = (
    # Deflate can reach 1032, so a higher factor would refuse nothing.
    Packer("gzip", b"\x1f\x8b", ".gz", lambda: (_Gzip(), (zlib.error,)), 200, "gunzip"),
    Packer("bzip2", b"BZh", ".bz2", _bzip2, 1000, "bunzip2"),
    Packer("xz", b"\xfd7zXZ\0", ".xz", _xz, 1000, "unxz"),
    Packer("zstd", b"\x28\xb5\x2f\xfd", ".zst", _zstd, 1000, "unzstd"),
)
PACKED_ENDINGS = tuple(packer.ending for packer in PACKERS)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")


def without_packing(name: str) -> str:
    """A file name without the ending of a packer: data.csv.gz is data.csv."""
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in PACKED_ENDINGS and stem else name


def packer_of_name(name: str) -> Packer | None:
    """The packer whose ending a file name has."""
    ending = os.path.splitext(name)[1].lower()
    return next((packer for packer in PACKERS if packer.ending == ending), None)


def packer_of(head: bytes) -> Packer | None:
    """The packer of a file that begins like this; ten bytes tell."""
    for packer in PACKERS:
        # Text may begin with BZh; the magic number of the first block follows.
        if head.startswith(packer.mark) and (packer.name != "bzip2" or _BZIP2.match(head)):
            return packer
    return None


def may_be_packed(head: bytes) -> bool:
    """Whether more bytes are needed to tell if data that begin like this are packed."""
    if head.startswith(b"BZh"[: len(head)]):
        return len(head) < 10
    return any(len(head) < len(packer.mark) and packer.mark.startswith(head) for packer in PACKERS)


def unpacked(packer: Packer, chunks: Iterator[bytes], size: int, shown: str) -> Iterator[bytes]:
    """The text of all members of a packed file, in pieces of bounded size; shown: its name in messages.

    Raises: DataError for a file that is damaged, cut short, or expands beyond all reason; UsageError where the package
        for it is missing.
    """
    watch = _Expansion(packer, shown)
    unpacker, faults = packer.open()
    step = _FIRST_STEP
    try:
        for block in chunks:
            at = 0
            while at < len(block) or not unpacker.is_done:
                if unpacker.is_done:
                    # The members of a packed file are pieces of one text; zeros after the last one are padding.
                    at = _ZEROS.match(block, at).end()  # type: ignore[union-attr]
                    if at == len(block):
                        break
                    _check_member(packer, block[at], shown)
                    unpacker, step = packer.open()[0], _FIRST_STEP
                # In steps that grow: at its end a member copies the rest of what it was given.
                text, taken = unpacker.feed(block[at : at + step], size)
                step, at = min(2 * step, size), at + taken
                watch.add(taken, len(text))
                if text:
                    yield text
                elif at == len(block) and not unpacker.is_done:
                    break
                if unpacker.is_done and (rest := unpacker.rest):
                    # Some of it may be of the block before.
                    block, at = (block, at - len(rest)) if at >= len(rest) else (rest + block[at:], 0)
    except faults:
        raise _damaged(packer, shown) from None
    if not unpacker.is_done:
        raise DataError(f"is {_article(packer.name)} file cut short", path=shown, advice="copy or pack it again")


def _check_member(packer: Packer, first: int, shown: str) -> None:
    """Raises DataError where something else follows a member, of which xz would wait for more."""
    if first != packer.mark[0] and packer.name != "zstd":
        raise _damaged(packer, shown)


def _damaged(packer: Packer, shown: str) -> DataError:
    return DataError(f"is a damaged {packer.name} file", path=shown, advice="copy or pack it again")


def _article(name: str) -> str:
    return f"an {name}" if name.startswith("x") else f"a {name}"


class _Expansion:
    """Counts what goes in and comes out, and refuses a file that unpacks to far more than its size."""

    def __init__(self, packer: Packer, shown: str) -> None:
        self._packer, self._shown = packer, shown
        self._packed = self._unpacked = 0
        self._allowed = unpack_limit() or _ALWAYS_ALLOWED

    def add(self, packed: int, unpacked: int) -> None:
        self._packed += packed
        self._unpacked += unpacked
        factor = self._packer.most_expansion
        if self._unpacked > self._allowed and self._unpacked > factor * self._packed:
            advice = f"if that is right, unpack it with {self._packer.unpack} first, or set {LIMIT_VARIABLE}=10G"
            raise DataError("unpacks to far more than its size", path=self._shown, advice=advice)


def unpack_limit() -> int | None:
    """The bytes that the variable allows, None where it is not set; raises UsageError for what is no size."""
    said = os.environ.get(LIMIT_VARIABLE)
    if not said:
        return None
    match = _LIMIT.fullmatch(said.strip())
    if match is None:
        raise UsageError(f"{LIMIT_VARIABLE}: must be a number of bytes, found '{said}'", advice="write for example 10G")
    return int(int(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def compressor_of(packer: Packer) -> Any:
    """An object with compress(bytes) and flush(), which makes one member; raises UsageError where the package is missing."""
    if packer.name == "gzip":
        return zlib.compressobj(6, wbits=31)
    if packer.name == "bzip2":
        import bz2

        return bz2.BZ2Compressor()
    if packer.name == "xz":
        import lzma

        return lzma.LZMACompressor(lzma.FORMAT_XZ)
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]

        return zstd.ZstdCompressor()
    except ImportError:
        # Raises the error that names the package.
        packer.open()
        import zstandard

        return zstandard.ZstdCompressor().compressobj()
