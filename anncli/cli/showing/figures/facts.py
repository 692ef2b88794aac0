"""What figures are drawn from: a network, and what it gives for labelled rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from anncli.analysis.curvature_data import MOST_ROWS
from anncli.analysis.curved_loss import Matrix
from anncli.analysis.surface import SurfaceRequest
from anncli.analysis.word_plane import WordPlane
from anncli.arrays import Array
from anncli.cli.showing.svg import Drawing
from anncli.dataset.dataset import Dataset
from anncli.errors import UsageError
from anncli.inference.predict import decide
from anncli.network.network import Network
from anncli.options.unit_places import UnitPlace


class SpectrumRequest(NamedTuple):
    """Which matrix, and the most rows that it is computed on."""

    matrix: Matrix = "hessian"
    rows: int = MOST_ROWS


class SpikesRequest(NamedTuple):
    """Whose spikes are drawn: the number of a sample from 1, None for some; and units, none for some."""

    sample: int | None = None
    units: tuple[UnitPlace, ...] = ()


class Figure(NamedTuple):
    """A drawing, what it shows in a sentence or two, and its numbers as a table. below: drawings that belong to it; told: what a
    document says of it besides."""

    drawing: Drawing
    caption: str
    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    below: tuple[Drawing, ...] = ()
    told: Mapping[str, Any] = {}


class RowSet(NamedTuple):
    """Answered rows (n,) of the data. title: '' where they are all the rows there are; numbers: the samples that they are, or
    belong to; outputs: float32 (n, n_outputs); weights: (n,) or None; evaluation: their figures; is_marked: whether some of
    them trained the network; answers: the numbers (n,) of their answers where a sample has several, None for `numbers`."""

    title: str
    numbers: Array
    outputs: Array
    weights: Array | None
    evaluation: Any
    is_marked: bool = False
    answers: Array | None = None

    @property
    def places(self) -> Array:
        """(n,) the number of the answer that each row of the outputs is for."""
        return self.numbers if self.answers is None else self.answers


class LabelForecast(NamedTuple):
    """label; values (n,): the known ones, the last row last, nan where one is missing; predicted (horizon,); low, high (horizon,): of the band,
    empty where no errors are known; last: the last known value."""

    label: str
    values: Array
    predicted: Array
    low: Array
    high: Array
    last: float


class ForecastFacts(NamedTuple):
    """labels: what is forecast of each; series: the name of the one that is drawn, '' for the only one; at: the time of the last row, ''
    for none; unit: the column of the time; window: rows of a sample; of, n: the set with the errors, and its windows."""

    labels: tuple[LabelForecast, ...]
    series: str
    at: str
    unit: str
    window: int
    of: str
    n: int


class Facts(NamedTuple):
    """network: a trained one; data: None where none were given; threshold: for one output; sets: all rows, and those that
    are new to the network where it has seen some of them; n_seen: how many it has, None where that is not known; columns: the
    two inputs of a boundary; single_rows: whether figures may show single rows of the data; surface: what is asked of an error
    surface, None for a small one; spectrum: what is asked of a spectrum; forecast: what a network of forecasts predicts; spikes: whose spikes are
    drawn; words: which words are drawn, and where."""

    network: Network
    data: Dataset | None = None
    threshold: float | None = None
    sets: tuple[RowSet, ...] = ()
    n_seen: int | None = None
    seed: int = 0
    threads: int = 1
    columns: tuple[str, ...] = ()
    single_rows: bool = True
    surface: SurfaceRequest | None = None
    spectrum: SpectrumRequest = SpectrumRequest()
    spikes: SpikesRequest = SpikesRequest()
    forecast: ForecastFacts | None = None
    words: WordPlane | None = None

    @property
    def task(self) -> str:
        return self.network.task or "classification"

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, or of the labels of a network that gives each row any number of them."""
        if self.task == "multi-label":
            return self.target_names
        names = self.network.classes or (() if self.data is None else self.data.classes)
        return names or tuple(f"class {k}" for k in range(1, self.network.n_classes + 1))

    @property
    def target_names(self) -> tuple[str, ...]:
        named = self.network.target_names or (() if self.data is None else self.data.target_names)
        return named or tuple(f"target {k}" for k in range(1, self.network.n_targets + 1))

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        named = self.network.columns or (() if self.data is None else self.data.columns)
        return named or tuple(f"input {k}" for k in range(1, self.network.n_inputs + 1))

    def labels(self, rows: RowSet) -> Array:
        """The class of each row (n,), as wide as arithmetic needs."""
        assert self.data is not None
        return self.data.labels[rows.places].astype(np.int64)

    def targets(self, rows: RowSet) -> Array:
        """(n, n_targets) float64."""
        assert self.data is not None
        assert self.data.targets is not None
        return self.data.targets[rows.places].astype(np.float64)

    @property
    def gives_probabilities(self) -> bool:
        """Whether all outputs are from 0 to 1, and those of one row of several classes make 1 together."""
        for rows in self.sets:
            outputs = rows.outputs
            if not (np.isfinite(outputs).all() and (outputs >= 0).all() and (outputs <= 1).all()):
                return False
            is_whole = self.task == "classification" and outputs.shape[1] > 1 and len(outputs)
            if is_whole and abs(outputs.sum(axis=1, dtype=np.float64) - 1).max() > 1e-3:
                return False
        return True


class Event(NamedTuple):
    """One thing that a row can be or not: its name, the scores (n,) for it, and whether it is so (n,)."""

    name: str
    scores: Array
    is_so: npt.NDArray[np.bool_]


def events(facts: Facts, rows: RowSet) -> list[Event]:
    """The positive class of two, or each of several classes against the others, or each label."""
    if facts.task == "multi-label":
        is_so = facts.targets(rows) > 0.5
        return [Event(name, rows.outputs[:, k], is_so[:, k]) for k, name in enumerate(facts.target_names)]
    labels = facts.labels(rows)
    if facts.network.n_outputs == 1:
        return [Event(facts.classes[0], rows.outputs[:, 0], labels == 0)]
    return [Event(name, rows.outputs[:, k], labels == k) for k, name in enumerate(facts.classes)]


def predicted_classes(facts: Facts, rows: RowSet) -> Array:
    """(n,) the class that is predicted for each row, -1 for rows that are not decided."""
    return decide(facts.network, rows.outputs, facts.threshold)


def titled(words: str, rows: RowSet) -> str:
    """The title of a figure, with the name of its rows where there are several sets of them."""
    return f"{words}, {rows.title}" if rows.title else words


def refuse_not_finite(rows: RowSet) -> None:
    """Raises UsageError where an output is not a finite number, so that nothing can be drawn."""
    if not np.isfinite(rows.outputs).all():
        raise UsageError("outputs of the network are not finite", advice="scale the inputs, or train anew")
