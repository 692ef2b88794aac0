"""What `ann train` leaves where a rank is lost, with a crew of this process that loses one on demand."""

from __future__ import annotations

import numpy as np
import pytest

import anncli
from anncli.backends.crew import LocalCrew, use_crew
from anncli.backends.ranks.watch import Lost, RankLost
from anncli.cli.main import run
from anncli.errors import AnnError

NETWORK = "anncli: 1\ninputs: 2\nlayers: [2 tanh, 1 logistic]\n"
WORDS = [
    "train",
    "net.nn",
    "big.npy",
    "6",
    "--label",
    "last",
    "--trainer",
    "rprop",
    "--refit",
    "no",
    "--patience",
    "0",
    "-q",
    "--checkpoint",
    "c",
]
LOST = Lost(2, "n7", None, 61.0)
SAID = "ann: rank 2 on n7 has been silent for 61 s (--worker-timeout); "


class LosingCrew(LocalCrew):
    """Three ranks, of which one is lost in the middle of the sums, after so many of them that are whole."""

    size = 3

    def __init__(self, sums):
        self.left, self.stuck = sums, None

    def on_stuck(self, save):
        self.stuck = save

    def check(self):
        if self.left < 0:
            raise RankLost(LOST)

    def hold(self, session, problem, samples, rows):
        held = super().hold(session, problem, samples, rows)
        whole = held.sums

        def sums(task):
            self.left -= 1
            # Whatever is done with the weights before the loss is noticed must not be kept.
            found = whole(task)
            self.check()
            return found

        held.sums = sums
        return held


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((82_000, 2)).astype(np.float32)
    np.save("big.npy", np.column_stack([inputs, inputs[:, 0] > 0.3 * inputs[:, 1]]).astype(np.float32))
    (tmp_path / "net.nn").write_text(NETWORK)
    return tmp_path


def lose(after, words=()):
    with use_crew(LosingCrew(after)):
        return run([*WORDS, *words])


def test_network_and_checkpoint_of_the_last_epoch_are_written_and_resume_gives_the_same_bytes(folder, capsys):
    assert run([*WORDS[:-2]]) == 0
    expected = (folder / "net.nn").read_bytes()
    (folder / "net.nn").write_text(NETWORK)
    # Two sums an epoch: a gradient, and the loss on the training set of the report or of validation.
    assert lose(3) == 1
    done = len(anncli.load(folder / "net.nn").curve.training)
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == f"{SAID}the network of epoch {done} was written to net.nn; continue with --resume c"
    assert 0 < done < 6
    assert run([*WORDS, "--resume", "c"]) == 0
    assert (folder / "net.nn").read_bytes() == expected


def test_before_the_first_epoch_has_ended_nothing_is_written(folder, capsys):
    assert lose(0) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"{SAID}nothing was written, because no epoch had ended"
    assert (folder / "net.nn").read_text() == NETWORK
    assert not (folder / "c").exists()


def test_a_resumed_training_that_is_lost_at_once_keeps_what_it_had(folder, capsys):
    assert lose(3) == 1
    before = (folder / "c").read_bytes()
    assert lose(0, ["--resume", "c"]) == 1
    assert "was written to net.nn; continue with --resume c" in capsys.readouterr().err.splitlines()[-1]
    assert (folder / "c").read_bytes() == before


@pytest.mark.parametrize("words", [[], ["--ensemble", "2"]], ids=["one network", "ensemble"])
def test_during_the_final_fit_the_network_before_it_is_written(words, folder, capsys):
    fitting = ["yes" if word == "no" else word for word in WORDS]
    crew = LosingCrew(100_000)
    hold, opened = crew.hold, []

    def hold_once_more(session, problem, samples, rows):
        # All rows are held by the final fit alone: its second sum is the last one.
        if len(rows) == 82_000 and not opened:
            opened.append(len(rows))
            crew.left = 1
        return hold(session, problem, samples, rows)

    crew.hold = hold_once_more
    with use_crew(crew):
        assert run([*fitting, *words]) == 1
    assert opened
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith(f"{SAID}the network of epoch ")
    assert "was written to net.nn" in told
    assert anncli.load(folder / "net.nn").is_trained


def test_no_network_is_written_where_that_was_asked_for(folder, capsys):
    assert lose(3, ["--no-keep-on-interrupt"]) == 1
    expected = f"{SAID}no network was written (--no-keep-on-interrupt); continue with --resume c"
    assert capsys.readouterr().err.splitlines()[-1] == expected
    assert (folder / "net.nn").read_text() == NETWORK
    assert (folder / "c").exists()


def test_a_network_that_cannot_be_written_is_said_too(folder, capsys, monkeypatch):
    def full(*_, **__):
        raise AnnError("No space left on device", path="net.nn")

    monkeypatch.setattr("anncli.cli.running.training.save", full)
    assert lose(3) == 1
    expected = f"{SAID}no network was written: net.nn: No space left on device; continue with --resume c"
    assert capsys.readouterr().err.splitlines()[-1] == expected
    assert (folder / "net.nn").read_text() == NETWORK


def test_a_rank_without_work_that_is_lost_ends_the_training_too(folder, capsys):
    (folder / "few.txt").write_text("1 2 0\n2 1 1\n" * 20)
    words = ["few.txt" if word == "big.npy" else word for word in WORDS]
    with use_crew(LosingCrew(-1)):
        assert run(words) == 1
    assert f"{SAID}the network of epoch 1 was written to net.nn" in capsys.readouterr().err.splitlines()[-1]


def test_where_mpi_holds_the_program_a_thread_saves_and_tells(folder, capsys, monkeypatch):
    crew = LosingCrew(3)
    told = []
    monkeypatch.setattr(LosingCrew, "check", lambda self: self.left < 0 and not told and told.append(self.stuck(LOST)))
    with use_crew(crew):
        run(WORDS)
    assert SAID in capsys.readouterr().err
    assert anncli.load(folder / "net.nn").is_trained
