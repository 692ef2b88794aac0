"""What a training says and does where several ranks share it."""

from __future__ import annotations

from anncli.backends.crew import current_crew
from anncli.cli.asking.settings import TrainSettings
from anncli.errors import UsageError
from anncli.training.idle_ranks import idle_ranks, idle_reason, rows_of_ranks
from anncli.training.setup import Setup


def begin_ranks(settings: TrainSettings) -> None:
    """Tell the other ranks what the options say; raises UsageError for options that go with one process alone."""
    crew = current_crew()
    if crew.size > 1:
        if settings.jobs > 1:
            raise UsageError(
                "--jobs is for one process; the ranks train one network after the other", advice="leave it out"
            )
        # Variables and config files serve many runs, so only the command line is refused.
        if settings.says_executor and not settings.trains_in_turn:
            message = f"{settings.executor_text} is for a run that no launcher started as several ranks"
            raise UsageError(message, advice="start it without mpirun, or leave the option out")
        crew.begin(settings.worker_timeout, settings.threads)


def announce_words(settings: TrainSettings) -> None:
    """Before vectors of words are trained, which one process does."""
    if (size := current_crew().size) > 1:
        tell_news(settings)
        settings.console.warn(f"vectors of words are trained by one process: {idle_ranks(size)}")


def announce_ranks(settings: TrainSettings, setup: Setup) -> None:
    """Before the first epoch: which rows each rank serves, or why they have nothing to do."""
    crew, console = current_crew(), settings.console
    if crew.size == 1:
        return
    tell_news(settings)
    if (reason := idle_reason(setup, crew.size)) is not None:
        console.warn(reason)
    else:
        rows = ", ".join(f"{n:,}" for n in rows_of_ranks(len(setup.rows["training"]), crew.size))
        console.note(f"{crew.size} ranks serve {rows} of the training rows", 1)


def tell_news(settings: TrainSettings) -> None:
    """Say what has come up among the ranks."""
    for text in current_crew().news():
        settings.console.warn(text)


def tell_ranks(settings: TrainSettings) -> None:
    """After the last epoch: what every rank has done."""
    tell_news(settings)
    for text in current_crew().shares():
        settings.console.note(text, 1)
