"""Records anew what the tests compare with; README.md says when.

python tests/golden/record.py            the digests, for all kernels of this machine
python tests/golden/record.py --files    the network files and checkpoints that are missing, with what they predict and lead to
python tests/golden/record.py --resumed  what the stored checkpoints lead to
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from golden_cases import CASES
from golden_files import KERNEL, record_files, record_resumed
from golden_large import LARGE
from golden_runs import KERNELS, CannotRunError, Program, key_of, read_digests, run_case, write_digests

ALL = CASES | LARGE


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
        with program:
            held[key] = {name: run_case(program, case) for name, case in ALL.items()}
        changed = [name for name in ALL if held[key][name] != before.get(name)]
        print(f"{key}: {len(ALL)} cases in {time.perf_counter() - start:.1f} s, {len(changed)} new or changed")
        print("".join(f"  {name}\n" for name in changed if before), end="")
    write_digests(held)


if __name__ == "__main__":
    if sys.argv[1:] == ["--files"]:
        with Program(KERNEL) as program:
            record_files(program)
    elif sys.argv[1:] == ["--resumed"]:
        with Program(KERNEL) as program:
            record_resumed(program)
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        record_digests()
