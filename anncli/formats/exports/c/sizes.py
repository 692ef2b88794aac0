"""What a network in C needs of a microcontroller: computed, and measured where a cross compiler is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from anncli.formats.exports.base import ToolMissingError
from anncli.formats.exports.tools import find_tool, run_tool, work_folder

_ARM = ("-mcpu=cortex-m4", "-mthumb", "-Os", "-std=c99", "-ffunction-sections", "-ffp-contract=off")


_BYTES = {
    "float": 4, "double": 8, "int": 4, "int8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "unsigned char": 1
}  # fmt: skip
_TABLE = re.compile(r"const (" + "|".join(map(re.escape, _BYTES)) + r") [$\w]+\[(\d+)\] = ")
_WORDS = re.compile(r"char \*const [$\w]+\[\w*\$?\w*\] = \{(.*?)\};", re.DOTALL)
_STRING = re.compile(r'"([^"\n]*)"')
_ESCAPE = re.compile(r"\\[0-7]{3}")


class Sizes(NamedTuple):
    """tables: bytes of constants; buffers: bytes of the arrays that a prediction keeps on the stack; code: bytes of instructions
    measured for a Cortex-M4 without those of the C library, None where they are not known; state: bytes that a stream keeps."""

    tables: int
    buffers: int
    code: int | None = None
    state: int = 0

    def sentence(self) -> str:
        """For the head of the file, where nothing is measured."""
        kept = f", {self.state:,} bytes for the state of each stream" if self.state else ""
        return f"Flash: {self.tables:,} bytes of tables, and the code; RAM: {self.buffers:,} bytes of buffers on the stack{kept}."

    def lines(self) -> list[tuple[str, str]]:
        """For people: flash and RAM, and where the numbers are from."""
        flash = f"{self.tables:,} bytes of tables (computed), and the code"
        if self.code is not None:
            flash = f"{self.tables + self.code:,} bytes: tables {self.tables:,}, code {self.code:,} without the C library (arm-none-eabi-size, Cortex-M4, -Os)"
        kept = f", {self.state:,} bytes for the state of each stream" if self.state else ""
        return [("flash", flash), ("RAM", f"{self.buffers:,} bytes of buffers on the stack{kept} (computed)")]


def table_bytes(text: str) -> int:
    """The bytes of the tables in C text up to its self-test, where a pointer has 4."""
    used = text.partition("_SELF_TEST\n")[0]
    numbers = sum(_BYTES[kind] * int(n) for kind, n in _TABLE.findall(used))
    words = [word for table in _WORDS.findall(used) for word in _STRING.findall(table)]
    return numbers + sum(4 + len(_ESCAPE.sub("?", word)) + 1 for word in words)


def measured(sizes: Sizes, files: Mapping[str, bytes], name: str) -> Sizes:
    """The sizes with those of the object file, where a compiler for Cortex-M is on this machine."""
    try:
        compiler = find_tool("arm-none-eabi-gcc", install="apt install gcc-arm-none-eabi libnewlib-arm-none-eabi")
        size = find_tool("arm-none-eabi-size", install="apt install binutils-arm-none-eabi")
        with work_folder() as folder:
            unit = write_unit(files, name, folder)
            run_tool([compiler, *_ARM, "-c", unit, "-o", "object.o"], folder)
            words = run_tool([size, "-A", "object.o"], folder).decode().split("\n")
            code, tables = (_section(words, kind) for kind in (".text", ".rodata"))
    except (ToolMissingError, RuntimeError, ValueError, IndexError):
        return sizes
    return sizes._replace(tables=tables, code=code) if code and tables else sizes


def _section(lines: list[str], kind: str) -> int:
    """The bytes of the sections of one kind in what arm-none-eabi-size prints; raises ValueError or IndexError for other text."""
    return sum(int(row[1]) for row in map(str.split, lines) if row and row[0].startswith(kind))


def write_unit(files: Mapping[str, bytes], name: str, folder: str) -> str:
    """Write the files into a folder; returns the name of the C file to compile, which for a header makes its functions called."""
    if ".h" in files:
        (Path(folder) / f"{name}.h").write_bytes(files[".h"])
        (Path(folder) / f"{name}.c").write_bytes(files[""])
        return f"{name}.c"
    (Path(folder) / f"{name}.h").write_bytes(files[""])
    text, parameters, call = files[""].decode(), "const float *in, float *out", f"{name}_predict(in, out)"
    for kind, given in (("rows", "in"), ("tokens", "at, in")):
        if f" {name}_predict_{kind}(" in text:
            parameters, call = f"const int *at, {parameters}, int n", f"{name}_predict_{kind}({given}, n, out)"
    unit = f'#include "{name}.h"\nint probe({parameters});\nint probe({parameters})\n{{\n  return {call};\n}}\n'
    (Path(folder) / "unit.c").write_text(unit)
    return "unit.c"
