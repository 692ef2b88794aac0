"""`ann scan` with Pillow: PNG as written and as read, JPEG, damaged files, and the boxes of a picture in any form."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from ann_process import Ann

from anncli.formats.data.picture_bytes import picture_bytes
from anncli.formats.networks.storage import save
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("shape", [(7, 5), (1, 1), (4, 9, 3), (300, 200, 3)])
def test_png_is_read_by_pillow_as_it_was_written(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    image = Image.open(io.BytesIO(picture_bytes(pixels, ".png")))
    image.load()
    assert image.format == "PNG"
    np.testing.assert_array_equal(np.asarray(image), pixels)
    for ending in (".pgm", ".ppm"):
        found = np.asarray(Image.open(io.BytesIO(picture_bytes(pixels, ending))))
        if ending == ".ppm" or pixels.ndim == 2:
            np.testing.assert_array_equal(found if pixels.ndim == found.ndim else found[..., 0], pixels)


def test_values_are_rounded_and_kept_in_range() -> None:
    image = Image.open(io.BytesIO(picture_bytes(np.array([[-3.0, 0.4, 0.6, 254.6, 300.0]]), ".png")))
    assert np.asarray(image).tolist() == [[0, 0, 1, 255, 255]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network that finds a bright square of 4 x 4 pixels on dark, and a picture with one at x 9, y 6."""
    weights = np.full((6, 6), -2.0)
    weights[1:5, 1:5] = 1.0
    parameters = np.array([-12.0, *(weights.ravel() / 255)], dtype=np.float32)
    topology = Topology(Shape(36, 1, (6, 6, 1)), ["1 logistic"])
    save(Network(topology, parameters, classes=("square", "rest"), targets=(1.0, 0.0)), tmp_path / "n.nn")
    scene = np.zeros((20, 30, 3), dtype=np.uint8)
    scene[6:10, 9:13] = 250
    Image.fromarray(scene).save(tmp_path / "a.png")
    Image.fromarray(scene).save(tmp_path / "a.bmp")
    Image.fromarray(scene).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(scene).save(tmp_path / "a.ppm")
    Image.fromarray(scene).convert("L").save(tmp_path / "grey.png")
    return tmp_path


def test_the_box_does_not_depend_on_the_form_of_the_picture(folder: Path, ann: Ann) -> None:
    found = {
        name: ann("scan", "n.nn", name, "--step", 1).stdout for name in ("a.ppm", "a.png", "a.bmp", "grey.png", "a.jpg")
    }
    assert found["a.ppm"].splitlines()[0].startswith("8\t5\t6\t6\t0.97")
    # 250 of each colour is a brightness of 250 but for the rounding of 32 bits.
    assert found["a.png"] == found["a.bmp"] == found["a.ppm"]
    for name in ("grey.png", "a.jpg"):
        assert found[name].startswith("8\t5\t6\t6\t0.9"), name


def test_a_damaged_picture_is_refused(folder: Path, ann: Ann) -> None:
    data = (folder / "a.png").read_bytes()
    (folder / "cut.png").write_bytes(data[: len(data) // 2])
    (folder / "flipped.png").write_bytes(data[:50] + bytes([data[50] ^ 255]) + data[51:])
    for name in ("cut.png", "flipped.png"):
        done = ann("scan", "n.nn", name, check=3)
        assert done.stderr.startswith(f"ann: {name}: is a picture that cannot be read")
        assert done.stderr.endswith("; copy or write it again\n")
        assert done.stdout == ""
