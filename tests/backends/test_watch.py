"""The watch of ranks over a communicator of this process: who is silent, who failed, and when a rank ends itself."""

# Names as in mpi4py.
# ruff: noqa: N802

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

import pytest

from anncli.backends.ranks import patience, watch
from anncli.backends.ranks.letters import Letter, Letterbox
from anncli.backends.ranks.watch import Lost, RankLost, Watch


class Post:
    """What is on its way between ranks; cut: ranks that nothing reaches and that reach nobody."""

    def __init__(self):
        self.letters = defaultdict(deque)
        self.cut = set()


class Request:
    def __init__(self, test):
        self.Test = test

    def Cancel(self):
        pass

    def Wait(self):
        pass


class Communicator:
    """Ranks in one process: messages are kept until they are taken."""

    def __init__(self, post, rank, size):
        self.post, self.rank, self.size = post, rank, size

    def Get_rank(self):
        return self.rank

    def Get_size(self):
        return self.size

    def Isend(self, content, dest, tag):
        lost = {self.rank, dest} & self.post.cut
        if not lost:
            self.post.letters[self.rank, dest].append(bytes(content))
        return Request(lambda: not lost)

    def Irecv(self, buffer, source, tag):
        done = []

        def test():
            queue = self.post.letters[source, self.rank]
            if not done and queue:
                content = queue.popleft()
                buffer[: len(content)] = content
                done.append(True)
            return bool(done)

        return Request(test)


class Clock:
    now = 100.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(watch, "time", clock)
    monkeypatch.setattr(patience, "time", clock)
    return clock


def ranks(size, limit=10.0):
    """Watches without threads, the post between them, and the codes with which ranks gave up."""
    post, ended = Post(), {}
    made = [
        Watch(
            Communicator(post, rank, size),
            f"n{rank}",
            limit,
            lambda code, rank=rank: ended.setdefault(rank, code),
            is_threaded=False,
        )
        for rank in range(size)
    ]
    return made, post, ended


def run(made, clock, seconds, idle=()):
    for _ in range(int(seconds)):
        clock.now += 1.0
        for one in made:
            if one.rank not in idle:
                one.beat()
                one.judge()


def test_ranks_that_beat_are_alive_for_hours_and_their_hosts_are_known(clock):
    made, _, ended = ranks(3)
    run(made, clock, 600)
    made[0].check()
    assert made[0].hosts == {0: "n0", 1: "n1", 2: "n2"}
    assert ended == {}


def test_a_silent_rank_is_named_with_its_host_after_the_limit(clock):
    made, _, ended = ranks(3)
    run(made, clock, 5)
    run(made, clock, 10, idle={2})
    made[0].check()
    run(made, clock, 1, idle={2})
    made[0].check()
    run(made, clock, 1, idle={2})
    with pytest.raises(RankLost) as caught:
        made[0].check()
    assert caught.value.lost == Lost(2, "n2", None, 11.0)
    assert str(caught.value) == "rank 2 on n2 has been silent for 11 s (--worker-timeout)"
    assert caught.value.exit_code == 1
    assert ended == {}


def test_a_cut_rank_ends_itself_and_the_others_stay(clock):
    made, post, ended = ranks(3)
    run(made, clock, 5)
    post.cut.add(1)
    run(made, clock, 12)
    # Rank 0 notices first, so that it can say it.
    assert ended == {}
    assert made[0].lost is not None
    assert made[0].lost.rank == 1
    run(made, clock, 2)
    assert ended == {1: 1}


def test_a_cut_shorter_than_the_limit_is_no_loss(clock):
    made, post, ended = ranks(2)
    run(made, clock, 5)
    post.cut.add(1)
    run(made, clock, 9)
    post.cut.clear()
    # What was on its way does not come any more here; TCP brings it. The next letters can be sent again.
    for one in made:
        one._boxes[0]._out = None
    run(made, clock, 20)
    made[0].check()
    assert ended == {}


def test_ranks_without_rank_0_end_themselves(clock):
    made, _, ended = ranks(3)
    run(made, clock, 12, idle={0})
    assert ended == {}
    run(made, clock, 1, idle={0})
    assert ended == {1: 1, 2: 1}


def test_a_program_that_was_stopped_and_goes_on_blames_nobody(clock):
    made, _, ended = ranks(2)
    run(made, clock, 5)
    clock.now += 1000
    run(made, clock, 5)
    made[0].check()
    assert ended == {}


def test_a_rank_that_fails_is_told_in_its_own_words(clock):
    made, _, _ = ranks(3)
    run(made, clock, 2)
    made[2]._boxes[0].urgent = Letter(b"f", "file n\u00f6 gone")
    run(made, clock, 1)
    run(made, clock, 1)
    with pytest.raises(RankLost, match=r"^rank 2 on n2 failed: file n\u00f6 gone$"):
        made[0].check()


def test_the_first_loss_is_kept(clock):
    made, _, _ = ranks(3)
    run(made, clock, 12, idle={1})
    run(made, clock, 20, idle={1, 2})
    assert made[0].lost is not None
    assert made[0].lost.rank == 1


def test_at_most_one_letter_is_on_its_way():
    post = Post()
    post.cut.add(1)
    sent = []
    communicator = Communicator(post, 0, 2)
    isend = communicator.Isend
    communicator.Isend = lambda content, dest, tag: sent.append(content) or isend(content, dest, tag)
    box = Letterbox(communicator, 1)
    for _ in range(5):
        box.send(Letter(b"a", "host"))
    assert sent == [b"ahost"]


def test_letters_that_are_too_long_are_cut():
    post = Post()
    Letterbox(Communicator(post, 1, 2), 0).send(Letter(b"f", "x" * 5000))
    letter = Letterbox(Communicator(post, 0, 2), 1).take()
    assert letter == Letter(b"f", "x" * 1023)


def test_the_threads_of_a_watch_notice_silence_and_stop(monkeypatch):
    monkeypatch.setattr(watch, "_LATER", 0.0)
    monkeypatch.setattr(watch, "_PARTING", 0.05)
    given_up = threading.Event()
    one = Watch(Communicator(Post(), 1, 2), "n1", 0.08, lambda code: given_up.set())
    assert given_up.wait(10.0)
    one.stop()
    assert not any(thread.is_alive() for thread in one._threads)
    # Nobody said farewell: MPI would wait for that rank for ever.
    assert not one.has_parted


def test_where_mpi_is_stuck_after_a_loss_rank_0_is_rescued_by_a_thread(monkeypatch):
    monkeypatch.setattr(watch, "_STUCK", 0.05)
    monkeypatch.setattr(watch, "_PARTING", 0.05)
    rescued, given_up = [], threading.Event()
    one = Watch(Communicator(Post(), 0, 2), "n0", 0.08, lambda code: given_up.set())
    one.rescue = rescued.append
    # A call that does not return, as of an MPI whose connection is gone.
    with pytest.raises(RankLost):
        one.wait(lambda: Request(lambda: not given_up.wait(10.0)))
    one.stop()
    assert [lost.rank for lost in rescued[:1]] == [1]


def test_ranks_part_with_no_letter_left_on_its_way():
    post, ended = Post(), []
    made = [Watch(Communicator(post, rank, 3), f"n{rank}", 60.0, ended.append) for rank in range(3)]
    parting = [threading.Thread(target=one.stop) for one in made]
    began = time.monotonic()
    for thread in parting:
        thread.start()
    for thread in parting:
        thread.join()
    assert time.monotonic() - began < watch._PARTING
    assert not any(post.letters.values())
    assert ended == []
    assert all(one.has_parted for one in made)


def test_a_thread_that_is_stuck_in_mpi_holds_up_nobody_else(monkeypatch):
    monkeypatch.setattr(watch, "_STUCK", 0.02)
    made, _, _ = ranks(2)
    made[0]._beating.acquire()
    began = time.monotonic()
    made[0].beat()
    assert time.monotonic() - began < 5


def test_waiting_polls_first_and_then_sleeps_a_twentieth_and_at_most_a_millisecond(clock):
    assert [patience.pause(waited) for waited in (0.0, 0.0009, 0.01, 0.02, 1.0, 3.0, 3600.0)] == pytest.approx(
        [0.0, 0.0, 0.0005, 0.001, 0.001, 0.002, 0.02]
    )


def test_waiting_ends_with_the_request_or_with_what_check_raises(clock):
    done = clock.now + 5
    began = clock.now

    def tested():
        clock.now += 1e-6
        return clock.now >= done

    patience.wait(Request(tested), lambda: None)
    assert clock.now - began == pytest.approx(5, abs=0.02)

    def check():
        if clock.now > done + 1:
            raise RankLost(Lost(1, "", "gone", 0.0))

    def never():
        clock.now += 1e-6
        return False

    with pytest.raises(RankLost, match="rank 1 failed: gone"):
        patience.wait(Request(never), check)


def test_a_short_silence_is_not_said_to_be_none() -> None:
    assert str(Lost(1, "", None, 0.0013)) == "rank 1 has been silent for 0.001 s (--worker-timeout)"
    assert str(Lost(1, "n2", None, 60.4)) == "rank 1 on n2 has been silent for 60 s (--worker-timeout)"
