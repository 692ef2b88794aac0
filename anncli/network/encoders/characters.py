"""The characters that a network knows: what makes tokens of a text.

They are fitted on the training texts, belong to the network and stand in its file.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import ClassVar, NamedTuple, Self

import numpy as np

from anncli.arrays import Array


class _CharacterEncoder(NamedTuple):
    symbols: tuple[str, ...]


class CharacterEncoder(_CharacterEncoder):
    """Each character of a text is a token: its place among `symbols`, which stand in the order of their code points, each once.

    All other characters, those that no training text has, are one token more, the last.
    """

    #: The name in TEXT_NAMES.
    kind: ClassVar = "characters"

    def __repr__(self) -> str:
        return f"<CharacterEncoder of {len(self.symbols)} characters>"

    @classmethod
    def fitted(cls, texts: Iterable[str]) -> Self:
        """The encoder of all characters of some texts."""
        found = set[str]()
        for text in texts:
            found.update(text)
        return cls(tuple(sorted(found)))

    @property
    def width(self) -> int:
        """The number of different tokens: one for each character, and one for all others."""
        return len(self.symbols) + 1

    @property
    def unknown(self) -> int:
        """The token of a character that no training text has."""
        return len(self.symbols)

    @cached_property
    def _codes(self) -> Array:
        return np.array([ord(symbol) for symbol in self.symbols], dtype=np.uint32)

    def encode(self, text: str) -> Array:
        """The tokens (n,) int32 of a text of n characters."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        if not len(self.symbols):
            return np.zeros(len(codes), dtype=np.int32)
        places = np.searchsorted(self._codes, codes).astype(np.int32)
        known = self._codes[np.minimum(places, len(self.symbols) - 1)] == codes
        return np.where(known, places, np.int32(self.unknown))

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of known tokens."""
        return "".join(self.symbols[token] for token in tokens)

    def strange(self, text: str) -> list[str]:
        """The characters of a text that no training text has, each once, in the order of the text."""
        return list(dict.fromkeys(text[place] for place in np.flatnonzero(self.encode(text) == self.unknown)))
