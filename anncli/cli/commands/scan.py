"""`ann scan`: words and help."""

from __future__ import annotations

from anncli.cli.asking.options import command
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words


@command("scan")
def scan_command(values: Values, words: Words) -> None:
    """Look in pictures for what NETWORK has learnt: a line for each box, `x y width height score`, best first.

    \b
    Examples:
      ann scan face.nn photo.png --patch 25x25 -o found.png
      ann scan face.nn empty/ --save-boxes negatives
      ann scan skin.nn photo.png --per-pixel --channels bgr -o mask.png

    The network sees a window of the size of the pictures that trained it, at every place of the picture, and of smaller
    and smaller copies of it. DATA are pictures, folders and globs: PGM and PPM, with Pillow also PNG, JPEG and BMP. With several pictures
    each line begins with the name of its picture. --per-pixel prints the fraction of the pixels.
    """
    from anncli.cli.running.scanning import run_scan

    run_scan(values, words)
