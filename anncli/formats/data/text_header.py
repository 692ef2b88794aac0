"""Whether the first row of a text table names its columns, and what the names are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from anncli.compiled.row_text import is_foreign_number, is_value, text_of
from anncli.compiled.table_syntax import Syntax
from anncli.compiled.table_text_python import BLANKS
from anncli.errors import DataError, count_of, quoted

Row = Sequence[bytes]
# So many rows tell in most files whether the first one names the columns.
TELLING_ROWS = 100
_HEADER_OPTION = "say which with --header yes or --header no"


class FirstRow:
    """The first row of a table beside the rows below it."""

    def __init__(self, rows: Sequence[Row], syntax: Syntax, shown: str, line: int) -> None:
        self.rows, self.syntax, self.shown, self.line = rows, syntax, shown, line
        self.na = {word.encode().lower() for word in syntax.na} | {b""}
        self.first, self.below = [cell.strip(BLANKS + b"\r\n") for cell in rows[0]], rows[1:]
        # A line of names without one for the row names that R writes stands one to the left.
        self.shift = 1 if self.below and all(len(row) == len(self.first) + 1 for row in self.below) else 0

    def names_columns(self) -> bool:
        """Whether the first row names the columns; raises DataError where it can as well be a row."""
        if not self.below:
            return all(map(self._is_word, self.first))
        if self.shift:
            return self._leaves_out_row_names()
        every, self.below = self.below, self.below[:TELLING_ROWS]
        told = self._is_told()
        self.below = every
        return self._among_words() if told is None else told

    def _leaves_out_row_names(self) -> bool:
        """Whether a first row that is one short names all columns but the first one, of row names, as R writes it."""
        if not all(map(self._is_word, self.first)):
            return False
        row_names = [row[0].strip(BLANKS) for row in self.below]
        numbered = row_names == [str(k + 1).encode() for k in range(len(row_names))]
        if len(set(row_names)) == len(row_names) and (numbered or all(map(self._is_word, row_names))):
            return True
        names = count_of(len(self.first), "name")
        message = f"{names} ({quoted(text_of(b' '.join(self.first)))}) above rows of {len(self.first) + 1} values"
        advice = "correct the names, or take their line out; comments begin with #"
        raise DataError(message, path=self.shown, line=self.line, advice=advice)

    def _is_told(self) -> bool | None:
        """Whether columns of numbers tell that the first row names them; None where no column tells."""
        if self._are_numbered():
            return True
        kinds = [self._speaks(k) for k in range(len(self.first))]
        speaks_for, speaks_against = kinds.count("for"), kinds.count("against")
        if speaks_for and not speaks_against:
            return True
        if speaks_for:
            words = [cell for cell in self.first if self._is_word(cell)]
            word = next(cell for cell, kind in zip(self.first, kinds, strict=True) if kind == "for")
            number = next(cell for cell, kind in zip(self.first, kinds, strict=True) if kind == "against")
            if len(words) < len(self.first):
                raise self._two_readings(f"names such as {_shown(word)} beside {_shown(number)}, which stands among values of its column")  # fmt: skip
            return True
        if speaks_against and self._could_be_years(kinds):
            raise self._two_readings("consecutive numbers")
        # The column of an index has no name.
        named = self.first[1:] if not self.first[0] and len(self.first) > 1 else self.first
        if speaks_against:
            return False
        if all(map(self._is_word, named)):
            return None
        given = [k for k, cell in enumerate(self.first) if not self._is_missing(cell)]
        if all(self._is_word(self.first[k]) for k in given) and any(map(self._repeats_other_words, given)):
            raise self._two_readings("words beside empty cells")
        return False

    def _could_be_years(self, kinds: Sequence[str]) -> bool:
        """Whether the first row has words that are in no other row and consecutive numbers, as of columns for years."""
        numbers = [k for k, cell in enumerate(self.first) if self._is_number(cell)]
        if not 1 < len(numbers) < len(self.first) or any(kinds[k] for k in range(len(kinds)) if k not in numbers):
            return False
        return self._counts(self.first, numbers) and not all(self._counts(row, numbers) for row in self.below)

    @staticmethod
    def _counts(row: Row, places: Sequence[int]) -> bool:
        """Whether the cells at these places are whole numbers that each exceed the one before by 1."""
        cells = [row[k].strip(BLANKS) if k < len(row) else b"" for k in places]
        if not all(re.fullmatch(rb"0|[1-9][0-9]{0,8}", cell) for cell in cells):
            return False
        return [int(cell) for cell in cells] == list(range(int(cells[0]), int(cells[0]) + len(cells)))

    def _holds_words(self, k: int) -> bool:
        """Whether column k holds words below the first row, and no number."""
        cells = [row[k].strip(BLANKS) for row in self.below if k < len(row)]
        return any(map(self._is_word, cells)) and not any(map(self._is_number, cells))

    def _speaks(self, k: int) -> str:
        """What column k says: 'for' a line of names, 'against' it, or ''."""
        first, below = self.first[k], [row[k].strip(BLANKS) for row in self.below if k < len(row)]
        cells = [cell for cell in below if not self._is_missing(cell)]
        if self._is_missing(first) or not cells:
            return ""
        # A column of numbers may have a few words: misspelt numbers, or marks of missing values.
        numbers = 2 * sum(map(self._is_number, cells)) > len(cells)
        if first in cells:
            return "against"
        if self._is_number(first):
            return "against" if numbers else ""
        return "for" if numbers else ""

    def _repeats_other_words(self, k: int) -> bool:
        """Whether column k has the same few words again and again, and the first row another one."""
        cells = [row[k].strip(BLANKS) for row in self.below if k < len(row)]
        return self.first[k] not in cells and len(cells) >= 4 and len(set(cells)) <= len(cells) // 2

    def _among_words(self) -> bool:
        """Whether words above words are names; no word of the first row stands in its column."""
        if len(set(self.first)) < len(self.first):
            return False
        if "against" in map(self._speaks, range(len(self.first))):
            return False
        if any(map(self._repeats_other_words, range(len(self.first)))):
            return True
        columns = [[row[k].strip(BLANKS) for row in self.below if k < len(row)] for k in range(len(self.first))]
        for first, cells in zip(self.first, columns, strict=True):
            if not re.search(rb"[0-9]", first) and all(re.search(rb"[0-9]", cell) for cell in cells):
                return True
        raise self._two_readings("words above words")

    def _are_numbered(self) -> bool:
        """Whether the first row numbers the columns, as a program does for columns without names: 0, 1, 2, ..."""
        first = self.first[1:] if len(self.first) > 1 and not self.first[0] else self.first
        if len(first) < 2 or not self._counts(first, range(len(first))):
            return False
        start = int(first[0])
        if len(first) < len(self.first):
            return start == 0
        if any(self._holds_words(k) for k in range(len(self.first))):
            if start == 0:
                return True
            if start > 1 or len(first) == 2:
                return False
        else:
            decimals = [[re.search(rb"[.eE]", cell) is not None for cell in row] for row in self.below]
            every, each = all(map(all, decimals)), all(map(any, decimals))
            if start == 0 and len(first) > 2 and not any(list(row) == list(self.rows[0]) for row in self.below):
                if each:
                    return True
            elif not every or (start and len(first) == 2):
                return False
            elif start == 0:
                return True
        raise self._two_readings("consecutive numbers")

    def _two_readings(self, what: str) -> DataError:
        message = f"the first row can name the columns, or be a row of values ({what})"
        return DataError(message, path=self.shown, line=self.line, advice=_HEADER_OPTION)

    def _is_missing(self, cell: bytes) -> bool:
        return cell.lower() in self.na

    def _is_number(self, cell: bytes) -> bool:
        # 50% may be the name of a column.
        return is_value(cell) or (is_foreign_number(cell) and not cell.endswith(b"%"))

    def _is_word(self, cell: bytes) -> bool:
        return not self._is_missing(cell) and not self._is_number(cell)


def column_names(first: Row, n_columns: int, shown: str, line: int) -> tuple[tuple[str, ...], list[str]]:
    """The names in the first row, and what was said of them in words.

    A first column without a name is the index of a data frame or the row names of R: it is called 'index'. Another column
    without a name is called by its place. Raises: DataError for two columns of one name.
    """
    names, remarks = [text_of(cell).strip() for cell in first], list[str]()
    if len(names) == n_columns - 1:
        names.insert(0, "")
    for place, name in enumerate(names):
        if name:
            continue
        names[place] = "index" if not place and "index" not in names else str(place + 1)
        remarks.append(f"column {place + 1} has no name and is called '{names[place]}'")
    places: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        if places.setdefault(name, place) != place:
            message = f"columns {places[name]} and {place} are both named {quoted(name)}"
            raise DataError(message, path=shown, line=line, column=place, advice="give every column its own name")
    return tuple(names), remarks


def _shown(cell: bytes) -> str:
    return quoted(text_of(cell))
