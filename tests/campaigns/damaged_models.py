"""Damaged networks of every format: each is read, or refused in one line that names the file; little memory, no hang, no code run.

    python tests/campaigns/damaged_models.py --tries 50000 --write      # puts its counts into docs/reliability.md
    python tests/campaigns/damaged_models.py --show 'keras 17' bad.keras   # writes the file of a line of the output

The files are parsed in this process, thousands in a minute. Half of the archives are damaged inside: a part is changed, and the
archive is made anew. Of what is read the outputs are computed, and it is written as a network of ann.
"""

from __future__ import annotations

import contextlib
import encodings
import importlib
import io
import multiprocessing
import pkgutil
import random
import re
import resource
import signal
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from children import load_everything
from good_models import MODELS
from guide import circumstances, damage_options, damage_table, put
from mutations import mutated

from anncli.arrays import Rows
from anncli.errors import AnnError, ExitCode
from anncli.formats.networks.storage import parse, render
from anncli.inference.predict import predict

# Above what there was before the file, in bytes.
MEMORY = 256 << 20
SECONDS = 5
# Address space of a process, so that a fault does not take the machine with it.
_MOST_ADDRESSES = 16 << 30
_AT_ONCE = 250
# What a reader must never do; `compile` is not among them, because the head of an array is a Python literal, which is parsed.
_FORBIDDEN = ("exec", "import", "open", "os.", "subprocess.", "socket.", "pickle.", "ctypes.", "shutil.", "marshal.")


class HangError(Exception):
    """A file took too long."""


class Watch:
    """Tells what happened while a file was read: the seconds, the memory, and what code did."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.is_on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event.startswith(_FORBIDDEN):
            self.events.append(f"{event} {str(arguments)[:100]}")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        self.events.clear()
        signal.signal(signal.SIGALRM, self._stop)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _stop(self, *_: object) -> None:
        raise HangError


def damaged(good: bytes, name: str) -> bytes:
    """The damaged file of a name, the same every time."""
    dice = random.Random(name)
    if good.startswith(b"PK") and dice.random() < 0.6:
        return _damaged_inside(good, dice)
    if dice.random() < 0.3 and (swapped := _swapped(good, dice)) is not None:
        return swapped
    return mutated(good, dice)


def _damaged_inside(good: bytes, dice: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(good)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    name = dice.choice(sorted(parts, key=lambda one: (len(parts[one]), one))[-4:])
    parts[name] = (_swapped(parts[name], dice) if dice.random() < 0.3 else None) or mutated(parts[name], dice)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for part, data in parts.items():
            file.writestr(zipfile.ZipInfo(part), data)
    return buffer.getvalue()


def _swapped(good: bytes, dice: random.Random) -> bytes | None:
    """Two words or numbers change places, or one takes the place of the other; None for no text."""
    words = list(re.finditer(rb"[-+.\w]+", good))
    if b"\0" in good or len(words) < 2:
        return None
    first, second = sorted(dice.sample(words, 2), key=lambda word: word.start())
    one, other = (
        (second[0], first[0])
        if dice.random() < 0.5
        else (dice.choice((b"99999999", b"-1", b"1e30", second[0])), second[0])
    )
    return good[: first.start()] + one + good[first.end() : second.start()] + other + good[second.end() :]


def held() -> tuple[int, int]:
    """The memory that this process holds, and the most it has held since forget_peak(), in bytes."""
    text = Path("/proc/self/status").read_text()
    found = {name: int(size) << 10 for name, size in re.findall(r"(VmRSS|VmHWM):\s+(\d+)", text)}
    return found.get("VmRSS", 0), found.get("VmHWM", 0)


def forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def outcome(data: bytes, watch: Watch) -> tuple[str, str | None]:
    """'read' or 'refused', and what is wrong."""
    forget_peak()
    before, _ = held()
    found, fault = "read", None
    try:
        with watch.watching(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            network = parse(data, "a.file")
            if network.is_trained and not network.needs_encoder:
                values = np.ones((2, network.n_inputs), np.float32)
                # Vectors of words give no outputs.
                if network.text_use != "vectors":
                    predict(network, values if network.topology.takes_vectors else Rows(values, np.array([0, 2])))
            parse(render(network), "a.nn")
    except AnnError as error:
        found, fault = "refused", _fault_of(error)
    except HangError:
        found, fault = "refused", f"takes more than {SECONDS} seconds"
    except BaseException as error:
        found, fault = "refused", f"{type(error).__name__}: {str(error)[:200]}"
    more = held()[1] - before
    if not fault and more > MEMORY + 20 * len(data):
        fault = f"takes {more >> 20} MiB with {len(data)} bytes"
    if not fault and watch.events:
        fault = f"did what a reader must not do: {watch.events[0]}"
    return found, fault


def _fault_of(error: AnnError) -> str | None:
    text = str(error)
    if error.exit_code != ExitCode.NETWORK:
        return f"exit code {error.exit_code} and not 4: {text[:200]}"
    if "\n" in text or "a.file" not in text:
        return f"not one line about the file: {text[:200]!r}"
    return None


def read_kind(kind: str, numbers: range, seed: int) -> tuple[str, Counter[str], list[str]]:
    """The damaged files of these numbers of one kind."""
    watch, good = Watch(), MODELS[kind]()
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_ADDRESSES, _MOST_ADDRESSES))
    assert outcome(good, watch) == ("read", None), (kind, outcome(good, watch))
    counts, failures = Counter[str](), list[str]()
    for number in numbers:
        name = f"{kind} {number}, seed {seed}"
        found, fault = outcome(damaged(good, name), watch)
        counts["tried"] += 1
        counts["failed" if fault else found] += 1
        if fault:
            failures.append(f"{name}: {fault}")
    return kind, counts, failures


def campaign(tries: int, seed: int, processes: int, kinds: Sequence[str]) -> tuple[dict[str, Counter[str]], list[str]]:
    """The counts for each format, and the failures."""
    load_everything()
    # Python loads a codec when it first meets its name.
    for module in pkgutil.iter_modules(encodings.__path__, "encodings."):
        with contextlib.suppress(ImportError):
            importlib.import_module(module.name)
    share = -(-tries // len(kinds))
    parts = [(kind, range(k, min(k + _AT_ONCE, share)), seed) for kind in kinds for k in range(0, share, _AT_ONCE)]
    counts, failures = {kind.partition(" ")[0]: Counter[str]() for kind in kinds}, list[str]()
    with multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=4) as pool:
        for kind, found, failed in pool.starmap(read_kind, parts, chunksize=1):
            counts[kind.partition(" ")[0]] += found
            failures += failed
    return counts, failures


def possible_kinds() -> list[str]:
    """The kinds whose files can be made here."""
    found = []
    for kind, make in MODELS.items():
        with contextlib.suppress(AnnError, ImportError):
            parse(make(), "a.file")
            found.append(kind)
    return found


def main() -> None:
    asked = damage_options(__doc__).parse_args()
    if asked.show:
        kind = asked.show[0].rpartition(" ")[0]
        Path(asked.show[1]).write_bytes(damaged(MODELS[kind](), f"{asked.show[0]}, seed {asked.seed}"))
        return
    kinds = asked.kinds.split(",") if asked.kinds else possible_kinds()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        counts, failures = campaign(asked.tries, asked.seed, asked.processes, kinds)
    for line in failures[:100]:
        print(line)
    tried = sum(found["tried"] for found in counts.values())
    print(damage_table(counts))
    print(f"{tried:,} damaged networks in {time.monotonic() - start:.0f} seconds, {len(failures)} failed")
    if asked.write:
        put("networks", f"{tried:,} damaged networks, {circumstances(asked.seed)}:\n\n{damage_table(counts)}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
