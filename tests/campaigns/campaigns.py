"""All campaigns: `python tests/campaigns/campaigns.py` runs the small ones, with --large the large ones (half an hour).

--write also puts the counts into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import extreme_options
import failing_calls
import kills
import mutations
from children import Report, load_everything
from guide import circumstances, put


def run_all(folder: Path, large: bool, seed: int = 0) -> list[Report]:
    load_everything()
    errors = list(failing_calls.ERRORS) if large else ["EIO", "short"]
    return [
        failing_calls.campaign(folder / "calls", 1 if large else 11, errors),
        kills.campaign(folder / "kills", 2000 if large else 60, seed),
        mutations.campaign(folder / "mutations", 1500 if large else 20, seed),
        extreme_options.campaign(folder / "options", 10**6 if large else 150, seed),
    ]


def table(reports: list[Report]) -> str:
    rows = []
    for report in reports:
        codes = ", ".join(f"{code}: {count:,}" for code, count in sorted(report.codes.items(), key=str))
        rows.append(f"| {report.title} | {report.tried:,} | {len(report.failures)} | {codes} |")
    return "\n".join(["| campaign | tried | failed | exit codes seen |", "|---|---|---|---|", *rows]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="put the counts into docs/reliability.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("calls", "kills", "mutations", "options"):
            (folder / part).mkdir()
        reports = run_all(folder, asked.large, asked.seed)
    print(table(reports))
    for report in reports:
        for failure in report.failures[:40]:
            print(f"{report.title}: {failure}")
    if asked.write:
        size = "Large" if asked.large else "Small"
        put("counts", f"{size} campaigns of {circumstances(asked.seed)}:\n\n{table(reports)}")
    sys.exit(any(report.failures for report in reports))


if __name__ == "__main__":
    main()
