"""The C that ann writes beside that of emlearn, for the same networks.

    python benchmarks/exports.py [SIZES...]     for example 4-8-3 784-64-10

Networks of scikit-learn (MLPClassifier: relu units, logistic or softmax outputs) are brought to ann by their weights. Needs
scikit-learn and a C compiler; emlearn, m2cgen and gcc-arm-none-eabi with newlib where they are there.
Every program classifies the same 1,000 rows in turn. Time: nanoseconds of CPU time a row, the best of 15 rounds of all programs one after the
other. Difference: of the outputs from those of the same weights in float64; other classes: than these outputs give, of 1,000. Flash and RAM: what a program for a microcontroller
grows by, linked with newlib-nano, -Os, with the parts of the C library that it needs; RAM is static memory, and the arrays on the stack where
they are known.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import anncli
from anncli.formats.exports.base import ExportRequest
from anncli.formats.exports.registry import export_format
from anncli.network.propagation import forward

SIZES = ("4-8-3", "30-16-2", "64-32-10", "784-64-10")
N_ROWS, ROUNDS = 1000, 15
CORES = {
    "Cortex-M3": ("-mcpu=cortex-m3", "-mthumb"),
    "Cortex-M4F": ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
}

HOST = """\
#include <stdio.h>
#include <time.h>
#include "code.h"
static float rows[%(n)d][%(n_in)d];
int main(int argc, char **argv)
{
  FILE *file = fopen(argv[1], "rb");
  int k, times, classes = 0;
  struct timespec from, to;
  if (fread(rows, sizeof rows, 1, file) != 1) return 1;
  if (argc > 2) {
    for (k = 0; k < %(n)d; ++k) {
      float out[%(n_out)d];
      OUTPUTS(rows[k], out);
      fwrite(out, sizeof out, 1, stdout);
    }
    return 0;
  }
  times = %(times)d;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  while (times--)
    for (k = 0; k < %(n)d; ++k)
      classes += CLASS(rows[k]);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  printf("%%.3f\\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / %(n)d / %(times)d);
  return classes == -1;
}
"""
BARE = """\
#include "code.h"
volatile float input[%(n_in)d];
volatile int found;
int main(void)
{
  found = CLASS((const float *)input);
  return 0;
}
"""
NOTHING = "#define CLASS(row) ((int)(row)[0])\n"


class Program:
    """One C program: code.h, which defines CLASS(row) and OUTPUTS(row, out), and other files; stack: bytes of arrays, if known."""

    def __init__(self, name: str, files: dict[str, str], includes: list[str], stack: int | None = None) -> None:
        self.name, self.files, self.includes, self.stack = name, files, includes, stack
        self.times: dict[str, list[float]] = {"-O2": [], "-O3": []}


def sklearn_network(sizes: list[int]) -> tuple[Any, Any]:
    """A fitted MLPClassifier and its rows."""
    from sklearn.datasets import make_classification
    from sklearn.neural_network import MLPClassifier

    n_in, hidden, classes = sizes
    informative = min(n_in, 12)
    x, y = make_classification(
        2000, n_in, n_informative=informative, n_redundant=0, n_classes=classes, n_clusters_per_class=1, random_state=1
    )
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier((hidden,), max_iter=60, random_state=1).fit(x, y)
    return model, x


def ann_programs(network: Any, rows: Any) -> list[Program]:
    found = []
    for bits in (0, 16, 8):
        request = ExportRequest("net", bits, rows if bits else None)
        export = export_format("c-header")
        files = export.render(network, request)
        ram = dict(export.facts(files, network, request).lines)["RAM"]  # type: ignore[attr-defined]
        code = (
            files[""].decode() + "#define CLASS(row) net_class(row)\n#define OUTPUTS(row, out) net_predict(row, out)\n"
        )
        found.append(
            Program(
                f"ann, {f'int{bits}' if bits else 'float'}", {"code.h": code}, [], int(ram.split()[0].replace(",", ""))
            )
        )
    return found


def emlearn_programs(model: Any, n_out: int) -> list[Program]:
    try:
        import emlearn
        from emlearn import net as emlearn_net
    except ImportError:
        return []
    include = f"-I{Path(emlearn.__file__).parent}"
    found, n_in = [], model.coefs_[0].shape[0]
    # In 0.23.2 the inline form fails at the names of activations, which it takes for numbers: it gets numbers.
    kinds = ("identity", "relu", "logistic", "softmax", "tanh")
    emlearn_net.c_activation_function = kinds.index
    activations = [model.activation] * (len(model.coefs_) - 1) + [model.out_activation_]
    for name, fixed in (("float", False), ("fixed point, 32 bits", True)):
        try:
            code = emlearn_net.c_generate_net_inline(
                activations, model.coefs_, model.intercepts_, "net", use_fixedpoint=fixed
            )
        except Exception as error:
            print(f"emlearn, {name}: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)
            continue
        if fixed:
            code += (
                f"static int32_t fixed[{n_in}];\nstatic inline int CLASS(const float *row)\n{{\n  int i;\n"
                f"  for (i = 0; i < {n_in}; ++i) fixed[i] = EML_Q16_FROMFLOAT(row[i]);\n  return net_predict(fixed, {n_in});\n}}\n"
                f"#define OUTPUTS(row, out) do {{ int j; CLASS(row); for (j = 0; j < {n_out}; ++j) out[j] = EML_Q16_TOFLOAT(net_activations2[j]); }} while (0)\n"
            )
        else:
            code += (
                f"#define CLASS(row) net_predict(row, {n_in})\n#define OUTPUTS(row, out) do {{ int j; CLASS(row); "
                f"for (j = 0; j < {n_out}; ++j) out[j] = net_activations2[j]; }} while (0)\n"
            )
        found.append(Program(f"emlearn inline, {name}", {"code.h": code}, [include]))
    code = emlearn_net.c_generate_net_loadable(activations, model.coefs_, model.intercepts_, "net")
    code += f"#define CLASS(row) net_predict(row, {n_in})\n#define OUTPUTS(row, out) net_regress(row, {n_in}, out, {n_out})\n"
    found.append(Program("emlearn loadable, float", {"code.h": code}, [include]))
    return found


def compiled(program: Program, folder: Path, main: str, command: list[str], target: str) -> bool:
    for name, text in {**program.files, "main.c": main}.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        [*command, *program.includes, "main.c", "-o", target, "-lm"], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        print(f"{program.name}: {done.stderr[:300]}", file=sys.stderr)
    return done.returncode == 0


def linked_size(program: Program, folder: Path, shape: dict[str, int], core: tuple[str, ...]) -> tuple[int, int] | None:
    """(flash, static RAM) of a program for a microcontroller."""
    command = [
        "arm-none-eabi-gcc",
        *core,
        "-std=gnu99",
        "-Os",
        "-ffunction-sections",
        "-fdata-sections",
        "-Wl,--gc-sections",
        "--specs=nano.specs",
        "--specs=nosys.specs",
    ]
    if not compiled(program, folder, BARE % shape, command, "bare.elf"):
        return None
    words = (
        subprocess.run(["arm-none-eabi-size", "bare.elf"], cwd=folder, capture_output=True, text=True)
        .stdout.split("\n")[1]
        .split()
    )
    text, data, bss = map(int, words[:3])
    return text + data, data + bss


def sizes_on_arm(programs: list[Program], folder: Path, shape: dict[str, int]) -> dict[str, list[str]]:
    """For each program flash on each core, and RAM."""
    if shutil.which("arm-none-eabi-gcc") is None:
        return {program.name: ["-", "-", "-"] for program in programs}
    empty = Program("nothing", {"code.h": NOTHING}, [])
    found: dict[str, list[str]] = {program.name: [] for program in programs}
    for core in CORES.values():
        base = linked_size(empty, folder, shape, core)
        for program in programs:
            grown = linked_size(program, folder, shape, core)
            found[program.name].append("-" if grown is None or base is None else f"{grown[0] - base[0]:,}")
            if core == CORES["Cortex-M4F"] and grown is not None and base is not None:
                stack = "" if program.stack is None else f" + {program.stack:,} stack"
                found[program.name].append(f"{grown[1] - base[1]:,}{stack}")
    return found


def outputs_of(folder: Path, program: str, n_out: int) -> Any:
    printed = subprocess.run([folder / program, "rows.bin", "outputs"], cwd=folder, capture_output=True).stdout
    return np.frombuffer(printed, dtype=np.float32).reshape(-1, n_out)


def classes_of(outputs: Any) -> Any:
    return outputs[:, 0] > 0.5 if outputs.shape[1] == 1 else outputs.argmax(axis=1)


def compare(sizes: list[int]) -> None:
    model, x = sklearn_network(sizes)
    network, rows = anncli.from_sklearn(model), x[:N_ROWS]
    exact = forward(network.topology, network.parameters.astype(np.float64), rows.astype(np.float64)).activations[-1]
    n_out = exact.shape[1]
    programs = [*ann_programs(network, x), *emlearn_programs(model, n_out)]
    work = max(1, 20_000_000 // (sizes[0] * sizes[1] * N_ROWS))
    shape = {"n": N_ROWS, "n_in": sizes[0], "n_out": n_out, "times": work}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows.tofile(folder / "rows.bin")
        differences, others = {}, {}
        for at, program in enumerate(programs):
            for level in program.times:
                assert compiled(program, folder, HOST % shape, ["cc", "-std=gnu99", level, "-w"], f"run{at}{level}")
            found = outputs_of(folder, f"run{at}-O2", n_out)
            differences[program.name] = float(np.abs(found - exact).max())
            others[program.name] = int((classes_of(found) != classes_of(exact)).sum())
        for _ in range(ROUNDS):
            for at, program in enumerate(programs):
                for level, times in program.times.items():
                    printed = subprocess.run(
                        [folder / f"run{at}{level}", "rows.bin"], cwd=folder, capture_output=True, text=True
                    )
                    times.append(float(printed.stdout))
        arm = sizes_on_arm(programs, folder, shape)
    print(f"\n### {'-'.join(map(str, sizes))}\n")
    print(
        "| program | ns a row, -O2 | -O3 | largest difference | other classes | flash, Cortex-M3 | flash, Cortex-M4F | RAM |\n|---|---|---|---|---|---|---|---|"
    )
    for program in programs:
        if differences[program.name] > 0.5:
            print(
                f"| {program.name} | it computes no {network.layers_text} network | | {differences[program.name]:.1e} | | | | |"
            )
            continue
        two, three = (min(times) for times in program.times.values())
        cells = " | ".join(arm[program.name])
        print(
            f"| {program.name} | {two:,.0f} | {three:,.0f} | {differences[program.name]:.1e} | {others[program.name]} | {cells} |"
        )


def m2cgen_says(sizes: list[int]) -> str:
    try:
        import m2cgen
    except ImportError:
        return "not installed"
    try:
        m2cgen.export_to_c(sklearn_network(sizes)[0])
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "it wrote the network"


def main() -> None:
    for sizes in sys.argv[1:] or SIZES:
        compare([int(size) for size in sizes.split("-")])
    print(f"\nm2cgen: {m2cgen_says([4, 8, 3])}")


if __name__ == "__main__":
    main()
