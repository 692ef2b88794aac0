"""The names of what a network can be exported as: one line each, read by help, completion, errors and docs. It imports nothing.

To add one, write one module with an object EXPORT (see base.ExportFormat) and add one line here.
"""

from __future__ import annotations

from typing import NamedTuple


class ExportName(NamedTuple):
    """module: the module of this room that defines EXPORT; help: half a line about what is written; endings: of file names that
    mean it, with the dot; tool: what runs it for the proof, '' where nothing has to be installed; extra: the extra of the package that writing
    needs, or ''; fixed_point: whether it can be written with 8 or 16 bits a number; stateful: whether it can be written so that it takes
    and gives the state of its layers."""

    module: str
    help: str
    endings: tuple[str, ...] = ()
    tool: str = ""
    extra: str = ""
    fixed_point: bool = False
    stateful: bool = False


EXPORT_NAMES: dict[str, ExportName] = {
    "json": ExportName("json_network", "all numbers and names as JSON, which ann reads too", (".json",)),
    "fann": ExportName("fann", "a network file of FANN 2.1", (".net",), tool="libfann"),
    "graphviz": ExportName(
        "graphviz", "a drawing of units and weights, or of layers, for Graphviz", (".dot", ".gv"), tool="dot"
    ),
    "ann1dn": ExportName("ann1dn", "the numbers that ann1dn reads"),
    "onnx": ExportName(
        "onnx.export",
        "an ONNX model: raw rows in, scores and decisions out",
        (".onnx",),
        "onnxruntime",
        "onnx",
        stateful=True,
    ),
    "python": ExportName("python", "a Python module that needs nothing but Python", (".py",), "python3"),
    "javascript": ExportName("javascript", "a JavaScript module for browsers and Node.js", (".mjs", ".js"), "node"),
    "c": ExportName("c.export", "C99 without malloc: a file and its header", (".c",), "a C compiler", fixed_point=True),
    "c-header": ExportName(
        "c.header_only", "C99 without malloc: one header", (".h",), "a C compiler", fixed_point=True
    ),
    "word2vec": ExportName("word2vec", "the vectors of words alone, text that word2vec's readers take", (".vec",)),
    "word2vec-binary": ExportName("word2vec_binary", "the same as a binary file", (".bin",)),
    "sql": ExportName("sql", "a query for PostgreSQL, SQLite and DuckDB", (".sql",), "SQLite"),
}
