"""docs/reliability.md, into which campaigns put their counts."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path

from anncli.compiled import describe_backend

GUIDE = Path(__file__).parents[2] / "docs/reliability.md"


def put(mark: str, text: str) -> None:
    """Replace what stands between `<!-- MARK -->` and `<!-- end of MARK -->`."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    head, _, rest = GUIDE.read_text("utf-8").partition(begin)
    GUIDE.write_text(f"{head}{begin}{text}{end}{rest.partition(end)[2]}", "utf-8")


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
