"""What every encoder of texts is: how a definition asks for it, what it is fitted to, and the tokens that it makes of texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from anncli.arrays import Array, Tokens
from anncli.errors import count_of

if TYPE_CHECKING:
    from anncli.network.topology import Topology


class TextDefinition(ABC):
    """What `inputs:` of a network file says where samples are texts. Two of one text() are equal. Never change one."""

    #: The name in TEXT_NAMES, which is also the first key of the form with settings.
    kind: ClassVar[str]
    #: Whether a network may have an answer for each symbol that is not the next one.
    has_tags: ClassVar[bool] = False
    #: What stands between two symbols of a text.
    between: ClassVar[str] = ""
    #: Whether a file of many may be a text, whose lines do not matter.
    takes_files: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """What a mapping such as {words: 20000, min_count: 2} says, {} for the bare name; raises DefinitionFault."""

    @abstractmethod
    def text(self) -> str:
        """What `inputs:` says, in one spelling."""

    @abstractmethod
    def fitted(self, texts: Sequence[str]) -> TextEncoder:
        """The encoder of the symbols of some training texts."""

    @abstractmethod
    def symbols_of(self, text: str) -> Sequence[str]:
        """The symbols of a text, those that no encoder knows too."""

    def join(self, symbols: Sequence[str]) -> str:
        """A text that symbols_of() divides into these symbols, which are some in a row of what it gave."""
        return symbols if isinstance(symbols, str) else self.between.join(symbols)

    def used_for(self, use: str) -> Self:
        """The same for a network of this use, see TakesText.text_use; raises ValueFault where it cannot be used so."""
        return self

    def read_by(self, topology: Topology, is_open: bool) -> Self:
        """The same for these layers, the last of which may be written without its number of units; raises ValueFault where they cannot
        read such texts."""
        return self


class TextEncoder(ABC):
    """A fitted encoder: it belongs to a network and stands in its file.

    symbols: what it knows, in the order of their tokens; definition: what it was fitted by.
    """

    #: The name in TEXT_NAMES.
    kind: ClassVar[str]
    symbols: tuple[str, ...]

    @property
    @abstractmethod
    def definition(self) -> TextDefinition: ...

    @abstractmethod
    def tokens(self, texts: Sequence[str]) -> Tokens:
        """A sample for each text."""

    def blanks(self, tokens: Tokens) -> int:
        """How many samples say nothing, because the encoder knows nothing in their texts."""
        return 0

    @property
    def width(self) -> int:
        """The number of different tokens: one for each symbol, and one for all others."""
        return len(self.symbols) + 1

    @property
    def unknown(self) -> int:
        """The token of a symbol that no training text has."""
        return len(self.symbols)

    def encode(self, text: str) -> Array:
        """The tokens (n,) int32 of one text."""
        return self.tokens([text]).indices

    def strange(self, text: str) -> list[str]:
        """The symbols of a text that no training text has, each once, in the order of the text."""
        known = set(self.symbols)
        return [symbol for symbol in dict.fromkeys(self.definition.symbols_of(text)) if symbol not in known]


def blanks_text(n: int, n_texts: int) -> str:
    """What to say of texts in which an encoder knows nothing."""
    return f"{n:,} of {count_of(n_texts, 'text')} {'has' if n == 1 else 'have'} no word that the network knows; all their inputs are 0"
