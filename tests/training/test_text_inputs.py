"""Texts as samples: sets by position, streams, answers that are the next symbol, and what a run makes of them."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest

from anncli.dataset.text_data import TextData, next_dataset
from anncli.errors import DataError, UsageError
from anncli.evaluation.symbols import evaluate_symbols
from anncli.network.encoders.characters import CharacterEncoder
from anncli.network.network import Network
from anncli.options.table import TrainingOptions
from anncli.training.run import TrainingRun
from anncli.training.setup import prepare
from anncli.training.text_inputs import encoded_texts, streams

NEXT = Network.create("characters", ["3 embedding", "softmax"])


def options(**values: object) -> TrainingOptions:
    return TrainingOptions.from_names({"trainer": "adam", **values})


def test_answers_are_the_next_symbols() -> None:
    data = next_dataset(["abca", "cz"], CharacterEncoder(("a", "b", "c")))
    assert data.inputs.indices.tolist() == [0, 1, 2, 2]
    assert data.inputs.starts.tolist() == [0, 3, 4]
    assert data.inputs.values.tolist() == [1, 1, 1, 1]
    assert data.inputs.width == 4
    assert data.labels.tolist() == [1, 2, 0, -1]
    assert data.by_row


@pytest.mark.parametrize(
    ("texts", "count", "expected"),
    [
        (["abcdefg"], 3, ["abc", "cde", "efg"]),
        (["abcdefgh"], 3, ["abc", "cde", "efgh"]),
        (["abcdefg"], 1, ["abcdefg"]),
        (["abc"], 8, ["ab", "bc"]),
        (["abcdefg", "xy", "pqr"], 4, ["abcd", "defg", "xy", "pqr"]),
        (["abcdefg", "xy", "pqr"], 3, ["abcdefg", "xy", "pqr"]),
        (["abcdefg", "xy", "pqr"], 2, ["abcd", "defg", "xy", "pqr"]),
    ],
)
def test_streams_cover_every_transition_once(texts: list[str], count: int, expected: list[str]) -> None:
    found = streams(texts, count)
    assert found == expected
    pairs = [text[k : k + 2] for text in texts for k in range(len(text) - 1)]
    assert [piece[k : k + 2] for piece in found for k in range(len(piece) - 1)] == pairs


def test_streams_of_several_texts_are_no_more_than_a_batch_has() -> None:
    # 3,000 / 32 = 93.75 rows: of 94 each the texts would make 11 + 22 = 33, of 96 they make 11 + 21.
    found = streams(["a" * 1001, "b" * 2001], 32)
    assert len(found) == 32
    assert {len(piece) for piece in found} == {91, 92, 96, 97}


def test_sets_are_the_end_of_the_text_validation_before_test() -> None:
    text = "ab" * 40 + "cd" * 5 + "ef" * 5
    made = encoded_texts(NEXT, TextData((text,)), options(validation=0.1, test=0.1, batch_size=4), {})
    assert made.sets is not None
    assert {name: len(rows) for name, rows in made.sets.items()} == {"training": 4, "validation": 1, "test": 1}
    assert made.network.vocabulary == CharacterEncoder(("a", "b"))
    validation, test = (made.data.inputs[made.sets[name]] for name in ("validation", "test"))
    assert len(validation.indices) == len(test.indices) == 9
    # Nothing of them is known: neither as an input nor as an answer.
    assert set(validation.indices.tolist()) == {2}
    assert set(made.data.labels_of(made.sets["test"]).tolist()) == {-1}
    assert made.warnings == (
        "characters that the network does not know, in 10 places of the validation set, are left out of its figures: 'c', 'd'",
        "characters that the network does not know, in 10 places of the test set, are left out of its figures: 'e', 'f'",
    )


def test_the_end_of_several_texts_is_that_of_the_last_ones() -> None:
    data = TextData(("abababab", "bbbb", "aaaa"))
    made = encoded_texts(NEXT, data, options(validation=0, test=6 / 16, batch_size=1), {})
    assert made.sets is not None
    tests = made.data.inputs[made.sets["test"]]
    assert [own.indices.tolist() for own in (tests[:1], tests[1:])] == [[1], [0, 0, 0]]


def test_files_of_their_own_are_sets_of_their_own() -> None:
    data = TextData(("abab", "ba", "bb"))
    sets = {"training": np.array([0]), "validation": np.array([1]), "test": np.array([2])}
    made = encoded_texts(NEXT, data, options(batch_size=2), sets)
    assert made.sets is not None
    assert {name: made.data.inputs[rows].indices.tolist() for name, rows in made.sets.items()} == {
        "training": [0, 1, 0], "validation": [1], "test": [1],
    }  # fmt: skip


def test_what_leaves_too_little_is_refused() -> None:
    with pytest.raises(UsageError, match="leave nothing to train on"):
        encoded_texts(NEXT, TextData(("ab" * 10,)), options(validation=0.5, test=0.5), {})
    with pytest.raises(UsageError, match=r"--test 0\.05 of 20 characters leaves no two in a row for the test set"):
        encoded_texts(NEXT, TextData(("ab" * 10,)), options(validation=0, test=0.05), {})
    with pytest.raises(DataError, match="the training text holds only 'a'"):
        encoded_texts(NEXT, TextData(("aaaa",)), options(), {})
    numbered = Network.create("characters", ["3 embedding", "5 softmax"])
    with pytest.raises(UsageError, match="2 characters in the training text, and 5 outputs"):
        encoded_texts(numbered, TextData(("abab",)), options(), {})


def test_bits_and_perplexity_by_hand() -> None:
    outputs = np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125], [0.25, 0.25, 0.5], [1, 0, 0]], dtype=np.float32)
    found = evaluate_symbols(outputs, np.array([0, 0, 1, -1]), ("a", "b", "c"), "character")
    assert found.bits == pytest.approx((1 + 3 + 2) / 3)
    assert found.perplexity == pytest.approx(4)
    assert found.log_loss == pytest.approx(2 * math.log(2))
    assert (found.accuracy, found.n, found.n_unlabelled) == (1 / 3, 3, 1)
    assert found.macro_auc is None
    document = found.as_dict()
    assert (document["symbol"], document["bits"]) == ("character", found.bits)
    assert evaluate_symbols(outputs, np.array([0, 0, 1, -1]), (), "character", only_rates=True).accuracy == 1 / 3


def test_a_run_learns_which_character_follows_which() -> None:
    # After a always b, after b a or c by turns: 0 bits, and 1 bit for half of the characters.
    text = "abac" * 300
    asked = options(batch_size=8, learning_rate=0.1, l2=0.0, validation=0.1, test=0.1, average=None)
    setup = prepare(NEXT, TextData((text,)), asked)
    assert setup.options.truncate == 50
    assert not setup.will_refit
    assert len(setup.rows["training"]) == 8
    with closing(TrainingRun(setup)) as run:
        for _ in run.epochs(30):
            pass
        result = run.finish()
        found = run.evaluate_sets(result)
    assert result.network.vocabulary == CharacterEncoder(("a", "b", "c"))
    assert result.network.row_digests is None
    assert found["test"].bits == pytest.approx(0.5, abs=0.02)
    assert found["test"].accuracy == pytest.approx(0.75, abs=0.01)
    assert result.network.self_test is not None
    assert len(result.network.self_test.outputs) == 20


def test_the_loss_of_a_constant_is_the_same_in_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = prepare(NEXT, TextData(("abac" * 300,)), options(batch_size=8))
    with closing(TrainingRun(setup)) as run:
        objective, rows = run.attempt.objective, setup.rows["training"]
        whole = objective.constant_loss(rows)
        monkeypatch.setattr("anncli.training.objective.BLOCK_ROWS", 200)
        assert objective.constant_loss(rows) == pytest.approx(whole, rel=1e-12)
    assert whole == pytest.approx(1.5 * math.log(2), rel=1e-2)


def test_trainers_that_need_whole_samples_are_given_no_pieces() -> None:
    setup = prepare(NEXT, TextData(("abac" * 300,)), TrainingOptions.from_names({"trainer": "scg"}))
    assert setup.options.truncate is None
    assert prepare(NEXT, TextData(("abac" * 300,)), options(truncate=None)).options.truncate is None
    assert prepare(NEXT, TextData(("abac" * 300,)), options(truncate=7)).problem.truncate == 7


def test_training_again_keeps_the_vocabulary_only_to_continue() -> None:
    first = NEXT.with_vocabulary(CharacterEncoder(("a", "b", "c")))
    first.set_parameters(np.zeros(first.topology.n_parameters))
    made = encoded_texts(first, TextData(("abdbdb",)), options(validation=0), {})
    assert made.network.vocabulary == first.vocabulary
    anew = encoded_texts(first.definition(), TextData(("abdbdb",)), options(validation=0), {})
    assert anew.network.vocabulary == CharacterEncoder(("a", "b", "d"))


def test_streams_too_short_to_remember_anything_are_told() -> None:
    lstm = Network.create("characters", ["3 lstm", "softmax"])
    told = "the longest of the 32 streams of the training text has 9 characters, and what stands further back is never learned; give a smaller --batch-size, or more text"

    def warnings(network: Network, n: int, copies: int = 1, **values: object) -> tuple[str, ...]:
        data = TextData(("ab" * n,) * copies)
        return encoded_texts(network, data, options(validation=0.0, **values), {}).warnings

    assert warnings(lstm, 144) == (told,)  # 287 characters to predict: 9 for most of the streams
    assert warnings(lstm, 162) == ()
    assert warnings(lstm, 144, batch_size=16) == ()
    assert warnings(lstm, 4, batch_size=1) == ()
    assert warnings(lstm, 4, copies=40) == ()  # short texts, none of them cut
    assert warnings(NEXT, 144) == ()  # nothing is carried: the last character alone counts
