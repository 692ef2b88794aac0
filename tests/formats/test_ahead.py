"""Reading ahead in a thread: the same items, the same errors, and no thread that stays."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from anncli.errors import DataError
from anncli.formats.data.table_files import read_table, stream_table
from anncli.formats.files import ahead as module
from anncli.formats.files.ahead import ahead, most_threads
from anncli.formats.files.source import ByteSource


def test_the_same_items_in_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))
    assert list(ahead(iter(()))) == []


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise DataError("is gone", path="x")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(DataError, match="x: is gone"):
        next(found)


def test_nobody_reads_on_for_one_who_stopped() -> None:
    taken = []

    def items() -> Iterator[int]:
        for k in range(100):
            taken.append(k)
            yield k

    found, before = ahead(items()), threading.active_count()
    assert [next(found), next(found)] == [0, 1]
    found.close()  # type: ignore[attr-defined]
    assert len(taken) < 20
    assert threading.active_count() <= before


@pytest.mark.slow
def test_large_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "".join(f"{k},x{k % 5}\n" for k in range(200_000)))
    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    assert most_threads(str(path)) == most_threads("-") == 1
    plain = read_table(path)
    monkeypatch.setattr(module, "_WORTH", 1)
    assert most_threads(str(path)) == 2
    monkeypatch.setattr(module.os, "cpu_count", lambda: None)
    assert most_threads(str(path)) == 1
    monkeypatch.setattr(module.os, "cpu_count", lambda: 64)
    assert most_threads(str(path)) == 4
    source = ByteSource(path)
    batches, thread = stream_table(source), read_table(path)
    assert sum(batch.n_rows for batch in batches) == 200_000
    other = ByteSource(path)
    assert list(other.chunks())
    assert source.sha256 == other.sha256
    for one, two in zip(plain.columns, thread.columns, strict=True):
        assert one.words == two.words
        assert np.array_equal(one.numbers if one.numbers is not None else one.codes, two.numbers if two.numbers is not None else two.codes)  # type: ignore[arg-type]  # fmt: skip
