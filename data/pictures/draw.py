"""Draws the pictures of two examples, with nothing but Python: faces and digits of a simple kind, on paper, walls and other backgrounds.

    python3 draw.py faces       # faces/face, faces/other: 24 x 24 pixels; party.pgm: five faces; street/: nobody
    python3 draw.py digits      # digits/0 ... digits/9, digits/none: 16 x 12 pixels; sheet.pgm: numbers

The same pictures on every machine. They are of this repository and under its licence.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

# How bright, 0 to 255, it is at a place: u to the right, v down.
Surface = Callable[[float, float], float]
# A point of a line of a digit: x from 0 to 1, y from 0 to 1.5.
Line = list[tuple[float, float]]


def write(path: Path, rows: list[list[float]], noise: float, rng: random.Random) -> None:
    values = [min(255, max(0, round(value + rng.gauss(0, noise)))) for row in rows for value in row]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P5\n%d %d\n255\n" % (len(rows[0]), len(rows)) + bytes(values))


def sampled(surface: Surface, width: int, height: int) -> list[list[float]]:
    """The mean of two points of each pixel."""
    return [
        [(surface(x + 0.25, y + 0.25) + surface(x + 0.75, y + 0.75)) / 2 for x in range(width)] for y in range(height)
    ]


def inside(u: float, v: float, at: tuple[float, float], size: tuple[float, float]) -> bool:
    return ((u - at[0]) / size[0]) ** 2 + ((v - at[1]) / size[1]) ** 2 < 1


# Faces


def wall(rng: random.Random) -> Surface:
    """Waves of light and shade, on a scale of pixels."""
    waves = [(rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5), rng.uniform(0, 6), rng.uniform(5, 25)) for _ in range(4)]
    level = rng.uniform(70, 180)
    return lambda u, v: level + sum(size * math.sin(a * u + b * v + c) for a, b, c, size in waves)


def face(rng: random.Random, behind: Surface) -> Surface:
    """A head that fills the square from -1 to 1."""
    skin, hair, dark = rng.uniform(150, 230), rng.uniform(20, 130), rng.uniform(15, 60)
    light, tilt = rng.uniform(-0.3, 0.3), rng.uniform(-0.12, 0.12)
    eye, mouth, smile = rng.uniform(0.33, 0.41), rng.uniform(0.2, 0.32), rng.uniform(-0.15, 0.25)
    wide, high, brow = rng.uniform(0.68, 0.82), rng.uniform(0.86, 0.98), rng.uniform(-0.42, -0.34)

    def look(u: float, v: float) -> float:
        x, y = u + tilt * v, v - tilt * u
        if not inside(x, y, (0, 0), (wide, high)):
            return behind(u, v)
        if y < -0.55 + 0.1 * math.cos(5 * x):
            return hair
        side = abs(x)
        if inside(side, y, (eye, -0.14), (0.15, 0.09)) or inside(side, y, (eye, brow), (0.18, 0.045)):
            return dark
        if inside(x, y - smile * x * x, (0, 0.52), (mouth, 0.075)) or inside(x, y, (0.04, 0.18), (0.09, 0.05)):
            return 0.5 * skin
        return skin * (1 + light * x - 0.15 * y * y)

    return look


def thing(rng: random.Random, behind: Surface) -> Surface:
    """A wheel, a window or a ball in the square from -1 to 1."""
    bright, dark, kind = rng.uniform(120, 240), rng.uniform(10, 90), rng.choice(("wheel", "window", "ball"))
    spokes, bars = rng.randint(2, 5), rng.uniform(0.2, 0.45)

    def look(u: float, v: float) -> float:
        far = math.hypot(u, v)
        if kind == "window":
            is_frame = max(abs(u), abs(v)) > 0.8 or abs(abs(u) - bars) < 0.08 or abs(v) < 0.08
            return behind(u, v) if max(abs(u), abs(v)) > 0.95 else bright if is_frame else dark
        if far > 0.95:
            return behind(u, v)
        if kind == "ball":
            return bright * (1.1 - 0.8 * math.hypot(u - 0.3, v + 0.3))
        return dark if far > 0.75 or far < 0.15 or abs(math.sin(spokes * math.atan2(v, u))) < 0.25 else bright

    return look


def placed(shape: Callable[[random.Random, Surface], Surface], rng: random.Random, behind: Surface, box: tuple[float, float, float]) -> Surface:  # fmt: skip
    """A shape in the square of a box: left, top, size."""
    left, top, size = box
    look = shape(rng, lambda u, v: behind(left + (u + 1) * size / 2, top + (v + 1) * size / 2))

    def all_of(x: float, y: float) -> float:
        u, v = (x - left) / size * 2 - 1, (y - top) / size * 2 - 1
        return look(u, v) if max(abs(u), abs(v)) < 1 else behind(x, y)

    return all_of


def draw_faces(folder: Path) -> None:
    rng = random.Random(1)
    for number in range(150):
        size = rng.uniform(22, 26)
        box = (12 - size / 2 + rng.uniform(-1, 1), 12 - size / 2 + rng.uniform(-1, 1), size)
        write(folder / f"faces/face/{number:03}.pgm", sampled(placed(face, rng, wall(rng), box), 24, 24), 6, rng)
    for number in range(150):
        box = (rng.uniform(-20, 20), rng.uniform(-20, 20), rng.uniform(15, 60))
        surface = placed(thing, rng, wall(rng), box) if number % 3 else wall(rng)
        write(folder / f"faces/other/{number:03}.pgm", sampled(surface, 24, 24), 6, rng)
    for number in range(6):
        surface = wall(rng)
        for left, top in ((5, 5), (70, 8), (135, 0), (10, 75), (75, 80), (140, 70)):
            surface = placed(thing, rng, surface, (left, top, rng.uniform(20, 60)))
        write(folder / f"street/{number}.pgm", sampled(surface, 200, 140), 6, rng)
    surface = wall(rng)
    for box in ((12, 10, 55), (96, 18, 40), (20, 88, 34), (160, 30, 70), (98, 84, 50)):
        surface = placed(face, rng, surface, box)
    for box in ((62, 70, 30), (155, 110, 45), (200, 105, 36)):
        surface = placed(thing, rng, surface, box)
    write(folder / "party.pgm", sampled(surface, 240, 160), 6, rng)


# Digits

DIGITS: dict[str, list[Line]] = {
    "0": [[(0.5, 0), (0.1, 0.3), (0.1, 1.2), (0.5, 1.5), (0.9, 1.2), (0.9, 0.3), (0.5, 0)]],
    "1": [[(0.2, 0.35), (0.55, 0), (0.55, 1.5)]],
    "2": [[(0.1, 0.35), (0.45, 0), (0.85, 0.25), (0.8, 0.65), (0.1, 1.5), (0.9, 1.5)]],
    "3": [[(0.1, 0.1), (0.6, 0), (0.85, 0.35), (0.45, 0.7), (0.9, 1.05), (0.6, 1.45), (0.1, 1.4)]],
    "4": [[(0.7, 1.5), (0.7, 0), (0.1, 1.0), (0.95, 1.0)]],
    "5": [[(0.85, 0), (0.2, 0), (0.15, 0.65), (0.6, 0.6), (0.9, 0.95), (0.65, 1.45), (0.1, 1.4)]],
    "6": [[(0.75, 0), (0.25, 0.5), (0.1, 1.1), (0.45, 1.5), (0.85, 1.2), (0.7, 0.8), (0.2, 0.9)]],
    "7": [[(0.1, 0), (0.9, 0), (0.4, 1.5)]],
    "8": [[(0.5, 0.7), (0.15, 0.35), (0.5, 0), (0.85, 0.35), (0.5, 0.7), (0.1, 1.15), (0.5, 1.5), (0.9, 1.15), (0.5, 0.7)]],
    "9": [[(0.85, 0.55), (0.4, 0.75), (0.15, 0.35), (0.5, 0), (0.85, 0.35), (0.8, 0.9), (0.4, 1.5)]],
}  # fmt: skip


def is_near(x: float, y: float, line: tuple[float, ...], most: float) -> bool:
    """Whether a point lies nearer than that to a line: its start, and how far it goes across and down."""
    left, top, across, down = line
    x, y = x - left, y - top
    along = (x * across + y * down) / (across * across + down * down)
    along = 0.0 if along < 0 else min(along, 1.0)
    x, y = x - along * across, y - along * down
    return x * x + y * y < most * most


def written(digit: str, rng: random.Random, behind: Surface, left: float, top: float, height: float) -> Surface:
    """A digit by hand: leaning, with ink of some strength; height of the digit in pixels."""
    unit, lean, ink, thick = height / 1.5, rng.uniform(-0.2, 0.2), rng.uniform(20, 90), rng.uniform(0.07, 0.12)
    lines = [[(x + rng.gauss(0, 0.03), y + rng.gauss(0, 0.03)) for x, y in line] for line in DIGITS[digit]]
    pairs = [
        (*start, end[0] - start[0], end[1] - start[1]) for line in lines for start, end in itertools.pairwise(line)
    ]

    def look(x: float, y: float) -> float:
        v = (y - top) / unit
        u = (x - left) / unit - lean * (0.75 - v)
        if not (-0.3 < u < 1.3 and -0.3 < v < 1.8):
            return behind(x, y)
        return ink if any(is_near(u, v, pair, thick) for pair in pairs) else behind(x, y)

    return look


def paper(rng: random.Random) -> Surface:
    level, slope = rng.uniform(190, 235), rng.uniform(-0.1, 0.1)
    return lambda x, y: level + slope * (x + y)


def draw_digits(folder: Path) -> None:
    rng = random.Random(2)
    for digit in DIGITS:
        for number in range(100):
            height = rng.uniform(11, 13)
            left, top = 6 - height / 3 + rng.uniform(-0.8, 0.8), 8 - height / 2 + rng.uniform(-0.8, 0.8)
            surface = written(digit, rng, paper(rng), left, top, height)
            write(folder / f"digits/{digit}/{number:02}.pgm", sampled(surface, 12, 16), 8, rng)
    for number in range(800):
        # Paper, digits that are too large or too small, and digits beside the middle.
        surface, height = paper(rng), rng.choice((6, 8, 12, 12, 12, 18, 21, 24, 30))
        across = rng.uniform(-9, 9) if height > 12 else rng.choice((-1, 1)) * rng.uniform(4, 9)
        down = rng.uniform(-9, 9)
        if number % 8:
            for step in (0, 1):
                left, top = 6 - height / 3 + across + step * height, 8 - height / 2 + down
                surface = written(rng.choice([*DIGITS]), rng, surface, left, top, height)
        write(folder / f"digits/none/{number:03}.pgm", sampled(surface, 12, 16), 8, rng)
    surface = paper(rng)
    for row, (text, height) in enumerate((("31415", 13), ("27182", 16), ("16180", 20))):
        for place, digit in enumerate(text):
            left, top = 10 + place * height * 1.35, 8 + row * 27 + rng.uniform(-1, 1)
            surface = written(digit, rng, surface, left, top, height)
    write(folder / "sheet.pgm", sampled(surface, 160, 96), 8, rng)


if __name__ == "__main__":
    {"faces": draw_faces, "digits": draw_digits}[sys.argv[1]](Path())
