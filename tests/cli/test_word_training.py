"""`ann train` and `ann gradcheck` on networks of word vectors, from the shell."""

from __future__ import annotations

import gzip
import json
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from inside import Done, ann
from workers import running_since

from anncli.backends.word_session import WordSession
from anncli.formats.networks.storage import load
from anncli.network.encoders.words import WordEncoder

__all__ = ["ann"]
Run = Callable[..., Done]

HEAD = "anncli: 1\ninputs: words\nlayers: [8 embedding, skip-gram subsample 0]\n"
TEXT = "The cat sat on the mat.\nthe dog ate the hat, the cat ran\n\nA rare zebra\n" * 8


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "w.nn").write_text(HEAD)
    (tmp_path / "text.txt").write_text(TEXT)
    return tmp_path


def test_from_a_text_to_vectors(place: Path, ann: Run) -> None:
    done = ann("train", "w.nn", "text.txt")
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "text        text.txt (32 lines)",
        "words       136, 12 different ones",
        "vocabulary  12 words, which are 136 words of the text",
    ]
    assert lines[-2:] == ["written     w.nn", "next        ann words w.nn zebra"]
    network = load(place / "w.nn")
    assert (place / "w.nn").read_text().startswith(HEAD)
    assert network.vocabulary is not None
    # By count, and equal counts by their letters: `the` 5 times, `cat` twice in each of the 8 copies.
    assert network.vocabulary.symbols[:4] == ("the", "cat", "a", "ate")
    assert network.topology.block_shapes == [((12, 8),), ((12, 8),)]
    assert network.record["epochs"] == 5


def test_the_same_seed_gives_the_same_bytes(place: Path, ann: Run) -> None:
    files = []
    for seed, output in ((1, "a.nn"), (1, "b.nn"), (2, "c.nn")):
        ann("train", "w.nn", "text.txt", 2, "--seed", seed, "--output", output)
        files.append((place / output).read_bytes())
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_a_text_of_frequent_words_alone(place: Path, ann: Run) -> None:
    (place / "w.nn").write_text(HEAD.replace("subsample 0", "subsample 1e-9"))
    assert "ann: warning: nothing was learnt: all words are so frequent" in ann("train", "w.nn", "text.txt", 1).stderr


def test_several_packed_files_are_one_text(place: Path, ann: Run) -> None:
    (place / "a.txt.gz").write_bytes(gzip.compress(TEXT[: len(TEXT) // 2].encode()))
    (place / "b.txt").write_text(TEXT[len(TEXT) // 2 :])
    ann("train", "w.nn", "text.txt", 1, "--output", "one.nn")
    ann("train", "w.nn", "a.txt.gz", "b.txt", 1, "--output", "two.nn")
    assert (load(place / "one.nn").all_parameters == load(place / "two.nn").all_parameters).all()


def test_a_resumed_run_gives_the_bytes_of_a_whole_one(place: Path, ann: Run) -> None:
    ann("train", "w.nn", "text.txt", 4, "--output", "whole.nn")
    ann("train", "w.nn", "text.txt", 4, "--output", "part.nn", "--checkpoint", "c{epoch}", "--checkpoint-every", 2)
    ann("train", "w.nn", "text.txt", 4, "--output", "resumed.nn", "--resume", "c2")
    assert (place / "resumed.nn").read_bytes() == (place / "whole.nn").read_bytes()
    other = ann("train", "w.nn", "text.txt", 4, "--output", "resumed.nn", "--resume", "c2", "--seed", 9, check=2)
    assert "it was written with another seed: 0, and this run has 9" in other.stderr


def test_another_text_keeps_the_tree_of_the_network(place: Path, ann: Run) -> None:
    """At a rate of nearly 0 the loss is that of the vectors before, with the paths that their own texts made."""
    (place / "w.nn").write_text(HEAD.replace("skip-gram", "skip-gram hierarchical min_count 1"))
    ann("train", "w.nn", "text.txt", 3)
    known = load(place / "w.nn")
    other = "zebra rare zebra zebra cat zebra the zebra\n" * 3
    (place / "other.txt").write_text(other)
    done = ann("train", "w.nn", "other.txt", 1, "--continue", "--learning-rate", "1e-9", "--json")
    assert isinstance(known.vocabulary, WordEncoder)
    tokens, counts = known.vocabulary.tokens([other]), np.array(known.vocabulary.counts)
    starts = np.array([0, 8, 16, 24])
    session = WordSession(known.topology, tokens.indices, starts, tree_counts=counts)
    assert json.loads(done.stdout)["losses"] == [pytest.approx(session.loss(known.all_parameters), rel=1e-5)]
    of_text = WordSession(known.topology, tokens.indices, starts)
    assert of_text.loss(known.all_parameters) != pytest.approx(session.loss(known.all_parameters), rel=1e-2)


@pytest.mark.slow
def test_an_interrupted_run_goes_on(place: Path, ann: Run) -> None:
    (place / "text.txt").write_text(TEXT * 300)
    words = ("train", "w.nn", "text.txt", "60")
    with running_since(
        place / "h.txt", 2, *words, "--output", "cut.nn", "--history", "h.txt", "--checkpoint", "c"
    ) as run:
        run.send_signal(signal.SIGINT)
        _, stderr = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "continue with --resume c" in stderr
    assert load(place / "cut.nn").record["stop"] == "interrupted"
    ann(*words, "--output", "resumed.nn", "--resume", "c")
    ann(*words, "--output", "whole.nn")
    assert (place / "resumed.nn").read_bytes() == (place / "whole.nn").read_bytes()


def test_going_on_with_another_text(place: Path, ann: Run) -> None:
    ann("train", "w.nn", "text.txt", 1)
    before = load(place / "w.nn")
    (place / "more.txt").write_text("the cat and the dog and the cat\n")
    ann("train", "w.nn", "more.txt", 1, "--continue")
    after = load(place / "w.nn")
    assert before.vocabulary is not None
    assert after.vocabulary is not None
    assert after.vocabulary.symbols == before.vocabulary.symbols
    assert (after.all_parameters != before.all_parameters).any()
    assert after.record["epochs_in_all"] == 2


def test_a_tree_of_words_stays_in_another_text(place: Path, ann: Run) -> None:
    (place / "w.nn").write_text(HEAD.replace("skip-gram", "cbow hierarchical min_count 1 window 1"))
    (place / "text.txt").write_text("one two\n" * 200 + "three four\n" * 60 + "five six\n" * 20)
    ann("train", "w.nn", "text.txt", 40, "--learning-rate", 0.5)
    # The rarest words are the most frequent ones here: in a tree of these counts the nodes have other meanings.
    (place / "more.txt").write_text("one two\n" + "three four\n" * 3 + "five six\n" * 100)
    done = ann("train", "w.nn", "more.txt", 1, "--continue", "--learning-rate", 1e-6, "--json")
    assert json.loads(done.stdout)["losses"][0] < 0.3


def test_going_on_with_a_text_of_unknown_words(place: Path, ann: Run) -> None:
    ann("train", "w.nn", "text.txt", 1)
    before = (place / "w.nn").read_bytes()
    (place / "more.txt").write_text("le chat\n")
    refused = ann("train", "w.nn", "more.txt", 1, "--continue", check=3).stderr
    assert (
        refused == "ann: more.txt: holds no word that the network knows; give a text of words that it was trained on\n"
    )
    assert (place / "w.nn").read_bytes() == before


def test_the_line_that_repeats_a_training(place: Path, ann: Run) -> None:
    ann("train", "w.nn", "text.txt", 2, "--seed", 3)
    before = (place / "w.nn").read_bytes()
    line = json.loads(ann("info", "w.nn", "--json").stdout)["repeat"]
    assert line == "ann train w.nn text.txt 2 --learning-rate 0.0275 --seed 3"
    ann(*line.split()[1:])
    assert (place / "w.nn").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 3, "text.txt: holds no words; give a text, a sentence or a document on each line"),
        ("word " * 9, 3, "text.txt: holds 9 words, of which 1 different one comes 5 times or more"),
        ("a b c d", 3, "text.txt: holds 4 words, of which 0 different ones come 5 times or more; give more text, or write `min_count: 1` in the layer"),
    ],
)  # fmt: skip
def test_texts_without_vectors(place: Path, ann: Run, text: str, code: int, said: str) -> None:
    (place / "text.txt").write_text(text)
    done = ann("train", "w.nn", "text.txt", check=code)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--validation", 0.1), "--validation has no meaning for `skip-gram`; vectors learn from the whole text"),
        (
            ("--trainer", "adam"),
            "--trainer: trainer adam cannot train `skip-gram`, which takes a step after every word",
        ),
        (("--restarts", 3), "--restarts has no meaning for `skip-gram`; train with another --seed, into another file"),
        (
            ("--dropout", 0.1),
            "--dropout has no meaning for `skip-gram`; leave it out; its options are --learning-rate and --seed",
        ),
    ],
)
def test_options_without_a_meaning(place: Path, ann: Run, words: tuple[object, ...], said: str) -> None:
    done = ann("train", "w.nn", "text.txt", *words, check=2)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("inputs", "layers", "said"),
    [
        (
            "words",
            "8 embedding, 4 tanh, skip-gram",
            "layer 3: `skip-gram` is the last layer, directly above an embedding of words",
        ),
        ("characters", "8 embedding, cbow", "`cbow` is for words, and this network takes characters"),
        (
            "500 tokens",
            "8 embedding, skip-gram",
            "w.nn:3:9: `skip-gram` is for words, and this network takes tokens without words; write `inputs: words`",
        ),
        ("{words: 9, min_count: 2}", "8 embedding, cbow", "which words are too rare for a vector is said in the layer"),
        ("words", "8 embedding, skip-gram window", "`window` needs a number"),
        ("words", "8 embedding, skip-gram windows 3", "unknown word 'windows' of a skip-gram layer"),
        ("words", "8 embedding, cbow negative 3 hierarchical", "`negative` is for the sampled softmax"),
    ],
)
def test_definitions_that_cannot_be(place: Path, ann: Run, inputs: str, layers: str, said: str) -> None:
    (place / "w.nn").write_text(f"anncli: 1\ninputs: {inputs}\nlayers: [{layers}]\n")
    done = ann("train", "w.nn", "text.txt", check=4)
    assert said in done.stderr


def test_the_long_form_and_the_short_one(place: Path, ann: Run) -> None:
    (place / "w.nn").write_text("anncli: 1\ninputs: words\nlayers: [{units: 3, kind: embedding}, {kind: cbow, window: 2, softmax: hierarchical, min_count: 1, subsample: 1.0e-2}]\n")  # fmt: skip
    assert load(place / "w.nn").layer_texts == ["3 embedding", "cbow window 2 subsample 0.01 min_count 1 hierarchical"]
    ann("train", "w.nn", "text.txt", 1)
    assert load(place / "w.nn").topology.block_shapes == [((12, 3),), ((11, 3),)]


@pytest.mark.parametrize("command", ["predict", "test"])
def test_there_are_no_outputs(place: Path, ann: Run, command: str) -> None:
    ann("train", "w.nn", "text.txt", 1)
    done = ann(command, "w.nn", "text.txt", check=2)
    assert "has word vectors and no outputs" in done.stderr


def test_the_gradient_check(place: Path, ann: Run) -> None:
    done = ann("gradcheck", "w.nn", "text.txt", "--rows", 3, "--json")
    found = json.loads(done.stdout)
    assert found["passed"]
    assert found["rows"] == 3
    assert found["checked"] > 20
    assert found["error"] < 1e-4
