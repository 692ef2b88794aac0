"""Builds the optional compiled module; everything else about the package is in pyproject.toml.

Without a compiler, or with one that the sources do not support, the package installs and runs on numpy; with ANN_KERNELS=native
in the environment the installation fails instead. Set ANN_BUILD_FLAGS to add compiler and linker flags (sanitizers, for example).
What is done is printed; `pip install -v` shows it.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = "anncli/compiled/src"
EXTRA = os.environ.get("ANN_BUILD_FLAGS", "").split()
# The platform of the result, which may differ from that of this machine. Windows gets the baseline variant only: gcc does not
# align the stack for wide vectors there, and Microsoft's compiler has no vector types.
TARGET = sysconfig.get_platform()
X86 = TARGET.endswith(("x86_64", "universal2", "intel")) and sys.platform != "win32"
# fp-contract off: the compiler must not fuse products with sums on its own, or results would depend on the compiler.
GNU_FLAGS = [
    "-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-fvisibility=hidden", "-Wno-psabi",
    "-Wno-unknown-warning-option", "-Wno-maybe-uninitialized", "-Wno-uninitialized", "-g0", *EXTRA,
]  # fmt: skip
# Files that only x86 compiles, each for an instruction set, and files that every build compiles. The longest to compile come
# first: with few processors the last one to end decides how long all take.
VARIANT_FLAGS = {
    "variant_avx512.cc": [
        "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma", "-mprefer-vector-width=512",
    ],
    "variant_avx2.cc": ["-mavx2", "-mfma"],
}  # fmt: skip
SOURCES = [
    "variant_baseline.cc", "table.cc", "pairs.cc", "parser.cc", "calls.cc", "chain_calls.cc", "chain_handle.cc", "events_calls.cc", "events_run.cc", "lexicon_calls.cc", "format.cc", "rprop.cc", "chunk_calls.cc", "byte_calls.cc", "word_calls.cc", "module.cc",
    "plan_handle.cc", "variants.cc",
]  # fmt: skip
ORDER = [*VARIANT_FLAGS, *SOURCES]


def level_of(source: str) -> str:
    """The optimisation of a file: -O2, which compiles a fifth faster, where it costs nothing. By benchmarks/modules.py it makes
    small networks slower by up to 16 %, and writing numbers by 8 %.
    """
    return "-O3" if source.startswith(("variant_", "format", "events_", "lexicon", "chunk_")) else "-O2"


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class BuildNative(build_ext):
    """One module of many objects: one for each instruction set, the others for the interface to Python."""

    def build_extension(self, ext: Extension) -> None:
        """Compile, unless a module of the same sources, compiler and flags was built in this folder before.

        pip builds in a new temporary folder each time, so that setuptools itself always compiles anew.
        """
        target, kept = Path(self.get_ext_fullpath(ext.name)), Path("build/native") / self.fingerprint() / "module"
        if kept.is_file():
            self.say(f"the compiled module was built before, from the same sources by the same compiler: {kept}")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(kept, target)
            return
        start = time.monotonic()
        self.say(f"compiling {len(ORDER if X86 else SOURCES)} files on {processors()} processors ...")
        try:
            self.compile_extension(ext)
        except Exception as error:
            if ext.optional:
                self.say("no compiled module; the package is installed all the same, and computes with numpy")
                self.say(f"the reason: {error}")
            raise
        self.say(f"compiled in {time.monotonic() - start:.0f} s")
        # A folder that cannot be written to only costs the next build its time.
        with contextlib.suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(target, kept)

    def say(self, text: str) -> None:
        print(f"anncli: {text}", flush=True)

    def fingerprint(self) -> str:
        """What decides the bytes of the module: sources, flags, compiler, platform and Python's interface."""
        found = hashlib.sha256()
        for path in sorted([Path(__file__), *Path(FOLDER).iterdir()]):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
        compiler = getattr(self.compiler, "compiler_so", None) or [self.compiler.compiler_type]
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            found.update(subprocess.run([compiler[0], "--version"], capture_output=True, check=True).stdout)
        variables = [os.environ.get(name, "") for name in ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS")]
        found.update(repr([compiler, TARGET, sys.version, EXTRA, variables]).encode())
        return found.hexdigest()[:16]

    def compile_extension(self, ext: Extension) -> None:
        if self.compiler.compiler_type not in ("unix", "mingw32"):
            ext.extra_compile_args = ["/O2", "/std:c++17"]
            super().build_extension(ext)
            return
        ext.extra_compile_args = GNU_FLAGS
        ext.extra_link_args = EXTRA
        if X86:
            ext.define_macros.append(("ANN_X86_VARIANTS", None))
            ext.sources = [f"{FOLDER}/{name}" for name in VARIANT_FLAGS] + ext.sources
        with ThreadPoolExecutor(processors()) as pool:
            self.compile_at_once(pool)
            super().build_extension(ext)

    def compile_at_once(self, pool: ThreadPoolExecutor) -> None:
        """Let the compiler work on several files at once, each with its flags; the linker starts them, and waits for all."""
        compile_one, link = self.compiler._compile, self.compiler.link_shared_object
        waiting: dict[str, tuple] = {}

        def keep(obj, src, suffix, cc_args, postargs, pp_opts):
            name = os.path.basename(src)
            more = VARIANT_FLAGS.get(name, [])
            if sys.platform == "darwin":  # one call may compile for ARM too, whose compiler knows none of these flags
                more = [word for flag in more for word in ("-Xarch_x86_64", flag)]
            waiting[name] = (obj, src, suffix, cc_args, [level_of(name), *postargs, *more], pp_opts)

        def compile_and_link(*args, **settings):
            jobs = [pool.submit(compile_one, *waiting[name]) for name in ORDER if name in waiting]
            for job in jobs:
                job.result()
            link(*args, **settings)

        self.compiler._compile, self.compiler.link_shared_object = keep, compile_and_link


def man_pages() -> list[tuple[str, list[str]]]:
    """Write the man pages, which are made from the tables of the program; returns the files to install, by folder."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from anncli.cli.man_pages import man_pages as made

    folder = Path("build/man")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [("share/man/man1", [(folder / name).as_posix() for name in made()])]


setup(
    data_files=man_pages(),
    ext_modules=[
        Extension(
            "anncli.compiled._native",
            sources=[f"{FOLDER}/{name}" for name in SOURCES],
            depends=[f"{FOLDER}/{name}" for name in sorted(os.listdir(FOLDER))] if os.path.isdir(FOLDER) else [],
            language="c++",
            optional=os.environ.get("ANN_KERNELS") != "native",
            py_limited_api=True,
        )
    ],
    cmdclass={"build_ext": BuildNative},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
