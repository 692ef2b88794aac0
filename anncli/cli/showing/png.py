"""PNG pictures of our SVG drawings, by the library resvg (extra `plot`)."""

from __future__ import annotations

from importlib.util import find_spec

from anncli.errors import AnnError

# Pixels of the picture for one of the drawing.
_ZOOM = 2


def check_png() -> None:
    """Raises AnnError where the library is not installed; to be asked before long work."""
    if find_spec("resvg_py") is None:
        raise AnnError("PNG pictures need the package resvg-py", advice="pip install 'anncli[plot]', or write .svg")


def png_of(svg: str) -> bytes:
    """A drawing in its light colours; the same bytes for the same fonts and version of the library."""
    check_png()
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=_ZOOM))
