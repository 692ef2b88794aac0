"""What a shell is answered that asks how a line may go on.

The scripts of scripts.py hand over the line up to the cursor in _ANN_LINE, and the name of the shell in _ANN_COMPLETE. The
first line of the answer says what the others are:

    plain, plain-open    candidates, as the script inserts them; after `open` ones no blank follows
    files                names of files, which the shell quotes
    own ENDINGS          the shell looks for files itself, those with these endings first
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem, ShellComplete

from anncli.cli.completing.files import ANY, file_names, preferred_endings
from anncli.cli.completing.line import Line, quoted_for_shell, read_line
from anncli.cli.completing.scripts import SHELLS, script
from anncli.errors import ExitCode

_MOST_LETTERS = 72


class Candidates(NamedTuple):
    """words: whole words, with what is said about each; or files: which ones, of which endings, after `head`, which stands
    before the name in the same word."""

    words: tuple[tuple[str, str], ...] = ()
    files: str = ""
    endings: tuple[str, ...] = ()
    head: str = ""


def answer(program: click.Command, instruction: str, environ: Mapping[str, str]) -> int:
    """Print the answer to the shell that `instruction` names (`bash_complete`); returns the exit code."""
    shell, _, wanted = instruction.partition("_")
    if wanted == "source" and shell in SHELLS:
        # As start-up files of earlier versions ask for the script.
        click.echo(script(shell), nl=False)
        return int(ExitCode.DONE)
    line = read_line(environ.get("_ANN_LINE", ""), environ.get("_ANN_BREAKS", ""))
    found = Candidates(files=ANY) if line.is_redirected else candidates(program, line)
    lines = _ANSWERS[shell](line, found) if shell in _ANSWERS else []
    click.echo("\n".join(lines))
    return int(ExitCode.DONE)


def candidates(program: click.Command, line: Line) -> Candidates:
    """What the word at the cursor may become."""
    begun = line.current
    items = ShellComplete(program, {}, "ann", "").get_completions(line.words[1:], begun)
    # click takes the value of `--output=FILE` alone.
    head = begun[: begun.index("=") + 1] if begun.startswith("--") and "=" in begun else ""
    files = next((item for item in items if item.type == "file"), None)
    if files is not None:
        return Candidates(files=files.which or ANY, endings=files.endings or (), head=head + (files.head or ""))
    return Candidates(tuple((head + item.value, _said(item)) for item in items))


def _said(item: CompletionItem[str]) -> str:
    """The first words of what is known about a candidate."""
    text = " ".join((item.help or "").split())
    return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 3].rstrip(" ,;:") + "..."


def _is_open(word: str) -> bool:
    """Whether something follows in the same word."""
    return word.endswith(("=", "/", ":"))


def _needs_shell(begun: str) -> bool:
    """Whether only the shell knows which file is meant: ~, variables, patterns."""
    return begun.startswith("~") or bool(set("$*?[{`") & set(begun))


def _bash(line: Line, found: Candidates) -> list[str]:
    """Bash replaces what follows the last of its word breaks, or an open quote."""
    if found.files:
        name = line.current.removeprefix(found.head)
        if _needs_shell(name):
            return ["own"]
        names = [found.head + each for each in file_names(name, found.files, found.endings)]
        # Bash finds out by itself what is a folder, where the whole word is a path.
        return ["files", *(each[line.kept :].rstrip("/" if len(found.head) <= line.kept else "") for each in names)]
    words = [word for word, _ in found.words]
    kind = "plain-open" if any(map(_is_open, words)) else "plain"
    return [kind, *(quoted_for_shell(word[line.kept :], line.quote) for word in words)]


def _described(line: Line, found: Candidates) -> list[str]:
    """Whole words with what is said about them, for shells that show it and quote by themselves."""
    if found.files:
        name = line.current.removeprefix(found.head)
        words = [(found.head + each, "") for each in file_names(name, found.files, found.endings)]
    else:
        words = list(found.words)
    return ["plain", *(f"{word}\t{said}".rstrip("\t") for word, said in words)]


def _zsh(line: Line, found: Candidates) -> list[str]:
    if found.files and _needs_shell(line.current.removeprefix(found.head)):
        endings = preferred_endings(found.files, found.endings)
        return [" ".join(["own", *(ending.removeprefix(".") for ending in endings)])]
    return _described(line, found)


def _fish(line: Line, found: Candidates) -> list[str]:
    is_own = found.files and _needs_shell(line.current.removeprefix(found.head))
    return ["own"] if is_own else _described(line, found)


_ANSWERS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
