"""What a network sees of a picture: the size of its patch, with or without colours, and which input each value of a patch is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anncli.arrays import Array
from anncli.dataset.picture_areas import grey_of
from anncli.errors import ValueFault, count_of, quoted
from anncli.network.class_names import column_names
from anncli.network.network import Network

RGB, BGR = "rgb", "bgr"
# As formats.data.pixels names the columns of pictures.
_PLACE = re.compile(r"r([1-9][0-9]{0,4})c([1-9][0-9]{0,4})(red|green|blue)?")
_CHANNELS = {"red": 0, "green": 1, "blue": 2, "r": 0, "g": 1, "b": 2}


class Patch(NamedTuple):
    """height, width: in pixels; channels: 1 without colours, 3 with them; places: the value of the patch (row by row, of each
    pixel red, green, blue) that each input is, None where they are in this order; white: the value of a white pixel."""

    height: int
    width: int
    channels: int
    places: Array | None = None
    white: float = 255.0

    @property
    def size(self) -> str:
        return f"{self.height}x{self.width}"

    def seen(self, pixels: Array) -> Array:
        """A picture (height, width[, 3]), 0 to 255, as float32 (height, width[, 3]) with the colours that the network sees."""
        if self.channels == 1 and pixels.ndim == 3:
            pixels = grey_of(pixels)
        if self.channels == 3 and pixels.ndim == 2:
            pixels = np.repeat(pixels[..., None], 3, axis=2)
        return pixels.astype(np.float32)

    def inputs(self, values: Array) -> Array:
        """Inputs (n, n_inputs) of patches (n, height, width[, 3]), float32, with values 0 to 255; these may be changed with them."""
        rows = values.reshape(len(values), -1)
        rows = rows if self.places is None else rows[:, self.places]
        return rows if self.white == 255.0 else rows * np.float32(self.white / 255.0)


def patch_of(
    network: Network, size: tuple[int, int] | None = None, channels: str | None = None, white: float = 255.0
) -> Patch:
    """The patch of a network: as its `inputs: 25x25` or the names of its columns say, otherwise of this size.

    Args: size, height and width, None where the network says them; channels, the order of the colours in the inputs, RGB or
        BGR, None: as the names of the columns say, otherwise RGB; white, what the rows that trained it had for a white pixel.
    Raises: ValueFault where the network takes other things than pixels, and where sizes or colours do not fit.
    """
    grid, names = network.topology.inputs.grid, _plain_names(network)
    if named := _named_places(names):
        patch = named
    elif grid is not None:
        patch = Patch(*grid)
    else:
        patch = _of_size(network.n_inputs, size)
    if size is not None and size != (patch.height, patch.width):
        raise ValueFault(f"--patch {size[0]}x{size[1]}: the network takes {patch.size} pixels", "leave it out")
    if patch.channels not in (1, 3):
        raise ValueFault(f"pictures have 1 or 3 channels, and the network takes {patch.channels}")
    return _in_order(patch, channels, bool(named))._replace(white=white)


def pixel_of(network: Network, channels: str | None = None, white: float = 255.0) -> Patch:
    """The same for a network that is given single pixels: 3 inputs, or 1 without colours.

    Raises: ValueFault also where nothing says in which order it takes the colours.
    """
    names = _plain_names(network)
    if network.n_inputs not in (1, 3):
        raise ValueFault(
            f"--per-pixel is for networks with 3 inputs, red, green and blue, or 1, and this one has {network.n_inputs}"
        )
    if network.n_inputs == 1:
        return _in_order(Patch(1, 1, 1), channels, False)._replace(white=white)
    if named := _named_places(names) or _named_colours(names):
        return _in_order(named, channels, True)._replace(white=white)
    if channels is None and network.topology.inputs.grid is None:
        advice = "say --channels rgb, or --channels bgr if the first column that trained it is blue"
        raise ValueFault("nothing says which of the 3 inputs is red", advice)
    return _in_order(Patch(1, 1, 3), channels, False)._replace(white=white)


def usual_white(network: Network) -> float | None:
    """A value that few inputs of the rows that trained a network were above, the mean and three standard deviations, as its
    scaling tells; None where it does not."""
    scaling = network.scaling
    if scaling.add is None or scaling.multiply is None or scaling.log_floor is not None or scaling.per_vector != "none":
        return None
    with np.errstate(divide="ignore"):
        high = 3 / np.abs(scaling.multiply) - scaling.add
    return float(high.max())


def _plain_names(network: Network) -> list[str]:
    """The names of the inputs; raises ValueFault where a sample is more than one row of numbers."""
    if network.topology.inputs.rows != 1 or network.topology.inputs.tokens:
        raise ValueFault("a sample of this network is no picture: it has several rows, or tokens")
    if network.encoder is not None and not network.encoder.is_plain:
        column = next(c for c in network.encoder.columns if c.kind != "number" or c.indicator)
        raise ValueFault(f"the network takes tables, with a column {quoted(column.name)} that is no pixel")
    return column_names(network)


def _named_places(names: Sequence[str]) -> Patch | None:
    """The patch that names such as r1c2 or r1c2red say, None for other names."""
    found = [_PLACE.fullmatch(name) for name in names]
    if not all(found) or len({match is not None and match[3] is None for match in found}) != 1:
        return None
    rows, columns = ([int(match[k]) for match in found if match is not None] for k in (1, 2))
    height, width = max(rows), max(columns)
    channels = 1 if found[0] is not None and found[0][3] is None else 3
    colours = [0 if channels == 1 else _CHANNELS[match[3]] for match in found if match is not None]
    places = ((np.array(rows) - 1) * width + np.array(columns) - 1) * channels + colours
    in_order = len(places) == height * width * channels and bool((places == np.arange(len(places))).all())
    return Patch(height, width, channels, None if in_order else places)


def _named_colours(names: Sequence[str]) -> Patch | None:
    """Which of three columns is red, green and blue, None where their names do not say it."""
    places = [_CHANNELS.get(name.lower()) for name in names]
    return Patch(1, 1, 3, np.array(places)) if sorted(map(str, places)) == ["0", "1", "2"] else None


def _of_size(n_inputs: int, size: tuple[int, int] | None) -> Patch:
    if size is None:
        square = next((k for c in (1, 3) for k in range(1, n_inputs + 1) if k * k * c == n_inputs), 0)
        example = f", for example --patch {square}x{square}" if square > 1 else ""
        message = f"the network has {count_of(n_inputs, 'input')}, and nothing says which pixels they are"
        raise ValueFault(message, f"say --patch HEIGHTxWIDTH{example}")
    height, width = size
    channels, rest = divmod(n_inputs, height * width)
    if rest or channels not in (1, 3):
        grey = height * width
        message = (
            f"--patch {height}x{width} needs {grey} inputs, or {3 * grey} in colour, and the network has {n_inputs}"
        )
        raise ValueFault(message, "give the size that it was trained with")
    return Patch(height, width, channels)


def _in_order(patch: Patch, channels: str | None, is_named: bool) -> Patch:
    """The patch with its colours in an order that was asked for."""
    if channels is None:
        return patch
    if patch.channels == 1:
        raise ValueFault(f"--channels {channels}: the network takes no colours", "leave it out")
    if is_named:
        raise ValueFault(f"--channels {channels}: the columns of the network name its colours", "leave it out")
    if channels == RGB:
        return patch
    return patch._replace(places=np.arange(patch.height * patch.width * 3).reshape(-1, 3)[:, ::-1].reshape(-1))
