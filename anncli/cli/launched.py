"""`ann` as one of several processes of a launcher: which command may run so, and who of them runs it."""

from __future__ import annotations

import os
from typing import NoReturn

from anncli.cli.launch import Launch, command_of, leave, refusal
from anncli.errors import ExitCode, UsageError


def run_launched(launch: Launch, arguments: list[str]) -> None:
    """Returns where this process has to run the command as it is: rank 0, of what prints only once. Otherwise it ends here."""
    command = None if "_ANN_COMPLETE" in os.environ else command_of(arguments)
    if command is None:
        if launch.rank:
            leave(0)
        return
    if command != "train":
        _refuse(launch, UsageError(refusal(launch, command)))
    from anncli.backends.ranks.world import join

    try:
        join(launch.size, launch.mpi).end()
    except UsageError as fault:
        _refuse(launch, fault)
    _refuse(launch, UsageError(refusal(launch, command)))


def _refuse(launch: Launch, fault: UsageError) -> NoReturn:
    """End this process with the exit code for usage; rank 0 says why."""
    if launch.rank:
        leave(int(ExitCode.USAGE))
    from anncli.cli.main import main

    main(refused=fault)
