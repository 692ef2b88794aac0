"""Sums and differences of words as a person types them: `king - man + woman`, `king -man +woman`, `king queen`."""

from __future__ import annotations

from collections.abc import Sequence

from anncli.errors import ValueFault
from anncli.inference.similar_words import Term

_SIGNS = {"+": 1, "-": -1}
_EXAMPLE = "write for example: king - man + woman"


def read_terms(words: Sequence[str]) -> list[Term]:
    """The words with their signs; a sign may stand alone, or at the beginning of a word, and words without one are added.

    Raises: ValueFault for a sign that no word follows, and for no words.
    """
    terms, sign, is_open = list[Term](), 1, False
    for word in " ".join(words).split():
        if word[0] in _SIGNS:
            if is_open:
                raise ValueFault(f"`{word[0]}` follows another sign", _EXAMPLE)
            sign, is_open, word = _SIGNS[word[0]], True, word[1:]
        if word:
            terms.append(Term(word, sign))
            sign, is_open = 1, False
    if is_open:
        raise ValueFault("no word follows the last sign", _EXAMPLE)
    if not terms:
        raise ValueFault("no word is given", _EXAMPLE)
    return terms
