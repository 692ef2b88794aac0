"""Packed files of every kind: several members, cuts, damage, bombs, and names without the ending of the packer."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anncli.errors import DataError, UsageError
from anncli.formats.data.agreement import names_of_files
from anncli.formats.data.assemble import read_dataset
from anncli.formats.files import packers
from anncli.formats.files.packers import PACKERS, compressor_of, packer_of_name, without_packing
from anncli.formats.files.source import ByteSource

TEXT = b"1 2\n3 4\r\n# c\n\n5 6\n"


def has_zstd() -> bool:
    try:
        import compression.zstd  # noqa: F401
    except ImportError:
        try:
            import zstandard  # noqa: F401
        except ImportError:
            return False
    return True


def zstd(data: bytes) -> bytes:
    try:
        from compression.zstd import compress
    except ImportError:
        from zstandard import compress
    return bytes(compress(data))


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
needs_zstd = pytest.mark.skipif(not has_zstd(), reason="no zstd")
KINDS = ["gzip", "bzip2", "xz", pytest.param("zstd", marks=needs_zstd)]


def read(path: Any, size: int = 1 << 20) -> bytes:
    return b"".join(ByteSource(path).chunks(size))


def write(folder: Path, content: bytes) -> Path:
    path = folder / "data.bin"
    path.write_bytes(content)
    return path


def fault(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    return str(caught.value).removeprefix(f"{path}: ")


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_any_size_are_one_text(tmp_path: Path, kind: str) -> None:
    text = random.Random(3).randbytes(5000) + bytes(50_000)
    pack = PACK[kind]
    path = write(tmp_path, pack(text[:1000]) + pack(b"") + pack(text[1000:]) + b"\0" * 8)
    for size in (1 << 20, 4096, 512, 63):
        assert read(path, size) == text


@pytest.mark.parametrize("kind", KINDS)
def test_every_cut_is_told(tmp_path: Path, kind: str) -> None:
    packed = PACK[kind](TEXT * 50)
    article = "an" if kind == "xz" else "a"
    for end in range(10, len(packed)):
        assert fault(write(tmp_path, packed[:end])) == f"is {article} {kind} file cut short; copy or pack it again"


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_told_or_changes_nothing(tmp_path: Path, kind: str) -> None:
    text = random.Random(1).randbytes(3000).hex().encode()
    packed = PACK[kind](text)
    rng, faults = random.Random(2), []
    for _ in range(100):
        damaged = bytearray(packed)
        damaged[rng.randrange(12, len(packed))] ^= 1 << rng.randrange(8)
        path = write(tmp_path, bytes(damaged))
        try:
            # zstd's program writes a checksum, its Python packages do not: there a changed literal is a changed text.
            assert read(path) == text or kind == "zstd"
        except DataError as error:
            faults.append(str(error))
    assert all("damaged" in text or "cut short" in text or "far more" in text for text in faults)
    assert len(faults) > (1 if kind == "zstd" else 80)
    path = write(tmp_path, packed + b"junk")
    assert fault(path) == f"is a damaged {kind} file; copy or pack it again"


@pytest.mark.parametrize(
    "kind",
    [
        "gzip",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("bzip2", "xz")),
        pytest.param("zstd", marks=(needs_zstd, pytest.mark.slow)),
    ],
)
def test_bombs_end_early_and_the_limit_can_be_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = write(tmp_path, PACK[kind](bytes(200 << 20)))
    assert path.stat().st_size < 1 << 20
    program = next(packer.unpack for packer in PACKERS if packer.name == kind)
    advice = f"if that is right, unpack it with {program} first, or set ANN_UNPACK_LIMIT=10G"
    assert fault(path) == f"unpacks to far more than its size; {advice}"
    monkeypatch.setenv("ANN_UNPACK_LIMIT", "201M")
    assert sum(map(len, ByteSource(path).chunks())) == 200 << 20
    monkeypatch.setenv("ANN_UNPACK_LIMIT", "much")
    with pytest.raises(
        UsageError, match="ANN_UNPACK_LIMIT: must be a number of bytes, found 'much'; write for example"
    ):
        read(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_comes_in_pieces(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, PACK[kind](bytes(60 << 20)))
    assert max(map(len, ByteSource(path).chunks())) <= (16 << 20 if kind == "zstd" else 1 << 20)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_packed_files(tmp_path: Path, kind: str) -> None:
    ending = next(packer.ending for packer in PACKERS if packer.name == kind)
    for name, text in (("yes.csv", b"a,b\n1,2\n3,4\n"), ("no.csv", b"a,b\n5,6\n")):
        (tmp_path / (name + ending)).write_bytes(PACK[kind](text))
    data = read_dataset([tmp_path / f"yes.csv{ending}", tmp_path / f"no.csv{ending}"])
    assert data.inputs.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert data.classes == ("yes", "no")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_packed_here_is_unpacked_here(tmp_path: Path, kind: str) -> None:
    packer = next(packer for packer in PACKERS if packer.name == kind)
    assert packer_of_name(f"a.csv{packer.ending.upper()}") is packer
    compressor = compressor_of(packer)
    packed = b"".join(compressor.compress(piece) for piece in (b"abc", b"", b"d" * 100_000)) + compressor.flush()
    assert len(packed) < 1000
    assert packed.startswith(packer.mark)
    assert read(write(tmp_path, packed)) == b"abc" + b"d" * 100_000


def test_text_that_begins_like_a_packed_file_is_text(tmp_path: Path) -> None:
    for text in (b"B\n", b"BZ", b"BZh", b"BZh9 1\n2 3\n", b"BZhang 1\n1 2\n"):
        assert read(write(tmp_path, text)) == text


def test_without_zstd_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = write(tmp_path, b"\x28\xb5\x2f\xfd" + bytes(20))
    with pytest.raises(UsageError) as caught:
        read(path)
    assert "need Python 3.14 or the package zstandard; install it: pip install 'anncli[zstd]'" in str(caught.value)


def test_the_compressors_are_loaded_when_they_are_needed() -> None:
    code = "import sys, anncli.formats.files.source; print({'bz2', 'lzma', 'zstandard'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.csv.gz", "a.csv"),
        ("a.csv.ZST", "a.csv"),
        ("a.xz", "a"),
        ("a.csv", "a.csv"),
        (".gz", ".gz"),
        ("a.gz.gz", "a.gz"),
    ],
)
def test_names_without_the_ending_of_a_packer(name: str, stem: str) -> None:
    assert without_packing(name) == stem


def test_classes_are_named_without_the_ending() -> None:
    assert names_of_files(["x/a.csv.xz", "b.txt.bz2", "c.zst", "a.csv"]) == ("a", "b", "c", "a-2")


def test_every_packer_is_known_by_its_mark() -> None:
    for packer in PACKERS:
        if packer.name != "zstd" or has_zstd():
            assert packers.packer_of(PACK[packer.name](b"x")) is packer
    assert packers.packer_of(b"1 2 3") is None
