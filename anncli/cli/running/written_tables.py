"""Tables that a command writes: in which format, and whether they may take the place that the user names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from anncli.cli.running.places import refuse_read_files, same_file
from anncli.errors import UsageError, printable
from anncli.formats.data.folders import expand
from anncli.formats.data.names import DATA_FORMAT_NAMES, WRITTEN_FORMATS
from anncli.formats.files.packers import without_packing
from anncli.formats.files.source import split_query


def format_of_target(target: str, said: str | None, names: Sequence[str] = WRITTEN_FORMATS) -> str:
    """The name of the format to write; raises UsageError where neither --to nor the ending says it, and for bytes that
    would go to a terminal.

    names: of the formats that can be advised; the ending may say another one.
    """
    if said is not None and said not in WRITTEN_FORMATS:
        message = f"--to {said} is a format of networks, not of tables"
        raise UsageError(message, advice=f"use one of {', '.join(names)}")
    name = said or _format_by_ending(target, names)
    if target == "-" and DATA_FORMAT_NAMES[name].binary and sys.stdout.isatty():
        raise UsageError(f"{name} is no text, and stdout is a terminal", advice="name a file, or send it on with |")
    return name


def _format_by_ending(target: str, names: Sequence[str]) -> str:
    written = {name: DATA_FORMAT_NAMES[name].endings for name in WRITTEN_FORMATS}
    path = without_packing(split_query(target)[0].lower())
    found = next((name for name, endings in written.items() if endings and path.endswith(endings)), None)
    if target == "-":
        raise UsageError("stdout has no ending that names a format", advice="say --to csv, or another format")
    if found is None:
        endings = ", ".join(ending for name in names for ending in written[name])
        message = f"the ending of {printable(target)} names no format"
        raise UsageError(message, advice=f"use one of {endings}, or say --to {', '.join(names)}")
    return found


def check_target(target: str, name: str, sources: Sequence[str], force: bool, what: str) -> None:
    """Raises UsageError for a target that is one of the files that are read, and, without --force, for one that exists.
    The file of names beside an array is a target too.

    Args: name: of the format; sources: what is read; what: how the command calls the target.
    """
    path, table = split_query(target)
    if target == "-":
        return
    for place in filter(os.path.lexists, _written_files(target, name)):
        _refuse_sources(place, sources, what, "" if place == path else ", where the names of the columns would go,")
        if place != path and not force:
            message = f"{printable(place)} exists, which would say what the columns of {printable(target)} are"
            raise UsageError(message, advice="overwrite it with --force, or give another name")
    if not os.path.isfile(path) or force or os.path.samefile(path, os.devnull):
        return
    if not table:
        raise UsageError(f"{printable(path)} exists", advice="overwrite it with --force, or give another name")
    from anncli.formats.data.sqlite import has_table

    if has_table(path, table):
        message = f"{printable(path)} has a table {printable(table)}"
        raise UsageError(message, advice="replace it with --force, or give another name")


def _written_files(target: str, name: str) -> tuple[str, ...]:
    """The files that a table in the format `name` is written to: an array has its names in a file beside it."""
    path = split_query(target)[0]
    if name == "npy":
        from anncli.formats.data.npy_names import names_beside

        return tuple(filter(None, (names_beside(path), path)))
    return (path,)


def _refuse_sources(place: str, sources: Sequence[str], what: str, which: str) -> None:
    """Raises UsageError where the file `place` is one of the sources; which: what else the message says of it."""
    advice = f"give another name for {what}"
    for source in sources:
        if source != "-" and same_file(split_query(source)[0], place):
            raise UsageError(f"{printable(place)}{which} is the file that is read", advice=advice)
        if any(same_file(file.path, place) for file in expand([source]) if file.path != source):
            raise UsageError(f"{printable(place)}{which} is one of the files that are read", advice=advice)


def refuse_read_target(target: str, name: str, what: str) -> None:
    """Raises UsageError for a target that this process has read, under whatever name: to be asked when rows are there.

    Args: as of check_target(). A database that is read may get another table.
    """
    if not split_query(target)[1]:
        for place in _written_files(target, name):
            refuse_read_files({what: place})


def can_read_again(source: str) -> bool:
    """Whether the rows of a data word can be read a second time: not those of a pipe."""
    return source != "-" and not (os.path.exists(source) and not os.path.isfile(source) and not os.path.isdir(source))
