"""Campaign: is the network that a run writes ever worse than the one that its validation set chose?

    python tests/campaigns/final_fit.py [--write] [FOLDER]

trains with every trainer on ten small sets, with 2 seeds, `lm` and `online` with 20, in some 20 minutes. FOLDER: more
sets, each a folder with one file of rows per class. --write puts the counts into docs/reliability.md. Exit code 1 where a
written network is more than two points of accuracy behind the chosen one on the training and validation rows.
`test_final_fit.py` runs a small part.
"""

from __future__ import annotations

import datetime
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

import anncli
from anncli.dataset.dataset import Dataset
from anncli.errors import AnnError
from anncli.network.network import Network
from anncli.training.names import TRAINER_NAMES
from anncli.training.outcome import TrainingResult

ROOT = Path(__file__).parents[2]
EPOCHS, SEEDS, MANY_SEEDS = 100, 2, 20
MANY = ("lm", "online")
# Points of accuracy, from 0 to 1, by which a written network may be behind.
TOLERATED = 0.02
LARGEST = 1000


class Run(NamedTuple):
    """One training: accuracy of the chosen and of the written network on training and validation rows; kind: what became
    of the final fit."""

    set_name: str
    trainer: str
    seed: int
    chosen: float
    written: float
    kind: str
    one_class: bool

    @property
    def is_behind(self) -> bool:
        return self.written < self.chosen - TOLERATED


def generated_sets() -> dict[str, Dataset]:
    """Seven sets of 60 to 400 rows, the same every time."""
    rng = np.random.default_rng(20)

    def clouds(counts: tuple[int, ...], inputs: int, distance: float) -> Dataset:
        centres = rng.normal(size=(len(counts), inputs))
        centres *= distance / np.linalg.norm(centres, axis=1, keepdims=True)
        return Dataset.from_classes(*(rng.normal(size=(n, inputs)) + c for n, c in zip(counts, centres, strict=True)))

    def changed(data: Dataset, inputs: np.ndarray, labels: np.ndarray) -> Dataset:
        return Dataset(inputs.astype(np.float32), labels.astype(np.int32), data.classes)

    easy = clouds((30, 30), 3, 4.0)
    column = clouds((40, 40), 2, 1.5)
    noisy = clouds((100, 100), 5, 2.0)
    wrong = rng.random(200) < 0.2
    turns, side = rng.uniform(0.3, 2, 200), np.arange(200) % 2
    angles = 2 * np.pi * (turns + side / 2)
    spiral = np.stack([turns * np.cos(angles), turns * np.sin(angles)], axis=1)
    corners = rng.uniform(-1, 1, (120, 2))
    return {
        "easy": easy,
        "constant column": changed(column, np.insert(column.inputs, 2, 7.0, axis=1), column.labels),
        "20 % wrong labels": changed(noisy, noisy.inputs, np.where(wrong, 1 - noisy.labels, noisy.labels)),
        "rare class": clouds((8, 160), 4, 2.0),
        "wide": clouds((200, 200), 30, 2.0),
        "spiral": changed(easy, spiral, side),
        "corners (XOR)": changed(easy, corners, corners.prod(axis=1) > 0),
    }


def shipped_sets() -> dict[str, Dataset]:
    """The sets of data/."""
    return {name: read_folder(ROOT / "data" / name) for name in ("iris", "pima", "breast_w")}


def read_folder(folder: Path) -> Dataset:
    return anncli.read_dataset([str(path) for path in sorted(folder.glob("*.txt"))])


def train(name: str, data: Dataset, trainer: str, seed: int) -> Run:
    """One run with nothing but defaults on a network with four hidden units."""
    outputs = (1, "logistic") if data.n_classes == 2 else (data.n_classes, "softmax")
    network = Network.create(data.n_inputs, [(4, "tanh"), outputs])
    try:
        result = anncli.train(network, data, EPOCHS, trainer=trainer, seed=seed)
    except AnnError as error:
        return Run(name, trainer, seed, 0.0, 0.0, "refused" if error.exit_code == 2 else "diverged", False)
    rows = np.concatenate([result.rows["training"], result.rows["validation"]])
    known = Dataset(data.inputs[rows], data.labels[rows], data.classes)
    written = anncli.evaluate(result.network, known)
    chosen = written
    if result.validation_parameters is not None:
        chosen = anncli.evaluate(replace(result.network, parameters=result.validation_parameters), known)
    assert written.accuracy is not None
    assert chosen.accuracy is not None
    one_class = sum(count > 0 for count in written.predicted_counts) == 1
    return Run(name, trainer, seed, chosen.accuracy, written.accuracy, kind_of(result), one_class)


def kind_of(result: TrainingResult) -> str:
    if any("diverged" in text for text in result.warnings):
        return "diverged"
    if any("discarded" in text for text in result.warnings):
        return "discarded"
    return "kept" if result.refit_epochs else "none"


def campaign(sets: dict[str, Dataset], trainers: Sequence[str], seeds: int, many: int) -> Iterator[Run]:
    for trainer in trainers:
        for name, data in sets.items():
            for seed in range(many if trainer in MANY else seeds):
                yield train(name, data, trainer, seed)


def report(runs: Sequence[Run], sets: dict[str, Dataset]) -> str:
    """The section of docs/reliability.md."""
    lines = [
        "## Final fit",
        "",
        "A run ends with a final fit on training and validation rows. It is kept only if it does not fall behind the network",
        "that validation chose. `python tests/campaigns/final_fit.py` trains with every trainer on small sets and compares",
        "the accuracy of both on the training and validation rows.",
        "",
        f"{datetime.date.today().isoformat()}, {_processor()}, Python {platform.python_version()}, numpy {np.__version__}: "
        f"{len(runs)} runs of {EPOCHS} epochs,",
        f"{len({run.trainer for run in runs})} trainers, sets {', '.join(sets)}; {SEEDS} seeds, "
        f"{MANY_SEEDS} for {' and '.join(MANY)}.",
        "",
        "| trainer | runs | final fit kept | discarded | no final fit | diverged | written network behind by more than "
        "2 points | worst difference, points | one class only |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for trainer in dict.fromkeys(run.trainer for run in runs):
        lines.append(_row(trainer, [run for run in runs if run.trainer == trainer]))
    return "\n".join([*lines, _row("all", runs)]) + "\n"


def _row(title: str, runs: Sequence[Run]) -> str:
    kinds = Counter(run.kind for run in runs)
    worst = min(run.written - run.chosen for run in runs)
    counts = [kinds["kept"], kinds["discarded"], kinds["none"], kinds["diverged"], sum(run.is_behind for run in runs)]
    cells = [title, len(runs), *counts, f"{100 * worst:+.1f}", sum(run.one_class for run in runs)]
    return f"| {' | '.join(map(str, cells))} |"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


def write(section: str) -> None:
    """Put the section into docs/reliability.md, in the place of an older one."""
    path = ROOT / "docs/reliability.md"
    text = path.read_text(encoding="utf-8") if path.exists() else "# Reliability\n"
    before, found, after = text.partition("## Final fit\n")
    rest = after.partition("\n## ")[2] if found else ""
    path.write_text(f"{before.rstrip()}\n\n{section}" + (f"\n## {rest}" if rest else ""), encoding="utf-8")


def main(arguments: list[str]) -> int:
    folders = [Path(word) for word in arguments if word != "--write"]
    sets = {**shipped_sets(), **generated_sets()}
    for folder in (path for parent in folders for path in sorted(parent.iterdir()) if path.is_dir()):
        data = read_folder(folder)
        if data.n_samples <= LARGEST:
            sets[folder.name] = data
    runs = []
    for run in campaign(sets, list(TRAINER_NAMES), SEEDS, MANY_SEEDS):
        runs.append(run)
        if run.is_behind or run.kind == "refused":
            print(run, flush=True)
    section = report(runs, sets)
    print(section)
    if "--write" in arguments:
        write(section)
    return int(any(run.is_behind for run in runs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
