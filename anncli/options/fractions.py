"""Readers for fractions: 0.95 or 95%."""

from __future__ import annotations

import re
from typing import Any

from anncli.errors import ValueFault
from anncli.options.readers import Reader, read_number


def fraction(example: str) -> Reader:
    """A reader for a number between 0 and 1, both excluded, or the same in percent, between 0% and 100%."""
    what = "a fraction between 0 and 1, or a percentage between 0% and 100%"

    def read(value: Any) -> float:
        percent = re.fullmatch(r"\s*([0-9.eE+-]+)\s*%\s*", value) if isinstance(value, str) else None
        # Percentages are divided by 100 as decimals would be: 95% is 0.95 to the last digit.
        number = read_number(percent[1] if percent else value, what, example) / (100 if percent else 1)
        if not 0 < number < 1:
            advice = (
                f"write {value}% or {float(number) / 100:g}" if 1 < number < 100 else f"write for example {example}"
            )
            raise ValueFault(f"must be {what}, found '{value}'", advice)
        return number

    return read
