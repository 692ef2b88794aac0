"""`--executor dask://...` and `tls://...`: the bytes of this machine whoever trains, and what is left when something is lost."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ann_process import Ann, clean_environment, make_small
from dask_cluster import LocalCluster, local_cluster
from tls_files import make_certificates
from workers import children, running_since, wait_for

from anncli.compiled import native_module

pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

# Six trainings of half a second or more, and one of all rows.
EPOCHS = "6" if native_module() is None else "800"
CV = ("cv", "net.nn", "pos.txt", "neg.txt", EPOCHS, "--trainer", "online", "--folds", "3", "--repeats", "2", "--force")
WRITTEN = ("--output", "all.nn", "--predictions", "p.csv", "--folds-file", "f.csv")
N_TRAININGS = 7
# So long that only being dropped ends it.
ENDLESS = ("cv", "net.nn", "pos.txt", "neg.txt", "100000000", "--trainer", "online", "--folds", "2")


def fill(folder: Path) -> Path:
    """Rows enough for epochs that take a while."""
    folder.mkdir(parents=True, exist_ok=True)
    make_small(folder)
    for name, sign in (("pos.txt", 1), ("neg.txt", -1)):
        (folder / name).write_text("".join(f"{sign * (k % 17) + k % 5} {k % 13 - sign}\n" for k in range(2000)))
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Path:
    return fill(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A cluster that no test harms."""
    with local_cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


def written(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in WRITTEN[1::2]]


def ledger(path: Path) -> list[dict[str, Any]]:
    """The trainings of a ledger in the order of their digests, without their times."""
    documents = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    for document in documents:
        document["seconds"], document["total_seconds"] = [], 0.0
    return sorted(documents, key=lambda document: document["digest"])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[bytes], list[dict[str, Any]]]:
    """What the command prints, writes and keeps in its ledger in one process."""
    folder = fill(tmp_path_factory.mktemp("undisturbed"))
    command = [sys.executable, "-m", "anncli", *CV, *WRITTEN, "--ledger", "l"]
    done = subprocess.run(command, cwd=folder, env=clean_environment(), check=True, capture_output=True, text=True)
    return done.stdout, written(folder), ledger(folder / "l")


def outcome(folder: Path, printed: str) -> tuple[str, list[bytes], list[dict[str, Any]]]:
    return printed, written(folder), ledger(folder / "l")


def told(stderr: str) -> list[str]:
    """The lines for the user but for those of every run; nothing else may be there."""
    lines = stderr.splitlines()
    assert [line for line in lines if not line.startswith("ann: ")] == []
    # On a busy machine every run says after half a minute how far it is.
    usual = (" trainings, ", "equal a training row", "p.csv: ", "all.nn: ", "f.csv: ")
    return [line for line in lines if "interrupted" in line or not any(words in line for words in usual)]


@contextmanager
def crossing(folder: Path, cluster: LocalCluster, *words: str, lines: int = 2) -> Iterator[subprocess.Popen[str]]:
    """The command, when its ledger has so many lines."""
    where = ("--executor", cluster.executor, "--ledger", "l")
    with running_since(folder / "l", lines, *CV, *WRITTEN, *where, *words) as process:
        yield process


def worker_of(cluster: LocalCluster, number: int = 0) -> int:
    return cluster.workers[number].pid


def test_the_bytes_of_one_process(
    many: Path, ann: Ann, shared: LocalCluster, undisturbed: tuple[str, list[bytes], list[dict[str, Any]]]
) -> None:
    done = ann(*CV, *WRITTEN, "--ledger", "l", "--executor", shared.executor)
    assert outcome(many, done.stdout) == undisturbed
    assert told(done.stderr) == []


@pytest.mark.parametrize(
    "command",
    [
        ("search", "net.nn", "pos.txt", "neg.txt", "20", "--trials", "5", "--hidden", "2..5", "--strategy", "random"),
        ("compare", "net.nn", "other.nn", "pos.txt", "neg.txt", "20", "--folds", "3"),
        ("cv", "words.csv", "30", "--label", "kind", "--folds", "3"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_of_many_trainings(many: Path, ann: Ann, shared: LocalCluster, command: tuple[str, ...]) -> None:
    (many / "other.nn").write_text("anncli: 1\ninputs: 2\nlayers: [2 tanh, 1 logistic]\n")
    rows = "".join(f"{k % 7},{'red' if k % 3 else 'blue'},{'a' if (k * k) % 5 < 2 else 'b'}\n" for k in range(90))
    (many / "words.csv").write_text("size,colour,kind\n" + rows)
    here = ann(*command, "--ledger", "here")
    there = ann(*command, "--ledger", "there", "--executor", shared.executor)
    assert there.stdout == here.stdout
    assert there.stderr == here.stderr
    assert ledger(many / "there") == ledger(many / "here")


@pytest.mark.parametrize("words", [("--restarts", "3"), ("--ensemble", "2")], ids=lambda words: words[0])
def test_parts_of_one_training(many: Path, ann: Ann, shared: LocalCluster, words: tuple[str, ...]) -> None:
    command = ("train", "net.nn", "pos.txt", "neg.txt", "30", *words)
    here = ann(*command, "-o", "here.nn")
    there = ann(*command, "-o", "there.nn", "--executor", shared.executor)
    assert (many / "there.nn").read_bytes() == (many / "here.nn").read_bytes()
    assert there.stdout.replace("there.nn", "here.nn") == here.stdout


def test_bench_measures_elsewhere_too(many: Path, ann: Ann, shared: LocalCluster) -> None:
    command = ("bench", "net.nn", "pos.txt", "neg.txt", "10", "--trainers", "adam,scg", "--plot", "none")
    ann(*command, "--ledger", "here")
    ann(*command, "--ledger", "there", "--executor", shared.executor, "--jobs", "1")
    assert ledger(many / "there") == ledger(many / "here")


def test_a_killed_worker(
    many: Path, tmp_path_factory: pytest.TempPathFactory, undisturbed: tuple[str, list[bytes], list[dict[str, Any]]]
) -> None:
    with local_cluster(tmp_path_factory.mktemp("c"), 2) as cluster, crossing(many, cluster) as process:
        os.kill(worker_of(cluster), signal.SIGKILL)
        output, message = process.communicate(timeout=120)
        assert process.returncode == 0, message
    assert outcome(many, output) == undisturbed
    (line,) = told(message)
    pattern = r"ann: warning: worker tcp://127\.0\.0\.1:\d+ on \S+ has gone; begun again elsewhere: repeat \d, fold \d"
    assert re.fullmatch(pattern, line)


def test_a_killed_worker_that_its_nanny_starts_again(
    many: Path, tmp_path_factory: pytest.TempPathFactory, undisturbed: tuple[str, list[bytes], list[dict[str, Any]]]
) -> None:
    with local_cluster(tmp_path_factory.mktemp("c"), 0) as cluster:
        nanny = cluster.add_worker(nanny=True)
        with crossing(many, cluster) as process:
            os.kill(children(nanny.pid)[0], signal.SIGKILL)
            output, message = process.communicate(timeout=120)
            assert process.returncode == 0, message
    assert outcome(many, output) == undisturbed
    assert "begun again elsewhere" in "\n".join(told(message))


def test_a_stopped_worker(
    many: Path, tmp_path_factory: pytest.TempPathFactory, undisturbed: tuple[str, list[bytes], list[dict[str, Any]]]
) -> None:
    cluster_of = local_cluster(tmp_path_factory.mktemp("c"), 2)
    with cluster_of as cluster, crossing(many, cluster, "--worker-timeout", "3") as process:
        os.kill(worker_of(cluster), signal.SIGSTOP)
        output, message = process.communicate(timeout=120)
        assert process.returncode == 0, message
    assert outcome(many, output) == undisturbed
    assert re.search(r"worker tcp://\S+ on \S+ has been silent for 3 s; begun again elsewhere: repeat ", message)
    told(message)


def lose_workers(cluster: LocalCluster) -> None:
    os.kill(worker_of(cluster), signal.SIGKILL)


def lose_scheduler(cluster: LocalCluster) -> None:
    cluster.scheduler.kill()


def stop_scheduler(cluster: LocalCluster) -> None:
    os.kill(cluster.scheduler.pid, signal.SIGSTOP)


LOSSES: list[tuple[Callable[[LocalCluster], None], str]] = [
    (lose_workers, "no worker at {} takes work, for 3 s; start one: dask worker {}; "),
    (lose_scheduler, "the scheduler {} has gone: the connection broke; "),
    (stop_scheduler, "the scheduler {} has been silent for 3 s; "),
]


@pytest.mark.parametrize(("lose", "text"), LOSSES, ids=lambda value: getattr(value, "__name__", ""))
def test_what_ends_the_command_leaves_its_ledger(
    many: Path,
    ann: Ann,
    tmp_path_factory: pytest.TempPathFactory,
    shared: LocalCluster,
    undisturbed: tuple[str, list[bytes], list[dict[str, Any]]],
    lose: Callable[[LocalCluster], None],
    text: str,
) -> None:
    with local_cluster(tmp_path_factory.mktemp("c"), 1) as cluster:
        with crossing(many, cluster, "--worker-timeout", "3", lines=3) as process:
            lose(cluster)
            output, message = process.communicate(timeout=60)
        assert (process.returncode, output) == (1, ""), message
        url = f"tcp://{cluster.address}"
        last = told(message)[-1]
        assert (
            last
            == f"ann: {text.format(url, url)}what is finished is in the file of --ledger, if that was given, and the same command goes on"
        )
    before = (many / "l").read_bytes().splitlines()
    assert 3 <= len(before) < N_TRAININGS + 1
    done = ann(*CV, *WRITTEN, "--ledger", "l", "--executor", shared.executor)
    assert (many / "l").read_bytes().splitlines()[: len(before)] == before
    assert outcome(many, done.stdout) == undisturbed


def busy(cluster: LocalCluster) -> list[str]:
    """What the workers of the cluster compute."""
    from distributed import Client

    def tasks(dask_worker: Any = None) -> list[str]:
        return list(dask_worker.active_threads.values())

    with Client(f"tcp://{cluster.address}", set_as_default=False) as client:
        return [task for found in client.run(tasks).values() for task in found]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], ids=["int", "term", "kill"]
)
def test_a_signal_ends_the_command_and_what_runs_for_it(
    many: Path, shared: LocalCluster, number: int, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "anncli", *ENDLESS, "--executor", shared.executor],
        cwd=many, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: len(busy(shared)) == 2)
        process.send_signal(number)
        output, message = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, output) == (code, "")
    expected = [] if code == -9 else ["ann: interrupted; with --ledger FILE the same command goes on"]
    assert told(message) == expected
    wait_for(lambda: not busy(shared))


def test_without_workers(many: Path, ann: Ann, tmp_path_factory: pytest.TempPathFactory) -> None:
    with local_cluster(tmp_path_factory.mktemp("c"), 0) as cluster:
        done = ann(*CV, "--executor", cluster.executor, "--worker-timeout", "2", check=1)
    assert told(done.stderr)[0].startswith(
        f"ann: no worker at tcp://{cluster.address} takes work, for 2 s; start one: "
    )


@pytest.mark.skipif(native_module() is None, reason="needs the compiled kernels")
def test_a_worker_with_other_kernels_is_not_used(
    many: Path, ann: Ann, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with local_cluster(tmp_path_factory.mktemp("c"), 0) as cluster:
        cluster.add_worker(ANN_KERNELS="numpy")
        done = ann(*CV, "--executor", cluster.executor, "--worker-timeout", "20", check=1)
        first, second = told(done.stderr)
        assert re.match(
            r"ann: warning: worker tcp://\S+ on \S+ is not used: it computes with numpy, and here is native ", first
        )
        assert second.startswith(f"ann: tcp://{cluster.address} has no worker that gives the bytes of this machine; ")
        cluster.add_worker()
        done = ann(*CV, "--executor", cluster.executor)
        assert len(told(done.stderr)) == 1


# Encrypted connections.


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls"))


def of_dask(folder: Path) -> tuple[str, ...]:
    files = {"--tls-ca-file": "ca.pem", "--tls-cert": "ann.pem", "--tls-key": "ann-key.pem"}
    return tuple(word for option, name in files.items() for word in (option, str(folder / name)))


def of_ann(folder: Path) -> tuple[str, ...]:
    return tuple(word.replace("--tls-ca-file", "--tls-ca") for word in of_dask(folder))


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[LocalCluster]:
    with local_cluster(tmp_path_factory.mktemp("c"), 2, *of_dask(certificates), scheme="tls") as cluster:
        yield cluster


def test_the_same_bytes_over_encrypted_connections(
    many: Path, ann: Ann, encrypted: LocalCluster, certificates: Path, undisturbed: tuple[str, list[bytes], list[dict[str, Any]]]
) -> None:  # fmt: skip
    done = ann(*CV, *WRITTEN, "--ledger", "l", "--executor", encrypted.executor, *of_ann(certificates))
    assert outcome(many, done.stdout) == undisturbed
    assert told(done.stderr) == []


def test_connections_that_do_not_fit_end_with_one_line(
    many: Path, ann: Ann, encrypted: LocalCluster, shared: LocalCluster, certificates: Path, tmp_path: Path
) -> None:
    def refusal(*words: str) -> str:
        (line,) = told(ann(*CV, *words, check=1).stderr)
        return line

    other = of_ann(make_certificates(tmp_path / "other"))
    stranger = refusal("--executor", encrypted.executor, *other)
    assert stranger.startswith(
        f"ann: no scheduler at tls://{encrypted.address}: its certificate is not one of --tls-ca ("
    )
    mixed = (*of_ann(certificates)[:2], *other[2:])
    unknown = refusal("--executor", encrypted.executor, *mixed)
    assert unknown.startswith(f"ann: no scheduler at tls://{encrypted.address}: it refuses the connection (")
    plain = refusal("--executor", encrypted.executor.replace("tls:", "dask:"))
    assert plain.startswith(
        f"ann: no scheduler at tcp://{encrypted.address}: what is there says nothing, as no scheduler "
    )
    no_tls = refusal("--executor", shared.executor.replace("dask:", "tls:"), *of_ann(certificates))
    assert no_tls.startswith(f"ann: no scheduler at tls://{shared.address}: it does not speak TLS; ")


def test_files_of_tls_that_a_variable_names_are_for_tls_alone(many: Path, ann: Ann) -> None:
    """It serves many runs; on the command line they would be a mistake."""
    words = (*CV, "--executor", "dask://127.0.0.1:9")
    found = ann(*words, env={"ANN_TLS_CA": "ca.pem", "ANN_TLS_CERT": "a.pem", "ANN_TLS_KEY": "k.pem"}, check=1)
    assert found.stderr == ann(*words, check=1).stderr
    refused = ann(*words, "--tls-ca", "ca.pem", check=2)
    assert refused.stderr == (
        "ann: --tls-ca is for --executor tls://HOST:PORT, not for dask://127.0.0.1:9; leave it out\n"
    )


def test_a_refused_connection_and_usage_errors_do_not_load_dask(many: Path) -> None:
    for words, code in (
        (("dask://127.0.0.1:9",), 1),
        (("dask://head:9",), 2),
        (("tls://head:9",), 2),
        (("dask://",), 2),
    ):
        command = [sys.executable, "-X", "importtime", "-m", "anncli", *CV, "--executor", *words]
        done = subprocess.run(command, cwd=many, env=clean_environment(), capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        assert re.search(r"\| +(distributed|dask)\b", done.stderr) is None
