"""The tensors of an ONNX model: every size is checked before memory is taken, and other files are never opened."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from anncli.arrays import Array
from anncli.errors import count_of, quoted
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.onnx.values import UnreadError

EXPORT_ANEW = "export the model anew, in inference mode and with float32 weights"
_NUMBERS = {
    TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT8, TensorProto.INT16,
    TensorProto.INT32, TensorProto.INT64, TensorProto.UINT8, TensorProto.UINT16, TensorProto.UINT32, TensorProto.BOOL,
}  # fmt: skip


def tensor_size(tensor: Any) -> int:
    return math.prod(max(0, size) for size in tensor.dims)


def refuse_external(tensor: Any) -> None:
    """Raises UnreadError for a tensor in another file: its name could be that of any file of this machine."""
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        advice = "save the model with all weights in one file: onnx.save(onnx.load(FILE), NEW)"
        _refuse(f"the numbers of {quoted(tensor.name)} lie in another file, which is not opened", advice)


def read_tensor(tensor: Any) -> Array:
    """A tensor of numbers or words; raises UnreadError for other kinds, for one in another file, and for a damaged one."""
    name = quoted(tensor.name)
    refuse_external(tensor)
    if any(size < 0 for size in tensor.dims) or tensor_size(tensor) > MAX_PARAMETERS:
        shape = " x ".join(map(str, tensor.dims))
        _refuse(f"{name} is a tensor of {shape}, at most {MAX_PARAMETERS} numbers are read", None)
    if tensor.data_type not in _NUMBERS | {TensorProto.STRING}:
        known = tensor.data_type in TensorProto.DataType.values()
        kind = TensorProto.DataType.Name(tensor.data_type) if known else str(tensor.data_type)
        _refuse(f"{name} holds values of the type {kind}", EXPORT_ANEW)
    if tensor.HasField("raw_data") and tensor.data_type != TensorProto.STRING:
        width = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
        if len(tensor.raw_data) != tensor_size(tensor) * width:
            _damaged(tensor)
    try:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.STRING:
            words = [w.decode() if isinstance(w, bytes) else str(w) for w in values.reshape(-1).tolist()]
            return np.array(words, dtype=object).reshape(values.shape)
        return values.astype(np.float32) if tensor.data_type == TensorProto.BFLOAT16 else values
    except (ValueError, TypeError, UnicodeDecodeError):
        _damaged(tensor)


def _damaged(tensor: Any) -> NoReturn:
    _refuse(
        f"{quoted(tensor.name)} does not hold {count_of(tensor_size(tensor), 'value')}",
        "the file is damaged: restore it",
    )


def _refuse(message: str, advice: str | None) -> NoReturn:
    raise UnreadError(message, advice)
