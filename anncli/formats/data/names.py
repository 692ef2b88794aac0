"""The names of the data formats: one line a format, read by help, completion, errors and docs. It imports nothing.

To add a format, write one module with an object FORMAT (see base.DataFormat and TableFormat) and add one line here.
"""

from __future__ import annotations

from typing import NamedTuple


class DataFormatName(NamedTuple):
    """module: the module of this room that defines FORMAT; help: half a line about the files; endings: usual endings of
    file names, with the dot; extra: the extra of the package that reading needs, or ''; general: the format has no mark
    of its own, so its sniff() is asked only after those of all other formats, in the order of this table; table: FORMAT
    is a TableFormat, which gives named columns; writes: the module has a function write()."""

    module: str
    help: str
    endings: tuple[str, ...] = ()
    extra: str = ""
    general: bool = False
    table: bool = False
    writes: bool = False


DATA_FORMAT_NAMES: dict[str, DataFormatName] = {
    "list": DataFormatName("lists", "ann1dn's lists, which name rows and their classes", general=True),
    "libsvm": DataFormatName(
        "libsvm",
        "a label and index:value pairs per line (svmlight)",
        (".libsvm", ".svm", ".svmlight"),
        table=True,
        writes=True,
    ),
    "arff": DataFormatName("arff", "WEKA's attribute-relation files", (".arff",), table=True, writes=True),
    "fann": DataFormatName("fann", "FANN's training files", (".data", ".train", ".test"), table=True, writes=True),
    "proben1": DataFormatName("proben1", "files of the PROBEN1 collection", (".dt",), table=True, writes=True),
    "snns": DataFormatName("snns", "SNNS pattern files", (".pat",), table=True, writes=True),
    "npy": DataFormatName("npy", "a NumPy array, with NAME.json beside it", (".npy",), table=True, writes=True),
    "npz": DataFormatName("npz", "a NumPy archive", (".npz",), table=True),
    "idx": DataFormatName("idx", "IDX files, as of MNIST", (".idx", "-ubyte"), table=True),
    "mat": DataFormatName("mat", "MATLAB files up to version 7", (".mat",), "mat", table=True),
    "vectors": DataFormatName("vectors", "one row of numbers per line", (".txt", ".csv", ".tsv", ".dat"), general=True),
}
