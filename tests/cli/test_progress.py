"""Progress: a line that fits the terminal, a line from time to time in a log, and what both say."""

from __future__ import annotations

from pathlib import Path

import pytest
from ann_process import Ann, on_terminal

from anncli.cli.showing import work as work_module
from anncli.cli.showing.line_fit import Piece, bar, clock, columns_of, cut, fitted, span
from anncli.cli.showing.reading_work import ReadingWork, size
from anncli.cli.showing.training_work import Phases, TrainingWork
from anncli.cli.showing.work import Counted
from anncli.formats.files.reading import Reading
from anncli.training.attempt import EpochReport

ERASE = "\r\x1b[K"
LONG = ("train", "net.nn", "pos.txt", "neg.txt", 6000, "--patience", 0, "-o", "o.nn")


def drawn(seen: str) -> list[str]:
    """Every line that was drawn, without what was printed after it."""
    return [part.partition("\r\n")[0] for part in seen.split(ERASE)[1:] if part and not part.startswith("ann:")]


@pytest.mark.parametrize(("columns", "words"), [
    (40, ["training 1/2  epoch 1/6000  0:00"]),
    (80, ["training 1/2  epoch 1/6000  0:00  loss 0.", "  validation 0."]),
    (200, ["[------------------------]  training 1/2  epoch 1/6000  0:00  loss 0.", "  validation 0.", "  best epoch 1"]),
])  # fmt: skip
@pytest.mark.slow
def test_the_line_fits_the_terminal(small: Path, columns: int, words: list[str]) -> None:
    seen = on_terminal(small, *LONG, columns=columns)
    lines = [line for line in drawn(seen) if "epoch" in line]
    assert all(word in lines[0] for word in words)
    assert max(map(columns_of, lines)) < columns
    assert any(line.removeprefix("[").lstrip("#-] ").startswith("retraining 2/2  epoch ") for line in lines)
    # The last thing is that it is gone; the losses of the run come after it.
    assert seen.split(ERASE)[-1].startswith("training loss")


@pytest.mark.slow
def test_the_line_follows_the_size_of_the_terminal(small: Path) -> None:
    lines = drawn(on_terminal(small, *LONG, columns=200, then=30))
    assert columns_of(lines[0]) > 90
    # Lines that were on their way are still long; after the first short one all are.
    short = [columns_of(line) < 30 for line in lines if "epoch" in line]
    assert short[-1]
    assert short == sorted(short)


@pytest.mark.slow
def test_restarts_are_counted_and_notes_do_not_mix_with_the_line(small: Path) -> None:
    arguments = ("train", "net.nn", "pos.txt", "neg.txt", 3000, "--restarts", 3, "--patience", 0, "-o", "o.nn", "-v")
    seen = on_terminal(small, *arguments, columns=100)
    assert any("restart 3/3  epoch" in line for line in drawn(seen))
    before = [seen[max(0, at - 4) : at] for at in range(len(seen)) if seen.startswith("ann: epoch", at)]
    assert len(before) > 90
    # Each note begins a line of its own, at its start or where the drawn line was erased.
    assert {text[-2:] for text in before} <= {"\r\n", "[K"}


@pytest.mark.slow
@pytest.mark.parametrize("switches", [("-q",), ()])
def test_nothing_is_drawn_where_nobody_sees_it(small: Path, ann: Ann, switches: tuple[str, ...]) -> None:
    if switches:
        assert on_terminal(small, *LONG, *switches) == ""
    else:
        assert on_terminal(small, *LONG, TERM="dumb") == ""
        assert ann(*LONG).stderr == ""


@pytest.mark.slow
def test_a_log_gets_a_line_from_time_to_time(small: Path, ann: Ann) -> None:
    often = {"_ANN_HEARTBEAT": "0.03"}
    lines = ann(*LONG, env=often).stderr.splitlines()
    assert any(line.startswith("ann: training 1/2, epoch ") and " of 6000, " in line for line in lines)
    assert any(line.startswith("ann: retraining 2/2, epoch ") for line in lines)
    assert all(
        "; loss " in line and "\x1b" not in line for line in lines if " epoch " in line and "no epoch" not in line
    )
    assert ann(*LONG, "-q", env=often).stderr == ""
    lines = ann("cv", "net.nn", "pos.txt", "neg.txt", 600, "--folds", 4, env=often).stderr.splitlines()
    counts = [line.split()[1] for line in lines if " of 4 trainings, " in line]
    assert counts == sorted(counts)
    assert {"1", "2", "3"} & set(counts)


@pytest.mark.slow
def test_colour_is_for_terminals_that_want_it(small: Path, ann: Ann) -> None:
    arguments = ("train", "net.nn", "pos.txt", "neg.txt", "0", "--validation", "pos.txt,neg.txt", "-o", "o.nn")
    assert "\x1b[33mwarning:\x1b[0m" in on_terminal(small, *arguments)
    assert "\x1b" not in on_terminal(small, *arguments, NO_COLOR="1")
    assert "\x1b" not in on_terminal(small, *arguments, "--no-color")
    assert "\x1b" not in on_terminal(small, *arguments, TERM="dumb")
    assert "\x1b" not in ann(*arguments).stderr


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time is what the list says."""
    now = [100.0]
    monkeypatch.setattr(work_module.time, "monotonic", lambda: now[0])
    return now


def report(epoch: int, **rest: object) -> EpochReport:
    found = {
        "training_loss": 0.5,
        "validation_loss": 0.25,
        "metric": None,
        "best_epoch": 1,
        "class_means": None,
        **rest,
    }
    return EpochReport(epoch, **found)  # type: ignore[arg-type]


def test_a_training_by_hand(at: list[float]) -> None:
    work = TrainingWork(1000, Phases(1, 400, True))
    assert (work.line(79), work.sentence()) == ("", "no epoch has ended yet, 0 s")
    work.see(report(1), 0)
    at[0] += 60
    work.see(report(101, best_epoch=81), 0)
    # 101 epochs in 60 s: 899 more take 534 s.
    assert work.line(200) == (
        "[##----------------------]  training 1/2  epoch 101/1000  1:00  8:54 left  loss 0.50000  validation 0.25000  "
        "\u2581\u2581  best epoch 81, patience 380"
    )
    assert work.line(37) == "training 1/2  epoch 101/1000  1:00"
    assert work.line(20) == "epoch 101/1000  1:00"
    assert work.line(6) == "epoch "
    assert work.sentence() == (
        "training 1/2, epoch 101 of 1000, 60 s, about 9 min left; loss 0.5, validation 0.25, best epoch 81, patience 380"
    )
    # The final training has its own number of epochs and its own pace: 10 in 20 s, so 70 in 140 s.
    work.see(report(1, phase="refit", validation_loss=None), 80)
    at[0] += 20
    work.see(report(10, phase="refit", validation_loss=None), 80)
    assert work.line(60) == "retraining 2/2  epoch 10/80  1:20  2:20 left  loss 0.50000"


def test_restarts_by_hand(at: list[float]) -> None:
    work = TrainingWork(100, Phases(5, None, False))
    at[0] += 30
    work.see(report(100), 0)
    work.see(report(50, restart=2), 0)
    at[0] += 15
    # What was done before the first report tells nothing: 51 epochs in 45 s, and 350 are left.
    assert work.line(43) == "restart 2/5  epoch 50/100  0:45  5:08 left"


def test_networks_of_an_ensemble_by_hand(at: list[float]) -> None:
    work = TrainingWork(100, Phases(2, None, True, ensemble=5))
    work.see(report(1), 0)
    at[0] += 30
    # The second restart of the second network: 150 of 200 epochs are 3/8 of its work, so 1.375 of 5 networks in 30 s.
    work.see(report(50, restart=4), 0)
    assert work.line(56) == "network 2/5 restart 2/2  epoch 50/100  0:30  1:19 left"
    work.see(report(10, restart=4, phase="refit"), 20)
    assert work.line(60).startswith("network 2/5 retraining 2/2  epoch 10/20  0:30  ")


def test_counted_work_by_hand(at: list[float]) -> None:
    work = Counted(30, "training")
    assert work.sentence() == "0 of 30 trainings, 0 s"
    at[0] += 20
    # A ledger held ten: one training took 20 s.
    work.update(11, "repeat 1, fold 11")
    assert work.sentence() == "11 of 30 trainings, 20 s, about 6 min left"
    assert work.line(79) == "[###-------]  training 11/30  0:20  6:20 left  repeat 1, fold 11"
    assert work.line(30) == "training 11/30  0:20"


def test_reading_by_hand(at: list[float]) -> None:
    reading = Reading()
    work = ReadingWork(reading)
    assert (work.line(79), work.sentence()) == ("", "")
    reading.name, reading.total = "big.csv", 2_700_000_000
    work.line(79)
    at[0] += 30
    reading.done = 1_215_000_000
    assert work.line(79) == "[####------]  reading big.csv  45 % of 2.7 GB  0:30  0:36 left"
    assert work.sentence() == "reading big.csv: 45 % of 2.7 GB, 30 s, about 37 s left"
    # A pipe has no end that is known.
    reading.name, reading.done, reading.total = "<stdin>", 1500, 0
    assert work.line(79) == "reading <stdin>  1.5 kB  0:00"
    assert work.sentence() == "reading <stdin>: 1.5 kB, 0 s"


def test_times_sizes_and_widths() -> None:
    assert [clock(s) for s in (0, 7.9, 750, 3723)] == ["0:00", "0:07", "12:30", "1:02:03"]
    assert [span(s) for s in (0.4, 45, 180, 240, 4800, 7260)] == [
        "0 s",
        "45 s",
        "3 min",
        "4 min",
        "80 min",
        "2 h 1 min",
    ]
    assert [size(n) for n in (999, 1500, 2_700_000_000, 999_600)] == ["999 bytes", "1.5 kB", "2.7 GB", "1 MB"]
    assert [bar(f, 80) for f in (0, 0.5, 1, 2)] == [f"[{x}]" for x in ("-" * 10, "#" * 5 + "-" * 5, "#" * 10, "#" * 10)]
    # Two columns for a Chinese character, none for a combining accent.
    assert [columns_of(text) for text in ("abc", "\u6570\u636e", "e\u0301")] == [3, 4, 1]
    assert cut("\u6570\u636e", 3) == "\u6570"
    pieces = [Piece("\u6570\u636e.csv", 2), Piece("left", 1), Piece("", 9)]
    assert [fitted(pieces, width) for width in (14, 13, 8, 5, 0)] == [
        "\u6570\u636e.csv  left", "\u6570\u636e.csv", "\u6570\u636e.csv", "\u6570\u636e.", "",
    ]  # fmt: skip
