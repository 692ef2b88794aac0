"""The names of the network formats: one line a format, read by help, completion, errors and docs. It imports nothing.

To add a format, write one module with an object FORMAT (see base.NetworkReader) and add one line here, above ann1dn if its files begin with a
number.
"""

from __future__ import annotations

from typing import NamedTuple


class NetworkFormatName(NamedTuple):
    """module: the module of this room that defines FORMAT; help: half a line about the files; opening: a regular expression
    that files of the format match from their first byte, `.` any byte, '' for the format that reads what no other one
    matches; may_be_data: data files match it too; is_dialect: networks can be trained in it: it is written too; holds_tasks: it holds networks for other tasks than
    classification; holds_decisions: it holds calibrations, and how a threshold was chosen; endings: usual endings of file
    names, with the dot, that no data files have; extra: the extra of the package that the format needs, or ''."""

    module: str
    help: str
    opening: bytes = b""
    may_be_data: bool = False
    is_dialect: bool = False
    holds_tasks: bool = False
    holds_decisions: bool = False
    endings: tuple[str, ...] = ()
    extra: str = ""


# In the order in which their openings are tried.
NETWORK_FORMAT_NAMES: dict[str, NetworkFormatName] = {
    "ann": NetworkFormatName("ann", "YAML text with comments, names, scaling and record", is_dialect=True, holds_tasks=True, holds_decisions=True, endings=(".nn", ".net")),
    "snns": NetworkFormatName("snns", "SNNS text networks of layers", rb"SNNS network definition file"),
    "fann": NetworkFormatName("fann", "networks of FANN, floating or fixed point", rb"FANN_(FLO|FIX|DBL)_[0-9]"),
    "json": NetworkFormatName("json_network", "what ann export writes as JSON", rb'\s*\{\s*"format"\s*:\s*"anncli-network"'),
    "nnet": NetworkFormatName("nnet", "text networks of relu units with ranges of their inputs", rb"(?:[ \t]*(?://[^\n]*)?\r?\n)*+[ \t]*[0-9]+[ \t]*,[ \t]*[0-9]+[ \t]*,[ \t]*[0-9]+[ \t]*,[ \t]*[0-9]+[ \t]*,?[ \t]*\r?\n", endings=(".nnet",)),
    "matlab": NetworkFormatName("matlab", "MATLAB files with the weights of a shallow network", rb"MATLAB [57]\.", may_be_data=True),
    "keras": NetworkFormatName("keras", "Keras models of dense layers, .keras and .h5", rb"\x89HDF\r\n\x1a\n|PK\x03\x04.*model\.weights\.h5", endings=(".keras", ".h5")),
    "sklearn": NetworkFormatName("skops", "scikit-learn's multilayer perceptrons in skops files", rb"PK\x03\x04.*schema\.json", endings=(".skops",)),
    "pmml": NetworkFormatName("pmml", "PMML files with a NeuralNetwork", rb"(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[[^\]]*+\][^>]*+)?>)*+<(?:\w+:)?PMML[\s>]", endings=(".pmml",)),
    "onnx": NetworkFormatName("onnx.format", "ONNX models of dense layers", rb"\x08[\x01-\x20][\x12\x1a\x22\x28\x32\x3a\x42\x72]", endings=(".onnx",), extra="onnx"),
    "word2vec": NetworkFormatName("word2vec", "vectors of words, text or binary, that begin with their number and size", rb"[0-9]{1,9}[ \t]+[0-9]{1,7}[ \t]*\r?\n(?:(?:[^\n]*\n){0,50}?[^\s0-9+.\-][^\s]*[ \t]+[-+.0-9]|[^\s]{1,1000} .{0,400}?[\x00-\x08\x0e-\x1f])", endings=(".vec",)),
    "glove": NetworkFormatName("word2vec", "vectors of words, text, a line for each", rb"[^\s0-9+.\-:#{\[][^\s:]*(?:[ \t]+[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?){2,}[ \t]*\r?\n", may_be_data=True),
    "ann1dn": NetworkFormatName("ann1dn", "the numbers that ann1dn reads and writes", rb"\s*[-+.]?[0-9]", may_be_data=True, is_dialect=True, endings=(".nn",)),
}  # fmt: skip

# Endings by which a file name is that of a network: such a file is no data.
NETWORK_ENDINGS = tuple(dict.fromkeys(ending for info in NETWORK_FORMAT_NAMES.values() for ending in info.endings))

# Formats that a network can be trained in: read, and written back.
DIALECTS = tuple(name for name, info in NETWORK_FORMAT_NAMES.items() if info.is_dialect)
