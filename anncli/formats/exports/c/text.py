"""Pieces of C: numbers, arrays, strings, names, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from anncli.arrays import Array

_PER_LINE = 8


def float_text(value: Any) -> str:
    """A float32 number as a literal that gives it back."""
    text = f"{float(np.float32(value)):.9g}"
    return (text if any(sign in text for sign in ".e") else text + ".0") + "f"


def double_text(value: Any) -> str:
    """A float64 number as a literal that gives it back."""
    text = repr(float(value))
    return text if any(sign in text for sign in ".en") else text + ".0"


def string_text(text: str) -> str:
    """A C string: UTF-8, everything that is not plain ASCII as octal escapes, which end after three digits."""
    plain = {*range(32, 127)} - set(b'"\\?')
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'


def comment_text(text: str) -> str:
    """Text that ends no comment and continues no line."""
    shown = "".join(c if c.isprintable() and c.isascii() else "?" for c in text)
    return shown.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").replace("??", "? ?")


def array_text(kind: str, name: str, values: Iterable[str], static: str = "static const") -> str:
    """`static const float name[3] = {...};`, eight values a line."""
    words = list(values)
    lines = [", ".join(words[at : at + _PER_LINE]) for at in range(0, len(words), _PER_LINE)]
    return f"{static} {kind} {name}[{len(words)}] = {{\n  " + ",\n  ".join(lines) + "\n};\n"


def float_array(name: str, values: Array, static: str = "static const") -> str:
    return array_text("float", name, map(float_text, np.ravel(values)), static)


def double_array(name: str, values: Array) -> str:
    return array_text("double", name, map(double_text, np.ravel(values)))


def integer_array(name: str, values: Array, bits: int) -> str:
    """An array of the type int8_t, int16_t or int32_t."""
    return array_text(f"int{bits}_t", name, map(str, np.ravel(values).tolist()))


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with values in the places of names; of two names one of which begins with the other the longer one stands first."""
    for name, value in values.items():
        text = text.replace(name, str(value))
    return text


def identifiers(names: Sequence[str]) -> list[str]:
    """A different C identifier, without a keyword's danger as it is only used behind a prefix, for each of the names."""
    taken: dict[str, None] = {}
    for name in names:
        own = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower() or "x"
        chosen, number = own, 2
        while chosen in taken:
            chosen, number = f"{own}_{number}", number + 1
        taken[chosen] = None
    return list(taken)


class Naming:
    """Fills the placeholders of C text: `$n` the name, `$N` the name in capitals, `$public`, `$static` and `$table` how functions and
    public tables are declared; a line `$extern ...` declares a table in the header of a file, and is left out where all is one header."""

    def __init__(self, name: str, header_only: bool) -> None:
        self.name = name
        self.header_only = header_only
        inline = "static inline "
        self._values = {
            "$n": name,
            "$N": name.upper(),
            "$public ": inline if header_only else "",
            "$static ": inline if header_only else "static ",
            "$table ": "static " if header_only else "",
            "$extern ": "extern ",
        }

    def fill(self, text: str) -> str:
        if self.header_only:
            text = re.sub(r"^\$extern .*\n", "", text, flags=re.MULTILINE)
        return re.sub(r"\$(?:(?:public|static|table|extern) |n|N)", lambda found: self._values[found.group()], text)
