"""--junit: the results of a command as JUnit XML, also where an error ended it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from anncli.cli.failing import failure_of
from anncli.cli.running.gates import Judgement
from anncli.cli.running.places import refuse_needed, refuse_read_files
from anncli.cli.showing.junit_xml import Case, junit_xml
from anncli.errors import AnnError, RequirementError, UsageError
from anncli.formats.files.textfile import check_writable, replace_file


class JUnitFile:
    """Writes to `path`; to nothing for None. The time of the run is counted from here.

    Args: command: test, train, cv or search; title: what it was about; read: the files that the command reads, which are never replaced.
    """

    def __init__(self, path: str | None, command: str, title: str, read: Iterable[str]) -> None:
        self.path, self._command, self._title = path, command, title
        self._is_written, self._began, self._clock = False, time.gmtime(), time.monotonic()
        if path == "-":
            raise UsageError("--junit cannot be '-': the report is there", advice="name a file")
        if path is not None:
            refuse_needed("--junit", path, read)
            check_writable(path)

    def check_read(self) -> None:
        """Raises UsageError where the command turns out to have read a file of this name."""
        refuse_read_files({"--junit": self.path})

    def write(self, judgement: Judgement) -> None:
        """A case for the run, and one for each requirement."""
        cases = [Case("done", seconds=time.monotonic() - self._clock)]
        for verdict in judgement.verdicts:
            found = f"{verdict.value_text()} ({verdict.of})"
            missed = "" if verdict.is_met else f"it is {found}"
            cases.append(Case(str(verdict.requirement), output=found, failure=missed, kind="requirement"))
        self._write(cases)

    @contextmanager
    def of_run(self) -> Iterator[None]:
        """Around the command: an error that ends it before write() is written instead."""
        try:
            yield
        except RequirementError:
            raise
        except (Exception, KeyboardInterrupt) as error:
            if self._may_replace():
                failure = failure_of(error)
                seconds = time.monotonic() - self._clock
                # The error that ends the command matters more than one of this file.
                with suppress(AnnError, OSError):
                    self._write([Case("done", error=" ".join(failure.lines), kind=failure.kind, seconds=seconds)])
            raise

    def _may_replace(self) -> bool:
        """Whether the file can be written without harm: an error may be that it is one of the files that were read."""
        if self.path is None or self._is_written:
            return False
        try:
            refuse_read_files({"--junit": self.path})
        except UsageError:
            return False
        return True

    def _write(self, cases: list[Case]) -> None:
        if self.path is not None:
            self._is_written = True
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", self._began)
            suite = f"ann {self._command} {os.path.basename(self._title) or self._title}"
            replace_file(self.path, junit_xml(suite, f"ann.{self._command}", cases, stamp))
