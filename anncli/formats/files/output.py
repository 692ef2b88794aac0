"""A file that is written in pieces: it takes its name when it is complete, as in textfile.replace_file()."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

from anncli.formats.files.temporary import keep_owner_and_mode, temporary_beside
from anncli.formats.files.textfile import Path, write_faults

Output = Path | IO[bytes]


@contextlib.contextmanager
def opened_output(target: Output) -> Iterator[IO[bytes]]:
    """A binary file to write to: the stream itself, standard output for `-`, or a new file that replaces the one of that
    name when the block ends without an error. It can be read and moved about in unless it is a stream.

    Raises: AnnError where the file cannot be written.
    """
    if not isinstance(target, (str, os.PathLike)):
        yield target
        return
    name = os.fspath(target)
    if name in ("-", "/dev/stdout"):
        sys.stdout.flush()
        with write_faults(name):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    if os.path.exists(name) and not os.path.isfile(name):
        # A pipe or a device; a folder is refused by open().
        with write_faults(name), open(name, "wb") as stream:
            yield stream
        return
    real = os.path.realpath(name)
    with write_faults(name), temporary_beside(real) as (descriptor, temporary):
        keep_owner_and_mode(descriptor, real)
        with open(temporary, "r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, real)
