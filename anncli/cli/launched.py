"""`ann` as one of several processes of a launcher: which command may run so, and who of them runs it."""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
from functools import partial
from typing import NoReturn

from anncli.cli.interrupt import Interrupts
from anncli.cli.launch import LEAVING, Launch, command_of, leave, refusal
from anncli.cli.names import COMMANDS
from anncli.cli.starting import Starting
from anncli.errors import ExitCode, UsageError

# Commands of many trainings, which the other ranks run; 'train' has its rows divided among all ranks.
_OF_RUNS = ("bench", "compare", "cv", "search")
# Seconds that a rank may be silent unless --worker-timeout says otherwise.
SILENCE = 60.0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anncli.backends.ranks.agreement import Member
    from anncli.backends.ranks.crew import RankCrew
    from anncli.backends.ranks.watch import Lost
    from anncli.backends.ranks.world import World
    from anncli.experiments.executors.ranks import Team


class Ending:
    """What rank 0 of several has to do at its end."""

    def __init__(self, world: World, crew: RankCrew | Team) -> None:
        self._world, self._crew = world, crew

    def leave(self, code: int) -> NoReturn:
        """End all ranks; called when everything is written and said."""
        from anncli.backends.ranks.leaving import leave_alone
        from anncli.backends.ranks.watch import RankLost

        # A signal that comes now would only change what the launcher says of a training that is over.
        _ignore_signals()
        try:
            if not self._crew.wire.is_broken:
                self._crew.end()
        except RankLost:
            leave_alone(self._world.mpi, code)
        if self._crew.wire.is_broken:
            leave_alone(self._world.mpi, code)
        self._world.watch.stop()
        self._world.end(code)
        sys.exit(code)


def run_launched(launch: Launch, arguments: list[str]) -> Ending | None:
    """Returns where this process has to run the command as it is: rank 0, of one or many trainings, with what it has to do at the end, or of
    what prints only once, as help and the refusal of an unknown command. Otherwise it ends here."""
    command = None if "_ANN_COMPLETE" in os.environ else command_of(arguments)
    if command is None or command not in COMMANDS:
        if launch.rank:
            leave(0 if command is None else int(ExitCode.USAGE))
        return None
    if command != "train" and command not in _OF_RUNS:
        _refuse(launch, UsageError(refusal(launch, command)))
    _leave_signals_to_rank_0(launch.rank)
    _one_blas_thread()
    from anncli.backends.ranks.leaving import leave_alone
    from anncli.backends.ranks.watch import RankLost
    from anncli.backends.ranks.world import MOST_RANKS, join

    most = sys.maxsize if command in _OF_RUNS else MOST_RANKS
    silence, world = asked_silence(arguments, os.environ), None
    try:
        with Starting(launch.rank, silence):
            try:
                world = join(launch.size, launch.mpi, most)
                # From now on a rank that only ends makes some MPIs end the others by a crash, or leaves the launcher waiting for a host.
                Interrupts.leave = partial(leave_alone, world.mpi)  # type: ignore[assignment]
            except UsageError as fault:
                _refuse(launch, fault)
            finally:
                _take_ctrl_c()
            world.connect(silence)
        return _work(world, command in _OF_RUNS)
    except RankLost as lost:
        text = str(lost)
    except Exception as fault:
        # A rank that ended in another way would leave the others waiting for it.
        text = f"rank {launch.rank} on {platform.node()} failed: {type(fault).__name__}: {fault}"
    os.write(2, f"ann: {text}\n".encode())
    time.sleep(LEAVING)
    Interrupts.leave(int(ExitCode.FAILURE))
    return None


def asked_silence(arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds that a rank may be silent before the options are read: a command line that is wrong is told later."""
    text = environment.get("ANN_WORKER_TIMEOUT", "")
    for number, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name.replace("_", "-") == "--worker-timeout":
            text = value if equals else "".join(arguments[number + 1 : number + 2])
    try:
        seconds = float(text)
    except ValueError:
        return SILENCE
    return seconds if 0 < seconds < threading.TIMEOUT_MAX else SILENCE


def _work(world: World, is_of_runs: bool) -> Ending | None:
    """Rank 0 gets what it has to do at the end; the others work until it sends them home."""
    from anncli.backends.ranks.agreement import agree, introduce

    members, fault, said = world.wire.exchanged(introduce()), None, None
    try:
        said = agree(members)
        if is_of_runs:
            from anncli.experiments.executors.rank_work import agree_on_numbers

            agree_on_numbers(world.wire, members)
    except UsageError as error:
        fault = error
    if fault is None and world.rank:
        _serve(world, is_of_runs)
    if fault is not None or world.rank:
        world.watch.stop()
        world.end()
        if world.rank:
            sys.exit(0 if fault is None else int(ExitCode.USAGE))
        from anncli.cli.main import main

        main(refused=fault)
    return _lead_runs(world, said) if is_of_runs else _lead(world, members, said)


def _serve(world: World, is_of_runs: bool) -> None:
    if is_of_runs:
        from anncli.experiments.executors.rank_work import serve
    else:
        from anncli.backends.ranks.serving import serve
    serve(world.wire, world.watch)


def _lead(world: World, members: list[Member], said: str | None) -> Ending:
    from anncli.backends.crew import lead
    from anncli.backends.ranks.crew import RankCrew

    crew = RankCrew(world.wire, world.watch, members)
    if said:
        crew.tell(said)
    lead(crew)
    return Ending(world, crew)


def _lead_runs(world: World, said: str | None) -> Ending:
    from anncli.experiments.executors.ranks import Team, lead

    team = Team(world.wire, world.watch, said)
    world.watch.rescue = _say_lost
    lead(team)
    return Ending(world, team)


def _say_lost(lost: Lost) -> None:
    """From a thread: MPI holds the main thread, which will not come back. The ledger has what is finished at every moment."""
    from anncli.cli.failing import failure_of
    from anncli.cli.running.ending import tell_at_once
    from anncli.experiments.executors.ranks import lost_rank

    tell_at_once(failure_of(lost_rank(lost)))


def _ignore_signals() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _leave_signals_to_rank_0(rank: int) -> None:
    """Launchers send signals to all ranks. Rank 0 decides: it saves what it has, and then ends the others. Before MPI has started
    it cannot, and they would wait for it there until the limit of the start: until _take_ctrl_c() it is not interrupted."""
    if rank:
        _ignore_signals()
    elif hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _take_ctrl_c() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _one_blas_thread() -> None:
    """As main() does, before numpy is imported."""
    from anncli.limits import BLAS_THREAD_VARIABLES

    for variable in BLAS_THREAD_VARIABLES:
        os.environ[variable] = "1"


def _refuse(launch: Launch, fault: UsageError) -> NoReturn:
    """End this process with the exit code for usage; rank 0 says why."""
    if launch.rank:
        leave(int(ExitCode.USAGE))
    from anncli.cli.main import main

    main(refused=fault)
