"""The `ann` program: the group of commands, the one place where errors are caught, and the exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from importlib import import_module
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import NoReturn

import click

from anncli import __version__
from anncli.cli.failing import failure_of, stdout_failure, tell
from anncli.cli.interrupt import Interrupts, unraisable
from anncli.cli.names import COMMANDS
from anncli.cli.showing.json_output import OUTPUT
from anncli.errors import AnnError, ExitCode, UsageError, did_you_mean, quoted
from anncli.formats.files.opened import forget_opened
from anncli.limits import BLAS_THREAD_VARIABLES

CONTEXT = {"max_content_width": 110}


class CommandGroup(click.Group):
    """Commands by name; the module of a command is imported only when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"anncli.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            advice = "write ann --version" if args[0] == "version" else did_you_mean(args[0], COMMANDS)
            raise UsageError(f"unknown command {quoted(args[0])}", advice=advice)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        """Command names from the table, without importing the commands."""
        from anncli.cli.completing.values import command_items

        return command_items(incomplete) + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, info in COMMANDS.items():
            sections.setdefault(info.section, []).append((name, info.summary))
        width = max(map(len, COMMANDS))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, summary in rows])


def _show_help(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


@click.group(
    cls=CommandGroup, context_settings=CONTEXT, invoke_without_command=True, add_help_option=False, options_metavar="",
    subcommand_metavar="COMMAND [WORDS] [OPTIONS]",
)  # fmt: skip
@click.option("--version", is_flag=True, help="Show the version; with -v also the backend and the libraries.")
@click.option("-v", "verbose", is_flag=True, hidden=True)
# Not click's own help option: it looks for translations of its text, which takes 2 ms.
@click.option(
    "-h", "--help", is_flag=True, is_eager=True, expose_value=False, callback=_show_help, help="Show this message."
)
@click.pass_context
def cli(ctx: click.Context, version: bool, verbose: bool) -> None:
    """Train, test and use neural networks on tables and rows of numbers.

    \b
    Examples:
      ann train iris.csv --label species
      ann train network.nn pos.txt neg.txt 1000
      ann test iris.nn more.csv
      ann predict iris.nn new.csv

    Data are a table with a column of answers, or a file of rows of numbers for each class; NETWORK, if it is named, comes
    before them, and EPOCHS after them. `ann COMMAND -h` explains a command, `ann help` lists topics. Exit codes: 0 done, 1 failure, 2 usage, 3 bad data file, 4 bad network file, 5 a --require not met, 129/130/143 interrupted.
    """
    if version:
        click.echo(f"ann {__version__}")
        if verbose:
            from anncli.cli.showing.version import details

            click.echo(details())
        ctx.exit(0)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(int(ExitCode.USAGE))


def main(arguments: list[str] | None = None, refused: UsageError | None = None) -> NoReturn:
    """Run `ann` and leave with its exit code; refused: why it must not run."""
    # One BLAS thread: more change the rounding of sums, and with it the bytes of a trained network, and make small
    # products slower. Must be set before numpy is imported.
    for variable in BLAS_THREAD_VARIABLES:
        os.environ[variable] = "1"
    sys.unraisablehook = unraisable
    if not os.environ.get("ANN_DEBUG"):
        # What overflows is checked where it matters and told in words; numpy's warnings show lines of source.
        warnings.filterwarnings("ignore", category=RuntimeWarning)
    try:
        _open_standard_streams()
    except OSError as error:
        _leave(tell(failure_of(AnnError(f"standard streams: {error.strerror or error}"))))
    code = run(sys.argv[1:] if arguments is None else arguments, refused)
    try:
        sys.stdout.flush()
    except OSError as error:
        # An earlier failure is either the cause or more important.
        code = code or tell(stdout_failure(error))
    _leave(code)


def _open_standard_streams() -> None:
    """Reopen every standard stream that the caller closed, and escape text that a stream cannot encode.

    Otherwise the next file to be opened would get the number of the closed stream, and messages would go into it.
    Writing to a closed stdout still fails, because its stand-in is open for reading only.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            flags = os.O_RDONLY if number < 2 else os.O_WRONLY
            descriptor = os.open(os.devnull, flags)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper):
            if isinstance(stream.buffer, RawIOBase):
                # With PYTHONUNBUFFERED, a write may take only the beginning of a text and lose the rest without an error.
                encoding = stream.encoding
                stream = TextIOWrapper(BufferedWriter(stream.detach()), encoding, line_buffering=True)
                setattr(sys, name, stream)
            stream.reconfigure(errors="backslashreplace")


def _leave(code: int) -> NoReturn:
    """Exit without a second message if stdout is gone."""
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    if sys.stdout is not None and code:
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def run(arguments: list[str], refused: UsageError | None = None) -> int:
    """Run one command in this process, or say why it is refused; errors become lines on stderr, and with --json the document
    on stdout. Returns the exit code."""
    interrupts = Interrupts()
    forget_opened()
    OUTPUT.begin("--json" in arguments, next((word for word in arguments if word in COMMANDS), None))
    code, failure = int(ExitCode.DONE), None
    try:
        interrupts.begin()
        if "_ANN_COMPLETE" in os.environ:
            from anncli.cli.completing.answer import answer

            raise click.exceptions.Exit(answer(cli, os.environ["_ANN_COMPLETE"], os.environ))
        if refused is not None:
            raise refused
        # Not cli.main(): it handles a closed pipe and Ctrl-C itself, without our messages and exit codes.
        with cli.make_context("ann", list(arguments)) as context:
            cli.invoke(context)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error, interrupts.seen)
        if failure.kind == "internal" and os.environ.get("ANN_DEBUG"):
            raise
        code = tell(failure)
    finally:
        interrupts.end()
    try:
        OUTPUT.finish(None if failure is None else failure.document())
    except OSError as error:
        # An earlier failure is either the cause or more important.
        lost = stdout_failure(error)
        code = code or tell(lost)
    return code
