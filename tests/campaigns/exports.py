"""Campaign: random networks of every kind in every export.

    python tests/campaigns/exports.py [--networks 100] [--first 0] [--write] [NAME ...]

draws networks of all activations, scalings, encoders, tasks and decisions, exports each, and runs what was written on 1,000 rows inside
and outside of the range of training; C also with fixed-point numbers, inside of it. --write puts the table into docs/export.md. Some ten minutes. Exit code 1 where an export fails, or
where the largest difference is above the tolerance. `tests/exports/test_random_exports.py` runs a part.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/exports")]

from exported_files import Tried, try_networks  # noqa: E402

from anncli.analysis.proof import TOLERANCE  # noqa: E402
from anncli.errors import UsageError  # noqa: E402
from anncli.formats.exports.names import EXPORT_NAMES  # noqa: E402

PAGE = ROOT / "docs/export.md"
HEAD = (
    "| format | run by | proved | refused by name | largest relative difference | other decisions, of scores at a limit |\n"
    "|---|---|---|---|---|---|\n"
)


def row(name: str, tried: Tried) -> str:
    """One line of the table."""
    tool = tried.tool or f"nothing: {tried.missing}"
    figure = f"{tried.relative:.1e}" if tried.proved else "-"
    return f"| `{name}` | {tool} | {tried.proved} | {tried.refused.total()} | {figure} | {tried.n_close} |\n"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(EXPORT_NAMES))
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    table, failed = HEAD, False
    for name, bits in [*((name, 0) for name in asked.names), *(("c", bits) for bits in (8, 16) if "c" in asked.names)]:
        try:
            tried = try_networks(name, range(asked.first, asked.first + asked.networks), bits)
        except UsageError as missing:
            print(f"{name}: {missing}")
            continue
        line = row(f"{name} --int{bits}" if bits else name, tried)
        table += line
        print(line, end="", flush=True)
        for words, count in tried.refused.most_common():
            print(f"    {count} {words}")
        for seed, fault in tried.faults.items():
            print(f"    FAULT {seed}: {fault}")
        failed = failed or bool(tried.faults) or (not bits and tried.relative > TOLERANCE)
    if asked.write:
        before, mark, rest = PAGE.read_text("utf-8").partition("<!-- campaign -->\n")
        after = rest.partition("<!-- end of the campaign -->\n")[2]
        PAGE.write_text(f"{before}{mark}{table}<!-- end of the campaign -->\n{after}", "utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
