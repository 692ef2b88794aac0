"""What every encoder of texts is: how a definition asks for it, what it is fitted to, and the tokens that it makes of texts."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from anncli.arrays import Array, Tokens
from anncli.errors import ValueFault, count_of, did_you_mean, quoted

if TYPE_CHECKING:
    from anncli.network.topology import Topology

_PAIR = re.compile(r"\s*([A-Za-z_]+)\s*:\s*([^\s,]+)\s*")
_NUMBER, _DECIMAL = re.compile(r"[0-9]+"), re.compile(r"[0-9]*\.[0-9]+")
_WORDS: dict[str, bool] = {"true": True, "false": False}


class DefinitionFault(ValueFault):
    """A value under one key of `inputs:`; key is None where it is of none."""

    def __init__(self, key: str | None, message: str, advice: str | None = None) -> None:
        self.key = key
        super().__init__(message, advice)


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


def parse_flow(text: str) -> dict[str, Any]:
    """The pairs of a text `{words: 20000, case: keep}`: numbers, true and false, words; raises DefinitionFault."""
    given: dict[str, Any] = {}
    for part in text.strip().removeprefix("{").removesuffix("}").split(","):
        match = _PAIR.fullmatch(part)
        if match is None:
            raise DefinitionFault(None, f"expected `key: value`, found {quoted(part.strip())}")
        value = match[2]
        number = int(value) if _NUMBER.fullmatch(value) else float(value) if _DECIMAL.fullmatch(value) else value
        given[match[1]] = _WORDS.get(value, number)
    return given


def flow_text(values: Mapping[str, Any]) -> str:
    """The text that parse_flow() reads as these values."""
    shown = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()}
    return f"{{{', '.join(f'{key}: {value}' for key, value in shown.items())}}}"


# Values of a mapping, checked.


def refuse_other_keys(values: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in values:
        if key not in keys:
            raise DefinitionFault(key, f"unknown key `{key}`", did_you_mean(str(key), keys))


def whole_number(values: Mapping[str, Any], key: str, least: int = 1) -> int:
    value = values[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        above = f" of {least} or more"
        raise DefinitionFault(key, f"`{key}` must be a whole number{above}, found {shown_value(value)}")
    return value


def one_of(values: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    value = values[key]
    if value not in choices:
        raise DefinitionFault(key, f"`{key}` must be {' or '.join(choices)}, found {shown_value(value)}")
    return str(value)


def true_or_false(values: Mapping[str, Any], key: str) -> bool:
    value = values[key]
    if not isinstance(value, bool):
        raise DefinitionFault(key, f"`{key}` must be true or false, found {shown_value(value)}")
    return value


def shown_value(value: Any) -> str:
    """A value of a mapping for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    return str(value) if isinstance(value, int | float) else "nothing" if value is None else "several values"
