"""Pictures: PGM, PPM and PBM worked by hand and against Pillow, PNG, JPEG and BMP, sizes, colours, damaged files."""

from __future__ import annotations

import io
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typed_tables import read

from anncli.errors import DataError, UsageError
from anncli.formats.data.remarks import Remarks
from anncli.tables import Table


def pixels(path: Path, data: bytes | None = None, **want: Any) -> list[float]:
    if data is not None:
        path.write_bytes(data)
    found = read(path, **want)
    assert found.matrix is not None
    assert found.n_rows == 1
    assert found.matrix.dtype == np.float32
    return found.matrix[0].tolist()


BY_HAND = {
    "P1 2 2\n1 0\n0 1\n": [0, 255, 255, 0],
    "P1\n# bits without blanks\n3 2\n101\n010": [0, 255, 0, 255, 0, 255],
    "P2 2 1 255 7 255": [7, 255],
    "P2\n#c\n2 #d\n1\n15\n0 15\n": [0, 255],
    "P2 2 1 65535 65535 257": [255, 1],
    "P3 1 2 255  1 2 3  4 5 6": [1, 2, 3, 4, 5, 6],
}
BINARY = {
    b"P4 10 2\n\xff\x80\x00\x40": [0] * 9 + [255] * 10 + [0],
    b"P5 2 2 255\n\x00\x01\xfe\xff": [0, 1, 254, 255],
    b"P5 2 1 65535\n\x01\x01\xff\xff": [1, 255],
    b"P6\n1 2\n255\n\x01\x02\x03\x04\x05\x06": [1, 2, 3, 4, 5, 6],
    b"P5\n1 1\n# most\n51\n\x11": [85],
}


@pytest.mark.parametrize("text", BY_HAND)
def test_plain_pictures_by_hand(tmp_path: Path, text: str) -> None:
    assert pixels(tmp_path / "a.pgm", text.encode()) == BY_HAND[text]


@pytest.mark.parametrize("data", BINARY)
def test_binary_pictures_by_hand(tmp_path: Path, data: bytes) -> None:
    assert pixels(tmp_path / "a.pgm", data) == BINARY[data]


def test_names_say_the_place(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 2 2 255\n\x00\x01\xfe\xff")
    assert read(tmp_path / "a.pgm").names == ("r1c1", "r1c2", "r2c1", "r2c2")
    (tmp_path / "a.ppm").write_bytes(b"P6 1 2 255\n\x01\x02\x03\x04\x05\x06")
    names = ("r1c1red", "r1c1green", "r1c1blue", "r2c1red", "r2c1green", "r2c1blue")
    assert read(tmp_path / "a.ppm").names == names


def test_scaling_takes_the_mean_of_the_area(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    data = b"P2 4 2 255  10 20 30 40  50 60 70 80"
    assert pixels(path, data, size=(1, 2)) == [35, 55]
    assert pixels(path, data, size=(1, 1)) == [45]
    assert pixels(path, data, size=(2, 4)) == [10, 20, 30, 40, 50, 60, 70, 80]
    assert pixels(path, data, size=(2, 8)) == [10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60, 70, 70, 80, 80]
    # Three columns of 4/3 each: 10 and a third of 20 ...
    assert pixels(path, data, size=(1, 3)) == pytest.approx([32.5, 45, 57.5])
    colours = b"P3 2 1 255  10 20 30  30 40 50"
    assert pixels(path, colours, size=(1, 1)) == [20, 30, 40]
    assert pixels(path, colours, grey=True) == pytest.approx([0.299 * 10 + 0.587 * 20 + 0.114 * 30, 38.15])
    assert pixels(path, b"P3 1 1 255 7 7 7", grey=True) == [7]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"P5 2 2 255\n\x00\x01\xfe", "has 3 of 4 bytes: it is cut short"),
        (b"P2 2 2 255 1 2 3", "has 3 of 4 values: it is cut short"),
        (b"P2 2 2 255 1 2 3 x", "expected a whole number, found 'x'"),
        (b"P2 2 2 255 1 2 3 256", "a pixel of 256, but the largest is 255"),
        (b"P1 2 2 1 0 2 1", "holds something that is neither 0 nor 1"),
        (b"P5 2 2 70000\n1234", "the largest value of a pixel must be 1 to 65535"),
        (b"P5 0 2 255\n", "a picture of 0 x 2 pixels"),
        (b"P5 99999 99999 255\n\0", "a picture of 99999 x 99999 pixels in 20 bytes, far more than its size"),
    ],
)
def test_faults(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {message}; ")


def test_a_large_picture_needs_a_size(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 500 400 255\n" + bytes(200_000))
    with pytest.raises(DataError) as caught:
        read(path)
    message = (
        "is 400x500 pixels (rows x columns), 200000 values, more than 160000; say for example --size 64x64, or --grey"
    )
    assert str(caught.value) == f"{path}: {message}"
    assert pixels(path, size=(2, 2)) == [0, 0, 0, 0]


def test_the_limit_of_pixels_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pbm"
    path.write_bytes(b"P4 800 400\n" + bytes(40_000))
    assert pixels(path, size=(1, 1)) == [255]
    monkeypatch.setattr("anncli.formats.data.pixels._PIXELS_PER_BYTE", 2)
    monkeypatch.setattr("anncli.formats.data.pixels._MOST_PIXELS", 100_000)
    with pytest.raises(DataError, match="if that is right, set ANN_UNPACK_LIMIT=10G, or make it smaller"):
        read(path, size=(1, 1))
    monkeypatch.setenv("ANN_UNPACK_LIMIT", "7M")
    assert pixels(path, size=(1, 1)) == [255]


def test_tables_that_begin_alike_are_tables(tmp_path: Path) -> None:
    for text in ("P1,P2\n1,2\n3,4\n", "P5 P6\n1 2\n3 4\n", "BM,x\n1,2\n3,4\n"):
        (tmp_path / "a.csv").write_text(text)
        assert read(tmp_path / "a.csv").n_rows == 2


# From here on with Pillow.


def image(array: Any) -> Any:
    return pytest.importorskip("PIL.Image").fromarray(array)


def values(found: Table, shape: tuple[int, ...]) -> Any:
    assert found.matrix is not None
    return found.matrix.reshape(shape)


@pytest.mark.parametrize("ending", ["png", "bmp", "pgm", "ppm"])
def test_exact_formats_give_the_pixels(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(1)
    for shape in ((5, 7), (5, 7, 3)):
        if (ending == "ppm") == (len(shape) == 2):
            continue
        made = rng.integers(0, 256, shape, dtype=np.uint8)
        image(made).save(tmp_path / f"a.{ending}")
        assert (values(read(tmp_path / f"a.{ending}"), shape) == made).all()


def test_bits_and_16_bits_and_palettes(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2, (5, 11)).astype(bool)
    for ending in ("png", "pbm"):
        image(bits).save(tmp_path / f"b.{ending}")
        assert (values(read(tmp_path / f"b.{ending}"), (5, 11)) == bits * 255).all()
    deep = rng.integers(0, 65536, (5, 7)).astype(np.uint16)
    image(deep).save(tmp_path / "d.png")
    assert np.allclose(values(read(tmp_path / "d.png"), (5, 7)), deep / 257.0, rtol=1e-6)
    colours = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    with image(colours).quantize(200) as palette:
        palette.save(tmp_path / "p.png")
    assert (values(read(tmp_path / "p.png"), (5, 7, 3)) == colours).all()


def test_jpeg_is_what_pillow_reads(tmp_path: Path) -> None:
    module = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(1)
    image(rng.integers(0, 256, (16, 9, 3), dtype=np.uint8)).save(tmp_path / "a.jpg")
    with module.open(tmp_path / "a.jpg") as opened:
        assert (values(read(tmp_path / "a.jpg"), (16, 9, 3)) == np.asarray(opened)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_as_the_camera_says(tmp_path: Path, orientation: int) -> None:
    operations = pytest.importorskip("PIL.ImageOps")
    module = pytest.importorskip("PIL.Image")
    made = image(np.arange(24, dtype=np.uint8).reshape(4, 6))
    mark = made.getexif()
    mark[274] = orientation
    made.save(tmp_path / "o.png", exif=mark)
    with module.open(tmp_path / "o.png") as opened:
        wanted = np.asarray(operations.exif_transpose(opened))
    assert (values(read(tmp_path / "o.png"), wanted.shape) == wanted).all()


def test_white_shows_through(tmp_path: Path) -> None:
    image(np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [100, 0, 0, 51]]], dtype=np.uint8)).save(tmp_path / "a.png")
    remarks = Remarks()
    found = read(tmp_path / "a.png", remarks)
    assert values(found, (3, 3)).tolist() == [[10, 20, 30], [255, 255, 255], [224, 204, 204]]
    assert remarks.guesses == [f"{tmp_path}/a.png: where it is transparent, white shows through"]


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    pytest.importorskip("PIL.Image")

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = (13000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )
    (tmp_path / "a.png").write_bytes(bomb)
    with pytest.raises(DataError, match=r"a picture of 13000 x 13000 pixels in [0-9]+ bytes, far more than its size"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "bmp", "jpg"])
def test_a_cut_picture_is_told(tmp_path: Path, ending: str) -> None:
    held = io.BytesIO()
    rng = np.random.default_rng(1)
    image(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(held, {"jpg": "JPEG"}.get(ending, ending.upper()))
    data = held.getvalue()
    path = tmp_path / f"a.{ending}"
    for end in range(30, len(data) - 12, 41):
        path.write_bytes(data[:end])
        with pytest.raises(DataError, match="is a picture that cannot be read"):
            read(path)


def test_without_pillow_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(30))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UsageError, match=r"need Pillow; install it: pip install 'anncli\[images\]'"):
        read(tmp_path / "a.png")
