"""`row_digests` in the trained part of an `ann` network file: numbers in base64, lowest byte first."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from anncli.arrays import Array
from anncli.formats.files.document import PlacedList, PlacedMapping, kind_of
from anncli.network.row_digests import RowDigests

_LINE = 100


def read_digests(owner: PlacedMapping, advice: str) -> RowDigests | None:
    """What the mapping holds under `row_digests`, None where it has no such key; `advice` goes with every fault."""
    if owner.get("row_digests") is None:
        return None
    value = owner.mapping_at("row_digests")
    value.refuse_unknown(("rows", "sorted", "filters"))
    n_rows, filters = value.get("rows"), value.get("filters", PlacedList(value.source, value.place))
    if not isinstance(n_rows, int) or isinstance(n_rows, bool) or n_rows < 0:
        raise value.fault("rows", f"`rows` must be a number of rows, found {kind_of(n_rows)}", advice)
    if not isinstance(filters, PlacedList):
        raise value.fault("filters", f"`filters` must be a list of blocks, found {kind_of(filters)}", advice)
    exact = _decoded(value, "sorted", value.get("sorted", ""), advice)
    if len(exact) % 8:
        raise value.fault("sorted", "`sorted` holds no whole number of digests of 8 bytes", advice)
    return RowDigests(
        exact=exact.view("<u8").astype(np.uint64),
        filters=tuple(_decoded(filters, number, text, advice) for number, text in enumerate(filters)),
        n_rows=n_rows,
    )


def _decoded(owner: PlacedMapping | PlacedList, key: str | int, text: Any, advice: str) -> Array:
    """The bytes of a block, uint8."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        data = None
    if data is None or (isinstance(owner, PlacedList) and not data):
        raise owner.fault(key, f"must be a block of base64, found {kind_of(text)}", advice)
    return np.frombuffer(data, dtype=np.uint8)


def digest_lines(digests: RowDigests) -> list[str]:
    """The lines of `row_digests`."""
    lines = ["  row_digests:", f"    rows: {digests.n_rows}"]
    if len(digests.exact):
        lines += ["    sorted: |", *_encoded(digests.exact.astype("<u8"), 6)]
    if digests.filters:
        lines.append("    filters:")
        for bits in digests.filters:
            lines += ["    - |", *_encoded(bits, 6)]
    return lines


def _encoded(values: Array, indent: int) -> list[str]:
    text = base64.b64encode(values.tobytes()).decode("ascii")
    return [" " * indent + text[start : start + _LINE] for start in range(0, len(text), _LINE)]
