"""What reading has to say besides the rows: the guesses it made, what it left out, and what the numbers lost."""

from __future__ import annotations

from anncli.formats.data.precision import Precision


class Remarks:
    """Filled while files are read.

    guesses: what was found out about each file, for a reader who asks; notes: what everyone should be told; precision:
    watches for different numbers that become equal.
    """

    def __init__(self) -> None:
        self.guesses: list[str] = []
        self.notes: list[str] = []
        self._warnings: list[str] = []
        self.precision = Precision()

    def guess(self, shown: str, text: str) -> None:
        self.guesses.append(f"{shown}: {text}")

    def note(self, shown: str, text: str) -> None:
        self.notes.append(f"{shown}: {text}")

    def warn(self, text: str) -> None:
        self._warnings.append(text)

    def take(self, other: Remarks) -> None:
        """Take what others have to say."""
        self.guesses += other.guesses
        self.notes += other.notes
        self._warnings += other.warnings()

    def warnings(self) -> list[str]:
        """What may spoil the result; complete when everything has been read."""
        return [*self._warnings, *self.precision.warnings()]
