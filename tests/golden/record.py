"""Records the digests anew, for all kernels of this machine: `python tests/golden/record.py`; README.md says when."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_cases import CASES
from golden_runs import KERNELS, CannotRunError, Program, key_of, read_digests, run_case, write_digests


def record_digests():
    held = read_digests()
    for kernel in KERNELS:
        try:
            program = Program(kernel)
        except CannotRunError as reason:
            print(f"left as it is: {reason}")
            continue
        key, start = key_of(kernel), time.perf_counter()
        before = held.get(key, {})
        held[key] = {name: run_case(program, case) for name, case in CASES.items()}
        program.close()
        changed = [name for name in held[key] if held[key][name] != before.get(name)]
        print(f"{key}: {len(CASES)} cases in {time.perf_counter() - start:.1f} s, {len(changed)} new or changed")
    write_digests(held)


if __name__ == "__main__":
    record_digests()
