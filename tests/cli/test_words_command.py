"""`ann words` from the shell: signs, files of questions, and what is wrong with words, options and files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

__all__ = ["ann"]
Run = Callable[..., Done]

# queen = king - man + woman, all of length 1, but for its own length.
VECTORS = "5 3\nking 0.6 0 0.8\nman 1 0 0\nwoman 0 1 0\nqueen -0.2 0.5 0.4\napple 0 0 -1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "v.vec").write_text(VECTORS)
    (tmp_path / "glove.txt").write_text(VECTORS.split("\n", 1)[1])
    (tmp_path / "q.txt").write_text(": royal\nman king woman queen\nman king woman apple\nman king woman duchess\n")
    (tmp_path / "p.tsv").write_text("king\tman\t9\nking\tqueen\t5\nking\tapple\t1\nking\twoman\t3\nking\tpear\t9\n")
    return tmp_path


def test_near_words(folder: Path, ann: Run) -> None:
    assert ann("words", "v.vec", "king").stdout == "man    0.6000\nqueen  0.2981\nwoman  0.0000\napple  -0.8000\n"
    assert ann("words", "glove.txt", "king", "--top", 1).stdout == "man  0.6000\n"
    for typed in ("king - man + woman", "king -man +woman", "king woman -man", "- man king + woman"):
        assert ann("words", "v.vec", *typed.split(), "--top", 1).stdout == "queen  1.0000\n"
    assert ann("words", "-", "king", "--top", 1, input=VECTORS).stdout == "man  0.6000\n"
    # -q and -v are options, and so is what stands after an option with a value.
    assert ann("words", "v.vec", "-q", "king", "-v", "--top", 1, "-man").stdout == "queen  0.6667\n"


def test_packed_vectors(folder: Path, ann: Run) -> None:
    (folder / "v.vec.gz").write_bytes(gzip.compress(VECTORS.encode()))
    assert ann("words", "v.vec.gz", "king", "--top", 1).stdout == "man  0.6000\n"
    (folder / "v.vec.gz").write_bytes(gzip.compress(VECTORS.encode())[:-12])
    refused = ann("words", "v.vec.gz", "king", check=4).stderr
    assert refused == "ann: v.vec.gz: is a gzip file cut short; copy or pack it again\n"
    (folder / "t.nn.gz").write_bytes(gzip.compress(b"anncli: 1\ninputs: 9\nlayers: [1 logistic]\n"))
    assert "t.nn.gz: is packed; unpack it first" in ann("words", "t.nn.gz", "king", check=4).stderr


def test_imported_vectors_are_told_in_words(folder: Path, ann: Run) -> None:
    lines = ann("import", "v.vec", "-o", "v.nn").stdout.splitlines()
    assert lines[1] == "  layers      5 words; 3 embedding, skip-gram"
    assert "1      unit 1  word 'king'        0.6\n" in ann("info", "v.nn", "--weights").stdout


def test_files_of_questions(folder: Path, ann: Run) -> None:
    printed = ann("words", "v.vec", "--analogies", "q.txt", "--pairs", "p.tsv").stdout
    assert printed == (
        "section  right  of     %  unknown words\n"
        "royal        1   2  50.0              1\n"
        "total        1   2  50.0              1\n"
        "\n"
        "pairs  Spearman   95 % interval  compared  unknown words\n"
        "p.tsv    1.0000  1.000 to 1.000         4              1\n"
    )
    found = json.loads(
        ann("words", "v.vec", "--analogies", "q.txt", "--pairs", "p.tsv", "--json", "--vocabulary", 4).stdout
    )
    assert found["words"] == 5
    assert found["vocabulary"] == 4
    assert found["analogies"][0] == {"section": "royal", "right": 1, "asked": 1, "fraction": 1.0, "left_out": 2}
    assert found["pairs"] == [
        {"file": "p.tsv", "spearman": 1.0, "why": None, "interval": None, "compared": 3, "left_out": 2}
    ]
    assert (
        ann("words", "v.vec", "--analogies", "q.txt", "--vocabulary", "all").stdout
        == "\n".join(printed.split("\n")[:3]) + "\n"
    )


@pytest.mark.parametrize(("words", "code", "message"), [
    ("v.vec", 2, "Missing argument 'TERM...'; try 'ann words --help'"),
    ("v.vec kng", 2, "the network does not know the word 'kng'; did you mean 'king'?"),
    ("v.vec king - king", 2, "the words cancel each other out: nothing is left to look for; leave one of them out"),
    ("v.vec king -", 2, "no word follows the last sign; write for example: king - man + woman"),
    ("v.vec king --pairs p.tsv", 2, "the words king and --pairs ask for different things; leave one of them out"),
    ("v.vec king --vocabulary 3", 2, "--vocabulary is for --analogies and --pairs; leave it out"),
    ("v.vec --pairs p.tsv --top 3", 2, "--top is not for --pairs; leave it out"),
    ("v.vec --analogies p.tsv", 3, "p.tsv:1: expected four words, found 3 words ('king\\tman\\t9'); write for example `Athens Greece Oslo Norway`"),
    ("v.vec --complete king", 2, "v.vec: --complete: a file of vectors does not say which word comes next; name the network that the vectors were trained in"),
    ("none.nn king", 4, "none.nn: no such file; check the name, or make a network with `ann train`"),
    ("numbers.nn king", 4, "numbers.nn: the network has no vectors of words; train one whose layers begin with `100 embedding`, with `inputs: words`"),
    ("model.bin king", 4, "model.bin: is a model of fastText, which is not read; name the file .vec that fastText writes beside it"),
])  # fmt: skip
def test_faults(folder: Path, ann: Run, words: str, code: int, message: str) -> None:
    (folder / "numbers.nn").write_text("anncli: 1\ninputs: 9\nlayers: [1 logistic]\n")
    (folder / "model.bin").write_bytes(b"\xba\x16\x4f\x2f\x0c\0\0\0")
    done = ann("words", *words.split(), check=code)
    assert (done.stdout, done.stderr) == ("", f"ann: {message}\n")


def test_a_trained_network_completes_a_text_and_has_no_outputs(folder: Path, ann: Run) -> None:
    (folder / "cbow.nn").write_text("anncli: 1\ninputs: words\nlayers: [4 embedding, cbow min-count 1]\n")
    (folder / "t.txt").write_text("the cat sat on the mat\nthe dog sat on the mat\n" * 30)
    ann("train", "cbow.nn", "t.txt", 3, "-q")
    done = ann("words", "cbow.nn", "--complete", "the CAT xyz", "--top", 2)
    assert [float(line.split()[1]) > 0 for line in done.stdout.splitlines()] == [True, True]
    assert done.stderr == "ann: warning: the network does not know xyz\n"
    assert len(ann("words", "cbow.nn", "cat", "--top", 3).stdout.splitlines()) == 3
    message = "ann: a network that ends in `cbow` has word vectors and no outputs; ask it with ann words NETWORK WORD, or write the vectors with ann export --to word2vec\n"
    assert ann("predict", "cbow.nn", "t.txt", check=2).stderr == message
    refused = ann("export", "cbow.nn", "-o", "x.c", check=4).stderr
    assert "the format c is for outputs, and a network that ends in `cbow` has vectors of words alone" in refused
