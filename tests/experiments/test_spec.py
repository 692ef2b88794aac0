"""Specs and results: identity, and the way through JSON and pickle."""

from __future__ import annotations

import hashlib
import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from small_specs import NETWORK, clouds, options

from anncli.errors import AnnError, DataError, NetworkError, UsageError
from anncli.experiments.inputs import dataset_digest
from anncli.experiments.spec import DataFile, DataRef, Failure, Result, RowsRef, Spec, plain, result_of

ROWS = RowsRef.of({"training": [0, 1, 258], "test": np.array([2], dtype=np.int32)})
SPEC = Spec(
    b"anncli: 1\n",
    DataRef("ab" * 32, (DataFile("pos.txt", "cd" * 32),), "vectors", ("pos", "neg"), 2),
    ROWS,
    {"trainer": "sgd", "learning_rate": 0.1, "targets": (0.9, 0.1), "seed": 3},
    20,
    labels={"trainer": "sgd", "fold": 2},
)


def test_digest_is_that_of_the_canonical_text() -> None:
    # Row numbers as little-endian uint32: 0, 1, 258 = 0x102, and 2.
    training = hashlib.sha256(bytes([0, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0])).hexdigest()
    test = hashlib.sha256(bytes([2, 0, 0, 0])).hexdigest()
    network = hashlib.sha256(b"anncli: 1\n").hexdigest()
    text = (
        f'{{"data":"{"ab" * 32}","epochs":20,"format":1,"keep_network":false,"mode":"train","network":"{network}",'
        '"options":{"learning_rate":0.1,"seed":3,"targets":[0.9,0.1],"trainer":"sgd"},'
        f'"rows":{{"test":[1,"{test}"],"training":[3,"{training}"]}}}}'
    )
    assert SPEC.digest() == hashlib.sha256(text.encode()).hexdigest()
    # And so it was when ledgers began to be written.
    assert SPEC.digest() == "775e5e121234fea653a57e9de139aa97ff90a00eb8aad3a5979f157fc7c8da9e"


def test_digest_does_not_depend_on_hash_seed_or_on_the_way_there() -> None:
    text = "import pickle, sys; print(pickle.load(sys.stdin.buffer).digest())"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", text], input=pickle.dumps(SPEC), env={"PYTHONHASHSEED": seed}, capture_output=True
        )
        assert done.stdout.decode().strip() == SPEC.digest(), done.stderr
    through_json = json.loads(json.dumps(plain(SPEC.options)))
    assert SPEC._replace(options=dict(reversed(through_json.items()))).digest() == SPEC.digest()
    assert SPEC._replace(options={**SPEC.options, "learning_rate": np.float64(0.1)}).digest() == SPEC.digest()


@pytest.mark.parametrize(
    "other",
    [
        {"network": b"anncli: 1"},
        {"data": DataRef("ab" * 31 + "ac")},
        {"rows": None},
        {"rows": RowsRef.of({"training": [0, 1, 259], "test": [2]})},
        {"rows": RowsRef.of({"training": [0, 1], "test": [258, 2]})},
        {"options": {**SPEC.options, "seed": 4}},
        {"epochs": 21},
        {"mode": "epochs"},
        {"keep_network": True},
    ],
)
def test_everything_that_decides_the_result_is_in_the_digest(other: dict[str, object]) -> None:
    assert SPEC._replace(**other).digest() != SPEC.digest()  # type: ignore[arg-type]


def test_labels_and_places_of_files_are_no_part_of_the_identity() -> None:
    assert SPEC._replace(labels={}).digest() == SPEC.digest()
    assert SPEC._replace(data=DataRef("ab" * 32)).digest() == SPEC.digest()


def test_rows_come_back() -> None:
    rows = ROWS.numbers()
    assert list(rows) == ["test", "training"]
    assert rows["training"].tolist() == [0, 1, 258]
    assert RowsRef.of({"test": [2**32 - 1]}).numbers()["test"].tolist() == [2**32 - 1]
    for wrong in ([-1], [2**32]):
        with pytest.raises(ValueError, match="are no row numbers"):
            RowsRef.of({"test": wrong})


def test_every_option_stands_in_a_spec() -> None:
    found = options(trainer="sgd", batch_size=16)
    assert (found["trainer"], found["batch_size"], found["momentum"]) == ("sgd", 16, 0.9)
    assert {"seed", "validation", "patience", "l2"} <= found.keys()


def test_digest_of_data_sees_every_part() -> None:
    data = clouds()
    before = dataset_digest(data)
    assert dataset_digest(clouds()) == before
    data.labels[0] = 1
    assert dataset_digest(data) != before
    data = clouds()
    data.inputs[3, 1] = np.nextafter(data.inputs[3, 1], np.float32(9))
    assert dataset_digest(data) != before
    data = clouds()
    data.weights = np.ones(data.n_samples, dtype=np.float32)
    assert dataset_digest(data) != before
    data = clouds()
    data.classes = ("a", "b")
    assert dataset_digest(data) != before


RESULT = Result(
    "0123",
    evaluations={"test": {"accuracy": 1 / 3, "matrix": [[1, 2], [3, 4]], "auc": None}},
    curves={"training": (0.1, 1e-300), "validation": (None, 0.25)},
    seconds=(0.5, 0.75),
    total_seconds=1.25,
    network=NETWORK + bytes(range(256)),
    ended="diverged",
    warnings=("one", "two"),
    error=Failure("wrong", "right", 3, False, "Traceback"),
    engine="anncli 1, native avx2",
)


@pytest.mark.parametrize("result", [RESULT, Result("ff")])
def test_result_comes_back_from_json(result: Result) -> None:
    assert result_of(json.loads(json.dumps(result.document()))) == result
    assert pickle.loads(pickle.dumps(result)) == result


def test_results_without_times() -> None:
    other = Result(**{**RESULT.__dict__, "seconds": (9.0, 9.0), "total_seconds": 9.0})
    assert other != RESULT
    assert other.without_times() == RESULT.without_times()


@pytest.mark.parametrize("change", [{"digest": ...}, {"seconds": 3}, {"curves": []}, {"error": {"text": "x"}}, {"network": "no base 64!"}])  # fmt: skip
def test_what_is_no_result_is_refused(change: dict[str, object]) -> None:
    document = RESULT.document()
    document = {k: v for k, v in document.items() if change.get(k) is not ...} | {
        k: v for k, v in change.items() if v is not ...
    }
    with pytest.raises(ValueError):  # noqa: PT011
        result_of(document)


@pytest.mark.parametrize(("code", "kind"), [(1, AnnError), (2, UsageError), (3, DataError), (4, NetworkError)])
def test_failures_become_their_errors_again(code: int, kind: type[AnnError]) -> None:
    error = Failure("is wrong", "mend it", code).error()
    assert type(error) is kind
    assert str(error) == "is wrong; mend it"


def test_internal_failures_keep_their_traceback() -> None:
    error = Failure("KeyError: 'x'", details="Traceback of the worker").error()
    assert not isinstance(error, AnnError)
    assert error.__notes__ == ["Traceback of the worker"]
