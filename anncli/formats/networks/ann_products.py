"""Products of vectors in files: `{kind: bilinear, units: 16x2, activation: tanh, product: complex.txt}`.

Such a file holds N and then N^3 numbers, B[k, i, j] with j varying fastest. Its numbers take the place of its name in the head when
the network is read, so that a trained network needs the file no more.
"""

from __future__ import annotations

import os

from anncli.errors import NetworkError, known_name, quoted
from anncli.formats.files.document import PlacedList, PlacedMapping, parse_document
from anncli.formats.files.textfile import Path, read_text, shown_name
from anncli.formats.networks.numbers import number_fault
from anncli.network.names import PRODUCT_NAMES

_MAX_BYTES = 1 << 24


def insert_products(head: str, path: Path) -> str:
    """The head of a network file with the numbers of products instead of the names of their files.

    path: that of the network; files are named from its folder. Raises: NetworkError with the place of a fault.
    """
    if "product" not in head:
        return head
    document = parse_document(head, path, NetworkError)
    layers = document.get("layers")
    lines = head.split("\n")
    for layer in reversed(layers if isinstance(layers, PlacedList) else []):
        name = layer.get("product") if isinstance(layer, PlacedMapping) else None
        if isinstance(name, str) and not _says_it_all(name):
            _insert(lines, layer, name, path)
    return "\n".join(lines)


def _says_it_all(product: str) -> bool:
    return known_name(product, PRODUCT_NAMES) is not None or not any(map(number_fault, product.split()))


def _insert(lines: list[str], layer: PlacedMapping, name: str, path: Path) -> None:
    file = os.path.join(os.path.dirname(os.fspath(path)), name)
    if not os.path.isfile(file):
        if os.path.basename(name) == name and "." not in name:
            return  # a misspelt name, which the layer answers
        raise layer.fault(
            "product", f"no such file: {quoted(name)}", "a product is a name or a file of N and N^3 numbers"
        )
    line, column = layer.value_places["product"]
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    quote = after[:1] if after[:1] in ("'", '"') else ""
    written = f"{quote}{name}{quote}"
    if not after.startswith(written):
        raise layer.fault(
            "product", "the name of this file cannot be read here", "write it in one line, without escapes"
        )
    lines[line - 1] = before + " ".join(_numbers(file)) + after[len(written) :]


def _numbers(file: str) -> list[str]:
    """The N^3 numbers of a file, as it writes them."""
    words = []
    for line, text in enumerate(read_text(file, NetworkError, _MAX_BYTES).splitlines(), 1):
        for word in text.split():
            if fault := number_fault(word):
                raise NetworkError(
                    fault, path=shown_name(file), line=line, advice="a product is N and then N^3 numbers"
                )
            words.append(word)
    size = words[0] if words else "0"
    if not size.isdecimal() or len(size) > 3 or len(words) - 1 != int(size) ** 3 or len(words) == 1:
        message = f"expected N and then N^3 numbers, found {len(words)} that begin with {size}" if words else "is empty"
        raise NetworkError(message, path=shown_name(file), advice="write for example `2  1 0 0 -1  0 1 1 0`")
    return words[1:]
