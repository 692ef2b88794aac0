"""`ann scan` at work: the boxes, or the pixels, of each picture as soon as it has been searched."""

from __future__ import annotations

from typing import Any, NamedTuple

import click
import numpy as np

from anncli.arrays import Array
from anncli.backends.reproducible import reproducible
from anncli.cli.asking.network_options import refuse_rule, require_trained
from anncli.cli.asking.values import Values
from anncli.cli.asking.words import Words
from anncli.cli.running.scan_files import ScanFiles
from anncli.cli.showing.console import print_json
from anncli.cli.showing.frames import framed
from anncli.cli.showing.remarks import show_network_remarks, show_remarks
from anncli.errors import DataError, NetworkError, UsageError, ValueFault, count_of, did_you_mean, printable, quoted
from anncli.formats.data.folders import expand
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.whole_picture import read_whole_picture
from anncli.formats.files.textfile import shown_name
from anncli.formats.networks.storage import load
from anncli.inference.patches import Patch, patch_of, pixel_of, usual_white
from anncli.inference.scan import (
    Found,
    Sought,
    Sweep,
    box_windows,
    count_windows,
    level_sizes,
    scan,
    scan_pixels,
)
from anncli.network.class_names import class_names
from anncli.network.network import Network

# The pixels of pictures that are not nearly black reach higher values.
_SMALL_WHITE = 16.0
_OF_WINDOWS = ("patch", "scale", "step", "overlap", "neighbours", "save_boxes")


class _Search(NamedTuple):
    """What is the same for all pictures. names: of the classes, by number."""

    values: Values
    network: Network
    patch: Patch
    sought: Sought
    sweep: Sweep
    names: list[str]
    files: ScanFiles
    remarks: Remarks

    @property
    def has_classes(self) -> bool:
        """Whether a box has to say its class."""
        return len(self.sought.classes) > 1


def run_scan(values: Values, words: Words) -> None:
    """Print a line per box or picture, or one JSON document, and write pictures and windows."""
    refuse_rule(values)
    _refuse_together(values)
    remarks = Remarks()
    pictures = tuple(file.path for file in expand(words.data, remarks))
    path = str(words.network)
    files = ScanFiles.asked(values, pictures, path)
    network = load(path)
    show_network_remarks(values.console, network)
    require_trained(network, path)
    sought, patch = _sought(values, network, path), _patch(values, network, path)
    sweep = Sweep(*(values[name] for name in Sweep._fields))
    search = _Search(values, network, patch, sought, sweep, class_names(network), files, remarks)
    _warn_of_white(values, network, path)
    documents = []
    with reproducible(values["reproducible"]):
        for picture in pictures:
            document, lines = (_pixels if values["per_pixel"] else _boxes)(search, picture)
            documents.append(document)
            if not values["json"]:
                name = f"{printable(picture)}\t" if len(pictures) > 1 else ""
                click.echo("".join(f"{name}{line}\n" for line in lines), nl=False)
    show_remarks(values.console, remarks)
    if values["json"]:
        print_json(_document(search, path, documents))


def _refuse_together(values: Values) -> None:
    """Raises UsageError for options of windows where single pixels are looked at."""
    if values["per_pixel"]:
        for name in _OF_WINDOWS:
            if name in values.on_command_line:
                option = f"--{name.replace('_', '-')}"
                raise UsageError(f"{option} is for windows, and --per-pixel has none", advice=f"leave {option} out")


def _warn_of_white(values: Values, network: Network, path: str) -> None:
    """A warning where the rows that trained the network had far smaller values than pixels have."""
    high = usual_white(network)
    if high is not None and high < _SMALL_WHITE and "white" not in values.given:
        text = f"few values of the rows that trained it were above {high:.3g}, and a white pixel is 255 here"
        values.console.warn(f"{path}: {text}; say --white 1 if white was 1 in these rows")


def _patch(values: Values, network: Network, path: str) -> Patch:
    try:
        if values["per_pixel"]:
            return pixel_of(network, values["channels"], values["white"])
        return patch_of(network, values["patch"], values["channels"], values["white"])
    except ValueFault as fault:
        raise UsageError(fault.message, path=path, advice=fault.advice) from None


def _sought(values: Values, network: Network, path: str) -> Sought:
    """What is looked for; raises NetworkError for a network without classes, UsageError for a class that it does not have."""
    if network.task not in (None, "classification"):
        message = f"ann scan looks for a class, and the task of this network is {network.task}"
        raise NetworkError(message, path=path, advice="use a network that predicts classes")
    names, numbers = class_names(network), []
    for name in values["find"]:
        if name not in names:
            raise UsageError(f"--find: the network has no class {quoted(name)}", advice=did_you_mean(name, names))
        numbers.append(names.index(name))
    if network.n_outputs == 1 and any(numbers):
        advice = f"leave --find out, or train it with --positive {names[1]}"
        raise UsageError(f"--find: this network has one score, of class {quoted(names[0])}", advice=advice)
    threshold = values["threshold"]
    return Sought(tuple(dict.fromkeys(numbers)) or (0,), threshold if isinstance(threshold, float) else None)


def _boxes(search: _Search, picture: str) -> tuple[dict[str, Any], list[str]]:
    """What --json says of a picture, and its lines."""
    pixels = read_whole_picture(picture, search.remarks)
    seen = search.patch.seen(pixels)
    sizes = level_sizes(seen.shape[0], seen.shape[1], search.patch, search.sweep.scale)
    n = count_windows(sizes, search.patch, search.sweep.step)
    try:
        with search.values.console.progress(n, "window") as bar:
            shown = shown_name(picture)
            found = scan(
                search.network, seen, search.patch, search.sought, search.sweep, lambda k: bar.update(k, shown)
            )
    except DataError as fault:
        raise DataError(fault.message, path=shown_name(picture), advice=fault.advice) from None
    _warn_not_finite(search, picture, found.n_not_finite, "window")
    search.files.write_picture(picture, lambda: framed(pixels, [box[:4] for box in found.boxes]))
    search.files.write_windows(picture, box_windows(seen, search.patch, found.boxes, sizes))
    _note(
        search,
        picture,
        f"{count_of(len(found.boxes), 'box')} in {count_of(found.n_windows, 'window')}".replace("boxs", "boxes"),
    )
    return _boxes_document(search, picture, pixels, found), [_line(search, box) for box in found.boxes]


def _line(search: _Search, box: Any) -> str:
    text = "\t".join([*map(str, box[:4]), f"{box.score:.6g}"])
    return f"{text}\t{printable(search.names[box.class_index])}" if search.has_classes else text


def _boxes_document(search: _Search, picture: str, pixels: Array, found: Found) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    boxes = [
        {
            **dict(zip(("x", "y", "width", "height", "score"), box[:5], strict=True)),
            "class": search.names[box.class_index],
            "neighbours": box.neighbours,
        }
        for box in found.boxes
    ]
    return {
        "picture": printable(shown_name(picture)),
        "width": width,
        "height": height,
        "windows": found.n_windows,
        "boxes": boxes,
    }


def _pixels(search: _Search, picture: str) -> tuple[dict[str, Any], list[str]]:
    """The same where single pixels are looked at."""
    seen = search.patch.seen(read_whole_picture(picture, search.remarks))
    height, width = seen.shape[:2]
    with search.values.console.progress(height * width, "pixel") as bar:
        shown = shown_name(picture)
        mask, n_not_finite = scan_pixels(
            search.network, seen, search.patch, search.sought, search.sweep.threads, lambda k: bar.update(k, shown)
        )
    _warn_not_finite(search, picture, n_not_finite, "pixel")
    search.files.write_picture(picture, lambda: np.where(mask, 255.0, 0.0))
    n = int(np.count_nonzero(mask))
    _note(search, picture, f"{n} of {count_of(mask.size, 'pixel')}")
    document = {"picture": printable(shown_name(picture)), "width": width, "height": height}
    return {**document, "pixels": n, "fraction": n / mask.size}, [f"{n / mask.size:.6g}"]


def _note(search: _Search, picture: str, text: str) -> None:
    names = ", ".join(search.names[k] for k in search.sought.classes)
    search.values.console.note(f"{shown_name(picture)}: {text}; looked for {names}", 1)


def _warn_not_finite(search: _Search, picture: str, n: int, noun: str) -> None:
    if n:
        text = f"{count_of(n, noun)} with a score that is no number; look at the scaling of the network"
        search.values.console.warn(f"{shown_name(picture)}: {text}")


def _document(search: _Search, path: str, pictures: list[dict[str, Any]]) -> dict[str, Any]:
    given, own = search.sought.threshold, search.network.decision_threshold
    is_single = search.network.n_outputs == 1
    patch = None if search.values["per_pixel"] else {"height": search.patch.height, "width": search.patch.width}
    return {
        "command": "scan",
        "network": printable(path),
        "patch": patch,
        "classes": [search.names[k] for k in search.sought.classes],
        "threshold": own if is_single and given is None else given,
        "pictures": pictures,
    }
