"""A checkpoint: the state of a training run in a file, from which the run can continue; a zip of numpy arrays and a JSON text."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.files.textfile import Path, read_bytes, replace_file, shown_name

FORMAT = 2
_TEXT = "checkpoint.json"
_SUM = "checksum"
_ARRAY = "array"
#: What stands for the epoch in the name of a checkpoint that is kept beside the others of its run.
EPOCH = "{epoch}"


class Checkpoint(NamedTuple):
    """network: the bytes of the network file at the start of the run; settings: what determines the run, compared when it is
    resumed; state: nested dicts and lists of arrays, numbers and words."""

    network: bytes
    settings: dict[str, Any]
    state: dict[str, Any]


def checkpoint_name(path: str, epoch: int) -> str:
    """The file of the checkpoint after an epoch: the path with the number in place of {epoch}."""
    return path.replace(EPOCH, str(epoch))


def is_checkpoint_name(path: str, name: str) -> bool:
    """Whether the checkpoint after some epoch has this name."""
    pattern = "([0-9]+)".join(map(re.escape, path.split(EPOCH)))
    found = re.fullmatch(pattern, name, re.ASCII)
    return found is not None and len(set(found.groups())) <= 1


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint whole or not at all; raises AnnError if it cannot be written."""
    replace_file(path, checkpoint_bytes(checkpoint))


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The bytes of the file."""
    # Here and below: zipfile loads all compressors, and most trainings have no checkpoint.
    import json
    import zipfile

    arrays: dict[str, Array] = {}
    document = {
        "format": FORMAT,
        "network": checkpoint.network.decode("latin-1"),
        "settings": checkpoint.settings,
        "state": _without_arrays(checkpoint.state, arrays),
    }
    members = {f"{name}.npy": _array_bytes(values) for name, values in arrays.items()}
    text = json.dumps(document).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        # ZipInfo has a fixed date by default, so that the same run gives the same bytes.
        for name, data in {_TEXT: text, **members, _SUM: _checksum(text, members)}.items():
            with file.open(zipfile.ZipInfo(name), "w", force_zip64=name.endswith(".npy")) as member:
                member.write(data)
    return buffer.getvalue()


def load_checkpoint(path: Path, otherwise: str = "leave --resume out to begin anew") -> Checkpoint:
    """The checkpoint in a file; raises NetworkError if there is none, or a damaged or newer one, with what to do otherwise."""
    data = read_bytes(path, NetworkError, missing=f"check the name, or {otherwise}")
    return checkpoint_of(data, path, otherwise)


def checkpoint_of(data: bytes, path: Path, otherwise: str = "") -> Checkpoint:
    """The checkpoint in the bytes of a file; raises NetworkError as load_checkpoint() does."""
    import json

    try:
        members = _members(data)
        text = members.pop(_TEXT)
        document = json.loads(text)
        if not isinstance(document["format"], int) or document["format"] > FORMAT:
            raise NetworkError(
                f"is a checkpoint of format {str(document['format'])[:20]}, this ann reads format {FORMAT}",
                path=shown_name(path),
                advice="use the ann that wrote it",
            )
        # Format 1 had no checksum.
        if document["format"] > 1 and members.pop(_SUM) != _checksum(text, members):
            raise ValueError("another checksum")
        arrays = {name.removesuffix(".npy"): _array(member) for name, member in members.items()}
        settings, state = document["settings"], _with_arrays(document["state"], arrays)
        if not isinstance(settings, dict) or not isinstance(state, dict):
            raise TypeError("no mapping")
        return Checkpoint(document["network"].encode("latin-1"), settings, state)
    except (NetworkError, MemoryError):
        raise
    # For a damaged file, zipfile, json and numpy raise errors of many classes.
    except Exception:
        raise NetworkError("is no checkpoint, or a damaged one", path=shown_name(path), advice=otherwise) from None


def _members(data: bytes) -> dict[str, bytes]:
    """The contents of the zip by name; raises ValueError for one that is packed: it could unpack to any size."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = file.infolist()
        # A copy of one content under many names would also be larger than the file.
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries) or (
            sum(entry.file_size for entry in entries) > len(data)
        ):
            raise ValueError("unpacks to more than its size")
        return {entry.filename: file.read(entry) for entry in entries}


def _checksum(text: bytes, members: Mapping[str, bytes]) -> bytes:
    """SHA-256 over the JSON text and all arrays with their names, as hex digits."""
    digest = hashlib.sha256(text)
    for name, data in members.items():
        digest.update(name.encode() + b"\0" + data)
    return digest.hexdigest().encode()


def _array_bytes(values: Array) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def _array(data: bytes) -> Array:
    """The array in the bytes of a .npy file; raises ValueError if its header announces anything but the numbers in it."""
    buffer = io.BytesIO(data)
    if np.lib.format.read_magic(buffer) != (1, 0):
        raise ValueError("another version")
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    # Before memory is asked for: a damaged header can announce any size.
    if dtype.kind not in "fiub" or math.prod(shape) * dtype.itemsize != len(data) - buffer.tell():
        raise ValueError("another size")
    buffer.seek(0)
    found: Array = np.lib.format.read_array(buffer, allow_pickle=False)
    return found


def _without_arrays(value: Any, arrays: dict[str, Array]) -> Any:
    """The value with a name in place of every array; the arrays are put into `arrays` under these names."""
    if isinstance(value, np.ndarray):
        name = f"{_ARRAY}{len(arrays)}"
        arrays[name] = value
        return {_ARRAY: name}
    if isinstance(value, Mapping):
        return {key: _without_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _with_arrays(value: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_ARRAY}:
            return arrays[value[_ARRAY]]
        return {key: _with_arrays(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_arrays(item, arrays) for item in value]
    return value
