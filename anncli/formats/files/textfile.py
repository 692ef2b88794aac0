"""Files as bytes or text: read with clear errors, replaced whole or not at all.

New content goes to a hidden file in the same folder, is forced to the disk, and then takes the name of the target, so that a
crash at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

from anncli.errors import AnnError, DataError, printable
from anncli.formats.files.opened import open_input
from anncli.formats.files.temporary import refuse_unwritable, replaced, temporary_beside

Path = str | os.PathLike[str]

# Names of standard output.
STDOUT = ("-", "/dev/stdout")

BOM = b"\xef\xbb\xbf"
_PIECE_BYTES = 1 << 20
_READ_ADVICE = {
    errno.ENOENT: ("no such file", "check the name and the folder you are in"),
    errno.ENOTDIR: ("no such file", "check the name and the folder you are in"),
    errno.EISDIR: ("is a directory", "name a file in it"),
    errno.EACCES: ("may not be read (permission denied)", "change its mode or run as its owner"),
}
_WRITE_ADVICE = {
    errno.ENOENT: "create the folder first",
    errno.ENOTDIR: "write to a file in an existing folder",
    errno.EISDIR: "name a file in it",
    errno.EACCES: "change the mode of the file or its folder, or write to another place",
    errno.EPERM: "change the mode of the file or its folder, or write to another place",
    errno.EROFS: "write to another place",
    errno.ENOSPC: "free some space or write to another place",
    errno.EDQUOT: "free some space or write to another place",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def shown_name(path: Path) -> str:
    """The name of a file in messages; `-` is standard input."""
    return "<stdin>" if os.fspath(path) == "-" else os.fspath(path)


def read_bytes(
    path: Path, error: type[AnnError] = DataError, limit: int | None = None, missing: str | None = None
) -> bytes:
    """All bytes of a file, or of standard input for `-`; raises `error` if that fails or gives more than `limit` bytes.

    missing: the advice for a file that does not exist, instead of the usual one.
    """
    name = os.fspath(path)
    try:
        if name == "-":
            data = _read_up_to(sys.stdin.buffer, limit)
        else:
            with open_input(name) as file:
                data = _read_up_to(file, limit)
    except (OSError, ValueError) as fault:
        raise read_fault(fault, path, error, missing) from None
    if limit is not None and len(data) > limit:
        advice = "check that this is the right file"
        raise error(f"is larger than {_human(limit)}", path=shown_name(path), advice=advice)
    return data


def _read_up_to(file: IO[bytes], limit: int | None) -> bytes:
    """The bytes of a file, but at most one more than the limit.

    In pieces: read(limit) would ask for memory of the whole limit, which a batch system may refuse.
    """
    if limit is None:
        return file.read()
    pieces, left, size = list[bytes](), limit + 1, max(_PIECE_BYTES, _size(file))
    while left and (piece := file.read(min(left, size))):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _size(file: IO[bytes]) -> int:
    """The bytes of a file on a disk; 0 where it has no size of its own."""
    try:
        return os.fstat(file.fileno()).st_size
    except (OSError, ValueError):
        return 0


def is_empty(path: Path) -> bool:
    """Whether a file can be opened and holds nothing but white space; read up to 4 KiB. os.devnull is empty."""
    name = os.fspath(path)
    if name == os.devnull:
        return True
    if not os.path.isfile(name) or not os.access(name, os.R_OK):
        return False
    with open_input(name) as file:
        return not file.read(4096).strip()


def read_fault(
    fault: OSError | ValueError, path: Path, error: type[AnnError] = DataError, missing: str | None = None
) -> AnnError:
    """The error for a file that cannot be opened or read; `missing` as in read_bytes."""
    if isinstance(fault, ValueError):
        return error("a file name cannot hold a NUL character", path=printable(os.fspath(path)))
    message, advice = _READ_ADVICE.get(fault.errno or 0, (f"cannot be read: {fault.strerror or fault}", None))
    if fault.errno == errno.ENOENT and missing is not None:
        advice = missing
    return error(message, path=shown_name(path), advice=advice)


def read_text(path: Path, error: type[AnnError] = DataError, limit: int | None = None) -> str:
    """The file as text; raises `error` as read_bytes and decode do."""
    return decode(read_bytes(path, error, limit), path, error)


def decode(data: bytes, path: Path, error: type[AnnError] = DataError) -> str:
    """UTF-8 text without byte order mark, line ends unchanged; raises `error` with the place of the first invalid byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error("is UTF-16 text", path=shown_name(path), advice="save it as UTF-8")
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as fault:
        if b"\0" in data:
            raise _binary(path, error) from None
        before = data.removeprefix(BOM)[: fault.start]
        line, column = 1 + before.count(b"\n"), 1 + len(before[before.rfind(b"\n") + 1 :].decode("utf-8"))
        found = f"byte 0x{data.removeprefix(BOM)[fault.start]:02x}"
        raise error(
            f"is not UTF-8 text: {found}", path=shown_name(path), line=line, column=column, advice="save it as UTF-8"
        ) from None
    if "\0" in text:
        raise _binary(path, error)
    return text


def place_of(text: str, index: int) -> tuple[int, int]:
    """(line, column) of a position in a text, both counted from 1."""
    return 1 + text.count("\n", 0, index), index - text.rfind("\n", 0, index)


class Signature(NamedTuple):
    """What changes when a file is changed or replaced."""

    size: int
    mtime_ns: int
    inode: int


def signature(path: Path) -> Signature | None:
    """The state of a file now, or None where there is none; take it before reading the file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Signature(found.st_size, found.st_mtime_ns, found.st_ino)


def changed_since(path: Path, before: Signature | None) -> bool:
    """Whether the file was changed or replaced since `before` was taken."""
    return signature(path) != before


def replace_file(
    path: Path, data: bytes | Iterable[bytes], like: Path | None = None, before: Callable[[], None] | None = None
) -> None:  # fmt: skip
    """Make `data`, whole or in pieces, the whole content of a file, or leave everything as it was and raise AnnError.

    The mode of an existing file is kept, or that of the file `like` is taken, and symbolic links are followed. `-` is
    standard output; what is not a regular file (a pipe, a device) is written to directly.
    before: called when the new content of a regular file is on the disk but has not replaced it; an exception leaves the
        file as it was.
    """
    name = os.fspath(path)
    with write_faults(name):
        if name in STDOUT:
            sys.stdout.flush()
            for piece in _pieces(data):
                rest = memoryview(piece)
                while rest:
                    # An unbuffered stdout may take only the beginning of what it is given.
                    rest = rest[sys.stdout.buffer.write(rest) or 0 :]
            sys.stdout.buffer.flush()
        elif is_stream(name):
            with open(name, "wb", buffering=0) as stream:
                _write_all(stream.fileno(), data)
        else:
            _replace_regular(os.path.realpath(name), data, os.fspath(like or os.path.realpath(name)), before)


def check_writable(path: Path) -> None:
    """Raise now, before long work, what replace_file would raise afterwards; changes nothing."""
    name = os.fspath(path)
    if name in STDOUT:
        return
    with write_faults(name):
        if is_stream(name):
            refuse_unwritable(name)
            return
        with temporary_beside(os.path.realpath(name)) as (descriptor, _):
            # One block, so that a full disk is noticed.
            _write_all(descriptor, bytes(4096))


def _replace_regular(
    target: str, data: bytes | Iterable[bytes], like: str, before: Callable[[], None] | None
) -> None:  # fmt: skip
    with replaced(target, like) as (descriptor, _):
        _write_all(descriptor, data)
        if before is not None:
            os.fsync(descriptor)
            before()


def is_stream(name: str) -> bool:
    """Whether the target exists and is not a regular file; raises IsADirectoryError for a directory."""
    # /dev/fd/N may be a regular file that the shell holds open: replacing it would not reach the shell.
    if name.startswith(("/dev/fd/", "/proc/self/fd/", "/dev/stderr")):
        return True
    if not name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if name.endswith(os.sep):
        # A file named like a folder: `network.nn/`.
        code = errno.ENOTDIR if os.path.isfile(name.rstrip(os.sep)) else errno.EISDIR
        raise OSError(code, os.strerror(code))
    try:
        mode = os.stat(name).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return not stat.S_ISREG(mode)


def _write_all(descriptor: int, data: bytes | Iterable[bytes]) -> None:
    for piece in _pieces(data):
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _pieces(data: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return (data,) if isinstance(data, bytes) else data


@contextlib.contextmanager
def write_faults(name: str) -> Iterator[None]:
    """Raises AnnError in place of what the system says of a file that cannot be written."""
    if "\0" in name:
        raise AnnError("cannot write: a file name cannot hold a NUL character", path=printable(name))
    try:
        yield
    except BrokenPipeError:
        # The reader of the output has closed it. The command line handles this as for printed lines.
        raise
    except OSError as fault:
        raise write_fault(fault, name) from None


def write_fault(fault: OSError, name: str) -> AnnError:
    """The error for a file that cannot be written."""
    shown = "<stdout>" if name == "-" else name
    advice = _WRITE_ADVICE.get(fault.errno or 0, "write to another place")
    return AnnError(f"cannot write: {fault.strerror or fault}", path=shown, advice=advice)


def _binary(path: Path, error: type[AnnError]) -> AnnError:
    return error("is a binary file, not text", path=shown_name(path), advice="check that this is the right file")


def _human(size: int) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"
