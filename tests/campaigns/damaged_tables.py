"""Damaged tables of every format: each is read, or refused in one line that names the file; little memory, no hang.

    python tests/campaigns/damaged_tables.py --tries 100000 --write      # half an hour; puts its counts into docs/reliability.md
    python tests/campaigns/damaged_tables.py --show 'arff 17' bad.arff   # writes the file of a line of the output

Each file is read by the real command: three of four by `ann convert`, in both ways where the format is parsed by compiled
code and by Python, which have to agree; the others by `ann train`. A hundred commands share a forked child; what fails in it
is tried again in one of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from children import Ended, Report, load_everything, run, run_in_turn
from good_tables import FILES, GoodFile
from guide import circumstances, damage_options, damage_table, put
from mutations import mutated

# Above what the undamaged file takes: bytes, and bytes for each byte of the file.
MEMORY, MEMORY_PER_BYTE = 64 << 20, 50
# Files that one child reads.
AT_ONCE = 100
# Address space of a child, so that a fault does not take the machine with it.
_MOST_ADDRESSES = 16 << 30
TRAIN = "1 --missing median+indicator --missing-label drop --validation 0 -q --output o.nn"


class Case(NamedTuple):
    """One damaged file. number: from 0 among those of its kind."""

    kind: str
    number: int
    seed: int

    def bytes(self, good: bytes) -> bytes:
        return mutated(good, random.Random(f"{self.kind} {self.number} {self.seed}"))


# How files are read, in turn; the last one takes rows to learn from.
WAYS = ("convert", "convert as", "convert as", "train as")


def commands(path: Path, way: str, good: GoodFile) -> Iterator[tuple[list[str], str]]:
    """The words of each command and its ANN_KERNELS."""
    format_words = ["--format", good.format] if way.endswith(" as") else []
    if way == "train as":
        yield ["train", path.name, *TRAIN.split(), *(good.train or "").split(), *format_words], "native"
        return
    words = ["convert", path.name, "-", "--to", "jsonl", "-q", *format_words]
    yield words, "native"
    if good.twins:
        yield words, "numpy"


class Reader:
    """Reads the damaged files of one kind."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.good, self.folder = FILES[kind], folder
        self.data = self.good.make()
        self.ways = WAYS if self.good.train is not None else WAYS[:-1]
        self.path = folder / f"a{self.good.ending}"
        #: What `ann` does with the undamaged file, in each way.
        self.sound = {way: self.ends(self.data, way) for way in self.ways}
        for way, (first, *_) in self.sound.items():
            assert (first.code, first.fault()) == (0, None), (kind, way, first)

    def ends(self, data: bytes, way: str) -> list[Ended]:
        """What `ann` does with a file of these bytes, each command in a child of its own."""
        self.put(data)
        calls = commands(self.path, way, self.good)
        return [run(words, self.folder, partial(prepare, kernels)) for words, kernels in calls]

    def put(self, data: bytes, kernels: str | None = None) -> None:
        """Write the file, and set what the next command needs."""
        self.path.write_bytes(data)
        (self.folder / "o.nn").unlink(missing_ok=True)
        if kernels is not None:
            prepare(kernels)

    def read(self, cases: Sequence[Case]) -> Iterator[tuple[int | None, str | None]]:
        """The exit code of each case, and what is wrong. All are read by one child; what is wrong there is tried alone."""
        plans = [(self.ways[case.number % len(self.ways)], case.bytes(self.data)) for case in cases]
        calls = [
            (words, partial(self.put, data, kernels))
            for way, data in plans
            for words, kernels in commands(self.path, way, self.good)
        ]
        ends = iter(run_in_turn(calls, self.folder))
        for way, data in plans:
            found = list(islice(ends, len(self.sound[way])))
            if len(found) < len(self.sound[way]) or self.fault_of_all(found, way, data):
                found = self.ends(data, way)
            yield found[0].code, self.fault_of_all(found, way, data)

    def fault_of_all(self, ends: Sequence[Ended], way: str, data: bytes) -> str | None:
        """What is wrong with the commands that read a file of these bytes."""
        for end in ends:
            if fault := self.fault(end, way, len(data)):
                return fault
        # A file that no longer begins as a packed one is text.
        is_sealed = self.good.sealed and data[:10] == self.data[:10]
        if is_sealed and not ends[0].code and ends[0].stdout != self.sound[way][0].stdout:
            return "other cells, in spite of the checksum"
        if len({end[:3] for end in ends}) > 1:
            return f"compiled {_shown(ends[0])}, Python {_shown(ends[1])}"
        return None

    def fault(self, end: Ended, way: str, size: int) -> str | None:
        """What is wrong with one end for a file of so many bytes."""
        if fault := end.fault():
            return fault
        if end.code not in (0, 2, 3):
            return f"ended with {end.code}: {end.stderr[:200]}"
        if end.code and (end.stderr.count("\n") != 1 or self.path.name not in end.stderr):
            return f"not one line about the file: {end.stderr[:300]}"
        more = end.peak - max(each.peak for each in self.sound[way])
        if more > MEMORY + MEMORY_PER_BYTE * size:
            return f"{more >> 20} MiB more than the undamaged file, with {size} bytes: {end.stderr[:200]}"
        return None if end.code else fault_of_rows(end.stdout)


def fault_of_rows(stdout: bytes) -> str | None:
    """What is wrong with written JSON lines: every row has a cell of every column."""
    try:
        rows = [json.loads(line) for line in stdout.decode().split("\n")[:-1]]
    except ValueError as fault:
        return f"no JSON lines: {fault}"
    return "rows differ in their columns" if any(row.keys() != rows[0].keys() for row in rows) else None


def prepare(kernels: str) -> None:
    """In the child, before the command."""
    os.environ["ANN_KERNELS"] = kernels
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))


def _shown(end: Ended) -> str:
    return f"{end.code} {(end.stderr or end.stdout.decode('utf-8', 'replace'))[:200]!r}"


def read_kind(kind: str, numbers: range, seed: int, folder: Path) -> Report:
    """The damaged files of these numbers of one kind."""
    report = Report("damaged table")
    place = folder / f"{kind.replace(' ', '-')}-{numbers.start}"
    place.mkdir()
    reader = Reader(kind, place)
    for start in range(numbers.start, numbers.stop, AT_ONCE):
        cases = [Case(kind, number, seed) for number in range(start, min(start + AT_ONCE, numbers.stop))]
        for case, (code, fault) in zip(cases, reader.read(cases), strict=True):
            report.count(f"{kind} {case.number}, seed {seed}", code, fault)
            if fault:
                print(report.failures[-1].strip(), flush=True)
    return report


def campaign(folder: Path, share: int, seed: int, processes: int, kinds: Sequence[str]) -> dict[str, Report]:
    """Args: share: damaged files of each kind. Returns: a report for each kind."""
    load_everything()
    step = max(50, -(-share // 4))
    parts = [(kind, range(k, min(k + step, share)), seed, folder) for k in range(0, share, step) for kind in kinds]
    reports = {kind: Report(kind) for kind in kinds}
    if processes == 1:
        found = [read_kind(*part) for part in parts]
    else:
        with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=1) as pool:
            found = pool.starmap(read_kind, parts, chunksize=1)
    for (kind, *_), part in zip(parts, found, strict=True):
        reports[kind].join(part)
    return reports


def by_format(reports: dict[str, Report]) -> str:
    """A table with a line for each format."""
    counts: dict[str, Counter[str]] = {}
    for kind, report in reports.items():
        found = counts.setdefault(FILES[kind].shown, Counter())
        read, failed = report.codes[0], len(report.failures)
        found += Counter(tried=report.tried, read=read, refused=report.tried - read - failed, failed=failed)
    return damage_table(counts)


def main() -> None:
    parser = damage_options(__doc__)
    asked = parser.parse_args()
    if asked.write and asked.kinds:
        parser.error("--write needs all kinds")
    if asked.show:
        kind, _, number = asked.show[0].rpartition(" ")
        Path(asked.show[1]).write_bytes(Case(kind, int(number), asked.seed).bytes(FILES[kind].make()))
        return
    possible = [kind for kind, good in FILES.items() if good.is_possible()]
    share = -(-asked.tries // len(possible))
    with tempfile.TemporaryDirectory() as name:
        kinds = [kind for kind in asked.kinds.split(",") if kind in possible] if asked.kinds else possible
        reports = campaign(Path(name), share, asked.seed, asked.processes, kinds)
    tried, failed = sum(each.tried for each in reports.values()), sum(len(each.failures) for each in reports.values())
    print(by_format(reports))
    print(f"{tried:,} damaged files, {failed} failed")
    if asked.write:
        put("tables", f"{tried:,} damaged files, {circumstances(asked.seed)}:\n\n{by_format(reports)}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
