"""The characters that a network knows: what makes tokens of a text.

They are fitted on the training texts, belong to the network and stand in its file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from anncli.arrays import Array, Tokens
from anncli.network.encoders.settings import DefinitionFault
from anncli.network.encoders.symbols import TextDefinition, TextEncoder


class CharacterInputs(TextDefinition):
    """`inputs: characters`: every character of a text is a symbol."""

    kind: ClassVar = "characters"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CharacterInputs)

    def __hash__(self) -> int:
        return hash(self.kind)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        if values:
            raise DefinitionFault("characters", "`characters` has no settings", "write `inputs: characters`")
        return cls()

    def text(self) -> str:
        return self.kind

    def fitted(self, texts: Iterable[str]) -> CharacterEncoder:
        """The encoder of all characters of some texts."""
        found = set[str]()
        for text in texts:
            found.update(text)
        return CharacterEncoder(tuple(sorted(found)))

    def symbols_of(self, text: str) -> Sequence[str]:
        return text


class _CharacterEncoder(NamedTuple):
    symbols: tuple[str, ...]


class CharacterEncoder(_CharacterEncoder, TextEncoder):
    """Each character of a text is a token: its place among `symbols`, which stand in the order of their code points, each once.

    All other characters, those that no training text has, are one token more, the last.
    """

    kind: ClassVar = "characters"

    def __repr__(self) -> str:
        return f"<CharacterEncoder of {len(self.symbols)} characters>"

    @classmethod
    def fitted(cls, texts: Iterable[str]) -> CharacterEncoder:
        """The encoder of all characters of some texts."""
        return CharacterInputs().fitted(texts)

    @property
    def definition(self) -> CharacterInputs:
        return CharacterInputs()

    @cached_property
    def _codes(self) -> Array:
        return np.array([ord(symbol) for symbol in self.symbols], dtype=np.uint32)

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """A sample for each text, of a token of value 1 for each of its characters."""
        starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in texts], out=starts[1:])
        indices = self._places("".join(texts))
        return Tokens(indices, np.ones(len(indices), dtype=np.float32), starts, self.width)

    def _places(self, text: str) -> Array:
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
