"""What a rank other than 0 does: it serves the orders of rank 0 until that one sends it home."""

from __future__ import annotations

from typing import Any

import numpy as np

from anncli.arrays import Array, Inputs
from anncli.backends.base import Problem, Samples, Session
from anncli.backends.choice import choose_backend
from anncli.backends.piecework import PartOfSums
from anncli.backends.ranks.crew import Order, measured, packed
from anncli.backends.ranks.shares import Forms, chunks_of_rank, receive_share, rows_of_rank, spread_over
from anncli.backends.ranks.watch import Watch
from anncli.backends.ranks.wire import Wire
from anncli.backends.reproducible import reproducible
from anncli.errors import AnnError
from anncli.maps import FilePlace


def serve(wire: Wire, watch: Watch) -> None:
    """Returns when rank 0 says so; after a fault it tells rank 0, which ends all ranks."""
    server = _Server(wire, watch)
    while True:
        try:
            order: Order = wire.told()
            if order.what == "end":
                return
            getattr(server, f"do_{order.what}")(order)
        except Exception as fault:
            text = str(fault) or type(fault).__name__
            watch.fail(text if isinstance(fault, AnnError) else f"{type(fault).__name__}: {text}")
            return


class _Own:
    """The rows of one set that this rank computes with."""

    def __init__(self, session: Session, part: PartOfSums, is_reproducible: bool) -> None:
        self.session, self.part, self.is_reproducible = session, part, is_reproducible


class _Server:
    def __init__(self, wire: Wire, watch: Watch) -> None:
        self._wire, self._watch, self._sets, self._threads = wire, watch, dict[int, _Own](), 1

    def do_options(self, order: Order) -> None:
        """What the options of rank 0 say."""
        silence, self._threads = order.detail
        self._watch.allow(silence)

    def do_hold(self, order: Order) -> None:
        """Take the rows of a set."""
        self._sets[order.held] = self._taken(*order.detail)
        self._wire.gathered(np.zeros(2, dtype=np.int64))

    def do_close(self, order: Order) -> None:
        """Let go of a set."""
        own = self._sets.pop(order.held, None)
        if own is not None:
            own.session.close()

    def do_begin(self, order: Order) -> None:
        """Take the order of a sweep."""
        n, batch_size = order.detail
        places = np.empty(n, dtype=np.int32)
        self._wire.spread(places)
        self._sets[order.held].part.begin(places, batch_size)

    def do_sums(self, order: Order) -> None:
        """Sums over a set, or a batch of it."""
        task, number, forms = order.detail
        vectors = [np.empty(n, dtype=dtype) for dtype, n in forms]
        for vector in vectors:
            self._wire.spread(vector)
        task = task._replace(parameters=vectors[0], direction=vectors[1] if len(vectors) > 1 else None)
        own = self._sets[order.held]
        with reproducible(own.is_reproducible):
            sums, report = measured(own.part, order.what, task, number)
        self._wire.gathered(report)
        self._wire.added(packed(sums))

    do_batch = do_sums

    def _taken(
        self, problem: Problem, is_reproducible: bool, forms: Forms, place: FilePlace | None, n: int, has_counts: bool
    ) -> _Own:
        spans, counts = (
            np.empty((self._wire.size, 2), dtype=np.int64),
            np.empty(n, dtype=np.int64) if has_counts else None,
        )
        self._wire.spread(spans)
        if counts is not None:
            self._wire.spread(counts)
        part = rows_of_rank(n, self._wire.rank, self._wire.size)
        m, (first, last) = part.stop - part.start, spans[self._wire.rank]
        mapped = None if place is None else place.mapped(int(first), int(last))
        self._wire.gathered(np.array([mapped is not None], dtype=np.int64))
        samples, rows = self._samples(forms, mapped, m, int(first))
        with reproducible(is_reproducible):
            backend = choose_backend(problem, self._threads)
            session = backend.open(problem, samples)
        chunks = chunks_of_rank(self._wire.rank, self._wire.size)
        return _Own(session, PartOfSums(session, rows, n, *chunks, counts, samples.inputs), is_reproducible)

    def _samples(self, forms: Forms, mapped: Array | None, m: int, first: int) -> tuple[Samples, Array]:
        """The samples of this rank, and which of them (m,) are its share, in order."""
        wire, rows = self._wire, np.arange(m, dtype=np.int32)
        inputs: Inputs
        if mapped is not None:
            rows = (wire.receive(np.empty(m, dtype=np.int64)) - first).astype(np.int32)
            inputs = mapped
        else:
            assert forms.inputs is not None
            inputs = receive_share(wire, forms.inputs, m)
        others: list[Any] = []
        for form in (forms.targets, forms.weights):
            values = None if form is None else receive_share(wire, form, m)
            if mapped is not None and isinstance(values, np.ndarray) and form is not None:
                values = spread_over(values, rows, len(mapped), form.gapped)
            others.append(values)
        return Samples(inputs, *others), rows
