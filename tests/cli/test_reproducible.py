"""--reproducible: the same bytes whatever BLAS, numpy and the C library choose for the processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ann_process import NETWORK, Ann

from anncli.backends.reproducible import inner_product, matrix_times_vector, reproducible
from anncli.compiled import native_module

pytestmark = pytest.mark.skipif(native_module() is None, reason="needs the compiled kernels")

OLD = {"OPENBLAS_CORETYPE": "Prescott"}
OLDER = {
    **OLD,
    "NPY_DISABLE_CPU_FEATURES": "AVX2,FMA3,AVX,F16C",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX",
}


@pytest.fixture
def wide(small: Path) -> Path:
    """A network and data that are large enough for BLAS to add in another order; the second input needs logarithms."""
    (small / "net.nn").write_text(NETWORK.replace("3 tanh", "40 tanh, 9 gelu"))
    rng = np.random.default_rng(0)
    for name, middle in (("pos.txt", 1.0), ("neg.txt", -1.0)):
        rows = rng.normal(middle, 1, (60, 2))
        rows[:, 1] = np.exp(3 * rows[:, 1])
        np.savetxt(small / name, rows, "%.6g")
    return small


@pytest.mark.slow
@pytest.mark.parametrize(
    "trainer",
    [
        "adam",
        "lbfgs",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("bfgs", "cgb", "nadam --clip 0.1", "bpvl")),
    ],
)
def test_the_same_bytes_on_other_processors(wide: Path, ann: Ann, trainer: str) -> None:
    found = set()
    for number, environment in enumerate(({}, OLD, OLDER)):
        ann("train", "net.nn", "pos.txt", "neg.txt", 25, "--reproducible", "--output", f"{number}.nn", "--trainer",
            *trainer.split(), env=environment)  # fmt: skip
        predicted = ann("predict", f"{number}.nn", "pos.txt", "--reproducible", env=environment).stdout
        found.add(((wide / f"{number}.nn").read_text(), predicted))
    assert len(found) == 1
    text, _ = found.pop()
    assert "    log_floor: |\n      0.0 " in text
    assert "    kernel: native baseline\n    blas: none\n" in text


@pytest.mark.slow
def test_the_record_names_the_blas_that_decides_the_last_digits(wide: Path, ann: Ann) -> None:
    texts = []
    for environment in ({"OPENBLAS_CORETYPE": "Haswell"}, OLD):
        ann("train", "net.nn", "pos.txt", "neg.txt", 25, "--trainer", "scg", "--output", "o.nn", env=environment)
        texts.append((wide / "o.nn").read_text())
    if "openblas" not in texts[0]:
        pytest.skip("numpy has another BLAS")
    assert texts[0] != texts[1]
    first, second = (text.partition("    blas: ")[2].splitlines()[0] for text in texts)
    assert "openblas" in first
    assert first.endswith(" Haswell")
    # OpenBLAS names its oldest code by one processor or another.
    assert not second.endswith(" Haswell")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--trainer scg", "trainer scg multiplies matrices with BLAS"),
        ("--trainer lm", "trainer lm multiplies matrices with BLAS"),
        ("--trainer br --loss mse", "trainer br multiplies matrices with BLAS"),
        ("--scaling sigmoidal", "sigmoidal scaling needs numpy's exponential function"),
        ("--init orthogonal", "--init orthogonal needs LAPACK"),
    ],
)
def test_what_depends_on_the_processor_is_refused(wide: Path, ann: Ann, options: str, message: str) -> None:
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 5, "--reproducible", *options.split(), check=2)
    assert done.stderr.startswith(f"ann: --reproducible: {message}")


@pytest.mark.slow
def test_predictions_of_a_sigmoidal_network_are_refused(wide: Path, ann: Ann) -> None:
    ann("train", "net.nn", "pos.txt", "neg.txt", 2, "--scaling", "sigmoidal")
    done = ann("predict", "net.nn", "pos.txt", "--reproducible", check=2)
    assert done.stderr.startswith("ann: --reproducible: sigmoidal scaling ")
    done = ann("test", "net.nn", "pos.txt", "neg.txt", "--reproducible", check=2)
    assert done.stderr.startswith("ann: --reproducible: sigmoidal scaling ")


def test_without_compiled_kernels_it_is_refused(wide: Path, ann: Ann) -> None:
    done = ann("predict", "net.nn", "pos.txt", "--reproducible", check=None, env={"ANN_KERNELS": "numpy"})
    assert done.returncode in (2, 4)
    done = ann("train", "net.nn", "pos.txt", "neg.txt", 2, "--reproducible", check=2, env={"ANN_KERNELS": "numpy"})
    assert done.stderr == "ann: --reproducible needs the compiled kernels; see ann --version -v\n"


def test_products_without_blas_are_products() -> None:
    matrix, vector = np.arange(6.0).reshape(2, 3), np.array([1.0, -2.0, 3.0])
    with reproducible(True):
        assert inner_product(vector, vector) == 14.0
        assert matrix_times_vector(matrix, vector).tolist() == [4.0, 10.0]
    assert inner_product(vector, vector) == 14.0
    assert matrix_times_vector(matrix, vector).tolist() == [4.0, 10.0]
