"""How fast builds of the compiled module are, and whether all give the same bytes.

    python benchmarks/modules.py FIRST.so SECOND.so ... [--variant avx2] [--seconds 3]

For a change of compiler, of flags or of the sources: build twice, keep both modules. Each call runs alternately by every
module, on one thread; processor time is counted.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Callable, Iterator
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import numpy as np
from measure import Candidate, cpu_seconds, interleave, repeated, table_head, table_rows
from workloads import Workload, make

Call = Callable[[], bytes]


def loaded(path: Path) -> Any:
    """The module of a file; it keeps the name that its entry point has."""
    loader = ExtensionFileLoader("_native", str(path.resolve()))
    spec = spec_from_loader("_native", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def rule(module: Any, name: str) -> bytes:
    """An update rule as bytes; a field that is not named is 0."""
    layout, fields = module.rule_layout()
    values = {"code": module.rules().index(name), "learning_rate": 1e-4, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999}
    values["epsilon"] = 1e-8
    letters = layout.lstrip("=")
    return struct.pack(layout, *(values.get(f, 0.0 if c == "d" else 0) for f, c in zip(fields, letters, strict=True)))


def calls(module: Any, work: Workload, variant: str | None) -> Iterator[tuple[str, Call]]:
    """What is timed: name and a call from the same start each time, which gives the bytes it computed."""
    codes = [module.activations().index("logistic")] * (len(work.sizes) - 1)
    size = sum((a + 1) * b for a, b in zip(work.sizes, work.sizes[1:], strict=False))
    start = (np.random.default_rng(1).standard_normal(size) * 0.1).astype(np.float32)
    plan = module.plan(work.sizes, tuple(codes), variant)
    parameters, first, second, gradient = (np.empty_like(start) for _ in range(4))
    outputs = np.empty((len(work.inputs), work.sizes[-1]), np.float32)
    order = np.random.default_rng(2).permutation(len(work.inputs)).astype(np.int32)
    loss = module.losses().index("mse")

    def epoch(name: str, batch_size: int) -> Call:
        packed, limit = rule(module, name), None if batch_size > 1 else 2000

        def run() -> bytes:
            parameters[:], first[:], second[:] = start, 0, 0
            module.epoch(plan, parameters, loss, packed, first, second, 0, 0, work.inputs, work.targets, None,
                         order[:limit], batch_size, None, 1)  # fmt: skip
            return parameters.tobytes()

        return run

    def forward() -> bytes:
        module.forward(plan, start, work.inputs, None, outputs, 1)
        return outputs.tobytes()

    def full() -> bytes:
        module.loss_and_gradient(plan, start, loss, work.inputs, work.targets, None, None, gradient, 0.0, 1)
        return gradient.tobytes()

    yield "online, momentum", epoch("sgd", 1)
    yield "Adam, batches of 32", epoch("adam", 32)
    yield "Adam, batches of 200", epoch("adam", 200)
    yield "gradient of all rows", full
    yield "outputs", forward


def text_calls(module: Any) -> Iterator[tuple[str, Call]]:
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((20000, 9)).astype(np.float32)
    text = "\n".join(" ".join(map(str, row)) for row in rows.tolist()).encode() + b"\n"
    out = np.empty(rows.shape, np.float32)

    def parse() -> bytes:
        module.parse_block(text, 0, " ", 9, False, out)
        return out.tobytes()

    def write() -> bytes:
        return module.format_rows(rows, "", " ", ("",), None, repr).encode()

    yield "text to numbers", parse
    yield "numbers to text", write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+", type=Path)
    parser.add_argument("--variant")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--works", default="a,b,c,d,e,text")
    asked = parser.parse_args()
    modules = [(str(path), loaded(path)) for path in asked.modules]
    print("\n".join(table_head("ms")))
    different = []
    for name in asked.works.split(","):
        made = [text_calls(m) if name == "text" else calls(m, make(name), asked.variant) for _, m in modules]
        for together in zip(*made, strict=True):
            what = f"{name} {together[0][0]}"
            if len({call() for _, call in together}) > 1:
                different.append(what)
            candidates: list[Candidate] = [
                repeated(path, call, 1) for (path, _), (_, call) in zip(modules, together, strict=True)
            ]
            print(
                "\n".join(table_rows(what, interleave(candidates, 1000, asked.seconds, cpu_seconds), 1000)), flush=True
            )
    print(f"\nDifferent bytes: {', '.join(different) or 'none'}.")


if __name__ == "__main__":
    main()
