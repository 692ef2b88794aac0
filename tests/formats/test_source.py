"""Sources: whole lines in blocks from files, pipes and gzip, and what is no text."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import sys
import threading
import zlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from anncli.errors import DataError
from anncli.formats.files import packers
from anncli.formats.files import source as module
from anncli.formats.files.source import ByteSource

TEXT = b"1 2\n3 4\r\n# c\n\n5 6\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "data.txt"
    path.write_bytes(content)
    return path


def read(path: Any, size: int = 1 << 20) -> bytes:
    return b"".join(ByteSource(path).blocks(size))


def fault(path: Any) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_blocks_are_whole_lines_of_any_size(tmp_path: Path, size: int, pack: Any) -> None:
    path = write(tmp_path, pack(b"\xef\xbb\xbf" + TEXT))
    blocks = list(ByteSource(path).blocks(size))
    assert b"".join(blocks) == TEXT
    assert all(block.endswith(b"\n") for block in blocks)
    assert len(blocks) > 1 or size == 100 or pack is gzip.compress


@pytest.mark.parametrize(("content", "wanted"), [(b"1", b"1\n"), (b"1\n2", b"1\n2\n"), (b"", b""), (b"\n", b"\n"), (b"\xef\xbb\xbf", b""), (b"1\r", b"1\r\n")])  # fmt: skip
def test_the_last_line_needs_no_newline(tmp_path: Path, content: bytes, wanted: bytes) -> None:
    assert read(write(tmp_path, content)) == wanted


def test_the_digest_is_that_of_the_raw_bytes(tmp_path: Path) -> None:
    raw = gzip.compress(TEXT)
    source = ByteSource(write(tmp_path, raw))
    list(source.blocks(5))
    assert source.sha256 == hashlib.sha256(raw).hexdigest()


def test_gzip_of_several_members_and_padding(tmp_path: Path) -> None:
    packed = gzip.compress(b"1 2\n3") + gzip.compress(b"") + gzip.compress(b" 4\n") + b"\0" * 600
    assert read(write(tmp_path, packed)) == b"1 2\n3 4\n"
    for size in (1, 5, 29, 64):
        assert read(write(tmp_path, packed), size) == b"1 2\n3 4\n"


def test_gzip_cut_short_anywhere(tmp_path: Path) -> None:
    packed = gzip.compress(TEXT * 50)
    path = write(tmp_path, packed)
    for end in range(3, len(packed)):
        path.write_bytes(packed[:end])
        assert fault(path) == f"{path}: is a gzip file cut short; copy or pack it again"


def test_damaged_gzip(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(random.Random(1).randbytes(300).hex().encode()))
    path = tmp_path / "data.txt"
    for place in (10, 100, len(packed) - 8, len(packed) - 1):
        damaged = packed.copy()
        damaged[place] ^= 255
        path.write_bytes(damaged)
        assert fault(path) == f"{path}: is a damaged gzip file; copy or pack it again"
    path.write_bytes(bytes(packed) + b"junk")
    assert "is a damaged gzip file" in fault(path)


def test_a_gzip_bomb_ends_early_and_honest_zeros_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packers, "_ALWAYS_ALLOWED", 1 << 20)
    path = write(tmp_path, gzip.compress(b"0 0 0 0 0 0 0 0\n" * (1 << 18)))
    assert fault(path).startswith(f"{path}: unpacks to far more than its size; if that is right, unpack it with gunzip")
    honest = gzip.compress(b"0 0 0 0 0 0 0 0\n" * (1 << 15))
    assert len(read(write(tmp_path, honest))) == 1 << 19


def test_a_bomb_is_unpacked_in_small_pieces(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"0\n" * (8 << 20)))
    assert max(map(len, ByteSource(path).blocks())) <= 1 << 20


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"1 2\n3 \x004\n", "looks like a binary file, not text; check that this is the right file"),
        ("1 2\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        ("1 2\n".encode("utf-16-le"), "looks like a binary file, not text; check that this is the right file"),
        (b"PK\x03\x04 ...", "is packed by zip; unpack it first, or pack it with gzip, bzip2, xz or zstd"),
        (b"\xfd7zXZ\0", "is an xz file cut short; copy or pack it again"),
    ],
)
def test_what_is_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    path = write(tmp_path, content)
    assert fault(path) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("content", "line"), [(b"1\r2\r3\r", 1), (b"1\n2\n3\r4\n", 3), (b"1\r\n2\r3\r\n", 2), (b"1\r2", 1)]
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_lines_ended_by_carriage_return_alone(tmp_path: Path, content: bytes, line: int, size: int) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read(path, size)
    advice = "end lines with a line feed: tr '\\r' '\\n' < old > new"
    assert str(caught.value) == f"{path}:{line}: holds a carriage return inside a line; {advice}"


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LONGEST_LINE", 3 << 20)
    path = write(tmp_path, b"1 " * (2 << 20))
    assert fault(path) == f"{path}: holds a line of more than 3 MiB; check that this is the right file"
    path.write_bytes(b"1 " * (1 << 20))
    assert len(read(path, 1000)) == (2 << 20) + 1


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.txt").startswith(f"{tmp_path}/none.txt: no such file")
    assert fault(tmp_path).startswith(f"{tmp_path}: is a directory")
    assert "\0" not in fault("a\0b")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT)))
    source = ByteSource("-")
    assert b"".join(source.blocks(4)) == TEXT
    assert (source.name, source.shown) == ("stdin", "<stdin>")
    monkeypatch.setattr(sys, "stdin", None)
    assert fault("-") == "<stdin>: standard input is closed; name a file"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_pipe_gives_each_line_when_it_comes(start: bytes) -> None:
    """Also when the byte order mark, or a part of a line, comes alone."""
    end, beginning = os.pipe()
    pieces = [*(bytes([byte]) for byte in start), b"1 2\n", b"3", b" 4\n5 6\n7", b" 8"]
    seen: list[bytes] = []
    awaited = [b"1 2\n", b"3 4\n5 6\n", b"7 8\n"]
    may_write = threading.Event()

    def feed() -> None:
        for piece in pieces:
            os.write(beginning, piece)
            if piece.endswith(b"\n") or piece == b" 4\n5 6\n7":
                # Goes on only when what is complete has been handed out.
                may_write.wait(20)
                may_write.clear()
        os.close(beginning)

    writer = threading.Thread(target=feed)
    writer.start()
    for block in ByteSource(f"/dev/fd/{end}").blocks():
        seen.append(block)
        may_write.set()
    writer.join()
    os.close(end)
    assert seen == awaited


def test_gzip_from_random_cuts_is_the_same_text(tmp_path: Path) -> None:
    rng = random.Random(5)
    text = b"".join(b"%d %d\n" % (rng.randrange(999), rng.randrange(9)) for _ in range(3000))
    members = b"".join(gzip.compress(text[k : k + 777]) for k in range(0, len(text), 777))
    assert read(write(tmp_path, members), 13) == text
    assert zlib.crc32(read(write(tmp_path, members), 4096)) == zlib.crc32(text)


def test_what_was_peeked_at_is_read_again(tmp_path: Path) -> None:
    for pack in (bytes, gzip.compress):
        path = write(tmp_path, pack(TEXT * 3))
        source = ByteSource(path)
        assert source.peek(lambda head: len(head) >= 5)[:5] == TEXT[:5]
        assert b"".join(source.blocks()) == TEXT * 3
        assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    source = ByteSource(path)
    assert source.peek(lambda head: False) == TEXT * 3
    assert b"".join(source.chunks()) == TEXT * 3


def test_binary_data_come_in_chunks_unpacked(tmp_path: Path) -> None:
    for content in (b"PK\x03\x04\0\1", b"\0" * 3000):
        assert b"".join(ByteSource(write(tmp_path, content)).chunks(100)) == content
        assert b"".join(ByteSource(write(tmp_path, gzip.compress(content))).chunks(100)) == content
