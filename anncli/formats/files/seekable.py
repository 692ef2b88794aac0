"""A data file as a whole, for libraries that read at any place of it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from anncli.formats.files.opened import open_input
from anncli.formats.files.packers import packer_of
from anncli.formats.files.source import ByteSource
from anncli.formats.files.textfile import read_fault


@contextmanager
def seekable(source: ByteSource) -> Iterator[IO[bytes]]:
    """The bytes of a source as a file; what is packed or comes from a pipe is in memory. The digest covers all of them.

    Raises: DataError as ByteSource.chunks().
    """
    is_plain = is_plain_file(source)
    pieces = [chunk for chunk in source.chunks() if not is_plain]
    if not is_plain:
        with io.BytesIO(b"".join(pieces)) as held:
            yield held
        return
    try:
        file = open_input(source.path)
    except (OSError, ValueError) as fault:
        raise read_fault(fault, source.path) from None
    with file:
        yield file


def is_plain_file(source: ByteSource) -> bool:
    """Whether the source is a regular file that is not packed."""
    try:
        if source.path == "-" or not os.path.isfile(source.path):
            return False
        with open_input(source.path) as file:
            return packer_of(file.read(10)) is None
    except (OSError, ValueError) as fault:
        raise read_fault(fault, source.path) from None
