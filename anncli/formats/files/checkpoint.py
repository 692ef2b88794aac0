"""A checkpoint: the state of a training run in a file, from which the run can continue; a zip of numpy arrays and a JSON text."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.errors import NetworkError
from anncli.formats.files.textfile import Path, read_bytes, replace_file, shown_name

FORMAT = 1
_TEXT = "checkpoint.json"
_ARRAY = "array"


class Checkpoint(NamedTuple):
    """network: the bytes of the network file at the start of the run; settings: what determines the run, compared when it is
    resumed; state: nested dicts and lists of arrays, numbers and words."""

    network: bytes
    settings: dict[str, Any]
    state: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint whole or not at all; raises AnnError if it cannot be written."""
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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        # ZipInfo has a fixed date by default, so that the same run gives the same bytes.
        file.writestr(zipfile.ZipInfo(_TEXT), json.dumps(document))
        for name, values in arrays.items():
            with file.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(values), allow_pickle=False)
    replace_file(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a file; raises NetworkError if there is none, or a damaged or newer one."""
    import json
    import zipfile

    data = read_bytes(path, NetworkError, missing="check the name, or leave --resume out to begin anew")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            document = json.loads(file.read(_TEXT))
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(file.read(name)), allow_pickle=False)
                for name in file.namelist()
                if name != _TEXT
            }
        if document["format"] != FORMAT:
            raise NetworkError(
                f"is a checkpoint of format {document['format']}, this ann reads format {FORMAT}",
                path=shown_name(path),
                advice="use the ann that wrote it",
            )
        return Checkpoint(
            document["network"].encode("latin-1"), document["settings"], _with_arrays(document["state"], arrays)
        )
    # For a damaged file, zlib, zipfile, json and numpy raise errors of many classes.
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError, AttributeError, RecursionError):  # fmt: skip
        raise NetworkError(
            "is no checkpoint, or a damaged one", path=shown_name(path), advice="leave --resume out to begin anew"
        ) from None


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
