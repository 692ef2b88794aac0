"""The confusion matrix as a file: `--matrix FILE`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from anncli.cli.running.places import refuse_read_files
from anncli.errors import UsageError
from anncli.evaluation.binary import BinaryEvaluation
from anncli.formats.files.textfile import check_writable, replace_file
from anncli.network.network import Network


def check_matrix(path: str | None, network: Network) -> None:
    """Raises UsageError for a network without classes, FileError where the file cannot be written."""
    if path is None:
        return
    if network.task not in (None, "classification"):
        raise UsageError("--matrix is for classes", advice="leave it out")
    check_writable(Path(path))


def write_matrix(path: str | None, evaluation: Any) -> None:
    """Write the matrix of an evaluation of classes: counts, or sums of weights; nothing without a path.

    Raises: UsageError for a file that was read.
    """
    if path is None:
        return
    refuse_read_files({"--matrix": path})
    replace_file(Path(path), matrix_text(evaluation).encode("utf-8"))


def matrix_text(evaluation: Any) -> str:
    """CSV: the names of the predicted classes, then for each actual class its name and its counts."""
    e, text = evaluation, io.StringIO()
    matrix = [[e.tp, e.fn], [e.fp, e.tn]] if isinstance(e, BinaryEvaluation) else e.matrix.tolist()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["actual", *e.classes])
    writer.writerows([name, *row] for name, row in zip(e.classes, matrix, strict=True))
    return text.getvalue()
