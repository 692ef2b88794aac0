"""Vectors of words from another file as the first layer of a network: taken over, and kept bit for bit where they are frozen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anncli.cli.main import run
from anncli.compiled import native_module
from anncli.errors import NetworkError
from anncli.formats.networks.storage import load
from anncli.network.frozen import count_frozen
from anncli.network.layers import read_layer
from anncli.network.layers.base import KeyFault
from anncli.network.layers.embedding import Embedding
from anncli.network.network import Network
from anncli.network.word_vectors import word_vectors
from anncli.training.names import TRAINER_NAMES

# Numbers that no average and no product of others gives by chance.
VECTORS = np.random.default_rng(5).normal(size=(4, 3)).astype(np.float32)
WORDS = ("good", "bad", "film", "the")
NETWORK = "anncli: 1\ninputs: words\nlayers: [{kind: embedding, from: v.vec, frozen: true}, mean, 3 tanh, 1 logistic]\n"
TRAINERS = [name for name in TRAINER_NAMES if name not in ("lm", "br")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = [" ".join([word, *map(str, row)]) for word, row in zip(WORDS, VECTORS, strict=True)]
    (tmp_path / "v.vec").write_text("4 3\n" + "\n".join(lines) + "\n")
    (tmp_path / "net.nn").write_text(NETWORK)
    (tmp_path / "pos.txt").write_text("the good film\ngood\na good new film\nthe film was good\n")
    (tmp_path / "neg.txt").write_text("the bad film\nbad\na bad old film\nthe film was bad\n")
    return tmp_path


def table(network: Network) -> np.ndarray:
    assert network.parameters is not None
    return network.topology.blocks(network.parameters)[0][0]


@pytest.mark.parametrize("trainer", TRAINERS)
def test_no_trainer_changes_a_frozen_vector(folder: Path, trainer: str) -> None:
    given = ["--trainer", trainer, "--average", "ema:0.7"]
    given += [] if trainer in ("bpcl", "bpvl", "ann1dn") else ["--l2", "0.1"]
    words = ["train", "net.nn", "pos.txt", "neg.txt", "3", "--validation", "0", "-q", "-o", "out.nn", *given]
    assert run(words) == 0
    network = load("out.nn")
    assert table(network).tobytes() == VECTORS.tobytes() + bytes(3 * 4)
    before = load("net.nn").with_vocabulary(network.vocabulary).topology  # type: ignore[arg-type]
    assert before == network.topology
    assert any(
        np.abs(block).max() > 0 for blocks in network.topology.blocks(network.parameters)[1:] for block in blocks
    )


@pytest.mark.parametrize("options", [
    ("--trainer", "adamw", "--weight-decay", "0.1", "--batch-size", "2"),
    ("--trainer", "adam", "--l2", "0.1", "--l1", "0.1", "--clip", "0.5", "--batch-size", "2"),
    ("--trainer", "online", "--momentum", "0.9"),
    ("--trainer", "adam", "--dropout", "0.3", "--average", "swa:0.3"),
    ("--restarts", "2"), ("--validation", "0.25",),
])  # fmt: skip
def test_nor_does_an_option(folder: Path, options: tuple[str, ...]) -> None:
    words = ["train", "net.nn", "pos.txt", "neg.txt", "4", "-q", "-o", "out.nn", *options]
    assert run(words if "--validation" in options else [*words, "--validation", "0"]) == 0
    assert table(load("out.nn")).tobytes() == VECTORS.tobytes() + bytes(3 * 4)


def test_what_is_not_frozen_begins_with_the_vectors(folder: Path) -> None:
    (folder / "net.nn").write_text(NETWORK.replace(", frozen: true", ""))
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "0", "--validation", "0", "-q", "-o", "none.nn"]) == 0
    assert table(load("none.nn")).tobytes() == VECTORS.tobytes() + bytes(3 * 4)
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "3", "--validation", "0", "-q", "-o", "out.nn"]) == 0
    after = table(load("out.nn"))
    assert np.abs(after[:4] - VECTORS).max() > 1e-4
    # Words that the vectors do not have are one token more.
    assert np.abs(after[4]).max() > 0


def test_the_trained_file_holds_all_and_says_where_it_came_from(folder: Path) -> None:
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "2", "--validation", "0", "-q"]) == 0
    text = (folder / "net.nn").read_text()
    assert "\nlayers: [{kind: embedding, units: 3, from: v.vec, frozen: true}, mean, 3 tanh, 1 logistic]\n" in text
    (folder / "v.vec").unlink()
    network = load("net.nn")
    assert word_vectors(network).words == WORDS
    assert network.topology.layers[0].text() == "3 embedding frozen from v.vec"
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "2", "--validation", "0", "-q", "--continue"]) == 0
    assert table(load("net.nn")).tobytes() == VECTORS.tobytes() + bytes(3 * 4)
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "2", "--validation", "0", "-q"]) == 4


def test_from_a_network_of_ann_with_its_rule_of_words(folder: Path) -> None:
    (folder / "cased.nn").write_text(
        "anncli: 1\ninputs: {words: auto, case: keep, split: spaces}\nlayers: [3 embedding, mean, 1 logistic]\n"
    )
    (folder / "up.txt").write_text("The Film! good\n")
    assert run(["train", "cased.nn", "up.txt", "neg.txt", "1", "--validation", "0", "-q"]) == 0
    (folder / "net.nn").write_text(NETWORK.replace("v.vec", "cased.nn"))
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "1", "--validation", "0", "-q", "-o", "out.nn"]) == 0
    one, other = load("cased.nn"), load("out.nn")
    assert table(one)[:-1].tobytes() == table(other)[:-1].tobytes()
    assert one.vocabulary is not None
    assert one.vocabulary == other.vocabulary


@pytest.mark.parametrize("layers", [
    "[embedding frozen from v.vec, mean, 1 logistic]",
    "['embedding from v.vec frozen', mean, 1 logistic]",
    "\n- kind: embedding\n  from: v.vec\n  frozen: true\n- mean\n- 1 logistic",
    "\n- from: v.vec\n  frozen: true\n  kind: embedding\n- mean\n- 1 logistic",
])  # fmt: skip
def test_forms(folder: Path, layers: str) -> None:
    (folder / "net.nn").write_text(f"anncli: 1\ninputs: words\nlayers: {layers}\n")
    first = load("net.nn").topology.layers[0]
    assert first.text() == "3 embedding frozen from v.vec"
    assert read_layer(first.text()) == first


def test_the_file_is_named_from_the_folder_of_the_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "other").mkdir()
    monkeypatch.chdir(folder / "other")
    assert run(["train", "../net.nn", "../pos.txt", "../neg.txt", "1", "--validation", "0", "-q", "-o", "out.nn"]) == 0
    assert run(["cv", "../net.nn", "../pos.txt", "../neg.txt", "1", "--folds", "2", "-q", "--jobs", "2"]) == 0


@pytest.mark.parametrize(("change", "code", "message"), [
    (("from: v.vec", "from: w.vec"), 4, "net.nn:3:34: `from`: w.vec: no such file; files are named from the folder of the network file; name a network with an embedding of words, or a file of vectors"),
    (("kind: embedding", "kind: embedding, units: 5"), 2, "the vectors of 'v.vec' have 3 numbers, and the embedding has 5 units; write `units: 3`, or leave it out"),
    (("inputs: words", "inputs: {words: 20}"), 2, "net.nn: the words are those of 'v.vec', and `inputs` says which they are; write `inputs: words`"),
    (("inputs: words", "inputs: characters"), 4, "net.nn: `from` gives a layer the vectors of words, and no words go into this network; write `inputs: words`"),
    (("from: v.vec, frozen: true", "units: 3, from: v.vec, frozen: 1"), 4, "net.nn:3:59: `frozen` must be true or false, found 1; write for example `frozen: true`"),
    (("from: v.vec", "units: 3, from: ' x'"), 4, "net.nn:3:44: the name ' x' cannot stand in a list of layers; rename the file"),
    (("from: v.vec, ", ""), 4, "net.nn:3:10: `units` is missing; write for example `units: 64`"),
])  # fmt: skip
def test_faults(
    folder: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], code: int, message: str
) -> None:
    (folder / "net.nn").write_text(NETWORK.replace(*change))
    assert run(["train", "net.nn", "pos.txt", "neg.txt", "1", "-q", "-o", "out.nn"]) == code
    assert capsys.readouterr().err == f"ann: {message}\n"


def test_a_network_without_vectors_is_refused_in_words(folder: Path) -> None:
    (folder / "v.vec").write_text("anncli: 1\ninputs: words\nlayers: [3 embedding, mean, 1 logistic]\n")
    with pytest.raises(
        NetworkError, match=r"`from`: .*v\.vec: the network is untrained: its words have no vectors yet"
    ):
        load("net.nn")


def test_layers_in_python() -> None:
    assert Embedding(3, frozen=True).text() == "3 embedding frozen"
    assert Embedding(source="v.vec").text() == "embedding from v.vec"
    with pytest.raises(KeyFault, match="`units` is missing"):
        Embedding()
    with pytest.raises(TypeError):
        Embedding(3, form="v.vec")
    with pytest.raises(ValueError, match="does not say how long its vectors are"):
        Network.create("words", ["embedding from v.vec", "mean", "1 logistic"])
    frozen = Network.create("words", ["3 embedding frozen", "mean", "1 logistic"])
    assert count_frozen(frozen.topology) == 3
    assert frozen.topology.weights_mask().sum() == 3


def test_gradient_check_leaves_frozen_weights_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gradcheck", "net.nn", "pos.txt", "neg.txt"]) == 0
    assert (
        "checked   16 weights and biases on 8 samples; 15 are frozen and have no gradient\n" in capsys.readouterr().out
    )


@pytest.mark.parametrize("trainer", ["adam", "sgd", "online", "adamw", "rprop", "scg"])
def test_compiled_code_trains_the_rest_as_numpy_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trainer: str
) -> None:
    (folder / "net.nn").write_text(NETWORK.replace("mean", "4 lstm, last"))
    words = ["train", "net.nn", "pos.txt", "neg.txt", "4", "--validation", "0", "--trainer", trainer, "-o"]
    found = []
    for kernels in ("native", "numpy"):
        if kernels == "numpy" or native_module() is None:
            monkeypatch.setenv("ANN_KERNELS", "numpy")
        assert run([*words, f"{kernels}.nn"]) == 0
        assert "numpy backend" not in capsys.readouterr().err
        found.append(load(f"{kernels}.nn"))
    one, other = found
    assert table(one).tobytes() == table(other).tobytes() == VECTORS.tobytes() + bytes(3 * 4)
    assert one.parameters is not None
    assert one.parameters == pytest.approx(other.parameters, abs=2e-4)
