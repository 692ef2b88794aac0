"""Whether a file is a network, found out by its name or its beginning, without loading what would read it (no numpy)."""

from __future__ import annotations

import os
import re
import stat
from itertools import pairwise

from anncli.formats.files.opened import open_input, peek_input
from anncli.formats.networks.names import NETWORK_ENDINGS, NETWORK_FORMAT_NAMES
from anncli.formats.networks.peek_matlab import holds_weights

# Formats whose files may hold data as well, or instead.
AMBIGUOUS = tuple(name for name, info in NETWORK_FORMAT_NAMES.items() if info.may_be_data)
_HEAD_BYTES = 1 << 16
# Variables behind so many bytes are not looked for.
_MOST_BYTES = 1 << 26
# More bytes than a number and the blanks around it have.
_NUMBER_BYTES = 64
# A network of more numbers has an ending that says so.
_MOST_NUMBERS = 1 << 22
# Blank lines, comments and `---`, then the first key of our files.
_BEGINS_OURS = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#[^\n]*|---[ \t]*(?:#[^\n]*)?)?\r?\n)*[ \t]*anncli[ \t]*:")
_WHOLE = re.compile(rb"[0-9]{1,7}")
_NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def has_network_ending(name: str) -> bool:
    """Whether the ending of a file name belongs to a network format."""
    return os.path.splitext(name)[1].lower() in NETWORK_ENDINGS


def network_inside(name: str) -> str:
    """The network format that a file begins as, or '' for none; of a pipe those of AMBIGUOUS are not found.

    Numbers that are a whole network of ann1dn are data too, and so may be a MATLAB file with weights; only the caller can know which
    is meant.
    """
    try:
        if stat.S_ISDIR(os.stat(name).st_mode):
            return ""
        head = peek_input(name, _HEAD_BYTES)
        if _BEGINS_OURS.match(head):
            return "ann"
        if foreign := _foreign(head):
            return foreign
        sizes, is_matlab = _ann1dn_sizes(head), re.match(NETWORK_FORMAT_NAMES["matlab"].opening, head) is not None
        if not (sizes or is_matlab) or not stat.S_ISREG(os.stat(name).st_mode):
            return ""
        with open_input(name) as file:
            if is_matlab:
                return "matlab" if holds_weights(file.read(_MOST_BYTES)) else ""
            wanted = min(_count_of_numbers(sizes), _MOST_NUMBERS)
            return "ann1dn" if _fills(file.read(_HEAD_BYTES + _NUMBER_BYTES * wanted), sizes) else ""
    except (OSError, ValueError):
        # Whoever reads it as data says what is wrong.
        return ""


def _foreign(head: bytes) -> str:
    """The format of another program that only its networks begin as, or ''."""
    own = {name: info.opening for name, info in NETWORK_FORMAT_NAMES.items() if not info.may_be_data}
    return next((name for name, form in own.items() if form and re.match(form, head, re.DOTALL)), "")


def _ann1dn_sizes(head: bytes) -> list[int]:
    """The sizes of the layers, if the first numbers are a count of layers, a size of each, and codes of functions."""
    first = head.split(None, 1)[:1]
    if not first or not _WHOLE.fullmatch(first[0]) or not 2 <= int(first[0]) <= 1000:
        return []
    count = int(first[0])
    tokens = head.split(None, count + 3)[: count + 3]
    sizes = [int(token) for token in tokens[1 : count + 1] if _WHOLE.fullmatch(token)]
    codes = tokens[count + 1 :]
    fits = len(sizes) == count and min(sizes) > 0
    return sizes if fits and (not codes or (codes[0] in (b"0", b"1") and codes[1:] in ([b"0"], [b"1"], [b"2"]))) else []


def _fills(data: bytes, sizes: list[int]) -> bool:
    """Whether the numbers of the file are as many as a network of these sizes has; text may follow them."""
    before, whole = 1 + len(sizes), _count_of_numbers(sizes)
    tokens = data.split(None, whole + 1)[: whole + 1]
    if len(tokens) > whole:
        return _are_numbers(tokens[:whole]) and not _are_numbers(tokens[whole:][:1])
    return len(tokens) in (before, before + 2, before + 2 + 2 * sizes[0], whole) and _are_numbers(tokens)


def _count_of_numbers(sizes: list[int]) -> int:
    """How many numbers a trained network has in its file: sizes, codes, two for each input, weights and biases."""
    return 1 + len(sizes) + 2 + 2 * sizes[0] + sum((below + 1) * above for below, above in pairwise(sizes))


def _are_numbers(tokens: list[bytes]) -> bool:
    return all(map(_NUMBER.fullmatch, tokens))
