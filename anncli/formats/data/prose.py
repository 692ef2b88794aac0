"""Whether a file that cannot be read as numbers or as a table is prose, and what to say about it then."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from anncli.errors import AnnError
from anncli.formats.data.folders import expand
from anncli.formats.files.source import ByteSource

_HEAD_BYTES = 1 << 15
_FEWEST_WORDS = 10
# A word of prose: letters, with marks of punctuation around.
_WORD = re.compile(r"\W*[^\W\d_]+(?:['\u2019.-][^\W\d_]+)*\W*")
_SOME_ADVICE = "if these are texts, say --inputs documents or --inputs words"
_ONE_ADVICE = "if it is a text, say --inputs words or --inputs characters"


@contextmanager
def hint_at_texts(words: Sequence[str]) -> Iterator[None]:
    """Errors about data files say first what to do with texts, where the first file is prose; words: the DATA words, of which a network
    will be made."""
    try:
        yield
    except AnnError as fault:
        try:
            files = [file.path for file in expand([*words])]
            is_prose = bool(files) and _is_prose(files[0])
        except AnnError:
            raise fault from None
        if is_prose:
            fault.advice = (
                f"{_SOME_ADVICE if len(files) > 1 else _ONE_ADVICE}; {fault.advice or 'otherwise correct it'}"
            )
        raise


def _is_prose(path: str) -> bool:
    """Whether the beginning of a file on a disk is text in which most lines are several words."""
    if not os.path.isfile(path):
        return False
    data = next(iter(ByteSource(path, is_digested=False).text()), b"")[:_HEAD_BYTES]
    lines = [words for line in data.decode(errors="replace").split("\n") if (words := line.split())]
    found = [word for words in lines for word in words]
    several = sum(len(words) > 2 for words in lines)
    n_words = sum(_WORD.fullmatch(word) is not None for word in found)
    return len(found) >= _FEWEST_WORDS and n_words >= 0.8 * len(found) and several >= 0.4 * len(lines)
