"""Builds the optional compiled kernels; everything else about the package is in pyproject.toml.

Without a compiler, or with one the kernels do not know, the package installs and runs on numpy.
Set ANN_BUILD_FLAGS to add compiler and linker flags (sanitizers, for example).
"""

import os
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FOLDER = "anncli/compiled/src"
EXTRA = os.environ.get("ANN_BUILD_FLAGS", "").split()
# What is built for, which need not be the machine that builds. Windows has the baseline alone: gcc does not keep its stack
# aligned for wide vectors, and its own compiler has no vector types.
TARGET = sysconfig.get_platform()
X86 = TARGET.endswith(("x86_64", "universal2", "intel")) and sys.platform != "win32"
# fp-contract off: products are fused with sums where the source says so and nowhere else.
GNU_FLAGS = [
    "-O3", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off",
    "-fvisibility=hidden", "-Wno-psabi",
    "-Wno-unknown-warning-option", "-Wno-maybe-uninitialized", "-Wno-uninitialized", "-g0", *EXTRA,
]  # fmt: skip
VARIANT_FLAGS = {
    "variant_avx512.cc": [
        "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx2", "-mfma", "-mprefer-vector-width=512",
    ],
    "variant_avx2.cc": ["-mavx2", "-mfma"],
}  # fmt: skip


class BuildKernels(build_ext):
    """One object file per instruction set, in one module."""

    def build_extension(self, ext: Extension) -> None:
        unix = self.compiler.compiler_type in ("unix", "mingw32")
        if unix:
            ext.extra_compile_args = GNU_FLAGS
            ext.extra_link_args = EXTRA
            if X86:
                ext.define_macros.append(("ANN_X86_VARIANTS", None))
                ext.sources += [f"{FOLDER}/{name}" for name in VARIANT_FLAGS]
            compile_one = self.compiler._compile

            def compile_with_flags(obj, src, suffix, cc_args, postargs, pp_opts):
                more = VARIANT_FLAGS.get(os.path.basename(src), [])
                if sys.platform == "darwin":  # one call may compile for ARM as well, which knows none of these
                    more = [part for flag in more for part in ("-Xarch_x86_64", flag)]
                return compile_one(obj, src, suffix, cc_args, [*postargs, *more], pp_opts)

            self.compiler._compile = compile_with_flags
        else:
            ext.extra_compile_args = ["/O2", "/std:c++17"]
        super().build_extension(ext)


setup(
    ext_modules=[
        Extension(
            "anncli.compiled._native",
            sources=[
                f"{FOLDER}/module.cc",
                f"{FOLDER}/parser.cc",
                f"{FOLDER}/format.cc",
                f"{FOLDER}/variant_baseline.cc",
            ],
            depends=[f"{FOLDER}/{name}" for name in sorted(os.listdir(FOLDER))] if os.path.isdir(FOLDER) else [],
            language="c++",
            optional=True,
            py_limited_api=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
