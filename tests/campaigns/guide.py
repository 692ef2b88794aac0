"""Guides into which campaigns put their counts: docs/reliability.md, if no other one is named."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from anncli.compiled import describe_backend

GUIDE = Path(__file__).parents[2] / "docs/reliability.md"


def put(mark: str, text: str, guide: Path = GUIDE) -> None:
    """Replace what stands in a guide between `<!-- MARK -->` and `<!-- end of MARK -->`."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    head, _, rest = guide.read_text("utf-8").partition(begin)
    guide.write_text(f"{head}{begin}{text}{end}{rest.partition(end)[2]}", "utf-8")


def circumstances(seed: int) -> str:
    """The day, the processor, the kernels, Python and the seed, in words."""
    where = f"{datetime.date.today()}, {processor()}, kernels {describe_backend()}, Python {platform.python_version()}"
    return f"{where}, seed {seed}"


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def damage_options(doc: str | None) -> argparse.ArgumentParser:
    """The options of a campaign that damages files; doc: of its module."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--tries", type=int, default=1000)
    parser.add_argument("--kinds", help="only these of the kinds among which the tries are divided, comma-separated")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="put the counts into docs/reliability.md")
    parser.add_argument("--show", nargs=2, metavar=("CASE", "FILE"), help="write the damaged file 'KIND NUMBER'")
    return parser


def damage_table(counts: Mapping[str, Counter[str]]) -> str:
    """A line for each format: how many files were tried, read, refused, and failed."""
    lines = ["| format | damaged files | read | refused | failed |", "|---|---:|---:|---:|---:|"]
    for name, found in counts.items():
        numbers = " | ".join(f"{found[key]:,}" for key in ("tried", "read", "refused", "failed"))
        lines.append(f"| {name} | {numbers} |")
    return "\n".join(lines) + "\n"
