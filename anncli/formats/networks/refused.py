"""Files with networks that are not read: those that run code when they are read, and those that would have to be taken apart or unpacked first."""

from __future__ import annotations

import re

from anncli.errors import NetworkError
from anncli.formats.files.textfile import Path, shown_name

_PICKLE = "is a pickle (as pickle, joblib and torch write it), which can run any code when it is read; it is not read"
_KINDS = (
    (
        rb"\x80[\x01-\x05]|cnumpy|ccopy_reg\n|\(dp0\n",
        _PICKLE,
        "load it yourself if you trust it, then say anncli.from_sklearn(model) in Python, or skops.io.dump(model, 'model.skops')",
    ),
    (rb"PK\x03\x04.*data\.pkl", _PICKLE, "export the model with torch.onnx.export, and read the .onnx file"),
    (
        rb"\x1f\x8b|x[\x01\x5e\x9c\xda]|BZh|\xfd7zXZ\x00|\x28\xb5\x2f\xfd",
        "is packed",
        "unpack it first; a file of joblib is a pickle, which is not read",
    ),
    (
        rb'(?:"""|// |-- |/\* )A neural network[^\n]*, written by ann|digraph network \{',
        "is code or a drawing as ann export writes them, which are not read",
        "name the network that it was made from; of exports ann reads .json, .onnx and FANN's .net",
    ),
    (
        rb"\xba\x16\x4f\x2f",
        "is a model of fastText, which is not read",
        "name the file .vec that fastText writes beside it",
    ),
    (rb"TFL3|....TFL3", "is a TensorFlow Lite file, which is not read", "save the Keras model as .keras"),
)


def refuse_unread(data: bytes, path: Path) -> None:
    """Raises NetworkError for a file of one of these kinds."""
    for opening, message, advice in _KINDS:
        if re.match(opening, data, re.DOTALL):
            raise NetworkError(message, path=shown_name(path), advice=advice)
