"""A file that is written in pieces: it takes its name when it is complete, as in textfile.replace_file()."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

from anncli.errors import UsageError
from anncli.formats.files.packers import Packer, compressor_of, packer_of_name
from anncli.formats.files.temporary import replaced
from anncli.formats.files.textfile import STDOUT, Path, is_stream, write_faults

Output = Path | IO[bytes]

_SPOOL_BYTES = 1 << 24


@contextlib.contextmanager
def opened_output(target: Output, *, seekable: bool = False) -> Iterator[IO[bytes]]:
    """A binary file to write to: the stream itself, standard output for `-`, or a new file that replaces the one of that
    name when the block ends without an error. A name with the ending of a packer is packed.

    seekable: the file can be read and moved about in; what goes to a stream is then held back until the end of the block.
    Raises: AnnError where the file cannot be written; UsageError where a seekable file would be packed.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield target
        return
    name = os.fspath(target)
    if seekable:
        refuse_packing(name)
    packer = packer_of_name(name)
    with write_faults(name), contextlib.ExitStack() as stack:
        if name in STDOUT:
            sys.stdout.flush()
            file: Any = sys.stdout.buffer
        elif is_stream(name):
            file = stack.enter_context(open(name, "wb"))
        else:
            real = os.path.realpath(name)
            descriptor, _ = stack.enter_context(replaced(real, real))
            file = stack.enter_context(open(descriptor, "w+b", closefd=False))
            seekable = False
        if seekable:
            with _spooled(file) as held:
                yield held
        elif packer is not None:
            packing = _Packing(packer, file)
            yield packing  # type: ignore[misc]
            packing.finish()
        else:
            yield file
        file.flush()


@contextlib.contextmanager
def output_name(path: Path) -> Iterator[str]:
    """The name of an empty file that takes the place of `path` at the end of the block, for libraries that open names.

    Raises: UsageError for a name with the ending of a packer, and for what is no regular file; else as opened_output().
    """
    name = os.fspath(path)
    refuse_packing(name)
    with write_faults(name):
        if name in STDOUT or is_stream(name):
            raise UsageError("this format can only be written to a file", path=shown_output(name), advice="name a file")
        real = os.path.realpath(name)
        with replaced(real, real) as (_, temporary):
            yield temporary


def shown_output(name: str) -> str:
    """The name of a target in messages."""
    return "<stdout>" if name == "-" else name


def refuse_packing(name: str) -> None:
    """Raises UsageError for a name with the ending of a packer, of a format that is not written as a stream."""
    packer = packer_of_name(name)
    if packer is not None:
        raise UsageError(f"this format is not packed by {packer.name}", path=name, advice=f"leave out {packer.ending}")


@contextlib.contextmanager
def _spooled(file: IO[bytes]) -> Iterator[Any]:
    """A temporary file that is copied into `file` at the end."""
    # Both take long to load, and readers of tables load this module.
    import shutil
    import tempfile

    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as held:
        yield held
        held.seek(0)
        shutil.copyfileobj(held, file)


class _Packing:
    """Packs what is written to it."""

    def __init__(self, packer: Packer, file: IO[bytes]) -> None:
        self._compressor, self._file = compressor_of(packer), file

    def write(self, data: bytes) -> int:
        self._file.write(self._compressor.compress(data))
        return len(data)

    def flush(self) -> None:
        """What the compressor holds back is written at the end."""

    def finish(self) -> None:
        self._file.write(self._compressor.flush())
