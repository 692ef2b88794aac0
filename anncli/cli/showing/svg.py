"""SVG drawings without a plotting library: shapes and texts by class names, a style sheet for light and dark, fixed bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

FONT_SIZE = 13
# Colours of series after Okabe & Ito 2008 (jfly.uni-koeln.de/color), which people with any kind of colour vision tell
# apart; some are darker or lighter, so that each has a contrast of at least 3 to the ground.
LIGHT = ("#0072b2", "#c54f00", "#008a63", "#b0578a", "#a36a00", "#2f86bd")
DARK = ("#56b4e9", "#ff8f4a", "#2ec79b", "#e39bc4", "#f0b83a", "#a5d4f2")
DASHES = ("", "7 3", "2 3", "8 3 2 3")
MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus")
# Name of a class of shapes -> its colour on a light and on a dark ground.
_GROUNDS = {"ink": ("#1a1a1a", "#f0f0f0"), "soft": ("#555555", "#b8b8b8"), "grid": ("#dcdcdc", "#3d4047"), "paper": ("#ffffff", "#16181d")}  # fmt: skip
# XML 1.0 has no other control characters, and no halves of surrogate pairs.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Point = tuple[float, float]


def safe(words: str) -> str:
    """Text for an element of XML or HTML; what XML cannot hold becomes a replacement character."""
    return escape(_NOT_IN_XML.sub("\ufffd", words))


def attribute(words: str) -> str:
    """Text as the value of an attribute, with its quotes."""
    return quoteattr(_NOT_IN_XML.sub("\ufffd", words))


def place(value: float) -> str:
    """A coordinate, to a hundredth."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# About the widths of characters in DejaVu Sans, the widest of the usual fonts, as fractions of the size.
_WIDTHS = {
    **dict.fromkeys("ijlftr.,:;'|!()[]I ", 0.4),
    **dict.fromkeys("0123456789", 0.64),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ+-=<>~", 0.72),
    **dict.fromkeys("mwMW@%…", 0.98),
}


def text_width(words: str, size: float = FONT_SIZE) -> float:
    """About how wide a text is in a font without serifs; rather too much than too little."""
    wide = (1.0 if unicodedata.east_asian_width(c) in "WF" else _WIDTHS.get(c, 0.62) for c in words)
    return size * sum(wide)


def shortened(words: str, width: float, size: float = FONT_SIZE) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    if text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip() + "…"


class Series(NamedTuple):
    """How the k-th of several lines or groups looks: a colour, a dash pattern and a marker that go together.

    Up to 12 are all different in colour or dash; the marker repeats with the colour.
    """

    number: int

    @property
    def colour(self) -> int:
        return self.number % len(LIGHT)

    @property
    def dash(self) -> str:
        return DASHES[(self.number + self.number // 12) % len(DASHES)]

    @property
    def marker(self) -> str:
        return MARKERS[self.number % len(MARKERS)]


class Drawing:
    """A drawing of `width` x `height` pixels, origin at the top left; shapes are drawn over earlier ones.

    style: names of classes: `ink`, `soft`, `grid` and `paper` are grounds; `fK` fills and `lK` strokes with the colour of
    series K; `thin`, `bold`. title, description: what a screen reader says in place of the drawing.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height, self.title, self.description = width, height, title, description
        self._parts: list[str] = []

    def line(self, points: Iterable[Point], style: str, dash: str = "", closed: bool = False) -> None:
        """A line through the points; nothing for fewer than two."""
        text = " ".join(f"{place(x)},{place(y)}" for x, y in points)
        if " " in text:
            self._add("polygon" if closed else "polyline", style, {"points": text, "stroke-dasharray": dash})

    def weight(self, start: Point, end: Point, series: Series, share: float) -> None:
        """A straight line as thick and dark as `share`, from 0 to 1, is large."""
        path = f"M{place(start[0])} {place(start[1])}L{place(end[0])} {place(end[1])}"
        strength = {"stroke-width": place(0.4 + 3.2 * share), "stroke-opacity": place(0.25 + 0.65 * share)}
        self._add("path", f"w{series.colour}", {"d": path, "stroke-dasharray": series.dash, **strength})

    def box(self, corner: Point, width: float, height: float, style: str, opacity: float | None = None) -> None:
        """A rectangle; opacity of its filling from 0 to 1."""
        sizes = {"x": corner[0], "y": corner[1], "width": max(width, 0), "height": max(height, 0)}
        self._add("rect", style, {**{k: place(v) for k, v in sizes.items()}, **_opacity(opacity)})

    def circle(self, centre: Point, radius: float, style: str) -> None:
        self._add("circle", style, {"cx": place(centre[0]), "cy": place(centre[1]), "r": place(radius)})

    def area(self, path: str, style: str, opacity: float | None = None) -> None:
        """A filled path, as SVG writes it."""
        self._add("path", style, {"d": path, **_opacity(opacity)})

    def marker(self, centre: Point, series: Series, radius: float = 3.5, hollow: bool = False) -> None:
        """The marker of a series; hollow: only its outline."""
        style = f"l{series.colour}" if hollow or series.marker in ("cross", "plus") else f"f{series.colour}"
        self._add("path", style, {"d": marker_path(series.marker, centre, radius)})

    def text(
        self, at: Point, words: str, anchor: str = "start", style: str = "ink", size: float = FONT_SIZE, turned: bool = False
    ) -> None:  # fmt: skip
        """One line of text whose base line begins, has its middle or ends at a point; turned: it goes upwards."""
        found = {"x": place(at[0]), "y": place(at[1])}
        if anchor != "start":
            found["text-anchor"] = anchor
        if size != FONT_SIZE:
            found["font-size"] = place(size)
        if turned:
            found["transform"] = f"rotate(-90 {place(at[0])} {place(at[1])})"
        self._add("text", style, found, safe(words))

    def element(self, name: str) -> str:
        """The drawing as an element of a page that has the style sheet; name: unique in the page, for its ids."""
        return self._element(name, f'viewBox="0 0 {place(self.width)} {place(self.height)}"')

    def _element(self, name: str, size: str) -> str:
        head = f'<svg class="plot" role="img" aria-labelledby="{name}-title {name}-desc" {size}>'
        titles = f'<title id="{name}-title">{safe(self.title)}</title>\n<desc id="{name}-desc">{safe(self.description)}</desc>'  # fmt: skip
        return "\n".join([head, titles, *self._parts, "</svg>"])

    def _add(self, tag: str, style: str, attributes: Mapping[str, str], content: str | None = None) -> None:
        told = "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
        end = "/>" if content is None else f">{content}</{tag}>"
        self._parts.append(f'<{tag} class="{style}"{told}{end}')


def _opacity(opacity: float | None) -> dict[str, str]:
    return {} if opacity is None else {"fill-opacity": place(opacity)}


def marker_path(marker: str, centre: Point, radius: float) -> str:
    """The outline of a marker."""
    x, y, r = *centre, radius
    if marker == "circle":
        return f"M{place(x - r)} {place(y)}a{place(r)} {place(r)} 0 1 0 {place(2 * r)} 0a{place(r)} {place(r)} 0 1 0 {place(-2 * r)} 0z"  # fmt: skip
    if marker == "cross":
        return f"M{place(x - r)} {place(y - r)}l{place(2 * r)} {place(2 * r)}m0 {place(-2 * r)}l{place(-2 * r)} {place(2 * r)}"
    if marker == "plus":
        return f"M{place(x - r)} {place(y)}h{place(2 * r)}M{place(x)} {place(y - r)}v{place(2 * r)}"
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "triangle": ((0, -1.15), (1.05, 0.8), (-1.05, 0.8)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    }[marker]
    return "M" + "L".join(f"{place(x + r * dx)} {place(y + r * dy)}" for dx, dy in corners) + "z"


def style_sheet() -> str:
    """What the class names mean, on a light ground, and on a dark one on screens that ask for it; paper is always light."""
    fixed = (
        '.plot{font-family:system-ui,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif;'
        f"font-size:{FONT_SIZE}px}}\n"
        ".plot .line,.plot polyline,.plot polygon{fill:none;stroke-width:2;stroke-linejoin:round}\n"
        ".plot .thin{stroke-width:1}\n.plot .hair{stroke-width:.6}\n.plot .cells{shape-rendering:crispEdges}\n.plot .bold{font-weight:600}\n"
    )
    dark = _colours(1, DARK)
    return f"{fixed}{_colours(0, LIGHT)}@media screen and (prefers-color-scheme:dark){{\n{dark}}}\n"


def _colours(ground: int, series: Sequence[str]) -> str:
    rules = [f".plot .{name}{{fill:{pair[ground]}}}" for name, pair in _GROUNDS.items()]
    rules += [f".plot .line.{name}{{fill:none;stroke:{pair[ground]}}}" for name, pair in _GROUNDS.items()]
    for number, colour in enumerate(series):
        rules += [f".plot .f{number}{{fill:{colour}}}", f".plot .l{number}{{fill:none;stroke:{colour};stroke-width:2}}"]
        # Without a width: each line has its own.
        rules.append(f".plot .w{number}{{fill:none;stroke:{colour}}}")
    return "\n".join(rules) + "\n"


_MARGIN, _HEAD = 12.0, 34.0


def svg_document(drawings: Sequence[Drawing]) -> str:
    """One SVG file of drawings below each other, each under its title."""
    width = max(drawing.width for drawing in drawings) + 2 * _MARGIN
    height = sum(drawing.height + _HEAD for drawing in drawings) + _MARGIN
    size = f'width="{place(width)}" height="{place(height)}" viewBox="0 0 {place(width)} {place(height)}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" {size}>',
        f"<style>\n{style_sheet()}</style>",
        f'<rect class="paper" width="{place(width)}" height="{place(height)}"/>',
    ]
    top = 0.0
    for number, drawing in enumerate(drawings, 1):
        title = safe(shortened(drawing.title, drawing.width, 15))
        parts.append(f'<text class="ink bold" x="{place(_MARGIN)}" y="{place(top + 23)}" font-size="15">{title}</text>')
        where = f'x="{place(_MARGIN)}" y="{place(top + _HEAD)}" width="{place(drawing.width)}" height="{place(drawing.height)}"'
        parts.append(drawing._element(f"plot-{number}", where))
        top += drawing.height + _HEAD
    return "\n".join([*parts, "</svg>"]) + "\n"
