"""Whether a run keeps several ranks busy, and what to do where it does not."""

from __future__ import annotations

from anncli.arrays import Tokens
from anncli.backends.chunks import LEAST_BATCH, LEAST_ROWS
from anncli.backends.ranks.shares import rows_of_rank
from anncli.training.names import TRAINER_NAMES
from anncli.training.setup import Setup

_OTHER = f"use --batch-size {LEAST_BATCH} or --trainer lbfgs"


def idle_ranks(size: int) -> str:
    """'ranks 1 to 3 stay idle'."""
    return "rank 1 stays idle" if size == 2 else f"ranks 1 to {size - 1} stay idle"


def idle_reason(setup: Setup, size: int) -> str | None:
    """Why ranks other than 0 of `size` ranks have nothing to do, in one line; None where they have."""
    reason = _small_steps(setup, size)
    if len(setup.rows["training"]) >= LEAST_ROWS:
        return reason
    is_shared_later = reason is None and setup.will_refit and len(setup.final_rows) >= LEAST_ROWS
    until = " until the final training on all rows" if is_shared_later else ""
    return f"fewer than {LEAST_ROWS:,} training rows: {idle_ranks(size)}{until}"


def _small_steps(setup: Setup, size: int) -> str | None:
    """The same for enough rows, where a step sees too few of them."""
    options, over = setup.options, f"over {size} ranks are slower than one process"
    if setup.problem.truncate:
        return f"samples are presented piece by piece (--truncate): {idle_ranks(size)}"
    module, batch = TRAINER_NAMES[options.trainer].module, int(options.trainer_options.get("batch_size", 0) or 0)
    if module == "online":
        return f"rows one at a time {over}; use --trainer adam --batch-size {LEAST_BATCH}, or --trainer lbfgs"
    if module == "minibatch" and isinstance(setup.inputs, Tokens):
        return f"batches of texts {over}; use --trainer lbfgs"
    if module == "minibatch" and batch < LEAST_BATCH:
        return f"batches of {batch:,} {over}; {_OTHER}"
    if module == "adaptive" and batch:
        return f"batches of trainer {options.trainer} {over}; use --trainer adam --batch-size {LEAST_BATCH}, or lbfgs"
    return None


def rows_of_ranks(n: int, size: int) -> list[int]:
    """How many of n rows each rank serves."""
    parts = [rows_of_rank(n, rank, size) for rank in range(size)]
    return [part.stop - part.start for part in parts]
