"""`ann export --to word2vec`: the vectors of words as text and as binary file, and what has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from anncli.analysis.exporting import exported
from anncli.cli.main import run
from anncli.errors import AnnError
from anncli.formats.exports.base import ExportRequest
from anncli.formats.networks.storage import load, save
from anncli.formats.networks.word_files import parse_words
from anncli.network.encoders.words import WordEncoder
from anncli.network.network import Network
from anncli.network.word_vectors import word_vectors


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with words.nn, whose three words have vectors of two numbers."""
    monkeypatch.chdir(tmp_path)
    network = Network.create("words", ["2 embedding", "mean", "1 logistic"])
    network = network.with_vocabulary(WordEncoder(("wört", "the", "1"), (5, 3, 1)))
    network.set_parameters(np.arange(network.topology.n_parameters) / 7)
    save(network, "words.nn")
    return tmp_path


@pytest.mark.parametrize(("target", "option", "form"), [
    ("v.vec", (), "word2vec"), ("v.bin", (), "word2vec-binary"), ("v.txt", ("--to", "word2vec"), "word2vec"),
    ("w.bin", ("--to", "word2vec"), "word2vec-binary"), ("w.txt", ("--to", "word2vec-binary"), "word2vec-binary"),
])  # fmt: skip
def test_written_and_proved(
    folder: Path, capsys: pytest.CaptureFixture[str], target: str, option: tuple[str, ...], form: str
) -> None:
    assert run(["export", "words.nn", "-o", target, *option, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["format"] == form
    assert told["proof"]["state"] == "passed"
    data = (folder / target).read_bytes()
    known = parse_words(data, "")
    assert known.words == ("wört", "the", "1")
    assert known.vectors.tobytes() == (np.arange(6) / 7).astype(np.float32).tobytes()
    if form == "word2vec":
        assert data.decode() == "3 2\nwört 0.0 0.14285715\nthe 0.2857143 0.42857143\n1 0.5714286 0.71428573\n"


def test_the_proof_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", "words.nn", "-o", "v.vec"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("v.vec: word2vec, 73 bytes\nproof               ann ")
    assert out.endswith(", which read it back: 3 words and 6 numbers, all the same\n")


@pytest.mark.parametrize(("damage", "message"), [
    (lambda data: data.replace(b"0.14", b"0.15"), "has another vector for 'wört'"),
    (lambda data: data.replace(b"the", b"The"), "has other words: 3 of them, not 3"),
    (lambda data: data[:-20], "is not read back: "),
])  # fmt: skip
def test_the_proof_finds_other_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes], message: str
) -> None:
    import anncli.formats.exports.word2vec as module

    write = module.Word2VecExport.write
    monkeypatch.setattr(module.Word2VecExport, "write", staticmethod(lambda known: damage(write(known))))
    with pytest.raises(AnnError, match=f"the word2vec export {message}"):
        exported(load("words.nn"), "word2vec", ExportRequest())


def test_refusals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*words: Any, code: int) -> str:
        assert run(list(words)) == code
        return capsys.readouterr().err

    (folder / "a.txt").write_text("the\n")
    assert "writes numbers that compute nothing for DATA; leave DATA out" in told(
        "export", "words.nn", "a.txt", "-o", "v.vec", code=2
    )
    network = load("words.nn")
    network.vocabulary = WordEncoder(("a b", "the", "1"), (5, 3, 1))
    reason = exported_reason(network)
    assert reason == "the word 'a b' cannot stand in a file of word2vec, whose words end with a blank"
    other = Network.create(2, ["1 logistic"])
    other.set_parameters(np.zeros(3))
    assert (
        exported_reason(other)
        == "the network has no vectors of words; train one whose layers begin with `100 embedding`, with `inputs: words`"
    )
    assert not list(folder.glob("v.*"))


def exported_reason(network: Network) -> str:
    with pytest.raises(AnnError) as caught:
        exported(network, "word2vec", ExportRequest())
    return str(caught.value)


def test_vectors_do_not_change_on_the_way_through_a_file(folder: Path) -> None:
    assert run(["export", "words.nn", "-o", "v.bin", "-q"]) == 0
    (folder / "net.nn").write_text(
        "anncli: 1\ninputs: words\nlayers: [embedding frozen from v.bin, mean, 1 logistic]\n"
    )
    (folder / "p.txt").write_text("the wört\n")
    (folder / "n.txt").write_text("1 the\n")
    assert run(["train", "net.nn", "p.txt", "n.txt", "1", "--validation", "0", "-q"]) == 0
    one, other = word_vectors(load("words.nn")), word_vectors(load("net.nn"))
    assert one.words == other.words
    assert one.vectors.tobytes() == other.vectors.tobytes()
