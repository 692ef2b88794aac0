"""XML as a tree of elements with their places, without anything that XML can load or unfold.

The standard library's expat reads it. A document type is refused: with it go entities, those that name files or addresses, and
those that unfold into gigabytes. So no further package is needed, and nothing but the file itself is read.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from anncli.errors import NetworkError, quoted
from anncli.formats.files.textfile import Path, shown_name
from anncli.limits import decimal

_DECLARED = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([!-~]+?)["']""")
_ENCODINGS = ("utf-8", "iso-8859-1", "us-ascii", "windows-1252", "iso-8859-15")
# Elements take about ten times their text.
_MOST_BYTES = 64 << 20
_MOST_DEPTH = 64
_MOST_ELEMENTS = 3_000_000
# The text of a longer one is of no use here.
_MOST_TEXT = 4096


_NONE: list[Any] = []
_EMPTY: dict[str, str] = {}


class Element:
    """One element. tag: without a prefix; text: what stands in it before its children; line, column: from 1."""

    __slots__ = ("attributes", "children", "column", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int, column: int) -> None:
        self.tag, self.attributes, self.line, self.column = tag, attributes, line, column
        # Most elements have none: a list for each of them would take more than the rest.
        self.children: list[Element] = _NONE
        self.text = ""

    def add(self, child: Element) -> None:
        """Take another child."""
        if self.children is _NONE:
            self.children = []
        self.children.append(child)

    def all(self, tag: str) -> Iterator[Element]:
        """Its children of this tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """Its first child of this tag."""
        return next(self.all(tag), None)

    def get(self, name: str, default: str = "") -> str:
        """An attribute, without the blanks around it."""
        return self.attributes.get(name, default).strip()


class Document:
    """The tree of a file, and errors about its elements."""

    def __init__(self, data: bytes, path: Path) -> None:
        """Raises: NetworkError with its place for what is no XML, and for a document type."""
        self.path = path
        if len(data) > _MOST_BYTES:
            raise NetworkError(
                "is larger than 64 MiB", path=shown_name(path), advice="export the network to another format"
            )
        self._count = 0
        self._parser = expat.ParserCreate(self._encoding(data))
        self._stack: list[Element] = [Element("", {}, 1, 1)]
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        try:
            parser.Parse(data, True)
        except expat.ExpatError as fault:
            message = f"is no correct XML: {expat.ErrorString(fault.code)}"
            raise NetworkError(
                message,
                path=shown_name(path),
                line=fault.lineno,
                column=fault.offset + 1,
                advice="copy or export the file again",
            ) from None
        except (ValueError, LookupError):
            # An encoding that Python does not have, or that is none of texts.
            raise NetworkError("is no correct XML: its encoding is not known", path=shown_name(path), line=1) from None
        self.root = self._stack[0].children[0]

    def _encoding(self, data: bytes) -> str:
        """The encoding that the file declares, one of those that are known: Python would look for a module of any other name."""
        declared = _DECLARED.match(data)
        name = declared[1].decode("ascii").lower() if declared is not None else "utf-8"
        if name not in _ENCODINGS:
            advice = "save it in UTF-8, and say so in its first line"
            raise NetworkError(f"has the encoding {quoted(name)}", path=shown_name(self.path), line=1, advice=advice)
        return name

    def fault(self, element: Element, message: str, advice: str | None = None) -> NetworkError:
        """The error to raise about an element."""
        return NetworkError(
            message, path=shown_name(self.path), line=element.line, column=element.column, advice=advice
        )

    def number(self, element: Element, name: str, default: float | None = None) -> float:
        """An attribute as a finite number; raises NetworkError."""
        text = element.get(name)
        if not text and default is not None:
            return default
        found = decimal(text)
        if not math.isfinite(found):
            raise self.fault(element, f"`{name}` of {element.tag} must be a number, found {quoted(text)}")
        return found

    def need(self, element: Element, tag: str) -> Element:
        """The first child of this tag; raises NetworkError if there is none."""
        found = element.first(tag)
        if found is None:
            raise self.fault(element, f"{element.tag} has no {tag}")
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._stack) > _MOST_DEPTH:
            message = f"elements stand more than {_MOST_DEPTH} deep in each other"
            raise NetworkError(message, path=shown_name(self.path), line=self._parser.CurrentLineNumber)
        place = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        element = Element(tag.rpartition(":")[2], attributes or _EMPTY, *place)
        self._count += 1
        if self._count > _MOST_ELEMENTS:
            raise NetworkError(f"has more than {_MOST_ELEMENTS:,} elements", path=shown_name(self.path))
        self._stack[-1].add(element)
        self._stack.append(element)

    def _end(self, tag: str) -> None:
        self._stack.pop()

    def _text(self, text: str) -> None:
        top = self._stack[-1]
        if len(top.text) < _MOST_TEXT and not top.children:
            top.text += text

    def _refuse(self, *_: object) -> None:
        raise NetworkError(
            "has a document type, which may define entities; such XML is not read",
            path=shown_name(self.path),
            line=self._parser.CurrentLineNumber,
            advice="remove the line <!DOCTYPE ...>",
        )
