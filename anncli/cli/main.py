"""The `ann` program: the group of commands, the one place where errors become messages, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

import click
from click.core import ParameterSource

from anncli import __version__
from anncli.cli.asking.help import with_help
from anncli.errors import AnnError, ExitCode, UsageError, did_you_mean, printable, quoted
from anncli.experiments.executors.names import BLAS_THREAD_VARIABLES

# Listed here so that `ann --help` need not import the commands.
COMMANDS = {
    "train": "Train a network on class files and write it back.",
    "test": "Judge a network on class files.",
    "predict": "Print the network's answer for each vector.",
    "init": "Write a new network definition.",
    "info": "Show what is in a network file; verify it.",
    "trainers": "List the training algorithms and their options.",
    "bench": "Compare training algorithms on a network and class files.",
    "gradcheck": "Check the gradient by central differences.",
    "t": "Train with ann1dn's positional arguments.",
    "r": "Run with ann1dn's positional arguments.",
}

CONTEXT = {"max_content_width": 110}


class CommandGroup(click.Group):
    """Commands by name, imported only when one is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = "classic.commands" if cmd_name in ("t", "r") else f"commands.{cmd_name}"
        command: click.Command = getattr(import_module(f"anncli.cli.{module}"), f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise UsageError(f"unknown command {quoted(args[0])}", advice=did_you_mean(args[0], COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@with_help
@click.group(cls=CommandGroup, context_settings=CONTEXT, invoke_without_command=True, add_help_option=False)
@click.option("--version", is_flag=True, help="Show the version; with -v also kernels and libraries.")
@click.option("-v", "verbose", is_flag=True, hidden=True)
@click.pass_context
def cli(ctx: click.Context, version: bool, verbose: bool) -> None:
    """Train, test and use neural networks on feature vectors.

    \b
    Examples:
      ann init network.nn --data pos.txt,neg.txt --hidden 16
      ann train network.nn pos.txt neg.txt 1000
      ann test network.nn pos.test.txt neg.test.txt
      ann predict network.nn new.txt

    A data file holds one vector per line; one file per class. Exit codes: 0 done, 1 failure, 2 usage,
    3 bad data file, 4 bad network file, 5 a --require not met, 130/143 interrupted.
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


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run `ann` and leave with its exit code."""
    # One BLAS thread: two or more change the rounding of sums, so the bytes of a trained network, and small
    # products are faster without them. Must be set before numpy is imported.
    for variable in BLAS_THREAD_VARIABLES:
        os.environ[variable] = "1"
    _open_standard_streams()
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        # One line is enough: what failed before is either the reason or worth more.
        code = code or _stdout_failed(error)
    _leave(code)


def _open_standard_streams() -> None:
    """Give every standard stream that the caller closed a descriptor, and text that cannot be encoded an escape.

    Otherwise the next file to be opened would take the number of the closed stream, and messages would go into it.
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave(code: int) -> NoReturn:
    """Exit without a second complaint when stdout is gone."""
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    if sys.stdout is not None and code:
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _run(arguments: list[str] | None) -> int:
    try:
        given = sys.argv[1:] if arguments is None else arguments
        if "_ANN_COMPLETE" in os.environ:
            cli.main(given, prog_name="ann", complete_var="_ANN_COMPLETE")
        # Not cli.main(): it ends a run with a closed pipe or Ctrl-C in its own way, without our messages and codes.
        with cli.make_context("ann", list(given)) as context:
            cli.invoke(context)
        return ExitCode.DONE
    except AnnError as error:
        return _fail(str(error), error.exit_code)
    except click.UsageError as error:
        return _fail(_usage_text(error), ExitCode.USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), ExitCode.FAILURE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", ExitCode.SIGINT)
    except BrokenPipeError as error:
        return _stdout_failed(error)
    except MemoryError:
        return _fail("out of memory; give fewer vectors or a smaller network", ExitCode.FAILURE)
    except OSError as error:
        return _os_failed(error)
    except Exception as error:
        if os.environ.get("ANN_DEBUG"):
            raise
        return _fail(
            f"internal error: {type(error).__name__}: {error}; this is a fault of ann: set ANN_DEBUG=1 for the details",
            ExitCode.FAILURE,
        )


def _usage_text(error: click.UsageError) -> str:
    """click's message in our form; a value that came from a variable is blamed on the variable."""
    text = error.format_message().rstrip(".")
    context, parameter = error.ctx, getattr(error, "param", None)
    if isinstance(parameter, click.Option) and isinstance(error, click.BadParameter) and context is not None:
        option = max(parameter.opts, key=len)
        if context.get_parameter_source(str(parameter.name)) is ParameterSource.ENVIRONMENT:
            option = str(parameter.envvar)
        reason = error.message.rstrip(".")
        if isinstance(parameter.type, click.types.BoolParamType):
            reason = reason.partition(" is not")[0] + " is neither true nor false"
        text = f"{option}: {reason}"
    return f"{text}; try '{context.command_path if context else 'ann'} --help'"


def _fail(message: str, code: int) -> int:
    # Whoever gave a value of a thousand characters knows it from the first sixty.
    text = re.sub(r"'([^']{60})[^']{20,}'", r"'\1...'", " ".join(printable(message).split()))
    with contextlib.suppress(OSError):
        print(f"ann: {text}", file=sys.stderr)
    return code


def _os_failed(error: OSError) -> int:
    if error.filename is None and error.errno in (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF):
        return _stdout_failed(error)
    place = f"{error.filename}: " if error.filename else ""
    return _fail(f"{place}{error.strerror or error}", ExitCode.FAILURE)


def _stdout_failed(error: OSError) -> int:
    """Results could not be delivered: say so, and stop Python from trying again at exit."""
    if isinstance(error, BrokenPipeError):
        message = "standard output: the reader closed the pipe; the results are incomplete"
    else:
        message = f"standard output: {error.strerror}; the results are incomplete"
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _fail(message, ExitCode.FAILURE)
