"""The teacher of a training, read from its file before any data file."""

from __future__ import annotations

import hashlib
import os

from anncli.errors import UsageError
from anncli.formats.networks.storage import parse, read_source
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.teacher import Teacher, check_teacher


def read_teacher(options: TrainingOptions, network: Network | None, memory: int | None = None) -> Teacher | None:
    """The teacher that the options name, or None.

    Args: network: that it is to teach, None for one that is yet to be made; memory: the limit of --memory-limit.
    Raises: NetworkError where the file holds no trained network; UsageError where it cannot teach this one.
    """
    if options.teacher is None:
        return None
    if memory is not None:
        message = "--teacher holds the inputs in memory twice, and --memory-limit would keep them on the disk"
        raise UsageError(message, advice="leave --memory-limit out")
    content = read_source(options.teacher)
    teacher = Teacher(
        parse(content, options.teacher), os.path.basename(options.teacher), hashlib.sha256(content).hexdigest()
    )
    check_teacher(teacher, network, options)
    return teacher
