"""`ann plot raster` and `ann plot voltage`: what is drawn, the numbers behind it, and what is refused."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann

from anncli.network.spikes import traces
from anncli.network.spikes.neuron import Neuron

__all__ = ["ann"]
Run = Callable[..., Done]

CODED = "anncli: 1\ninputs: {spikes: 3, code: latency, t_max: 0.03, bias_spike: 0.0}\nlayers: [6 lif mean 3 sd 1, 2 first-spike mean 2 sd 0.5]\n"
TIMED = "anncli: 1\ninputs: 3 spikes\nlayers: [6 lif mean 4 sd 1, 2 peak-voltage mean 1 sd 1]\n"


@pytest.fixture
def folder(tmp_path: Path, ann: Run) -> Path:
    points = np.random.default_rng(1).uniform(size=(20, 2)).round(3)
    rows = [f"{x},{y},{'a' if x > y else 'b'}" for x, y in points]
    (tmp_path / "v.csv").write_text("\n".join(["x,y,class", *rows]) + "\n")
    (tmp_path / "v.def").write_text(CODED)
    (tmp_path / "one.txt").write_text("1:0.001 3:0.012\n" * 6)
    (tmp_path / "two.txt").write_text("2:0.001 3:0.012\n" * 6)
    (tmp_path / "t.def").write_text(TIMED)
    ann("train", "v.def", "v.csv", "--label", "class", 2, "--validation", 0, "-q", "-o", "v.nn")
    return tmp_path


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_a_raster_has_every_spike_of_the_sample(folder: Path, ann: Run) -> None:
    done = ann("plot", "raster", "v.nn", "v.csv", "--row", 3, "--csv", "r.csv")
    assert done.stdout == "raster written to v-raster.svg\n"
    text = (folder / "v-raster.svg").read_text()
    x, y, name = (folder / "v.csv").read_text().splitlines()[3].split(",")
    assert f">Spikes of sample 3: {name}, predicted " in text
    assert ">layer 1</text>" in text
    rows = table(folder / "r.csv")
    assert {row["sample"] for row in rows} == {"3"}
    given = {row["unit"]: float(row["time"]) for row in rows if row["layer"] == "0"}
    assert given == pytest.approx({"1": float(x) * 0.03, "2": float(y) * 0.03, "3": 0.0}, rel=1e-6)
    fired = [float(row["time"]) for row in rows if row["layer"] == "1"]
    assert len(fired) > 3
    assert fired == sorted(fired)
    # Of each output the first spike.
    outputs = [row["unit"] for row in rows if row["layer"] == "2"]
    assert len(outputs) == len(set(outputs))


def test_files_of_spikes_and_peaks_are_drawn(folder: Path, ann: Run) -> None:
    """Without --row the first sample of each class."""
    ann("train", "t.def", "one.txt", "two.txt", 2, "--validation", 0, "-q", "-o", "t.nn")
    ann("plot", "raster", "t.nn", "one.txt", "two.txt", "-o", "r.svg", "--csv", "r.csv")
    text = (folder / "r.svg").read_text()
    assert ">Spikes of sample 1: one, predicted " in text
    assert ">Spikes of sample 7: two, predicted " in text
    assert {row["sample"] for row in table(folder / "r.csv")} == {"1", "7"}
    done = ann("plot", "voltage", "t.nn", "one.txt", "two.txt", "-v", "--csv", "v.out.csv")
    assert "The outputs never fire: the highest of 2 peaks names the class." in done.stderr
    assert {row["layer"] for row in table(folder / "v.out.csv")} == {"1", "2"}


def test_a_voltage_is_the_threshold_and_then_0_where_the_unit_fires(folder: Path, ann: Run) -> None:
    ann("plot", "raster", "v.nn", "v.csv", "--row", 3, "-o", "r.csv")
    unit = next(row["unit"] for row in table(folder / "r.csv") if row["layer"] == "1")
    ann("plot", "voltage", "v.nn", "v.csv", "--row", 3, "--unit", f"1:{unit},2:1", "--csv", "v.out.csv", "-o", "v.svg")
    fired = [float(row["time"]) for row in table(folder / "r.csv") if (row["layer"], row["unit"]) == ("1", unit)]
    rows = [row for row in table(folder / "v.out.csv") if row["layer"] == "1"]
    assert {row["unit"] for row in rows} == {unit}
    values = [(float(row["time"]), float(row["voltage"])) for row in rows]
    for time in fired:
        at = values.index((time, 0.0)) - 1
        assert values[at] == (time, 1.0)
        # Up to there it rises to the threshold without a jump.
        assert values[at - 1] == pytest.approx((time, 1.0), abs=1e-9)
    assert max(value for _, value in values) < 1 + 1e-9
    assert f">unit {unit}</text>" in (folder / "v.svg").read_text()


REFUSED = [
    ("raster v.nn v.csv --row 21", "--row 21: there are 20 samples with a class; name one of them"),
    ("voltage v.nn v.csv --unit 1:7", "--unit 1:7: there is no such unit; there are 1 to 6 in layer 1, 1 to 2 in layer 2"),
    ("voltage v.nn v.csv --unit 3:1", "--unit 3:1: there is no such unit; there are 1 to 6 in layer 1, 1 to 2 in layer 2"),
    ("voltage v.nn v.csv --unit 7", "--unit: '7' names no unit; write LAYER:UNIT, for example 1:17 or 1:17,2:1"),
    ("raster v.nn v.csv --unit 1:1", "--unit is not for plot raster; use it with plot voltage"),
    ("roc v.nn v.csv --row 1", "--row is not for plot roc; use it with plot raster or voltage"),
    ("raster plain.nn v.csv", "plot raster is for spiking networks, and this one has no neurons that fire; train one whose `layers:` are `lif` and `first-spike` or `peak-voltage`"),
]  # fmt: skip


def test_what_cannot_be_drawn_is_refused(folder: Path, ann: Run) -> None:
    ann("train", "v.csv", "--label", "class", 1, "-q", "-o", "plain.nn")
    for words, message in REFUSED:
        done = ann("plot", *words.split(), check=2)
        assert done.stderr.splitlines()[-1] == f"ann: {message}"
    assert not list(folder.glob("*.svg"))


def test_a_voltage_by_hand() -> None:
    """One spike of weight 6 at 1 ms: V(t) = 2 (e^-50d - e^-200d) from there on, which reaches 1 where e^-50d - e^-200d = 1/2."""
    neuron, fired = Neuron(0.02, 0.005, 1.0), 0.005
    times, values = traces.voltage(np.array([6.0]), np.array([0.001]), neuron, np.array([fired]), 0.02, 0.002)
    assert (times[0], values[0], times[-1]) == (0, 0, 0.02)
    for time, value in zip(times, values, strict=True):
        d = time - 0.001
        if d <= 0:
            assert value == 0
        elif time < fired:
            assert value == pytest.approx(2 * (math.exp(-50 * d) - math.exp(-200 * d)), abs=1e-12)
        elif time > fired:
            e = time - fired
            wanted = 2 * math.exp(-200 * 0.004) * (math.exp(-50 * e) - math.exp(-200 * e))
            assert value == pytest.approx(wanted, abs=1e-12)
    at = np.flatnonzero(times == fired)
    assert values[at].tolist()[1:] == [1.0, 0.0]
    assert np.diff(times).max() <= 0.002 + 1e-12
