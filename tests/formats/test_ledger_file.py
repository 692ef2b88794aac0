"""Ledger files: what crashes, other programs and second writers do to them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from anncli.errors import AnnError, DataError, UsageError
from anncli.formats.files.ledger import HEADER, LedgerFile

ONE, TWO = {"digest": "01", "value": [1, None, "ä"]}, {"digest": "02"}
LINES = HEADER + b'{"digest":"01","value":[1,null,"\\u00e4"]}\n{"digest":"02"}\n'


def written(path: Path) -> list[dict[str, object]]:
    with LedgerFile(path) as file:
        return file.documents


def test_lines_come_back(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    with LedgerFile(path) as file:
        assert file.documents == []
        file.add(ONE)
        file.add(TWO)
    assert path.read_bytes() == LINES
    assert written(path) == [ONE, TWO]
    with LedgerFile(path) as file:
        file.add(ONE)
    assert written(path) == [ONE, TWO, ONE]


def test_every_place_where_a_crash_can_cut_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    for size in range(len(LINES) + 1):
        path.write_bytes(LINES[:size])
        whole = max(LINES[:size].count(b"\n") - 1, 0)
        with LedgerFile(path) as file:
            assert file.documents == [ONE, TWO][:whole]
            file.add(TWO)
        assert written(path) == [*[ONE, TWO][:whole], TWO]


@pytest.mark.parametrize("most", [1, 7, 0])
def test_a_call_that_writes_only_a_part_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    path, write = tmp_path / "x.ledger", os.write
    with LedgerFile(path) as file:
        file.add(ONE)
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:most]))
        if most:
            file.add(TWO)
        else:
            with pytest.raises(AnnError, match="No space left"):
                file.add(TWO)
        monkeypatch.undo()
    assert written(path) == [ONE, TWO][: 2 if most else 1]


def test_a_last_line_of_zeros_is_removed_too(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    for end in (b"\0" * 40, b"\0" * 40 + b"\n", b"7\n", b'{"digest"\n{'):
        path.write_bytes(LINES + end)
        assert written(path) == [ONE, TWO]
        assert path.read_bytes() == LINES


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    path.write_bytes(LINES.replace(b'"value"', b"value"))
    with pytest.raises(DataError) as caught:
        LedgerFile(path)
    assert str(caught.value) == f"{path}:2: is damaged; remove the line; its training runs again"


@pytest.mark.parametrize("content", [b"1 2\n3 4\n", b"anncli: 1\n", HEADER.replace(b"1", b"2"), b"\n", b" "])
def test_another_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pos.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"pos.txt is no ledger of ann; name a ledger, or a file that does not exist$"):
        LedgerFile(path)
    assert path.read_bytes() == content


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ledger"
    with LedgerFile(path) as file:
        with pytest.raises(AnnError, match=r"is in use by another run; wait for its end, or name another file$"):
            LedgerFile(path)
        file.add(ONE)
    assert written(path) == [ONE]


def test_what_cannot_be_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be '-'"):
        LedgerFile("-")
    with pytest.raises(UsageError, match="must be a regular file"):
        LedgerFile("/dev/null")
    with pytest.raises(AnnError, match="cannot write: Is a directory; name a file in it"):
        LedgerFile(tmp_path)
    with pytest.raises(AnnError, match="cannot write: No such file or directory; create the folder first"):
        LedgerFile(tmp_path / "none" / "x")


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    path = tmp_path / "x.ledger"
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with LedgerFile(path) as file:
        file.add(ONE)
        before = path.read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, call, half if call == "write" else full)
            with pytest.raises(AnnError, match="cannot write: No space left on device"):
                file.add(TWO)
        assert path.read_bytes() == before
        file.add(TWO)
    assert path.read_bytes() == LINES


def test_a_line_is_on_the_disk_before_add_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for name in ("write", "fsync"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given, real=real, name=name: calls.append(name) or real(*given))
    with LedgerFile(tmp_path / "x.ledger") as file:
        # The header, and then the folder, which holds the new name.
        assert calls == ["write", "fsync", "fsync"]
        file.add(ONE)
    assert calls[3:] == ["write", "fsync"]
