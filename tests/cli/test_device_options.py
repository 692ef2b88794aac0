"""--device before data are read: what is refused, and why. None of it needs torch; tests/cli/test_device_command.py does."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ann_process import ROOT
from inside import Done, ann  # noqa: F401, a fixture

from anncli.backends.crew import LocalCrew, use_crew
from anncli.cli.running import devices
from anncli.training.stacked.trainers.names import MOST_LM_PARAMETERS, STACKED_TRAINERS

NETWORK = "anncli: 1\ninputs: 2\nlayers: [3 tanh, 1 logistic]\n"
# No data file is there: each refusal comes before one is opened.
TRAIN = ("train", "net.nn", "pos.txt", "neg.txt", 10)
Call = Callable[..., Done]


@pytest.fixture(autouse=True)
def _network(tmp_path: Path) -> None:
    (tmp_path / "net.nn").write_text(NETWORK)


@pytest.fixture
def _no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A torch that has a processor and no GPU."""

    def zeros(n: int, device: Any) -> Any:
        if device.type != "cpu":
            raise AssertionError("Torch not compiled with CUDA enabled. See an address.\nAnd more")
        return SimpleNamespace(add_=lambda x: SimpleNamespace(item=lambda: x))

    found = ModuleType("torch")
    found.__dict__.update(
        __version__="9.9", zeros=zeros, device=lambda name: SimpleNamespace(type=name.partition(":")[0]),
        set_float32_matmul_precision=lambda word: None,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", found)
    return found


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cdua", "--device: unknown device 'cdua'; did you mean 'cuda'?"),
        ("cuda:x", "--device: unknown device 'cuda:x'; write cuda, or cuda:1 for the second GPU"),
        ("rocm", "--device: unknown device 'rocm'; use one of auto, cpu, torch-cpu, cuda, mps"),
    ],
)
def test_an_unknown_device(ann: Call, name: str, message: str) -> None:  # noqa: F811
    assert ann(*TRAIN, "--device", name, check=2).stderr == f"ann: {message}\n"


@pytest.mark.usefixtures("_no_torch")
@pytest.mark.parametrize("words", [TRAIN, ("cv", *TRAIN[1:]), ("search", *TRAIN[1:])])
def test_without_torch_the_extra_is_named(ann: Call, words: tuple[Any, ...]) -> None:  # noqa: F811
    told = ann(*words, "--device", "torch-cpu", check=2).stderr
    assert told == "ann: --device torch-cpu needs torch; pip install 'anncli[gpu]'\n"


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("words", [(*TRAIN, "--restarts", 9), ("cv", *TRAIN[1:]), ("search", *TRAIN[1:])])
def test_a_device_that_is_not_there_has_the_reason_of_torch(ann: Call, words: tuple[Any, ...]) -> None:  # noqa: F811
    told = ann(*words, "--device", "cuda:1", check=2).stderr
    assert told == "ann: --device cuda:1: Torch not compiled with CUDA enabled; use --device cpu\n"


@pytest.mark.usefixtures("torch")
def test_one_training_would_be_done_twice(ann: Call) -> None:  # noqa: F811
    expected = (
        "ann: --device torch-cpu: with one training for each network there is nothing to rank, and the CPU would do it again; "
        "add --restarts 100, or --keep-device-weights, which writes the weights of the device\n"
    )
    assert ann(*TRAIN, "--device", "torch-cpu", check=2).stderr == expected
    assert ann(*TRAIN, "--device", "torch-cpu", "--ensemble", 5, check=2).stderr == expected


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--jobs", 2), "--jobs and --device cuda: a device trains at once what --jobs would run in processes"),
        (("--checkpoint", "c"), "--checkpoint and --device cuda: the state of trainings on a device is not saved"),
        (("--resume", "c"), "--resume and --device cuda: the state of trainings on a device is not saved"),
        (("--reproducible",), "--reproducible and --device cuda: a device does not give the same bits everywhere"),
    ],
)
def test_what_does_not_go_with_a_device(ann: Call, options: tuple[Any, ...], message: str) -> None:  # noqa: F811
    told = ann(*TRAIN, "--restarts", 9, "--device", "cuda", *options, check=2).stderr
    assert told == f"ann: {message}; leave one out\n"


def test_executors_do_not_go_with_a_device(ann: Call) -> None:  # noqa: F811
    for command in ("cv", "search"):
        told = ann(command, *TRAIN[1:], "--device", "cuda", "--executor", "threads", check=2).stderr
        assert (
            told
            == "ann: --executor and --device cuda: a device trains at once what an executor would run; leave one out\n"
        )


@pytest.mark.usefixtures("torch")
def test_ranks_have_no_device(ann: Call) -> None:  # noqa: F811
    crew = LocalCrew()
    crew.size = 4
    with use_crew(crew):
        told = ann(*TRAIN, "--restarts", 9, "--device", "torch-cpu", check=2).stderr
    assert told == (
        "ann: --device torch-cpu and 4 ranks: ranks have a part of the rows each, and a device has all of them; "
        "leave --device out, or start it without a launcher\n"
    )


def test_with_v_many_trainings_are_told_of_a_gpu(ann: Call, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(devices, "find_spec", lambda name: name)
    text = "ann: 100 trainings of one network: a GPU, --device cuda or mps, may have them sooner; ann never takes one by itself\n"
    assert text in ann(*TRAIN, "--restarts", 100, "-v", check=3).stderr
    assert text not in ann(*TRAIN, "--restarts", 100, check=3).stderr
    assert "trainings of one network" not in ann(*TRAIN, "--restarts", 99, "-v", check=3).stderr
    monkeypatch.setattr(devices, "find_spec", lambda name: None)
    assert text not in ann(*TRAIN, "--restarts", 100, "-v", check=3).stderr


def test_weights_of_no_device_cannot_be_kept(ann: Call) -> None:  # noqa: F811
    told = ann(*TRAIN, "--keep-device-weights", check=2).stderr
    assert told == "ann: --keep-device-weights needs --device; name it, as --device cuda\n"
    told = ann("cv", *TRAIN[1:], "--device", "cuda", "--keep-device-weights", check=2).stderr
    assert told == "ann: --keep-device-weights needs --output; without it no network is written\n"


@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("command", ["train", "cv", "search"])
def test_what_the_device_cannot_train_is_named(ann: Call, tmp_path: Path, command: str) -> None:  # noqa: F811
    words = (command, *TRAIN[1:], "--device", "torch-cpu", *(("--restarts", 2) if command == "train" else ()))
    told = ann(*words, "--trainer", "online", check=2).stderr
    assert told.startswith("ann: --device torch-cpu: a device has no trainer online; it has ")
    assert told.endswith("; leave --device out\n")
    assert "irprop-, " in told
    (tmp_path / "net.nn").write_text("anncli: 1\ninputs: 4x4\nlayers: [2 tanh convolution 3x3, 1 logistic]\n")
    told = ann(*words, check=2).stderr
    assert told.startswith("ann: --device torch-cpu: ")
    assert "convolution" in told


def test_commands_that_measure_time_have_no_device(ann: Call) -> None:  # noqa: F811
    for command in ("bench", "compare"):
        assert "--device" in ann(command, *TRAIN[1:], "--device", "cpu", check=2).stderr


@pytest.mark.usefixtures("_no_torch")
def test_the_cpu_needs_no_torch(ann: Call) -> None:  # noqa: F811
    for name in ("cpu", "auto", "CPU"):
        assert "pos.txt" in ann(*TRAIN, "--device", name, check=3).stderr


def test_the_guide_names_the_trainers_that_a_device_has() -> None:
    guide = (ROOT / "docs/devices.md").read_text("utf-8")
    text = guide.partition("by the trainers ")[2].partition(" weights")[0].replace("\n", " ")
    assert set(re.findall(r"[a-z][-+a-z]*", text)) - {"and", "up", "to"} == set(STACKED_TRAINERS)
    assert text.endswith(f"lm up to {MOST_LM_PARAMETERS}")
