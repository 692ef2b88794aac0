"""Cases of more than 65,536 training rows, whose sums are taken in chunks."""

import array
import random

from golden_cases import Case, definition

N_ROWS = 66_000


def table():
    """A file of numpy: float32 (66,000, 4), three inputs and a class, 0 or 1."""
    draw = random.Random(5)
    numbers = array.array("f")
    for _ in range(N_ROWS):
        x, y, z = (draw.random() * 2 - 1 for _ in range(3))
        numbers.extend((x, y, z, float(x * y + z * z > 0.3)))
    head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({N_ROWS}, 4), }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode() + numbers.tobytes()


FILES = (("large.nn", definition("[4 tanh, 1 logistic]", 3)), ("large.npy", table))


def train(name, options, epochs=6):
    line = f"train large.nn large.npy {epochs} --label last --validation 0 --scaling zscore --average none {options}"
    return Case(f"large-{name}", (f"{line} -o out.nn --json",), files=FILES)


LARGE = {
    case.name: case
    for case in (
        train("irprop+", "--trainer irprop+ --l2 0.01"),
        train("gdx", "--trainer gdx"),
        train("lbfgs", "--trainer lbfgs"),
        train("scg", "--trainer scg"),
        train("lm", "--trainer lm", epochs=2),
        train("adam", "--trainer adam --batch-size 4096 --l2 0.001", epochs=4),
        train("adam-dropout", "--trainer adam --batch-size 5000 --dropout 0.3", epochs=3),
        train("adam-small-batches", "--trainer adam --batch-size 4095", epochs=3),
    )
}
