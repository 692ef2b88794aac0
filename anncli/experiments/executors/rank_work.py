"""What the ranks other than 0 do for a command of many trainings: they run specs until rank 0 sends them home."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from anncli import __version__
from anncli.backends.ranks.agreement import Member
from anncli.backends.ranks.crew import Order
from anncli.backends.ranks.mail import AnyOf, Mail
from anncli.backends.ranks.watch import Watch
from anncli.backends.ranks.wire import Wire
from anncli.errors import AnnError, UsageError
from anncli.experiments.executors.base import Stopped
from anncli.experiments.inputs import Data, dataset_of, keep
from anncli.experiments.sent_setup import SentSetup
from anncli.experiments.spec import DataRef, Failure, Result, Spec
from anncli.experiments.worker import run_spec


class Errand(NamedTuple):
    """What rank 0 asks for. data: what the reference of the spec means, None where the rank may have it or read it. The answer is a
    Result, or None: the data are not there, or the errand was stopped."""

    spec: Spec
    data: Data | SentSetup | None = None


def agree_on_numbers(wire: Wire, members: Sequence[Member]) -> None:
    """Raises UsageError, on all ranks, where one would give other last digits than rank 0."""
    from anncli.experiments.executors.facts import difference, facts_here

    here, *others = wire.exchanged({"anncli": __version__, **facts_here()})
    for rank, there in enumerate(others, 1):
        if (reason := difference(here, there)) is not None:
            message, _, advice = reason.partition("; ")
            raise UsageError(f"rank {rank} on {members[rank].host}: {message}", advice=advice or None)


def serve(wire: Wire, watch: Watch) -> None:
    """Returns when rank 0 says so; after a fault it tells rank 0, which ends all ranks."""
    # As in other processes of `ann`: what overflows is told in words.
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    mail = Mail(wire, 0)
    mail.expect()
    try:
        while (order := _next_order(mail, watch)).what != "end":
            mail.expect()
            if order.what == "options":
                watch.allow(order.detail)
            elif order.what == "run":
                _answer(mail, watch, order.detail)
    except Exception as fault:
        watch.fail(str(fault) if isinstance(fault, AnnError) else f"{type(fault).__name__}: {fault}")


def _next_order(mail: Mail, watch: Watch) -> Order:
    watch.wait(lambda: AnyOf([mail]))
    order: Order = mail.take()
    return order


def _answer(mail: Mail, watch: Watch, errand: Errand) -> None:
    def is_stopped() -> bool:
        """Whether rank 0 does not wait for this errand any more: it says nothing else meanwhile."""
        watch.check()
        return mail.has_come()

    found: Result | None = None
    if errand.data is not None:
        keep({errand.spec.data.contents: errand.data})
    if errand.data is not None or _has(errand.spec.data):
        try:
            found = run_spec(errand.spec, is_stopped)
        except Stopped:
            found = None
    try:
        mail.send(found)
    except MemoryError:
        # The copy that is sent has no room; nothing of it has left yet.
        failure = Failure("out of memory", "use fewer ranks, fewer rows or a smaller network", repeats=False)
        mail.send(Result(errand.spec.digest(), error=failure))


def _has(ref: DataRef) -> bool:
    """Whether data are here, or can be read from their files with the contents that they had on rank 0."""
    try:
        dataset_of(ref)
    except AnnError:
        return False
    return True
