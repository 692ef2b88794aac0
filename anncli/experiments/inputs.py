"""What specs refer to, read once in a process: datasets by the digest of their contents, and networks by their bytes."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np

from anncli.arrays import Inputs, Tokens
from anncli.dataset.dataset import Dataset
from anncli.dataset.table_data import TableData
from anncli.dataset.text_data import TextData
from anncli.errors import DataError
from anncli.experiments.sent_setup import SentSetup
from anncli.experiments.spec import DataFile, DataRef, Spec, plain
from anncli.formats.data.assemble import read_dataset
from anncli.formats.data.remarks import Remarks
from anncli.formats.networks.storage import parse
from anncli.network.network import Network
from anncli.training.setup import Setup

# What a training learns from: samples, or a table or texts that each training encodes as its own training rows ask for.
Data = Dataset | TableData | TextData

# Data by the digest of their contents: registered ones until forget(), and the last two that were read.
_registered: dict[str, Data | SentSetup] = {}
_read_last: deque[tuple[str, Data]] = deque(maxlen=2)
_networks: deque[tuple[bytes, Network]] = deque(maxlen=2)
_lock = Lock()


def register(
    dataset: Data, paths: Sequence[str] = (), *, data_format: str = "auto", n_inputs: int | None = None
) -> DataRef:
    """A reference to a dataset, which stays in the memory of this process until forget().

    paths: the files it was read from, if another process can read them again, so no streams and no tables, which are
        sent; data_format, n_inputs: as they were read.
    """
    contents = dataset_digest(dataset)
    _registered[contents] = dataset
    files: tuple[DataFile, ...] = ()
    if isinstance(dataset, Dataset) and len(paths) == len(dataset.sources):
        files = tuple(DataFile(path, source.sha256) for path, source in zip(paths, dataset.sources, strict=True))
    columns = dataset.columns if isinstance(dataset, Dataset) else ()
    return DataRef(contents, files, data_format, dataset.classes, n_inputs, columns)


def register_setup(setup: Setup) -> DataRef:
    """A reference to the setup of a run, whose parts other processes train; it stays in memory until forget()."""
    sent = SentSetup(setup)
    contents = sent.digest()
    _registered[contents] = sent
    return DataRef(contents)


def setup_of(ref: DataRef) -> Setup:
    """The setup meant, with a backend of this process; raises DataError where this process has none."""
    sent = _registered.get(ref.contents)
    if not isinstance(sent, SentSetup):
        raise DataError("the setup of this training is in the memory of another process")
    return sent.setup


def forget(ref: DataRef) -> None:
    """Let go of a registered dataset."""
    _registered.pop(ref.contents, None)


def _shape(inputs: Inputs) -> list[int]:
    return list(inputs.shape) if isinstance(inputs, np.ndarray) else [len(inputs), inputs.columns, len(inputs.values)]


def _add_inputs(digest: hashlib._Hash, inputs: Inputs) -> None:
    if isinstance(inputs, np.ndarray):
        digest.update(np.ascontiguousarray(inputs, dtype="<f4").data)
        return
    digest.update(np.ascontiguousarray(inputs.starts, dtype="<i8").data)
    if isinstance(inputs, Tokens):
        digest.update(np.ascontiguousarray(inputs.indices, dtype="<i4").data)
    digest.update(np.ascontiguousarray(inputs.values, dtype="<f4").data)


def dataset_digest(dataset: Data) -> str:
    """sha256 over everything in a dataset that a trained network can depend on: values, labels or targets, weights, all names."""
    if isinstance(dataset, TableData):
        return _table_digest(dataset)
    if isinstance(dataset, TextData):
        return _text_digest(dataset)
    described: dict[str, Any] = {
        "shape": _shape(dataset.inputs),
        "classes": list(dataset.classes),
        "columns": list(dataset.columns),
        "names": list(dataset.names),
        "sources": [list(source) for source in dataset.sources],
        "weighted": dataset.weights is not None,
    }
    described |= {"by_row": True} if dataset.by_row else {}
    if dataset.targets is not None:
        described |= {"task": dataset.task, "target_names": list(dataset.target_names), "n_targets": dataset.n_targets}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    _add_inputs(digest, dataset.inputs)
    digest.update(np.ascontiguousarray(dataset.labels, dtype="<i4").data)
    if dataset.targets is not None:
        digest.update(np.ascontiguousarray(dataset.targets, dtype="<f4").data)
    if dataset.weights is not None:
        digest.update(np.ascontiguousarray(dataset.weights, dtype="<f4").data)
    for name in ("groups", "times", "until", "last"):
        values = getattr(dataset, name)
        if values is not None:
            digest.update(name.encode() + np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def _table_digest(data: TableData) -> str:
    """The same for a table: its cells and words, the roles and kinds of its columns, and how it is to be encoded."""
    table = data.table
    described = {
        "rest": dataset_digest(data.bare()),
        "roles": plain(data.roles._asdict()),
        "kinds": dict(data.kinds),
        "encoding": [data.missing, data.unknown],
        "columns": [
            [c.name, list(c.words), c.is_declared, None if c.numbers is None else str(c.numbers.dtype)]
            for c in table.columns
        ],
    }
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for column in table.columns:
        cells = column.numbers if column.numbers is not None else column.codes
        assert cells is not None
        digest.update(np.ascontiguousarray(cells).data)
    if table.tokens is not None:
        _add_inputs(digest, table.tokens)
    return digest.hexdigest()


def _text_digest(data: TextData) -> str:
    """The same for texts: their characters and how long each is."""
    described = {"rest": dataset_digest(data.bare()), "lengths": [len(text) for text in data.texts]}
    digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode())
    for text in data.texts:
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def dataset_of(ref: DataRef) -> Data:
    """The dataset meant, from memory or read from its files.

    Raises: DataError for files that are gone or have changed, and for a dataset that no file holds.
    """
    with _lock:
        found = {**dict(_read_last), **_registered}.get(ref.contents)
        if found is None:
            found = _read(ref)
            _read_last.append((ref.contents, found))
        assert not isinstance(found, SentSetup)
        return found


def keep(datasets: Mapping[str, Data | SentSetup]) -> None:
    """Register datasets and setups that another process has sent, by the digests of their contents."""
    _registered.update(datasets)


def registered(contents: str) -> Data | SentSetup | None:
    """What register(), register_setup() or keep() took under this digest, or None."""
    return _registered.get(contents)


def unreadable(specs: Iterable[Spec]) -> dict[str, Data | SentSetup]:
    """The datasets and setups of the specs that another process cannot read from files and must be sent."""
    refs = {spec.data.contents for spec in specs if not spec.data.files}
    return {contents: dataset for contents in refs if (dataset := _registered.get(contents)) is not None}


def network_of(data: bytes) -> Network:
    """The network in the bytes of a file, which callers must not change; raises NetworkError for a damaged one."""
    with _lock:
        found = next((network for known, network in _networks if known == data), None)
        if found is None:
            found = parse(data, "NETWORK")
            _networks.append((data, found))
        return found


def _read(ref: DataRef) -> Dataset:
    if not ref.files:
        raise DataError("the data of this training are in the memory of another process")
    dataset = read_dataset(
        [file.path for file in ref.files],
        class_names=ref.classes or None,
        n_inputs=ref.columns or ref.n_inputs,
        data_format=ref.data_format,
        remarks=Remarks(),
    )
    for file, source in zip(ref.files, dataset.sources, strict=True):
        if file.sha256 != source.sha256:
            raise _changed(file.path)
    if dataset_digest(dataset) != ref.contents:
        raise _changed(ref.files[0].path)
    return dataset


def _changed(path: str) -> DataError:
    return DataError("has changed since the command started", path=path, advice="start the command again")
