"""The same network from one process and from several ranks, and what ranks say; the whole grid is `python tests/campaigns/ranks.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import ranks
from hosts import Hosts, why_not
from launchers import connected, environment, run_ranks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("ranks")
    ranks.write_data(place)
    return place


@pytest.fixture(autouse=True)
def _with_mpi() -> None:
    connected()


@pytest.mark.parametrize(
    "name", ["rprop", "lm", "scg", "adam", "own-rows", "weights", "samples", "tokens", "restarts", "resumed"]
)
def test_three_ranks_write_the_bytes_of_one_process(name: str, folder: Path) -> None:
    assert ranks.checked(folder, name, [ranks.Ranks(0), ranks.Ranks(3)]) == []


@pytest.mark.parametrize("name", ["adam", "lbfgs"])
def test_ranks_of_two_hosts_write_the_bytes_of_one_process(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path(sys.executable).with_name("hydra_pmi_proxy").exists():
        pytest.skip("the mpirun of MPICH is not in this environment")
    if reason := why_not():
        pytest.skip(reason)
    with Hosts(2) as hosts:
        how = [ranks.Ranks(0), ranks.Ranks(3, hosts=hosts)]
        assert ranks.checked(folder, name, how) == []
        # More bytes than there can be stand for a wire that was not used.
        monkeypatch.setattr(ranks, "LEAST_BYTES", 10**12)
        (fault,) = ranks.checked(folder, name, how)
    assert "did not talk by TCP" in fault


def test_a_run_of_two_ranks_is_resumed_by_one_process(folder: Path) -> None:
    case = ranks.CASES["resumed"]
    whole, _ = ranks.trained(folder, case, ranks.Ranks(0))
    assert ranks.trained(folder, case, ranks.Ranks(0), cut=ranks.Ranks(2))[0] == whole
    assert ranks.trained(folder, case, ranks.Ranks(2), cut=ranks.Ranks(0))[0] == whole


def test_the_campaign_finds_a_difference(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = iter(["a", "b"])
    monkeypatch.setattr(ranks, "trained", lambda *_: (next(digests), [5, 0]))
    assert ranks.checked(folder, "rprop", [ranks.Ranks(0), ranks.Ranks(2)]) == [
        f"2 ranks of {sys.executable}: b, not a", f"2 ranks of {sys.executable} served [5, 0] rows",
    ]  # fmt: skip


def _unequal(folder: Path, variables: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`ann train` on two ranks, of which the second one has other variables."""
    ann = [sys.executable, "-m", "anncli", "train", *words]
    command = [
        "timeout",
        "-k",
        "5",
        "60",
        connected(),
        "-n",
        "1",
        *ann,
        ":",
        "-n",
        "1",
        "env",
        *variables.split(),
        *ann,
    ]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("variables", "chosen"), [("ANN_KERNEL_VARIANT=baseline", "baseline"), ("ANN_KERNELS=numpy", "numpy")]
)
def test_ranks_use_the_kernels_that_all_of_them_have(variables: str, chosen: str, folder: Path) -> None:
    pytest.importorskip("anncli.compiled._native")
    words = ranks.CASES["rprop"].words.split()
    done = _unequal(folder, variables, *words, "2", "-o", "unequal.nn")
    assert done.returncode == 0, done.stderr
    assert f"ann: warning: all ranks compute with {chosen}, because rank 1 on " in done.stderr
    own = {"ANN_KERNEL_VARIANT": "baseline"} if chosen == "baseline" else {"ANN_KERNELS": "numpy"}
    digest, _ = ranks.trained(folder, ranks.CASES["rprop"], ranks.Ranks(0), **own)
    assert ranks.digest_of(folder / "unequal.nn") == digest


def test_ranks_of_different_versions_are_refused_by_rank_0_alone(folder: Path, tmp_path: Path) -> None:
    # A module that Python loads by itself at its start makes rank 1 another version.
    (tmp_path / "sitecustomize.py").write_text("import anncli._version\nanncli._version.__version__ = '9.9'\n")
    path = f"PYTHONPATH={tmp_path}:{environment()['PYTHONPATH']}"
    done = _unequal(folder, path, "net.nn", "d.npy", "--label", "last", "-o", "never.nn")
    assert done.returncode == 2
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("ann:")]
    assert ", rank 1 on " in told
    assert told.endswith("has 9.9; the ranks of a training need the same")
    assert not (folder / "never.nn").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("net.nn few.txt more.txt", "fewer than 65,536 training rows: rank 1 stays idle"),
        (
            "net.nn d.npy --label last --validation 0.3 --trainer lbfgs",
            "fewer than 65,536 training rows: rank 1 stays idle until the final training on all rows",
        ),
        (
            "net.nn d.npy --label last --batch-size 32 --validation 0",
            "batches of 32 over 2 ranks are slower than one process; use --batch-size 4096 or --trainer lbfgs",
        ),
        (
            "net.nn d.npy --label last --trainer online --validation 0",
            "rows one at a time over 2 ranks are slower than one process; use --trainer adam --batch-size 4096, or --trainer lbfgs",
        ),
    ],
)
def test_ann_says_before_the_start_that_ranks_have_nothing_to_do(words: str, told: str, folder: Path) -> None:
    done = run_ranks(connected(), 2, folder, "train", *words.split(), 1, "-o", "idle.nn")
    assert done.returncode == 0, done.stderr
    assert f"ann: warning: {told}\n" in done.stderr


def test_what_is_wrong_is_said_once(folder: Path) -> None:
    done = run_ranks(connected(), 2, folder, "train", "net.nn", "nowhere.npy")
    assert (done.returncode, done.stderr.count("ann: nowhere.npy")) == (3, 1)
    done = run_ranks(connected(), 2, folder, "train", "net.nn", "d.npy", "--jobs", 2, "--ensemble", 2)
    assert done.returncode == 2
    assert "ann: --jobs is for one process; the ranks train one network after the other; leave it out\n" in done.stderr
    for executor in ("threads", "processes"):
        done = run_ranks(
            connected(), 2, folder, "train", "net.nn", "d.npy", "--executor", executor, "--ensemble", 2, "-o", "x.nn"
        )
        assert done.returncode == 2
        assert (
            f"ann: --executor {executor} is for a run that no launcher started as several ranks; start it without mpirun, or "
            "leave the option out\n" in done.stderr
        )
        assert not (folder / "x.nn").exists()
