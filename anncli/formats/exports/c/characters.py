"""C text of the characters of a text: which token each one is."""

from __future__ import annotations

from anncli.formats.exports.c.text import array_text
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network

#: What the interface needs.
INCLUDES = "#include <stdint.h>\n"

_DECLARED = """\
/* The index of a character by its code point; $N_OTHER stands for all that were not among the training texts. */
#define $N_OTHER {other}
$public int $n_token(int32_t code);
"""

_DEFINED = """\
$public int $n_token(int32_t code)
{{
  int low = 0, high = {count};
  while (low < high) {{
    const int middle = (low + high) / 2;
    if ($n_codes[middle] < code)
      low = middle + 1;
    else
      high = middle;
  }}
  return low < {count} && $n_codes[low] == code ? low : $N_OTHER;
}}
"""


def takes_characters(network: Network) -> bool:
    """Whether tokens are characters, of which there are some."""
    return isinstance(network.vocabulary, CharacterEncoder) and len(network.vocabulary.symbols) > 0


def character_declarations(network: Network) -> str:
    """The function that finds the token of a character; '' for other networks."""
    return _DECLARED.format(other=network.n_inputs - 1) if takes_characters(network) else ""


def character_definitions(network: Network) -> str:
    """Its table, in the order of the code points, and its text; '' for other networks."""
    if not isinstance(network.vocabulary, CharacterEncoder) or not takes_characters(network):
        return ""
    codes = [str(ord(symbol)) for symbol in network.vocabulary.symbols]
    return array_text("int32_t", "$n_codes", codes) + _DEFINED.format(count=len(codes))
