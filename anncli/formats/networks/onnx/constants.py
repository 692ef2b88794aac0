"""The parts of an ONNX graph that do not depend on its inputs: computed with numpy, and refused where they would grow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper

from anncli.arrays import Array
from anncli.formats.networks.numbers import MAX_PARAMETERS
from anncli.formats.networks.onnx.functions import JOINED
from anncli.formats.networks.onnx.values import UnreadError

Attributes = Mapping[str, Any]
# Tensors of layers have two, those of pictures four or five.
_MOST_AXES = 16

_EACH: dict[str, Callable[..., Array]] = {
    **JOINED, "Neg": np.negative, "Sqrt": np.sqrt, "Exp": np.exp, "Abs": np.abs, "Reciprocal": np.reciprocal,
}  # fmt: skip


def computed(op: str, given: Sequence[Array], attributes: Attributes) -> Array | None:
    """The value of a node of constants, None for an op that is not computed; raises UnreadError where it cannot be."""
    try:
        with np.errstate(all="ignore"):
            if op in _EACH and len(given) <= 2:
                shape = np.broadcast_shapes(*(part.shape for part in given))
                _check_size(math.prod(shape))
                return np.asarray(_EACH[op](*given))
            return np.asarray(_OTHERS[op](given, attributes)) if op in _OTHERS else None
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError):
        raise UnreadError("cannot compute its constants: their shapes do not fit each other") from None


def _check_size(count: int) -> None:
    if count > MAX_PARAMETERS:
        raise UnreadError(f"makes {count} numbers of constants, more than this program handles")


def axes_of(given: Sequence[Array], attributes: Attributes, at: int = 1) -> list[int] | None:
    """The axes that a node names as an attribute (before opset 13) or as an input."""
    if "axes" in attributes:
        return list(attributes["axes"])
    return given[at].reshape(-1).tolist() if len(given) > at and given[at] is not None else None


def new_shape(old: Sequence[int], wanted: Sequence[int], allow_zero: bool = False) -> tuple[int, ...]:
    """The shape that Reshape gives: 0 keeps a size, -1 takes what is left; raises ValueError where the numbers do not fit."""
    sizes = [old[k] if size == 0 and not allow_zero else int(size) for k, size in enumerate(wanted)]
    known, total = math.prod(size for size in sizes if size != -1), math.prod(old)
    if sizes.count(-1) == 1 and known and total % known == 0:
        sizes = [total // known if size == -1 else size for size in sizes]
    if min(sizes, default=0) < 0 or math.prod(sizes) != total:
        raise ValueError("the shapes do not fit")
    return tuple(sizes)


def squeezed(shape: Sequence[int], axes: Sequence[int] | None) -> tuple[int, ...]:
    """The shape without these axes of size 1, all of them for None; raises ValueError for another size."""
    rank = len(shape)
    taken = {k for k, size in enumerate(shape) if size == 1} if axes is None else {range(rank)[axis] for axis in axes}
    if any(shape[k] != 1 for k in taken):
        raise ValueError("only sizes of 1 can be left out")
    return tuple(size for k, size in enumerate(shape) if k not in taken)


def unsqueezed(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The shape with axes of size 1 at these places."""
    rank = len(shape) + len(axes)
    taken = {range(rank)[axis] for axis in axes}
    if rank > _MOST_AXES or len(taken) < len(axes):
        raise ValueError("too many axes")
    left = iter(shape)
    return tuple([1 if k in taken else next(left) for k in range(rank)])


def _cast(given: Sequence[Array], attributes: Attributes) -> Array:
    if attributes["to"] == TensorProto.STRING:
        return np.array([str(value) for value in given[0].reshape(-1).tolist()], dtype=object).reshape(given[0].shape)
    return given[0].astype(helper.tensor_dtype_to_np_dtype(attributes["to"]))


def _gather(given: Sequence[Array], attributes: Attributes) -> Array:
    axis = attributes.get("axis", 0)
    _check_size(given[1].size * (given[0].size // max(1, given[0].shape[axis])))
    return np.take(given[0], given[1].astype(np.int64), axis=axis)


def _slice(given: Sequence[Array], attributes: Attributes) -> Array:
    """The starts, ends and axes of opset 10 and later; earlier ones had them as attributes."""
    starts, ends = (
        np.asarray(attributes[key]) if key in attributes else given[at].reshape(-1)
        for key, at in (("starts", 1), ("ends", 2))
    )
    axes = axes_of(given, attributes, 3) or list(range(len(starts)))
    steps = given[4].reshape(-1).tolist() if len(given) > 4 else [1] * len(starts)
    found = given[0]
    for axis, start, end, step in zip(axes, starts.tolist(), ends.tolist(), steps, strict=True):
        place = [slice(None)] * found.ndim
        place[axis] = slice(start, end, step)
        found = found[tuple(place)]
    return found


def _concat(given: Sequence[Array], attributes: Attributes) -> Array:
    _check_size(sum(part.size for part in given))
    return np.concatenate(list(given), axis=attributes["axis"])


def _constant_of_shape(given: Sequence[Array], attributes: Attributes) -> Array:
    sizes = [int(size) for size in given[0].reshape(-1)]
    _check_size(math.prod(sizes))
    return np.full(sizes, np.asarray(attributes.get("value", np.zeros(1, dtype=np.float32))).reshape(-1)[0])


def _expand(given: Sequence[Array], attributes: Attributes) -> Array:
    shape = np.broadcast_shapes(given[0].shape, tuple(int(size) for size in given[1].reshape(-1)))
    _check_size(math.prod(shape))
    return np.broadcast_to(given[0], shape)


_OTHERS: dict[str, Callable[[Sequence[Array], Attributes], Array]] = {
    "ConstantOfShape": _constant_of_shape,
    "Expand": _expand,
    "Identity": lambda given, attributes: given[0],
    "Cast": _cast,
    "Gather": _gather,
    "Slice": _slice,
    "Concat": _concat,
    "Transpose": lambda given, attributes: given[0].transpose(attributes.get("perm")),
    "Reshape": lambda given, attributes: given[0].reshape(
        new_shape(given[0].shape, attributes["shape"] if "shape" in attributes else given[1].reshape(-1).tolist())
    ),
    "Squeeze": lambda given, attributes: given[0].reshape(squeezed(given[0].shape, axes_of(given, attributes))),
    "Unsqueeze": lambda given, attributes: given[0].reshape(
        unsqueezed(given[0].shape, axes_of(given, attributes) or [])
    ),
    "Shape": lambda given, attributes: np.array(given[0].shape, dtype=np.int64),
}
