"""`ann help` at work: the help of the program, of a command or about a topic, and the man pages."""

from __future__ import annotations

import os

import click

from anncli.cli.man_pages import man_pages
from anncli.cli.showing.console import Console
from anncli.cli.topics.texts import topics_text
from anncli.errors import UsageError, count_of, printable, quoted
from anncli.formats.files.textfile import replace_file


def overview() -> str:
    """The help of `ann`, and the topics."""
    context = _program()
    return f"{context.get_help()}\n\n{topics_text()}"


def command_help(name: str) -> str:
    """What `ann NAME -h` prints."""
    context = _program()
    assert isinstance(context.command, click.Group)
    command = context.command.get_command(context, name)
    assert command is not None
    with command.make_context(name, [], parent=context, resilient_parsing=True) as own:
        return own.get_help()


def write_man_pages(folder: str, console: Console) -> None:
    """Write a page for every command into a folder, which is made."""
    if not folder or (os.path.lexists(folder) and not os.path.isdir(folder)):
        raise UsageError(f"--man: {quoted(folder)} is no folder", advice="name a folder")
    os.makedirs(folder, exist_ok=True)
    pages = man_pages()
    for name, text in pages.items():
        replace_file(os.path.join(folder, name), text.encode("utf-8"))
    console.note(f"{count_of(len(pages), 'man page')} written to {printable(folder)}")


def _program() -> click.Context:
    context = click.get_current_context().parent
    assert context is not None
    return context
