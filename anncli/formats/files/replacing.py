"""Large files written piece by piece: the target is replaced at the end, or stays as it was."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from anncli.errors import AnnError, UsageError, printable
from anncli.formats.files.packers import compressor_of, packer_of_name
from anncli.formats.files.temporary import replaced
from anncli.formats.files.textfile import Path, is_stream, write_fault

_STDOUT = ("-", "/dev/stdout")
_SPOOL_BYTES = 1 << 24


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Make the pieces the content of a file, packed where its name has the ending of a packer; `-` is standard output.

    Raises: AnnError where it cannot be written, and what `pieces` raises: then the file is as it was. What is no regular
    file (stdout, a pipe) has got the pieces before that.
    """
    name = os.fspath(path)
    packed = _packed(name, pieces)
    with _write_faults(name):
        if name in _STDOUT:
            sys.stdout.flush()
            _copy(packed, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        elif is_stream(name):
            with open(name, "wb", buffering=0) as stream:
                _copy(packed, stream)
        else:
            target = os.path.realpath(name)
            with replaced(target, target) as (descriptor, _), open(descriptor, "wb", closefd=False) as file:
                _copy(packed, file)
                file.flush()


@contextlib.contextmanager
def replacement(path: Path) -> Iterator[IO[bytes]]:
    """A seekable file whose content goes to `path` at the end of the block; as write_pieces().

    Raises: UsageError for a name with the ending of a packer.
    """
    name = os.fspath(path)
    refuse_packing(name)
    with _write_faults(name):
        if name in _STDOUT or is_stream(name):
            with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as held:
                yield held
                held.seek(0)
                if name in _STDOUT:
                    sys.stdout.flush()
                    shutil.copyfileobj(held, sys.stdout.buffer)
                    sys.stdout.buffer.flush()
                else:
                    with open(name, "wb") as stream:
                        shutil.copyfileobj(held, stream)
            return
        target = os.path.realpath(name)
        with replaced(target, target) as (descriptor, _), open(descriptor, "w+b", closefd=False) as file:
            yield file
            file.flush()


@contextlib.contextmanager
def replacement_name(path: Path) -> Iterator[str]:
    """The name of an empty file that takes the place of `path` at the end of the block, for libraries that open names.

    Raises: UsageError for a name with the ending of a packer, and for what is no regular file; else as write_pieces().
    """
    name = os.fspath(path)
    refuse_packing(name)
    if name in _STDOUT:
        raise UsageError("this format cannot be written to standard output", advice="name a file")
    with _write_faults(name):
        if is_stream(name):
            raise UsageError("this format can only be written to a file", path=name, advice="name another file")
        target = os.path.realpath(name)
        with replaced(target, target) as (_, temporary):
            yield temporary


def refuse_packing(name: str) -> None:
    """Raises UsageError for a name with the ending of a packer, of a format that is not written as a stream."""
    packer = packer_of_name(name)
    if packer is not None:
        raise UsageError(f"this format is not packed by {packer.name}", path=name, advice=f"leave out {packer.ending}")


def _packed(name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = packer_of_name(name)
    if packer is None:
        yield from pieces
        return
    compressor = compressor_of(packer)
    for piece in pieces:
        if packed := compressor.compress(piece):
            yield packed
    yield compressor.flush()


def _copy(pieces: Iterable[bytes], file: IO[bytes]) -> None:
    for piece in pieces:
        rest = memoryview(piece)
        while rest:
            # An unbuffered stream may take only the beginning of what it is given.
            rest = rest[file.write(rest) or 0 :]


@contextlib.contextmanager
def _write_faults(name: str) -> Iterator[None]:
    if "\0" in name:
        raise AnnError("cannot write: a file name cannot hold a NUL character", path=printable(name))
    try:
        yield
    except BrokenPipeError:
        # The reader of the output has closed it. The command line handles this as for printed lines.
        raise
    except OSError as fault:
        raise write_fault(fault, name) from None
