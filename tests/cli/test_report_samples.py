"""`ann report` and `ann plot surface` of networks whose samples have several rows, or are tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inside import Done, ann

__all__ = ["ann"]

Ann = Callable[..., Done]
# Samples of one and of two rows, six of each class, and the same number of lists of tokens.
ROWS = {name: f"{x} 1\n\n1 {x}\n{x} 2\n\n" * 6 for name, x in (("a.txt", "2"), ("b.txt", "-2"))}
TOKENS = "".join(f"{k % 2} {1 + k % 2}:1 {3 + k % 3}:2\n" for k in range(12))


@pytest.mark.parametrize(
    ("definition", "files", "words"),
    [
        ("inputs: any x 2\nlayers: [3 tanh, mean, 1 logistic]", ROWS, "24 samples with answers, of 1 to 2 rows each of 2 inputs: 36 rows in all."),
        ("inputs: 6 tokens\nlayers: [3 embedding, mean, 1 logistic]", {"t.libsvm": TOKENS}, "12 samples with answers, of 2 tokens each: 24 tokens in all."),
    ],
)  # fmt: skip
def test_samples_of_other_kinds(tmp_path: Path, ann: Ann, definition: str, files: dict[str, str], words: str) -> None:
    (tmp_path / "net.nn").write_text(f"anncli: 1\n{definition}\n")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    ann("train", "net.nn", *files, 5, "--validation", 0, "-o", "t.nn", "-q")
    document = json.loads(ann("report", "t.nn", *files, "--json").stdout)
    assert {"roc", "surface"} <= set(document["figures"])
    assert "importance" in document["left_out"]
    page = (tmp_path / "t-report.html").read_text()
    assert f"<p>{words}</p>" in page
    assert 'id="mistakes"' not in page
    ann("plot", "surface", "t.nn", *files, "--points", 3, "--directions", "sharpest", "-q")
    assert (tmp_path / "t-surface.svg").exists()
