"""Plain values as YAML text, which every YAML reader and files.document read back as the same values."""

from __future__ import annotations

import re
from typing import Any

_PLAIN_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+-]+)*")
# Other YAML readers take these words for booleans or null. In quotes, every reader takes them for text.
_RISKY_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def write_scalar(value: Any) -> str:
    """One line of YAML that parse_document reads back as the same value, inside any list or mapping.

    nan and infinities become the text `nan`, `inf` and `-inf`, because numbers in a document must be finite.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if abs(value) < float("inf") else quote_text(repr(value))
    return quote_text(str(value))


def quote_text(text: str) -> str:
    """Text as a plain word if every YAML reader takes it for text, otherwise in double quotes."""
    if _PLAIN_WORDS.fullmatch(text) and text.lower() not in _RISKY_WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    # YAML cannot hold half a surrogate pair, which Python puts for an undecodable byte of a file name; its number is written.
    if "\ud800" <= character <= "\udfff":
        return f"\\\\u{ord(character):04x}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def write_block(mapping: dict[str, Any], indent: int = 0) -> list[str]:
    """The lines of a nested mapping in block style; lists are written in flow style, on one line."""
    lines = []
    for key, value in mapping.items():
        start = " " * indent + quote_text(str(key)) + ":"
        if isinstance(value, dict) and value:
            lines += [start, *write_block(value, indent + 2)]
        else:
            lines.append(f"{start} {write_flow(value)}")
    return lines


def write_flow(value: Any) -> str:
    """A value of any nesting on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quote_text(str(k))}: {write_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write_flow, value)) + "]"
    if hasattr(value, "tolist"):  # a numpy number or array
        plain = value.tolist()
        return write_scalar(plain) if not isinstance(plain, list) else write_flow(plain)
    return write_scalar(value)
