"""A training as work in hand: epochs, time, losses, and how long it may go on without getting better."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import NamedTuple

from anncli.cli.showing.line_fit import Piece, bar, clock, fitted, span
from anncli.cli.showing.sparkline import can_show, sparkline
from anncli.cli.showing.work import Pace
from anncli.training.attempt import EpochReport

# Losses that are kept for the drawing: of more, each stands for several epochs.
_MOST_LOSSES = 256
_SPARKS = 12


class Phases(NamedTuple):
    """How a run goes on: restarts: sets of initial weights of each network; patience: epochs without a better validation result
    that end one, None or 0 for never; will_refit: whether a final training follows; ensemble: networks of the run; together: the
    phases in which a device trains all of them at once; device: its name."""

    restarts: int
    patience: int | None
    will_refit: bool
    ensemble: int = 1
    together: tuple[str, ...] = ()
    device: str = ""

    @property
    def in_turn(self) -> int:
        """Restarts of each network that are trained one after another."""
        return 1 if self.together else self.restarts


class TrainingWork:
    """At most `epochs` epochs from each set of initial weights.

    ended: how many restarts, or networks of an ensemble, have ended in other processes; None where this process trains them.
    """

    def __init__(self, epochs: int, phases: Phases) -> None:
        self.epochs, self.phases = epochs, phases
        self.ended: Callable[[], int] | None = None
        self._report: EpochReport | None = None
        self._planned = 0
        self._pace, self._losses = Pace(), _Losses()

    def see(self, report: EpochReport, planned: int) -> None:
        """An epoch has ended; planned: epochs of the final training, where it goes on."""
        before = self._report
        goes_on = before is not None and report.phase == before.phase
        if before is not None and goes_on and self._is_together(report):
            # One of them is shown.
            if report.epoch <= before.epoch:
                return
        elif before is not None and not (goes_on and report.restart == before.restart):
            self._losses = _Losses()
        # The epochs of the final training take longer: they have more rows.
        if before is not None and not goes_on and (self.phases.ensemble == 1 or self._is_together(before)):
            self._pace.restart()
        self._report, self._planned = report, planned
        self._pace.see(self._done())
        self._losses.add(report.training_loss if report.validation_loss is None else report.validation_loss)

    def line(self, width: int) -> str:
        report = self._report
        if parts := self._parts():
            return fitted([Piece(parts, 2), Piece(clock(self._pace.elapsed), 1)], width)
        if report is None:
            return ""
        left = self._left()
        pieces = [
            Piece(bar(report.epoch / self._of, width), 1),
            Piece(self._phase(), 8),
            Piece(f"epoch {report.epoch}/{self._of}", 9),
            Piece(clock(self._pace.elapsed), 7),
            Piece("" if left is None else f"{clock(left)} left", 6),
            Piece(f"loss {report.training_loss:.5f}", 5),
            Piece("" if report.validation_loss is None else f"validation {report.validation_loss:.5f}", 4),
            Piece(self._losses.drawn(), 2),
            Piece(self._waiting(), 3),
        ]
        return fitted(pieces, width)

    def sentence(self) -> str:
        report = self._report
        if parts := self._parts():
            return f"{parts}, {span(self._pace.elapsed)}"
        if report is None:
            return f"no epoch has ended yet, {span(self._pace.elapsed)}"
        left, phase = self._left(), self._phase()
        text = f"{phase + ', ' if phase else ''}epoch {report.epoch} of {self._of}, {span(self._pace.elapsed)}"
        text += "" if left is None else f", about {span(left)} left"
        text += f"; loss {report.training_loss:.5g}"
        text += "" if report.validation_loss is None else f", validation {report.validation_loss:.5g}"
        waiting = self._waiting()
        return f"{text}, {waiting}" if waiting else text

    def _parts(self) -> str:
        """'2 of 4 restarts have ended', '' where this process trains."""
        if self.ended is None:
            return ""
        several = self.phases.ensemble > 1
        of, done = self.phases.ensemble if several else self.phases.restarts, self.ended()
        is_over = done == of and self._is_final and not several
        return "" if is_over else f"{done} of {of} {'networks' if several else 'restarts'} have ended"

    @property
    def _of(self) -> int:
        return max(1, self._planned if self._is_final else self.epochs)

    def _is_together(self, report: EpochReport) -> bool:
        return report.phase in self.phases.together

    @property
    def _is_final(self) -> bool:
        return self._report is not None and self._report.phase == "refit"

    def _phase(self) -> str:
        """'restart 3/5', 'training 1/2', 'retraining 2/2', 'network 4/10', '100 on cuda', or '' where there is only one phase."""
        assert self._report is not None
        restarts, ensemble = self.phases.restarts, self.phases.ensemble
        if self._is_together(self._report):
            count = ensemble * (1 if self._is_final else restarts)
            return f"{'retraining ' if self._is_final else ''}{count} on {self.phases.device}"
        number, restart = divmod(self._report.restart - 1, restarts)
        phase = "training 1/2" if self.phases.will_refit else ""
        if self._is_final:
            phase = "retraining 2/2"
        elif restarts > 1 and not self.phases.together:
            phase = f"restart {restart + 1}/{restarts}"
        return " ".join(filter(None, [f"network {number + 1}/{ensemble}" if ensemble > 1 else "", phase]))

    def _done(self) -> float:
        """Epochs of this phase, all restarts together; of an ensemble ten thousandths of the run."""
        assert self._report is not None
        restarts, epoch = self.phases.in_turn, self._report.epoch
        number, restart = divmod(self._report.restart - 1, self.phases.restarts)
        if self._is_together(self._report):
            return epoch
        restart = 0 if self.phases.together else restart
        done = epoch if self._is_final else restart * self.epochs + epoch
        if self.phases.ensemble == 1:
            return done
        share = done / max(1, self._of if self._is_final else restarts * self.epochs)
        if self.phases.will_refit:
            share = 0.5 * (share + self._is_final)
        return 1e4 * (number + share) / self.phases.ensemble

    def _left(self) -> float | None:
        if self._report is not None and self._is_together(self._report):
            return self._pace.left(self._of)
        if self.phases.ensemble > 1:
            return self._pace.left(1e4)
        return self._pace.left(self._of if self._is_final else self.phases.in_turn * self.epochs)

    def _waiting(self) -> str:
        """The best epoch, and after how many others the training will end."""
        report = self._report
        if report is None or report.best_epoch is None or self._is_final:
            return ""
        best = f"best epoch {report.best_epoch}"
        left = (self.phases.patience or 0) - (report.epoch - report.best_epoch)
        return f"{best}, patience {left}" if self.phases.patience and left >= 0 else best


class _Losses:
    """Losses of an attempt, thinned out as they become many."""

    def __init__(self) -> None:
        self._means, self._every, self._open = list[float](), 1, list[float]()

    def add(self, loss: float) -> None:
        self._open.append(loss if math.isfinite(loss) else math.nan)
        if len(self._open) < self._every:
            return
        self._means.append(sum(self._open) / len(self._open))
        self._open = []
        if len(self._means) >= _MOST_LOSSES:
            self._means = [(one + other) / 2 for one, other in zip(self._means[::2], self._means[1::2], strict=True)]
            self._every *= 2

    def drawn(self) -> str:
        return sparkline(self._means, _SPARKS) if can_show(sys.stderr.encoding) else ""
