"""The report about the patterns of a network: which of them stay when they are recalled, and what other rows recall."""

from __future__ import annotations

from typing import Any, NamedTuple

from anncli.dataset.dataset import Dataset
from anncli.errors import count_of
from anncli.inference.recall import Kept, Recalled, kept_patterns, recall
from anncli.network.network import Network

_FEW = (
    "few fixed points: --validation 0 trains on all rows, and --l2 0 and --option input_noise=0.4 help; "
    "`memory beta 8` stores them in one pass"
)


class MemoryReport(NamedTuple):
    """kept: of the stored patterns; found: what the rows of a data set recall, None without such; named, right: how many rows
    have the name of a pattern, and how many of them recall the pattern of that name."""

    kept: Kept
    found: Recalled | None = None
    named: int = 0
    right: int = 0

    def lines(self) -> list[str]:
        """A line about the patterns, and lines about the rows."""
        kept, n = self.kept, len(self.kept.fixed)
        text = f"patterns  {int(kept.fixed.sum())} of {n} are fixed points ({_percent(int(kept.fixed.sum()), n)})"
        if kept.bits:
            text += f", {kept.right_bits} of {kept.bits} bits are recalled ({_percent(kept.right_bits, kept.bits)})"
        return [text, *self._of_rows()]

    def _of_rows(self) -> list[str]:
        if self.found is None or self.found.nearest is None:
            return []
        n, between = len(self.found.values), int(self.found.nearest.between.sum())
        them = "lies" if between == 1 else "lie"
        told = [f"{between} {them} between two patterns"]
        if unstopped := int((~self.found.stopped).sum()):
            told.append(f"{unstopped} did not come to rest")
        if self.named:
            told = [
                f"{self.right} of {self.named} recall the pattern of their name ({_percent(self.right, self.named)})",
                *told,
            ]
        return [f"{'row' if n == 1 else 'rows':<10}{n}: {', '.join(told)}"]

    def document(self) -> dict[str, Any]:
        """The same for the JSON document."""
        kept, found = self.kept, self.found
        told: dict[str, Any] = {"patterns": len(kept.fixed), "fixed_points": int(kept.fixed.sum())}
        told |= {"bits": kept.bits, "recalled_bits": kept.right_bits} if kept.bits else {}
        if found is not None and found.nearest is not None:
            told |= {"rows": len(found.values), "between": int(found.nearest.between.sum())}
            told |= {"unstopped": int((~found.stopped).sum())}
            told |= {"named": self.named, "recalled": self.right} if self.named else {}
        return told


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.4g} %"


def patterns_document(network: Network) -> dict[str, Any]:
    """What the JSON document of a training says of patterns; nothing for a network without."""
    return {} if network.patterns is None else {"memory": MemoryReport(kept_patterns(network)).document()}


def about_rows(network: Network, data: Dataset, steps: int, threads: int) -> MemoryReport | None:
    """The report on the patterns and on the rows of a data set, None for a network without patterns."""
    if network.patterns is None or data.has_several_rows:
        return None
    found = recall(network, data.vectors, steps, threads)
    assert found.nearest is not None
    known, names = set(network.patterns.names), network.patterns.shown_names
    pairs = zip(data.names, found.nearest.pattern.tolist(), strict=False)
    hits = [names[place] == name for name, place in pairs if name in known]
    return MemoryReport(kept_patterns(network, steps, threads), found, len(hits), sum(hits))


def stored_lines(network: Network) -> list[str]:
    """What the report of a training says of patterns, with an empty line before it: of a memory, and of rows that are kept beside weights."""
    if network.patterns is None:
        return []
    report = MemoryReport(kept_patterns(network))
    if network.stores:
        return [
            "",
            *report.lines(),
            "a memory is stored in one pass: EPOCHS and the options of trainers have no effect",
        ]
    n = len(report.kept.fixed)
    few = 2 * int(report.kept.fixed.sum()) < n
    return [
        "",
        *report.lines(),
        *([_FEW] if few else []),
        f"the {count_of(n, 'row')} are kept in the file, for `ann predict` to say which one is recalled (--no-patterns leaves them out)",
    ]
