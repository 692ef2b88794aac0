"""Scanning pictures: the pyramid, windows, overlaps and boxes, against sizes and areas worked by hand and against loops."""

from __future__ import annotations

import numpy as np
import pytest

from anncli.dataset.picture_areas import scaled_to
from anncli.errors import DataError, ValueFault
from anncli.inference import scan as module
from anncli.inference.boxes import overlaps, without_overlaps
from anncli.inference.patches import Patch, patch_of, pixel_of
from anncli.inference.scan import (  # fmt: skip
    Sought,
    Sweep,
    box_windows,
    count_windows,
    level_of,
    level_sizes,
    scan,
    scan_pixels,
    windows_of,
)
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology


def network_of(weights: list[float], bias: float, shape: int | Shape, columns: tuple[str, ...] = ()) -> Network:
    """One logistic unit."""
    parameters = np.array([bias, *weights], dtype=np.float32)
    return Network(Topology(shape, ["1 logistic"]), parameters, columns=columns)


def test_the_sizes_of_the_levels_by_hand() -> None:
    # 100 / 1.5 = 66.7, / 2.25 = 44.4, / 3.375 = 29.6, / 5.0625 = 19.75 -> 20; 60 / 1.5 = 40, 26.7, 17.8; 11.9 does not hold 12 x 18.
    assert level_sizes(60, 100, Patch(12, 18, 1), 1.5) == [(60, 100), (40, 67), (27, 44), (18, 30), (12, 20)]
    assert level_sizes(60, 100, Patch(13, 18, 1), 1.5) == [(60, 100), (40, 67), (27, 44), (18, 30)]
    assert level_sizes(60, 100, Patch(60, 100, 1), 1.5) == [(60, 100)]
    assert level_sizes(60, 100, Patch(61, 1, 1), 1.5) == []
    assert level_sizes(60, 100, Patch(1, 1, 1), 1.0) == [(60, 100)]
    # A factor so near to 1 that the size stays gives no level twice.
    assert level_sizes(3, 3, Patch(2, 2, 1), 1.01) == [(3, 3), (2, 2)]
    # One so near that the steps between two sizes cannot be counted is no endless loop.
    assert level_sizes(5, 5, Patch(2, 2, 1), float(np.nextafter(1.0, 2.0))) == [(5, 5), (4, 4), (3, 3), (2, 2)]
    assert level_sizes(60, 100, Patch(59, 97, 1), 1 + 1e-9) == [(60, 100), (60, 99), (59, 99), (59, 98)]


def test_the_number_of_windows_by_hand() -> None:
    # (7 - 3) / 2 + 1 = 3 down, (10 - 4) / 2 + 1 = 4 across; then 1 x 1.
    assert count_windows([(7, 10), (3, 4)], Patch(3, 4, 1), 2) == 13


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_windows_are_those_of_a_loop(monkeypatch: pytest.MonkeyPatch, channels: int, step: int) -> None:
    rng = np.random.default_rng(channels)
    level = rng.random((9, 11, 3) if channels == 3 else (9, 11)).astype(np.float32)
    patch = Patch(4, 3, channels)
    expected = [
        (y, x, level[y : y + 4, x : x + 3].ravel().tolist()) for y in range(0, 6, step) for x in range(0, 9, step)
    ]
    # Blocks of five windows, which end in the middle of a row.
    monkeypatch.setattr(module, "blocks_of_rows", lambda n, width: (slice(k, k + 5) for k in range(0, n, 5)))
    found = [
        (int(y), int(x), row.tolist())
        for rows, columns, inputs in windows_of(level, patch, step)
        for y, x, row in zip(rows, columns, inputs, strict=True)
    ]
    assert found == expected
    assert len(found) == count_windows([(9, 11)], patch, step)


def test_the_inputs_of_a_patch_are_in_the_order_of_the_network_and_in_its_units() -> None:
    pixels = np.arange(12, dtype=np.float32).reshape(1, 1, 4, 3)
    assert Patch(1, 4, 3).inputs(pixels)[0].tolist() == list(range(12))
    patch = Patch(1, 4, 3, np.array([2, 1, 0]), white=1.0)
    assert patch.inputs(pixels)[0].tolist() == [np.float32(k / 255) for k in (2, 1, 0)]


def test_overlaps_by_hand() -> None:
    box = np.array([0.0, 0.0, 4.0, 4.0])
    others = np.array([[0, 0, 4, 4], [2, 0, 4, 4], [2, 2, 4, 4], [4, 0, 4, 4], [1, 1, 2, 2], [9, 9, 1, 1]], dtype=float)
    # 16/16, 8/24, 4/28, touching, 4/16, apart.
    assert overlaps(box, others).tolist() == pytest.approx([1, 1 / 3, 1 / 7, 0, 1 / 4, 0])


def kept(boxes: np.ndarray, scores: np.ndarray, most: float) -> tuple[list[int], list[int]]:
    numbers, counts = without_overlaps(boxes, scores, most)
    return numbers.tolist(), counts.tolist()


def test_the_best_of_overlapping_boxes_stays() -> None:
    boxes = np.array([[0, 0, 4, 4], [2, 0, 4, 4], [4, 0, 4, 4], [20, 0, 4, 4]], dtype=float)
    scores = np.array([0.7, 0.9, 0.8, 0.1])
    # The second takes its neighbours with it: 1/3 > 0.3. Without it, they would not overlap.
    assert kept(boxes, scores, 0.3) == ([1, 3], [3, 1])
    # An overlap of just so much is allowed.
    assert kept(boxes, scores, 8 / 24) == ([1, 2, 0, 3], [1, 1, 1, 1])
    assert kept(boxes, scores, 0.34) == ([1, 2, 0, 3], [1, 1, 1, 1])
    # Of equal scores the earlier one wins.
    assert kept(boxes[:2], np.array([0.5, 0.5]), 0.3) == ([0], [2])
    assert kept(boxes[:0], scores[:0], 0.3) == ([], [])


def cross_network() -> Network:
    """Above 0.5 for patches of 5 x 5 that are a bright cross on dark: the sum of cross minus that of the rest."""
    cross = np.full((5, 5), -1.0)
    cross[2, :] = cross[:, 2] = 1.0
    return network_of((cross.ravel() / 255).tolist(), -8.0, Shape(25, 1, (5, 5, 1)))


def picture_with_crosses() -> np.ndarray:
    """60 x 81: a cross of 5 x 5 pixels at x 10, y 20, and one of 15 x 15 at x 42, y 30."""
    pixels = np.zeros((60, 81), dtype=np.float32)
    pixels[22, 10:15] = pixels[20:25, 12] = 250
    pixels[36:39, 42:57] = pixels[30:45, 48:51] = 255
    return pixels


def test_a_pattern_is_found_at_its_place_and_in_its_size() -> None:
    network = cross_network()
    patch = patch_of(network)
    assert patch[:3] == (5, 5, 1)
    found = scan(network, picture_with_crosses(), patch, Sought(), Sweep(scale=3**0.5, step=1))
    # 9 bright pixels: 1 / (1 + exp(8 - 9)), and with 250 / 255 of it 1 / (1 + exp(8 - 8.8235)).
    assert [box[:4] for box in found.boxes] == [(42, 30, 15, 15), (10, 20, 5, 5)]
    assert [box.score for box in found.boxes] == pytest.approx([0.731059, 0.694985], abs=1e-5)
    assert found.n_windows == count_windows(level_sizes(60, 81, patch, 3**0.5), patch, 1)
    sizes = level_sizes(60, 81, patch, 3**0.5)
    windows = list(box_windows(picture_with_crosses(), patch, found.boxes, sizes))
    assert [box.level for box, _ in windows] == [0, 2]
    for (_, pixels), bright in zip(windows, (250, 255), strict=True):
        assert pixels[2].tolist() == pytest.approx([bright] * 5, abs=0.01)
        assert pixels.sum() == pytest.approx(9 * bright, abs=0.1)
    # Its own size only; a threshold that nothing reaches.
    assert [box[:4] for box in scan(network, picture_with_crosses(), patch, Sought(), Sweep(1.0, 1)).boxes] == [
        (10, 20, 5, 5)
    ]
    # Each was found by one window.
    assert [box.neighbours for box in found.boxes] == [1, 1]
    assert scan(network, picture_with_crosses(), patch, Sought(), Sweep(3**0.5, 1, neighbours=2)).boxes == []
    assert scan(network, picture_with_crosses(), patch, Sought(threshold=0.8), Sweep(3**0.5, 1)).boxes == []


def test_a_level_is_made_of_the_picture_itself() -> None:
    pixels = np.random.default_rng(0).random((12, 9)).astype(np.float32)
    assert level_of(pixels, (12, 9)) is pixels
    np.testing.assert_array_equal(level_of(pixels, (5, 7)), scaled_to(pixels, (5, 7)).astype(np.float32))


def test_scaling_is_the_mean_of_areas_by_a_second_implementation() -> None:
    """Each pixel cut into n_new equal ones, which are then averaged n_old at a time."""
    pixels = np.random.default_rng(1).random((7, 10, 3))
    for size in ((3, 4), (7, 10), (1, 1), (9, 13), (14, 3)):
        fine = pixels.repeat(size[0], axis=0).repeat(size[1], axis=1)
        wanted = fine.reshape(size[0], 7, size[1], 10, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(scaled_to(pixels, size), wanted, rtol=1e-12)


def test_a_picture_smaller_than_the_patch_is_refused() -> None:
    network = cross_network()
    with pytest.raises(DataError) as caught:
        scan(network, np.zeros((4, 90), dtype=np.float32), patch_of(network), Sought(), Sweep())
    assert str(caught.value) == "is 4x90 pixels (rows x columns), smaller than the patch of 5x5; give a larger picture"


def test_single_pixels_are_decided_by_their_colour() -> None:
    # Red above green and blue.
    network = network_of([1, -1, -1], 0.0, 3)
    pixels = np.array([[[9, 1, 1], [1, 9, 1]], [[5, 2, 2], [5, 3, 3]]], dtype=np.float32)
    before = pixels.copy()
    mask, n_not_finite = scan_pixels(network, pixels, pixel_of(network, "rgb"), Sought())
    assert mask.tolist() == [[True, False], [True, False]]
    assert n_not_finite == 0
    np.testing.assert_array_equal(pixels, before)
    mask, _ = scan_pixels(network, pixels[..., ::-1], pixel_of(network, "bgr"), Sought())
    assert mask.tolist() == [[True, False], [True, False]]


@pytest.mark.parametrize(
    ("shape", "size", "channels", "message"),
    [
        (625, None, None, "the network has 625 inputs, and nothing says which pixels they are; say --patch HEIGHTxWIDTH, for example --patch 25x25"),
        (1875, None, None, "the network has 1875 inputs, and nothing says which pixels they are; say --patch HEIGHTxWIDTH, for example --patch 25x25"),
        (7, None, None, "the network has 7 inputs, and nothing says which pixels they are; say --patch HEIGHTxWIDTH"),
        (625, (24, 25), None, "--patch 24x25 needs 600 inputs, or 1800 in colour, and the network has 625; give the size that it was trained with"),
        (Shape(625, 1, (25, 25, 1)), (5, 125), None, "--patch 5x125: the network takes 25x25 pixels; leave it out"),
        (Shape(12, None), None, None, "a sample of this network is no picture: it has several rows, or tokens"),
        (Shape(50, 1, (5, 5, 2)), None, None, "pictures have 1 or 3 channels, and the network takes 2"),
        (Shape(25, 1, (5, 5, 1)), None, "bgr", "--channels bgr: the network takes no colours; leave it out"),
    ],
)  # fmt: skip
def test_a_patch_that_does_not_fit_is_refused(shape: int | Shape, size: tuple[int, int] | None, channels: str | None, message: str) -> None:  # fmt: skip
    layers = ["last", "1 logistic"] if shape == Shape(12, None) else ["1 logistic"]
    with pytest.raises(ValueFault) as caught:
        patch_of(Network(Topology(shape, layers)), size, channels)
    assert str(caught.value) == message


def test_names_of_columns_say_the_patch_and_the_order() -> None:
    names = tuple(f"r{y}c{x}{c}" for y in (1, 2) for x in (1, 2, 3) for c in ("red", "green", "blue"))
    patch = patch_of(network_of([0.0] * 18, 0.0, 18, names))
    assert patch[:4] == (2, 3, 3, None)
    # Without some columns, and in another order.
    patch = patch_of(network_of([0.0] * 3, 0.0, 3, ("r2c3", "r1c1", "r1c2")))
    assert patch[:3] == (2, 3, 1)
    assert patch.inputs(np.arange(6, dtype=np.float32).reshape(1, 2, 3))[0].tolist() == [5, 0, 1]
    for names, places in (
        (("R", "G", "B"), [0, 1, 2]),
        (("blue", "green", "red"), [2, 1, 0]),
        (("b", "r", "g"), [2, 0, 1]),
    ):
        patch = pixel_of(network_of([0.0] * 3, 0.0, 3, names))
        assert patch.places is not None
        assert patch.places.tolist() == places
    with pytest.raises(ValueFault, match="nothing says which of the 3 inputs is red; say --channels rgb, or"):
        pixel_of(network_of([0.0] * 3, 0.0, 3))
    with pytest.raises(ValueFault, match="the columns of the network name its colours"):
        pixel_of(network_of([0.0] * 3, 0.0, 3, ("b", "r", "g")), "rgb")
    with pytest.raises(ValueFault, match="and this one has 4"):
        pixel_of(network_of([0.0] * 4, 0.0, 4))


def test_grey_and_colour_pictures_fit_networks_of_the_other_kind() -> None:
    colours = np.array([[[10, 20, 30]]], dtype=np.float32)
    assert Patch(1, 1, 1).seen(colours).tolist() == [[np.float32(0.299 * 10 + 0.587 * 20 + 0.114 * 30)]]
    assert Patch(1, 1, 3).seen(np.array([[7.0]])).tolist() == [[[7.0, 7.0, 7.0]]]


@pytest.mark.parametrize(
    "layers", [["3 tanh", "2 softmax"], ["2 tanh convolution 3x3", "mean-pool 2x2", "flatten", "1 logistic"]]
)
def test_scores_are_those_of_every_window_on_its_own(layers: list[str]) -> None:
    """Against a loop over sizes and places, with a prediction for each; of an ensemble too."""
    rng = np.random.default_rng(1)
    topology = Topology(Shape(4 * 6 * 3, 1, (4, 6, 3)), layers)
    members = tuple(rng.normal(0, 0.5, topology.n_parameters).astype(np.float32) for _ in range(2))
    pixels = rng.integers(0, 256, (13, 17, 3)).astype(np.float32)
    for network in (Network(topology, members[0]), Network(topology, members=members)):
        patch = patch_of(network, white=1.0)
        expected = []
        for height, width in ((13, 17), (9, 11), (6, 8)):
            level = scaled_to(pixels, (height, width)).astype(np.float32)
            for y in range(0, height - 3, 3):
                for x in range(0, width - 5, 3):
                    outputs = network.predict([(level[y : y + 4, x : x + 6].ravel() / 255).tolist()])[0]
                    score = float(outputs[0])
                    if score > 0.5:
                        expected.append((score, round(x * 17 / width), round(y * 13 / height)))
        assert len(expected) in range(3, 28)
        found = scan(network, pixels, patch, Sought(), Sweep(scale=1.5, step=3, overlap=1.0)).boxes
        assert sorted(box.score for box in found) == pytest.approx(sorted(score for score, *_ in expected), abs=1e-5)
        assert sorted((box.x, box.y) for box in found) == sorted((x, y) for _, x, y in expected)


def test_boxes_that_are_far_apart_are_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = 0

    def counted(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        nonlocal pairs
        pairs += len(boxes)
        return overlaps(box, boxes)

    monkeypatch.setattr("anncli.inference.boxes.overlaps", counted)
    places = np.stack(np.meshgrid(np.arange(5) * 20.0, np.arange(200) * 20.0), axis=-1).reshape(-1, 2)
    boxes = np.concatenate([places, np.full((1000, 2), 12.0)], axis=1)
    numbers, counts = without_overlaps(boxes, np.zeros(1000), 0.3)
    assert (numbers.tolist(), counts.tolist()) == (list(range(1000)), [1] * 1000)
    assert pairs < 20_000
