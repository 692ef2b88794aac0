"""The teacher of a training, read from its file before any data file."""

from __future__ import annotations

import hashlib
import os

from anncli.formats.networks.storage import parse, read_source
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.teacher import Teacher, check_teacher


def read_teacher(options: TrainingOptions, network: Network | None) -> Teacher | None:
    """The teacher that the options name, or None; network: that it is to teach, None for one that is yet to be made.

    Raises: NetworkError where the file holds no trained network; UsageError where it cannot teach this one.
    """
    if options.teacher is None:
        return None
    content = read_source(options.teacher)
    teacher = Teacher(
        parse(content, options.teacher), os.path.basename(options.teacher), hashlib.sha256(content).hexdigest()
    )
    check_teacher(teacher, network, options)
    return teacher
