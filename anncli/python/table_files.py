"""Tables in files as Python users read them: for a training, and for a network that was trained on one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from anncli.dataset.dataset import Dataset
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.dataset.table_data import TableData
from anncli.errors import UsageError, asking, did_you_mean, paths_of
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.table_sets import TableReader, read_table_sets
from anncli.formats.data.table_use import read_labelled, stream_encoded
from anncli.formats.files.textfile import Path
from anncli.network.network import Network
from anncli.options.data_readers import label_fields, na_fields
from anncli.options.table import OPTIONS


def read_table_data(
    paths: Path | Sequence[Path], label: str | Sequence[str] | None = None, **options: Any
) -> TableData:
    """The labelled rows of one or more tables, for make_network() and train(), which encodes them as the training rows ask for.

    Args: label and options as on the command line, with underscores: label="species", ["a", "b"], "last" or "inputs",
        task, positive, missing, missing_label, category, ignore, use, weight, group, order, unknown; and how files are
        read: format, header, decimal, na, transpose, size, grey.
    Raises: DataError, UsageError as `ann train`. A warning of Python tells of numbers that 32 bits do not hold.
    """
    reader = _reader(label, options)
    data, _ = read_table_sets({"training": paths_of(paths)}, reader)
    _warn(reader.remarks)
    return data


def read_table_for(
    network: Network,
    paths: Path | Sequence[Path],
    label: str | Sequence[str] | None = None,
    labelled: bool = True,
    **options: Any,
) -> Dataset:
    """The rows of tables as the inputs of a trained network, for evaluate() and, as `.inputs`, for predict().

    Columns are matched by name. Args: label: where the answers are called otherwise than in training; labelled: False for
    tables without answers, of which the dataset then has none; options as in read_table_data().
    Raises: DataError, UsageError as `ann test` and `ann predict`.
    """
    reader = _reader(label, options)
    if labelled:
        data = read_labelled(paths_of(paths), reader, network)
    else:
        blocks = [rows.encoded.inputs for path in paths_of(paths) for rows in stream_encoded(path, reader, network)]
        inputs = np.concatenate(blocks)
        data = Dataset(inputs, np.full(len(inputs), -1, dtype=np.int8), columns=network.columns)
    _warn(reader.remarks)
    return data


# Fields of a request that are called otherwise than the option, or that belong to commands.
_NO_OPTIONS = ("label", "label_files", "only_na", "memory")


def _reader(label: str | Sequence[str] | None, options: Mapping[str, Any]) -> TableReader:
    """How tables are read; raises UsageError for an option that tables do not have, and for its value."""
    known = [name for name in (*TableRequest._fields, *ReadRequest._fields) if name not in _NO_OPTIONS]
    found: dict[str, Any] = {}
    for name, value in {"label": label, **options}.items():
        if name != "label" and name not in known:
            raise UsageError(f"unknown option {name!r} of tables", advice=did_you_mean(name, ["label", *known]))
        if value is not None:
            with asking(name):
                found[name] = OPTIONS[name].read(value)
    found |= label_fields(found.pop("label", ())) | na_fields(found.pop("na", ()))
    if "header" in found:
        found["header"] = {"yes": True, "no": False, "auto": None}[found["header"]]
    request = TableRequest(**{name: value for name, value in found.items() if name in TableRequest._fields})
    read = ReadRequest(**{name: value for name, value in found.items() if name in ReadRequest._fields})
    return TableReader(request, read, Remarks())


def _warn(remarks: Remarks) -> None:
    for text in remarks.warnings():
        warnings.warn(text, stacklevel=3)
