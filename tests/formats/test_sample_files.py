"""Files of samples of several rows: blocks, sequences and tokens as tables, as streams, and damaged."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from anncli.arrays import Rows, Tokens
from anncli.dataset.request import ReadRequest, TableRequest
from anncli.errors import AnnError
from anncli.formats.data.remarks import Remarks
from anncli.formats.data.sample_sets import read_sample_sets
from anncli.formats.data.sample_stream import stream_samples
from anncli.formats.data.table_sets import TableReader
from anncli.network.layers.base import Shape
from anncli.network.network import Network
from anncli.network.topology import Topology
from anncli.options.layers import training_options
from anncli.training.inputs import encoded_inputs

ROWS = Network(Topology(Shape(2, None), ("1 logistic",)))
MEANS = Network(Topology(Shape(2, None), ("mean", "1 logistic")))
WORDS = Network(Topology(Shape(9, None, None, True), ("1 logistic",)))
BLOCKS = "1 2\n3 4\n\n5 6\n\n7 8\n9 10\n11 12\n"
PAIRS = "1 2:0.5 9:1\n-1 1:3\n# none\n1\n-1 3:1 4:2 # end\n"


def reader(**said: object) -> TableReader:
    return TableReader(TableRequest(**said), ReadRequest(), Remarks())  # type: ignore[arg-type]


def read(path: Path, network: Network, **said: object) -> object:
    data, _ = read_sample_sets({"training": [path]}, reader(**said), network)
    return encoded_inputs(network, data, training_options([], "ann"), {}).data


def together(samples: list[Rows | Tokens]) -> list[object]:
    return [sample.values.tolist() for batch in samples for sample in (batch[k : k + 1] for k in range(len(batch)))]


@pytest.mark.parametrize("lines", [1, 7, pytest.param(400_000, marks=pytest.mark.slow)])
def test_batches_end_within_samples(tmp_path: Path, lines: int) -> None:
    # Batches are blocks of 1 MiB: of many rows several.
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 2 * lines // 3 + 2, 3) if lines < 1000 else np.array([150_000, 3, 90_000])
    rows = [rng.integers(0, 10, (n, 2)) for n in lengths]
    text = "\n\n".join("\n".join(f"{a} {b}" for a, b in own.tolist()) for own in rows)
    (tmp_path / "x.txt").write_text(text)
    found = list(stream_samples(tmp_path / "x.txt", reader(), ROWS))
    assert [len(sample) for sample in together(found)] == lengths.tolist()  # type: ignore[arg-type]
    assert np.concatenate([batch.values for batch in found]).tolist() == np.concatenate(rows).tolist()


def test_tokens_are_those_of_the_pairs(tmp_path: Path) -> None:
    (tmp_path / "a.svm").write_text(PAIRS)
    data = read(tmp_path / "a.svm", WORDS)
    tokens = data.inputs  # type: ignore[attr-defined]
    assert (tokens.indices.tolist(), tokens.values.tolist(), tokens.starts.tolist()) == ([1, 8, 0, 2, 3], [0.5, 1, 3, 1, 2], [0, 2, 3, 3, 5])  # fmt: skip
    assert [data.classes[k] for k in data.labels] == ["1", "-1", "1", "-1"]  # type: ignore[attr-defined]


def test_weights_and_groups_are_those_of_samples(tmp_path: Path) -> None:
    text = "a,b,y,w,g\n1,2,u,1,x\n3,4,u,1,x\n\n5,6,v,2,y\n"
    (tmp_path / "a.csv").write_text(text)
    said = {"label": ("y",), "weight": "w", "group": "g"}
    data = read(tmp_path / "a.csv", MEANS, **said)
    assert data.weights.tolist() == [1, 2]
    assert data.groups.tolist() == [0, 1]
    (tmp_path / "a.csv").write_text(text.replace("3,4,u,1", "3,4,u,3"))
    with pytest.raises(
        AnnError, match=r"a.csv:3: the weights of the rows of a sample differ in column 'w': 3 here, 1 in its first row"
    ):
        read(tmp_path / "a.csv", MEANS, **said)


def test_gaps_are_filled_from_the_training_samples(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("@dimensions 2\n@classLabel true u v\n@data\n1,?,4:1,2,3:u\n1:2:v\n")
    data = read(tmp_path / "a.ts", MEANS, missing="median")
    assert data.inputs.values[:, 0].tolist() == [1, 1, 4, 1]  # type: ignore[attr-defined]
    with pytest.raises(AnnError, match=r"a.ts:4: cells are missing in '1'"):
        read(tmp_path / "a.ts", MEANS)


def damaged(rng: random.Random, text: str, signs: str) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(letters))
        letters[at : at + 1] = rng.choice(([], [letters[at]] * 2, [rng.choice(signs)]))
    return "".join(letters)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "network", "said"),
    [(BLOCKS, ROWS, {"label": ("last",)}), (PAIRS, WORDS, {}), (PAIRS, ROWS, {"label": ("last",), "sequence": "1"})],
    ids=["blocks", "pairs", "sequences"],
)
def test_damaged_files_are_read_or_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, network: Network, said: dict[str, object]
) -> None:
    rng, path = random.Random(3), tmp_path / "x.txt"
    n_read = 0
    readers: list[Callable[[Path | str], object]] = [
        lambda given: read(Path(given), network, **said),
        lambda given: list(stream_samples(given, reader(), network)),
    ]
    for _ in range(200):
        broken = damaged(rng, text, '0 :\n#x,;-.é\t\r"')
        path.write_text(broken)
        for call in readers:
            try:
                call(path)
                n_read += 1
            except AnnError:
                continue
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(broken.encode())))
        with suppress(AnnError):
            readers[1]("-")
    assert network is ROWS or n_read > 40


@pytest.mark.slow
def test_a_pipe_gives_what_a_file_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, path = random.Random(4), tmp_path / "x.txt"
    for _ in range(100):
        blocks = [
            [f"{rng.randint(-9, 9)} {rng.random():.3f}" for _ in range(rng.randint(1, 4))]
            for _ in range(rng.randint(1, 6))
        ]
        text = "\n" * rng.randint(0, 2) + "\n\n".join("\n".join(own) for own in blocks) + "\n" * rng.randint(0, 3)
        path.write_text(text)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert together(list(stream_samples("-", reader(), ROWS))) == together(
            list(stream_samples(path, reader(), ROWS))
        )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1 2\n3 4 1\n", ":2: expected 2 values, found 3 ('3 4 1')"),
        ("1 2\n\n3 4 1\n", ":3: expected 2 values, found 3 ('3 4 1')"),
        ("1 2 3\n4 5\n\n6 7\n", ":1: expected 2 values, found 3 ('1 2 3')"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_row_of_another_width_than_the_network_takes_is_named(
    tmp_path: Path, text: str, fault: str, place: int
) -> None:
    texts = ["1 2\n3 4\n"]
    texts.insert(place, text)
    paths = [tmp_path / f"{number}.txt" for number in range(2)]
    for path, own in zip(paths, texts, strict=True):
        path.write_text(own)
    network = Network(Topology(Shape(2, None), ["3 lstm", "last", "1 logistic"]))
    with pytest.raises(AnnError) as caught:
        read_sample_sets({"training": paths}, reader(), network)
    assert str(caught.value) == f"{paths[place]}{fault}; the network has 2 inputs"
    # Of a file with other columns than the inputs nobody knows how many there are.
    with pytest.raises(AnnError) as caught:
        read_sample_sets({"training": paths}, reader(ignore=("1",)), network)
    assert "the network has" not in str(caught.value)
