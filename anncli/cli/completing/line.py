"""The words of a command line that is still being typed, as a shell reads them."""

from __future__ import annotations

import re
from typing import NamedTuple

# In a word without quotes, all that bash, zsh and fish could read as something else.
_SPECIAL = re.compile(r"[^\w@%+=:,./~^-]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


class Line(NamedTuple):
    """words: the complete words before the cursor, the command first; current: the word at the cursor without its quotes;
    kept: how many of its first characters the shell leaves in place when it inserts a candidate; quote: the open quote at
    the cursor, or ''; is_redirected: whether the word names the file of a redirection."""

    words: list[str]
    current: str
    kept: int
    quote: str
    is_redirected: bool


def read_line(text: str, breaks: str = "") -> Line:
    """The line up to the cursor; breaks: characters after which the shell counts a new word, as COMP_WORDBREAKS of bash."""
    reader = _Reader(breaks)
    for letter in text:
        reader.take(letter)
    current = "".join(reader.letters)
    words = reader.words
    while words and _ASSIGNMENT.fullmatch(words[0]):
        del words[0]
    return Line(words, current, reader.kept, reader.quote, reader.is_redirected)


def quoted_for_shell(text: str, quote: str = "") -> str:
    """The text as it is inserted into a line: with backslashes, or as it stands inside of an open quote."""
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote == '"':
        return re.sub(r'(["\\$`])', r"\\\1", text)
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)


class _Reader:
    """Takes a line letter by letter."""

    def __init__(self, breaks: str) -> None:
        self.breaks = breaks
        self.words: list[str] = []
        self.begin_word()
        self.is_redirected = False
        self.escapes = False

    def begin_word(self) -> None:
        self.letters: list[str] = []
        self.kept, self.quote, self.is_begun = 0, "", False

    def end_word(self) -> None:
        if self.is_begun and not self.is_redirected:
            self.words.append("".join(self.letters))
        if self.is_begun:
            self.is_redirected = False
        self.begin_word()

    def take(self, letter: str) -> None:
        if self.escapes:
            self.escapes = False
            self.letters.append(letter)
        elif letter == "\\" and self.quote != "'":
            self.escapes = self.is_begun = True
        elif self.quote:
            if letter == self.quote:
                self.quote = ""
            else:
                self.letters.append(letter)
        elif letter in "'\"":
            self.quote, self.is_begun, self.kept = letter, True, len(self.letters)
        else:
            self.take_plain(letter)

    def take_plain(self, letter: str) -> None:
        """A letter outside of quotes."""
        if letter.isspace():
            self.end_word()
        elif letter in "|;&":
            # Another command begins.
            self.end_word()
            self.words.clear()
        elif letter in "<>":
            # A number before it says which stream is redirected.
            if "".join(self.letters).isdecimal():
                self.begin_word()
            self.end_word()
            self.is_redirected = True
        else:
            self.is_begun = True
            self.letters.append(letter)
            if letter in self.breaks:
                self.kept = len(self.letters)
