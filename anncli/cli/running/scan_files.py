"""What `ann scan` writes: for each picture one with what was found, and the windows of its boxes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from anncli.arrays import Array
from anncli.cli.asking.values import Values
from anncli.cli.running.places import refuse_existing, refuse_needed
from anncli.errors import UsageError, printable
from anncli.formats.data.picture_bytes import PICTURE_ENDINGS, picture_bytes
from anncli.formats.files.packers import without_packing
from anncli.formats.files.textfile import check_writable, replace_file, write_faults
from anncli.inference.scan import Box


class ScanFiles(NamedTuple):
    """targets: the file that is written for each picture, by the name of the picture; windows: the folder of the windows, or
    None; force: whether files are overwritten."""

    targets: dict[str, str]
    windows: str | None
    force: bool

    @classmethod
    def asked(cls, values: Values, pictures: Sequence[str], network: str) -> ScanFiles:
        """What --output and --save-boxes say; raises UsageError for a name that is no picture, and for files that exist."""
        output, windows, force = values["output"], values["save_boxes"], values["force"]
        if output == "-" or windows == "-":
            raise UsageError(
                f"{'--output' if output == '-' else '--save-boxes'}: pictures do not go to stdout", advice="name a file"
            )
        targets = {} if output is None else _targets(output, pictures)
        for target in targets.values():
            refuse_needed("--output", target, [*pictures, network])
            refuse_existing("--output", target, force)
        if windows is not None:
            _refuse_equal_stems(pictures, "--save-boxes")
        for folder in {os.path.dirname(target) for target in targets.values()} if _is_folder(output) else set():
            _make(folder)
        if windows is not None:
            _make(windows)
        for target in targets.values():
            check_writable(target)
        return cls(targets, windows, force)

    def write_picture(self, picture: str, make: Callable[[], Array]) -> None:
        """Write what make() gives, (height, width[, 3]), if a picture was asked for."""
        if picture in self.targets:
            target = self.targets[picture]
            replace_file(target, picture_bytes(make(), os.path.splitext(target)[1].lower()))

    def write_windows(self, picture: str, windows: Iterable[tuple[Box, Array]]) -> None:
        """Write the window of each box, (height, width[, 3]), if that was asked for: PGM, or PPM in colour."""
        if self.windows is None:
            return
        for box, pixels in windows:
            ending = ".pgm" if pixels.ndim == 2 else ".ppm"
            target = os.path.join(self.windows, f"{_stem(picture)}-{box.x}-{box.y}-{box.width}x{box.height}{ending}")
            refuse_existing("--save-boxes", target, self.force)
            replace_file(target, picture_bytes(pixels, ending))


def _is_folder(output: str | None) -> bool:
    return output is not None and (output.endswith("/") or os.path.isdir(output))


def _targets(output: str, pictures: Sequence[str]) -> dict[str, str]:
    if _is_folder(output):
        _refuse_equal_stems(pictures, "--output")
        return {picture: os.path.join(output, f"{_stem(picture)}.png") for picture in pictures}
    if len(pictures) > 1:
        advice = f"name a folder: --output {printable(os.path.splitext(output)[0])}/"
        raise UsageError(
            f"--output {printable(output)} is one file, and there are {len(pictures)} pictures", advice=advice
        )
    if os.path.splitext(output)[1].lower() not in PICTURE_ENDINGS:
        message = f"--output {printable(output)}: the ending says what is written"
        raise UsageError(message, advice=f"use one of {', '.join(PICTURE_ENDINGS)}, or a folder, which ends in /")
    return {pictures[0]: output}


def _refuse_equal_stems(pictures: Sequence[str], option: str) -> None:
    """Raises UsageError where the files of two pictures would have one name."""
    first: dict[str, str] = {}
    for picture in pictures:
        other = first.setdefault(_stem(picture), picture)
        if other != picture:
            message = f"{option}: {printable(other)} and {printable(picture)} would be written under one name"
            raise UsageError(message, advice="scan them one after the other, into two folders")


def _stem(picture: str) -> str:
    return "stdin" if picture == "-" else os.path.splitext(without_packing(os.path.basename(picture)))[0]


def _make(folder: str) -> None:
    with write_faults(folder):
        os.makedirs(folder, exist_ok=True)
