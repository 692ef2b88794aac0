"""A YAML document as plain values with their places, read the way a person expects.

The values are built from the events of the parser, not by the constructors of PyYAML: these read `1e-3` as text, `yes` as
True, `0123` as octal and `1:30` as ninety, keep the last of two equal keys, and follow anchors and tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import yaml

from anncli.errors import AnnError, UsageError, did_you_mean, printable, quoted
from anncli.formats.files.long_blocks import LayoutError, LongBlocks, take_out
from anncli.formats.files.textfile import Path, place_of, read_text, shown_name
from anncli.limits import NUMBER_PATTERN, vanishes

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 32
_TOO_DEEP = f"nested deeper than {_MAX_DEPTH} levels"
_FLATTER = "write it flatter"
_MAX_CONFIG_BYTES = 1 << 20

_NULL = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(NUMBER_PATTERN)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

Key = str | int


class Place(NamedTuple):
    """Where a key or value starts: line and character column, both counted from 1."""

    line: int
    column: int


class DocumentSource:
    """The file of a document, and the class of the errors about it."""

    def __init__(self, path: Path, error: type[AnnError]) -> None:
        self.path = shown_name(path)
        self.error = error

    def fault(self, message: str, place: Place | None, advice: str | None = None) -> AnnError:
        line, column = place if place is not None else (None, None)
        return self.error(message, path=self.path, line=line, column=column, advice=advice)


class PlacedMapping(dict[str, Any]):
    """A dict with the places of its keys and values, where they are known; nested values are PlacedMapping and PlacedList too."""

    def __init__(self, source: DocumentSource, place: Place | None) -> None:
        super().__init__()
        self.source = source
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}

    def fault(self, key: Key | None, message: str, advice: str | None = None) -> AnnError:
        """The error to raise about the value of `key`, or about the whole mapping for None or a missing key."""
        return self.source.fault(message, self.value_places.get(str(key), self.place), advice)

    def line_fault(self, key: str, number: int, message: str, advice: str | None = None) -> AnnError:
        """The error to raise about a line, counted from 0, of the literal block under `key`."""
        place = self.value_places.get(key)
        # The text of a literal block begins on the line after the `|`. Texts in JSON have no place.
        return self.source.fault(message, None if place is None else Place(place.line + 1 + number, 1), advice)

    def mapping_at(self, key: str) -> PlacedMapping:
        """The mapping under `key`, an empty one where there is nothing; raises the document's error for another value."""
        value = self.get(key)
        if value is None:
            return PlacedMapping(self.source, self.value_places.get(key, self.place))
        if not isinstance(value, PlacedMapping):
            raise self.fault(key, f"`{key}` must be a mapping of names to values, found {kind_of(value)}")
        return value

    def items_with_places(self) -> Iterator[tuple[str, Any, str]]:
        """(key, value, `path:line:column` of the key) of every entry, for later messages."""
        for key, value in self.items():
            line, column = self.key_places[key]
            yield key, value, f"{printable(self.source.path)}:{line}:{column}"

    def key_fault(self, key: str, message: str, advice: str | None = None) -> AnnError:
        """The error to raise about the key itself, for example an unknown one."""
        return self.source.fault(message, self.key_places.get(key, self.place), advice)

    def refuse_unknown(self, known: Iterable[str], what: str = "key") -> None:
        """Raise the document's error for the first key that is not in `known`; it names the nearest known key."""
        known = list(known)
        for key in self:
            if key not in known:
                raise self.key_fault(key, f"unknown {what} {quoted(key)}", did_you_mean(key, known))


class PlacedList(list[Any]):
    """A list with the places of its values, where they are known."""

    def __init__(self, source: DocumentSource, place: Place | None) -> None:
        super().__init__()
        self.source = source
        self.place = place
        self.value_places: list[Place | None] = []

    def fault(self, index: Key | None, message: str, advice: str | None = None) -> AnnError:
        """The error to raise about the value at `index`, or about the whole list for None."""
        place = self.value_places[index] if isinstance(index, int) else self.place
        return self.source.fault(message, place, advice)


def kind_of(value: Any) -> str:
    """What a value is, in words for a message: `the number 3`, `'x'`, `a list`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return quoted(value)
    return ("a " if value else "an empty ") + ("list" if isinstance(value, list) else "mapping")


def read_config(path: Path) -> PlacedMapping:
    """A configuration file as a mapping with places; raises UsageError."""
    return parse_document(read_text(path, UsageError, _MAX_CONFIG_BYTES), path, UsageError)


def parse_document(
    text: str, path: Path, error: type[AnnError] = UsageError, long_from: int | None = None
) -> PlacedMapping:
    """The one mapping in a YAML text, empty for an empty text; raises `error` with the place of a fault.

    long_from: from here on long literal blocks are laid out as ann writes them; None: nowhere.
    """
    source = DocumentSource(path, error)
    blocks = LongBlocks(text) if long_from is None else take_out(text, long_from)
    try:
        return _Builder(source, yaml.parse(blocks.text, Loader=_LOADER), blocks).document()
    except LayoutError:
        return parse_document(text, path, error)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = None if mark is None else _place(mark, blocks)
        # libyaml has a limit of its own and parses ahead of the events that are counted here.
        if fault.problem is not None and "nesting depth" in fault.problem:
            raise source.fault(_TOO_DEEP, place, _FLATTER) from None
        message = f"not valid YAML: {fault.problem or fault.context}"
        raise source.fault(message, place, _yaml_advice(text, place)) from None
    except (yaml.YAMLError, UnicodeEncodeError):
        match = _FORBIDDEN.search(text)
        place = Place(*place_of(text, match.start())) if match else None
        found = f"the character {quoted(match.group())} is not allowed" if match else "not valid YAML"
        raise source.fault(found, place, "remove it or check that this is the right file") from None


def _place(mark: Any, blocks: LongBlocks) -> Place:
    return Place(blocks.whole_line(mark.line) + 1, mark.column + 1)


def _yaml_advice(text: str, place: Place | None) -> str:
    lines = text.split("\n")
    if place is not None and place.line <= len(lines) and "\t" in lines[place.line - 1]:
        return "use spaces, not tabs"
    return "check the indentation, the colons and the quotes around this place"


class _Builder:
    """Builds the values from the events of the parser."""

    def __init__(self, source: DocumentSource, events: Iterator[Any], blocks: LongBlocks) -> None:
        self._source = source
        self._events = events
        self._blocks = blocks
        self._depth = 0

    def document(self) -> PlacedMapping:
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return PlacedMapping(self._source, Place(1, 1))
        event = next(self._events)
        value = self._value(event)
        if value is None and not event.end_mark.index > event.start_mark.index:
            value = PlacedMapping(self._source, Place(1, 1))
        if not isinstance(value, PlacedMapping):
            raise self._fault(event, f"expected lines of the form `key: value`, found {kind_of(value)}")
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._fault(event, "a second YAML document starts here", "keep one")
        return value

    def _value(self, event: Any) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise self._fault(event, f"aliases (*{event.anchor}) are not supported", "write the value out")
        if event.anchor is not None:
            raise self._fault(event, f"anchors (&{event.anchor}) are not supported", "remove it")
        if event.tag is not None:
            raise self._fault(event, f"tags ({event.tag}) are not supported", "remove it")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._fault(event, _TOO_DEEP, _FLATTER)
        value = self._mapping(event) if isinstance(event, yaml.MappingStartEvent) else self._items(event)
        self._depth -= 1
        return value

    def _mapping(self, start: Any) -> PlacedMapping:
        mapping = PlacedMapping(self._source, self._place(start))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, mapping)
            mapping.key_places[key] = self._place(event)
            event = next(self._events)
            mapping[key] = self._value(event)
            mapping.value_places[key] = self._place(event)
        return mapping

    def _key(self, event: Any, mapping: PlacedMapping) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._fault(event, "a key must be one word", "write `key: value`")
        if event.anchor is not None or event.tag is not None:
            raise self._fault(event, "anchors and tags are not supported", "remove it")
        key = str(event.value)
        if not key and not event.style:
            raise self._fault(event, "a key is missing before the colon", "write `key: value`")
        if key in mapping:
            first = mapping.key_places[key]
            raise self._fault(event, f"{quoted(key)} is given twice, first in line {first.line}", "remove one")
        return key

    def _items(self, start: Any) -> PlacedList:
        items = PlacedList(self._source, self._place(start))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.value_places.append(self._place(event))
            items.append(self._value(event))
        return items

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if event.style:
            return self._blocks.content(event.start_mark.line, text) if event.style == "|" else text
        try:
            return plain_value(text)
        except ValueError as fault:
            raise self._fault(event, str(fault), "write a finite number, or quotes around text") from None

    def _place(self, event: Any) -> Place:
        return _place(event.start_mark, self._blocks)

    def _fault(self, event: Any, message: str, advice: str | None = None) -> AnnError:
        return self._source.fault(message, self._place(event), advice)


def plain_value(text: str) -> str | int | float | bool | None:
    """The value of an unquoted word (YAML 1.2 core schema, decimal numbers only); raises ValueError for numbers that are not finite."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > 400:
            raise ValueError(f"{quoted(text)} is too large for a number")
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError(f"{quoted(text)} is too large for a number")
        if vanishes(text):
            raise ValueError(f"{quoted(text)} is too close to 0 for a number")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a finite number")
    return text
