"""The man pages of `ann` and of its commands, made from the tables of commands and options (no numpy, no click).

`ann help --man FOLDER` writes them, and so does setup.py while a wheel is built, where no other package is installed: so the
help texts of commands are read from their source.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc
from pathlib import Path
from textwrap import wrap

from anncli._version import __version__
from anncli.cli.names import COMMANDS
from anncli.cli.topics.names import TOPIC_NAMES
from anncli.errors import EXIT_MEANINGS
from anncli.options.in_command import IN_COMMAND, OwnWords
from anncli.options.table import GROUPS, OptionInfo, options_of
from anncli.options.variables import PROGRAM_VARIABLES
from anncli.options.wording import help_text, shown_default, spelling

# Of the pages, which show no other date: the same program gives the same bytes.
_DATE = "2026-11-26"
_CLI = Path(__file__).parent


def man_pages() -> dict[str, str]:
    """The text of each page by its file name: `ann.1`, `ann-train.1`, ..."""
    return {"ann.1": _text(_overview())} | {f"ann-{name}.1": _text(_page(name)) for name in COMMANDS}


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _page(name: str) -> Iterator[str]:
    """The lines of the page of a command."""
    info = COMMANDS[name]
    summary = info.summary[0].lower() + info.summary[1:].rstrip(".")
    yield from _head(f"ann-{name}", summary)
    yield from (f".B ann {name}", _escaped(f"{info.arguments} [OPTIONS]"), ".SH DESCRIPTION")
    prose, examples = _help_of(name)
    yield from prose
    if options := options_of(name):
        yield ".SH OPTIONS"
        for group, title in GROUPS.items():
            of_group = {option: each for option, each in options.items() if each.group == group}
            yield from [f".SS {title}"] if of_group else []
            for option, each in of_group.items():
                yield from _entry(spelling(option, each), _about(name, option, each))
    yield from (".SH EXAMPLES", *examples)
    yield from _tail([other for other in COMMANDS if other != name and COMMANDS[other].section == info.section])


def _overview() -> Iterator[str]:
    """The lines of the page of the program."""
    yield from _head("ann", "train, test and use neural networks on tables and rows of numbers")
    yield from (".B ann", "COMMAND [WORDS] [OPTIONS]", ".SH DESCRIPTION")
    prose, examples = _help_in(_CLI / "main.py", "cli")
    yield from prose
    yield ".SH COMMANDS"
    section = ""
    for name, info in COMMANDS.items():
        if info.section != section:
            section = info.section
            yield f".SS {section}"
        yield from (".TP", f".BR ann\\-{name} (1)", _escaped(info.summary))
    yield ".SH TOPICS"
    yield from _filled("ann help TOPIC explains:")
    for name, topic in TOPIC_NAMES.items():
        yield from _entry(name, topic.summary)
    yield ".SH OPTIONS"
    yield from _entry(
        "-h, --help", "Show the help of the program; after a command that of the command, with --help-all all."
    )
    yield from _entry("--version", "Show the version; with -v also the libraries.")
    yield from (".SH ENVIRONMENT",)
    yield from _entry(
        "ANN_OPTION", "A value for --option of every command that has it: ANN_SEED, ANN_LEARNING_RATE, ..."
    )
    for name, text in PROGRAM_VARIABLES.items():
        yield from _entry(name, text)
    yield from (".SH EXAMPLES", *examples)
    yield from _tail(list(COMMANDS), "ann")


def _head(name: str, summary: str) -> list[str]:
    title = f'.TH {_escaped(name.upper())} 1 "{_DATE}" "anncli {__version__}" "User Commands"'
    return [title, ".SH NAME", f"{_escaped(name)} \\- {_escaped(summary)}", ".SH SYNOPSIS"]


def _tail(others: list[str], name: str = "") -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for code, text in EXIT_MEANINGS.items():
        yield from _entry(str(int(code)), text)
    yield ".SH SEE ALSO"
    pages = [*([] if name else ["ann"]), *(f"ann-{other}" for other in others)]
    for k, page in enumerate(pages, 1):
        yield f".BR {_escaped(page)} (1)" + ("," if k < len(pages) else "")


def _entry(name: str, text: str) -> list[str]:
    return [".TP", f".B {_escaped(name)}", *_filled(text)]


def _about(command: str, name: str, info: OptionInfo) -> str:
    own = IN_COMMAND.get((command, name), OwnWords(info.brief))
    default = shown_default(info) if own.default is None else own.default
    text = help_text(info, own.full)
    return text + (f" [default: {default}]" if default else "")


def _help_of(name: str) -> tuple[list[str], list[str]]:
    path = _CLI.joinpath(*COMMANDS[name].module.split(".")).with_suffix(".py")
    return _help_in(path, f"{name}_command")


def _help_in(path: Path, function: str) -> tuple[list[str], list[str]]:
    """The description and the examples in the help text of a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    prose: list[str] = []
    examples: list[str] = []
    for paragraph in re.split(r"\n{2,}", cleandoc(ast.get_docstring(node) or "")):
        # A paragraph after \b keeps its lines.
        kept = paragraph.removeprefix("\b\n").splitlines()
        if not paragraph.startswith("\b"):
            prose += [*([".PP"] if prose else []), *_filled(paragraph)]
        elif kept[0] == "Examples:":
            examples += _kept(kept[1:])
        else:
            prose += [".PP", *_filled(kept[0]), ".PP", *_kept(kept[1:])]
    return prose, examples


def _filled(text: str) -> list[str]:
    """Text that man breaks into lines by itself; the lines of the source are short."""
    lines = wrap(_escaped(" ".join(text.split())), 78, break_on_hyphens=False, break_long_words=False)
    return [_guarded(line) for line in lines]


def _kept(lines: list[str]) -> list[str]:
    """Lines that stay as they are."""
    return [".EX", *(_guarded(_escaped(line.strip())) for line in lines), ".EE"]


def _escaped(text: str) -> str:
    """Text as roff reads it, with hyphens and quotes as they are typed."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    )
    return text.replace("'", "\\(aq").replace('"', "\\(dq")


def _guarded(line: str) -> str:
    """A line that does not begin like a request."""
    return f"\\&{line}" if line.startswith(".") else line
