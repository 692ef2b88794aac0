"""Files of other programs: each kind is recognised by its beginning and refused by its name, with the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from anncli.compiled.row_text import NUMBER, content_lines
from anncli.errors import DataError
from anncli.limits import NUMBER_PATTERN

_TABLE = "export its table as CSV"
_PANDAS = "write it as CSV (pandas: to_csv(..., index=False))"
_NUMPY = "write it as text (numpy.savetxt)"
_UNPACK = "unpack it first, or pack it with gzip, bzip2, xz or zstd"
_NUMBERS = "write one row of numbers per line"


class Kind(NamedTuple):
    """name: with its article; advice: what to do; begins: the first bytes of such a file, or a test of its beginning."""

    name: str
    advice: str
    begins: bytes | tuple[bytes, ...] | Callable[[bytes], bool]


def _zip_with(member: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"PK\x03\x04") and member in head


def _starts_with_word(pattern: bytes) -> Callable[[bytes], bool]:
    return lambda head: re.match(rb"\s*" + pattern, head, re.IGNORECASE) is not None


def is_libsvm(head: bytes) -> bool:
    lines = content_lines(head, 4)
    pair = rb"\s+(?:qid|[0-9]+):" + NUMBER_PATTERN.encode()
    row = re.compile(rb"[^\s:]+(?:" + pair + rb")+\s*")
    return bool(lines) and row.fullmatch(lines[0]) is not None


def is_fann(head: bytes) -> bool:
    """Three counts (rows, inputs, outputs), then a line of inputs and a line of outputs in turn."""
    first, *others = content_lines(head, 3) or [b""]
    counts = re.fullmatch(rb"([1-9][0-9]*)\s+([1-9][0-9]*)\s+([1-9][0-9]*)", first)
    if counts is None or len(others) < 2:
        return False
    widths = [len(line.split()) for line in others]
    numbers = all(NUMBER.fullmatch(value) for line in others for value in line.split())
    fits = numbers and widths == [int(counts[2]), int(counts[3])]
    # With three inputs and three outputs a table of rows looks alike, except for the count of lines.
    return fits and (widths != [3, 3] or len(content_lines(head, 1 << 16)) == 2 * int(counts[1]) + 1)


_RELATION = re.compile(rb"^[ \t]*@relation\s", re.IGNORECASE | re.MULTILINE)


def is_arff(head: bytes) -> bool:
    head = head[: 1 << 16]
    return head[:1] in (b"%", b"@", b"\r", b"\n", b" ") and _RELATION.search(head) is not None


_TS_KEY = re.compile(
    rb"@(?:problemname|timestamps|missing|univariate|dimensions?|equallength|serieslength|classlabel|targetlabel)\b",
    re.IGNORECASE,
)


def is_ts(head: bytes) -> bool:
    first = content_lines(head, 1)
    return bool(first) and _TS_KEY.match(first[0]) is not None


# In this order: a more exact test stands before a general one.
KINDS = (
    Kind("an Excel workbook (.xlsx)", _TABLE, _zip_with(b"xl/")),
    Kind("an OpenDocument spreadsheet (.ods)", _TABLE, _zip_with(b"opendocument.spreadsheet")),
    Kind("a NumPy archive (.npz)", _NUMPY, _zip_with(b".npy")),
    Kind("an Excel workbook (.xlsx) or another zip archive with XML", _TABLE, _zip_with(b"[Content_Types].xml")),
    Kind("packed by zip", _UNPACK, (b"PK\x03\x04", b"PK\x05\x06")),
    Kind("an old Excel workbook or Word document (.xls, .doc)", _TABLE, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Kind("packed by bzip2", _UNPACK, tuple(b"BZh%d1AY&SY" % k for k in range(1, 10))),
    Kind("packed by xz", _UNPACK, b"\xfd7zXZ\0"),
    Kind("packed by zstd", _UNPACK, b"\x28\xb5\x2f\xfd"),
    Kind("packed by 7-Zip", _UNPACK, b"7z\xbc\xaf\x27\x1c"),
    Kind("packed by RAR", _UNPACK, b"Rar!\x1a\x07"),
    Kind("a tar archive", _UNPACK, lambda head: head[257:262] == b"ustar"),
    Kind("a PDF document", "copy the numbers out of it as text", b"%PDF-"),
    Kind("a PostScript document", "copy the numbers out of it as text", b"%!PS"),
    Kind("an RTF document", "save it as plain text", b"{\\rtf"),
    Kind("a PNG image", _NUMBERS + " (its pixels)", b"\x89PNG\r\n\x1a\n"),
    Kind("a JPEG image", _NUMBERS + " (its pixels)", b"\xff\xd8\xff"),
    Kind("a GIF image", _NUMBERS + " (its pixels)", (b"GIF87a", b"GIF89a")),
    Kind("a TIFF image", _NUMBERS + " (its pixels)", (b"II*\0", b"MM\0*")),
    Kind("a PGM, PBM or PPM image", _NUMBERS + " (its pixels)", lambda head: re.match(rb"P[1-6]\s+(?:#|[0-9])", head) is not None),
    Kind("a WAV sound or another RIFF file", _NUMBERS, b"RIFF"),
    Kind("a Parquet file", _PANDAS, b"PAR1"),
    Kind("an Arrow or Feather file", _PANDAS, (b"ARROW1", b"FEA1")),
    Kind("an HDF5 file (.h5, or .mat of version 7.3)", _NUMPY, b"\x89HDF\r\n\x1a\n"),
    Kind("a MATLAB file (.mat)", "write its matrix as text (writematrix in MATLAB)",
         lambda head: head.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7."))),
    Kind("a NumPy array (.npy)", _NUMPY, b"\x93NUMPY"),
    Kind("a Python pickle", _PANDAS, lambda head: re.match(rb"\x80[\x02-\x05]", head) is not None),
    Kind("a SQLite database", "write the result of a query as CSV (sqlite3 -csv)", b"SQLite format 3\0"),
    Kind("an R data file", "write it with write.csv(..., row.names=FALSE)", (b"RDX2", b"RDX3", b"RDA2", b"X\n\0\0")),
    Kind("a Stata file", _PANDAS, b"<stata_dta>"),
    Kind("an SPSS file", _PANDAS, (b"$FL2", b"$FL3")),
    Kind("a FITS file", _NUMPY, b"SIMPLE  ="),
    Kind("an IDX file (as of MNIST)", _NUMPY, lambda head: re.match(rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]\0", head) is not None),
    Kind("an ARFF file (Weka)", "write its rows as CSV without the head", is_arff),
    Kind("a time series file (.ts, as sktime and UCR have them)", "write the values of each series as one row, a file per class", is_ts),
    Kind("an SNNS pattern file", _NUMBERS, b"SNNS pattern definition file"),
    Kind("an SNNS network", "name a data file here", b"SNNS network definition file"),
    Kind("a FANN network", "name a data file here", b"FANN_FL"),
    Kind("a PROBEN1 file", _NUMBERS + ", a file per class", _starts_with_word(rb"bool_in\s*=")),
    Kind("libsvm text (index:value)", "write all values of a row, zeros too, in a file per class", is_libsvm),
    Kind("a FANN training file", "write the inputs of each class into a file of its own, a row per line", is_fann),
    Kind("a network, not data", "NETWORK comes first, then the data files", _starts_with_word(rb"(?:#[^\n]*\n\s*|---[ \t\r]*\n\s*)*anncli:")),
    Kind("XML or HTML text", _TABLE, _starts_with_word(rb"<[?!a-z]")),
    Kind("JSON text", _NUMBERS, _starts_with_word(rb"[{\[]")),
)  # fmt: skip


def check_kind(head: bytes, shown: str) -> None:
    """Raises DataError where a file that begins like this is of a known kind that is not read."""
    for kind in KINDS:
        found = kind.begins(head) if callable(kind.begins) else head.startswith(kind.begins)
        if found:
            raise DataError(f"is {kind.name}", path=shown, advice=kind.advice)
