"""The format `arff`: WEKA's attribute-relation files, dense or sparse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from anncli.compiled.row_text import text_of
from anncli.errors import DataError, quoted
from anncli.formats.data.arff_head import ADVICE, Attribute, answer_of, read_attribute
from anncli.formats.data.arff_rows import RowReader
from anncli.formats.data.arff_writer import write as write
from anncli.formats.data.base import TableWant
from anncli.formats.data.foreign import is_arff
from anncli.formats.files.source import ByteSource
from anncli.tables import Table

_KEYWORD = re.compile(rb"@(relation|attribute|data|end)\b", re.IGNORECASE)


class Arff:
    """Nominal levels keep their declared order. The answer is the attribute named class, else the last one, which is what
    WEKA takes. Weights of rows ({2.5} at their ends) become a column that Table.weight names."""

    def sniff(self, head: bytes) -> bool:
        return is_arff(head)

    def open_table(self, source: ByteSource, want: TableWant) -> Iterator[Table]:
        head, rows = _Head(source.shown), None
        for block in source.blocks():
            rest = block if rows is not None else head.feed(block)
            if rest is None:
                continue
            rows = rows or RowReader(head.attributes, source.shown, head.line)
            if want.remarks is not None and rows.is_new:
                labels = answer_of(head.attributes)[0]
                want.remarks.guess(source.shown, f"arff, the answer is {labels[0] if labels else 'not declared'}")
            fault = None
            try:
                rows.feed(rest)
            except DataError as error:
                fault = error
            if rows.n_waiting:
                yield rows.table()
            if fault:
                raise fault
        if rows is None:
            raise DataError(
                "has no line @data", path=source.shown, line=head.line - 1, advice="write it before the rows"
            )
        if rows.is_new:
            yield rows.table()


FORMAT = Arff()


class _Head:
    """The lines up to @data. attributes: what they declare; line: the number of the next line."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.attributes: list[Attribute] = []
        self.line = 1
        self._names: set[str] = set()

    def feed(self, block: bytes) -> bytes | None:
        """Takes the lines of the head; returns the rest of the block behind @data."""
        start = 0
        while start < len(block):
            end = block.find(b"\n", start)
            line = block[start:end].strip()
            self.line += 1
            start = end + 1
            if line and not line.startswith(b"%") and self._take(line, self.line - 1):
                return block[start:]
        return None

    def _take(self, line: bytes, number: int) -> bool:
        """Takes a line; returns whether it is @data."""
        found = _KEYWORD.match(line)
        if found is None:
            message = f"expected @relation, @attribute or @data, found {quoted(text_of(line))}"
            raise DataError(message, path=self.shown, line=number, advice=ADVICE)
        keyword = found[1].lower()
        if keyword == b"data":
            if not self.attributes:
                raise DataError("no attribute is declared before @data", path=self.shown, line=number, advice=ADVICE)
            return True
        if keyword == b"attribute":
            attribute = read_attribute(line, self.shown, number)
            if attribute.name in self._names:
                message = f"attribute {quoted(attribute.name)} is declared twice"
                raise DataError(message, path=self.shown, line=number, advice="rename one")
            self._names.add(attribute.name)
            self.attributes.append(attribute)
        return False
