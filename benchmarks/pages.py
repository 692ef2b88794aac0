"""Pages beside the scripts that measure, into which they put their tables, and the processor that the tables name."""

from __future__ import annotations

import platform
from pathlib import Path


def put(script: str, mark: str, text: str) -> None:
    """Replace what stands in the page of a script between the line `<!-- MARK -->` and the next `<!-- end`."""
    page, begin, end = Path(script).with_suffix(".md"), f"<!-- {mark} -->\n", "<!-- end"
    before, rest = page.read_text("utf-8").split(begin)
    page.write_text(before + begin + text + end + rest.split(end, 1)[1], "utf-8")


def processor() -> str:
    """What the system calls its processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
