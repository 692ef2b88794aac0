"""Failures: how an error is told, as a line on stderr, and with --json also as a document on stdout; and its exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from typing import Any, NamedTuple

import click

from anncli.cli.names import COMMANDS
from anncli.errors import AnnError, ExitCode, RequirementError, did_you_mean, printable, quoted

# What `kind` says in a document; FAILURE, where the exit code is not among them.
KINDS = {
    ExitCode.USAGE: "usage",
    ExitCode.DATA: "data",
    ExitCode.NETWORK: "network",
    ExitCode.REQUIREMENT: "requirement",
    ExitCode.SIGHUP: "interrupted",
    ExitCode.SIGINT: "interrupted",
    ExitCode.SIGTERM: "interrupted",
}


class Failure(NamedTuple):
    """lines: for stderr; kind, exit_code, message, path, line, column, advice: as docs/json.md says."""

    lines: tuple[str, ...]
    kind: str
    exit_code: int
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    advice: str | None = None

    def document(self) -> dict[str, Any]:
        """The value of the key `error` of a JSON document."""
        fields = self._asdict()
        del fields["lines"]
        return fields


def failure_of(error: BaseException, interrupted: int = 0) -> Failure:
    """What there is to say of an error that ended a command; interrupted: the exit code of a signal, which may have become
    another error in the middle of an import, 0 without one."""
    if isinstance(error, AnnError):
        return _told(error)
    if isinstance(error, click.UsageError):
        return _plain(_usage_text(error), ExitCode.USAGE)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        code = error.args[0] if error.args else interrupted or ExitCode.SIGINT
        return _plain("interrupted", ExitCode(code))
    if isinstance(error, click.ClickException):
        return _plain(error.format_message())
    if isinstance(error, MemoryError):
        return _plain("out of memory; give fewer rows or a smaller network")
    if isinstance(error, OSError):
        return _of_system(error)
    if interrupted:
        return _plain("interrupted", ExitCode(interrupted))
    message = f"internal error: {type(error).__name__}: {error}"
    advice = "this is a fault of ann: set ANN_DEBUG=1 for the details"
    return Failure((_line(f"{message}; {advice}"),), "internal", ExitCode.FAILURE, message, advice=advice)


def tell(failure: Failure) -> int:
    """Write the lines to stderr; returns the exit code."""
    for line in failure.lines:
        with contextlib.suppress(OSError, ValueError):
            print(f"ann: {line}", file=sys.stderr)
    return failure.exit_code


def stdout_failure(error: OSError) -> Failure:
    """Of results that could not be delivered. Stops Python from trying again at exit."""
    if isinstance(error, BrokenPipeError):
        message = "standard output: the reader closed the pipe; the results are incomplete"
    else:
        message = f"standard output: {error.strerror}; the results are incomplete"
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _plain(message)


def _told(error: AnnError) -> Failure:
    lines = error.lines if isinstance(error, RequirementError) else (str(error),)
    return Failure(
        tuple(map(_line, lines)), KINDS.get(error.exit_code, "failure"), error.exit_code, error.message,
        None if error.path is None else printable(error.path), error.line, error.column, error.advice,
    )  # fmt: skip


def _plain(text: str, code: ExitCode = ExitCode.FAILURE) -> Failure:
    """Of a text `what is wrong; what to do`."""
    message, _, advice = text.partition("; ")
    return Failure((_line(text),), KINDS.get(code, "failure"), code, message, advice=advice or None)


def _line(message: str) -> str:
    # A value of a thousand characters is recognised by its first sixty. A quote inside a word does not begin one.
    return re.sub(r"(?<![^\s(])'([^']{60})[^']{20,}'", r"'\1...'", " ".join(printable(message).split()))


def _of_system(error: OSError) -> Failure:
    stdout_faults = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG)
    if isinstance(error, BrokenPipeError) or (error.filename is None and error.errno in stdout_faults):
        return stdout_failure(error)
    message, path = str(error.strerror or error), error.filename
    place = f"{path}: " if path else ""
    shown = printable(str(path)) if path else None
    return Failure((_line(f"{place}{message}"),), "failure", ExitCode.FAILURE, message, shown)


def _usage_text(error: click.UsageError) -> str:
    """click's message in our form."""
    context = error.ctx
    if isinstance(error, click.NoSuchOption) and context is not None:
        return _no_such_option(str(error.option_name), context)
    path = context.command_path if context else "ann"
    return f"{error.format_message().rstrip('.')}; try '{path} --help'"


def _no_such_option(word: str, context: click.Context) -> str:
    """Says which commands have the option, or names the nearest one that this command has."""
    from anncli.options.elsewhere import advice_elsewhere
    from anncli.options.table import OPTIONS, canonical_option, options_of
    from anncli.options.wording import long_name

    command = str(context.info_name)
    # `--no-rows` is an option of its own, `--no-backup` the other side of one.
    name = canonical_option(word.lstrip("-"))
    elsewhere = OPTIONS.get(name) or OPTIONS.get(canonical_option(word.lstrip("-").removeprefix("no-")))
    if command in COMMANDS and elsewhere is not None and word.startswith("--"):
        return f"ann {command} has no option {word}; it belongs to {', '.join(elsewhere.commands)}"
    if advice := advice_elsewhere(word):
        return f"no such option {quoted(word)}; {advice}"
    names = [long_name(name) for name in options_of(command)] if command in COMMANDS else ["--version", "--help"]
    advice = did_you_mean(word, [*names, "--help-all"]) if word.startswith("--") else ""
    if not advice.startswith("did"):
        advice = f"try '{context.command_path} --help'"
    return f"no such option {quoted(word)}; {advice}"
