"""Places to write to: none of them may be a file that the run reads, whatever its name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from anncli.errors import UsageError, printable
from anncli.formats.files.checkpoint import EPOCH, is_checkpoint_name
from anncli.formats.files.opened import opened_file
from anncli.formats.files.textfile import STDOUT


def refuse_read_files(targets: Mapping[str, str | None], allowed: Mapping[str, str] | None = None) -> None:
    """Raises UsageError for a target that this process has opened for reading: as a data file, a member of a list, a
    config file, under another name or through a link.

    Args: targets: paths by the option that names them, None and `-` for no file; allowed: by option, the one file that
        may be replaced although it was read.
    """
    for option, target in targets.items():
        if target is None or target == "-":
            continue
        name, may_replace = opened_file(target), (allowed or {}).get(option)
        if name is not None and not (may_replace is not None and same_file(name, may_replace)):
            raise _would_overwrite(option, target)


def refuse_existing(option: str, target: str, force: bool) -> None:
    """Raises UsageError for a target that exists, unless force; a device or a pipe may always be written to."""
    if target != "-" and os.path.lexists(target) and not force and (os.path.isfile(target) or os.path.islink(target)):
        message = f"{option} {printable(target)} exists"
        raise UsageError(message, advice="overwrite it with --force, or give another name")


def refuse_both_on_stdout(output: str | None, is_json: bool) -> None:
    """Raises UsageError where --output and --json both go to stdout."""
    if output in STDOUT and is_json:
        raise UsageError(f"--json and --output {output} cannot both go to stdout", advice="name a file for --output")


def refuse_needed(option: str, target: str | None, needed: Iterable[str]) -> None:
    """Raises UsageError for a target that is one of the files that a run needs; None and `-` are no files."""
    if target and target != "-" and any(same_file(target, other) for other in needed if other != "-"):
        raise _would_overwrite(option, target)


def refuse_numbered(target: str | None, needed: Iterable[str | None], allowed: str | None = None) -> None:
    """Raises UsageError for checkpoints with {epoch} in their name of which one could be a file that a run needs; allowed: the
    one that may be replaced."""
    if not target or EPOCH not in target:
        return
    pattern = os.path.abspath(target)
    for name in filter(None, needed):
        may_replace = allowed is not None and same_file(name, allowed)
        if name not in STDOUT and is_checkpoint_name(pattern, os.path.abspath(name)) and not may_replace:
            raise _would_overwrite("--checkpoint", name)


def _would_overwrite(option: str, target: str) -> UsageError:
    message = f"{option} {printable(target)} would overwrite a file that this run needs"
    return UsageError(message.strip(), advice="give another name")


def same_file(one: str, other: str) -> bool:
    """Whether two names lead to the same file; a file that does not exist yet is known by its name."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)
